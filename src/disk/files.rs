use std::fs::{OpenOptions, create_dir_all, remove_file, rename};
use std::io;
use std::path::Path;

use super::disk_file::DiskFile;
#[cfg(test)]
use super::faulty::{DiskOperation, FaultyDisk};

/// Where results are written to.
#[derive(Debug, Clone, Default)]
pub enum Disk {
    /// The system's files.
    #[default]
    System,
    /// The same, where operations fail as a test wants them to.
    #[cfg(test)]
    Faulty(FaultyDisk),
}

impl Disk {
    /// Makes a file that does not exist yet, for its owner alone to read; what is written is added to its end. A link in
    /// its place counts as a file: it is not followed, wherever it leads.
    ///
    /// # Errors
    /// A file or a link that is there already, and what the system says.
    pub fn create_new(&self, path: &Path) -> io::Result<DiskFile> {
        self.open(path, private(OpenOptions::new().append(true).create_new(true)))
    }

    /// Makes a file, for its owner alone to read, in the place of what has its name: a file that is left from before, or a
    /// link, which goes itself and not what it leads to.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(&self, path: &Path) -> io::Result<DiskFile> {
        match self.create_new(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.remove(path)?;
                self.create_new(path)
            }
            made => made,
        }
    }

    /// Writes a file whole or not at all: under another name first, and under its own once the disk has all of it. Its
    /// owner alone may read it. A link in its place is replaced, and what it leads to stays as it is.
    ///
    /// # Errors
    /// What the system and `content` say. What was there under the name before is there still.
    pub fn write_whole(&self, path: &Path, content: impl FnOnce(DiskFile) -> io::Result<DiskFile>) -> io::Result<()> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = Path::new(&part);
        let written = self.create(part).and_then(content).and_then(|file| file.sync());
        written.and_then(|()| self.rename(part, path)).inspect_err(|_| {
            // the room it took may be what the next file needs
            drop(self.remove(part));
        })
    }

    /// Opens a file, made where it is missing; what is written is added to its end.
    ///
    /// # Errors
    /// What the system says.
    pub fn append(&self, path: &Path) -> io::Result<DiskFile> {
        self.open(path, OpenOptions::new().append(true).create(true))
    }

    /// Makes a folder, and those it lies in.
    ///
    /// # Errors
    /// What the system says.
    pub fn make_folder(&self, path: &Path) -> io::Result<()> {
        match self {
            Self::System => create_dir_all(path),
            #[cfg(test)]
            Self::Faulty(disk) => disk.pass(DiskOperation::MakeFolder, path).and_then(|()| create_dir_all(path)),
        }
    }

    /// Gives a file another name; what had that name is gone.
    ///
    /// # Errors
    /// What the system says.
    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        match self {
            Self::System => rename(from, to),
            #[cfg(test)]
            Self::Faulty(disk) => disk.pass(DiskOperation::Rename, to).and_then(|()| rename(from, to)),
        }
    }

    /// Removes a file.
    ///
    /// # Errors
    /// What the system says.
    pub fn remove(&self, path: &Path) -> io::Result<()> {
        match self {
            Self::System => remove_file(path),
            #[cfg(test)]
            Self::Faulty(disk) => {
                disk.pass(DiskOperation::Remove, path)?;
                disk.freed(std::fs::metadata(path).map_or(0, |data| data.len()));
                remove_file(path)
            }
        }
    }

    fn open(&self, path: &Path, options: &OpenOptions) -> io::Result<DiskFile> {
        match self {
            Self::System => Ok(DiskFile::System(options.open(path)?)),
            #[cfg(test)]
            Self::Faulty(disk) => {
                disk.pass(DiskOperation::Open, path)?;
                Ok(DiskFile::Faulty { file: options.open(path)?, path: path.to_owned(), disk: disk.clone() })
            }
        }
    }
}

/// The same for a file that its owner alone may read and write.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_file_is_its_owners_alone_and_is_never_made_through_a_link() {
        let folder = std::env::temp_dir().join(format!("plimsoll-private-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (victim, place) = (folder.join("victim"), folder.join("place"));
        fs::write(&victim, "precious").unwrap();
        for leads_to in [&victim, &folder.join("nowhere")] {
            symlink(leads_to, &place).unwrap();
            assert_eq!(Disk::System.create_new(&place).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            Disk::System.create(&place).unwrap();
            let made = fs::symlink_metadata(&place).unwrap();
            assert!(made.is_file() && made.permissions().mode() & 0o077 == 0, "{made:?}");
            fs::remove_file(&place).unwrap();
        }
        let (kept, nowhere) = (fs::read_to_string(&victim).unwrap(), folder.join("nowhere").exists());
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!((kept.as_str(), nowhere), ("precious", false));
    }
}
