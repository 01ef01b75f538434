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
    /// Opens a file that does not exist yet; what is written is added to its end.
    ///
    /// # Errors
    /// A file that is there already, and what the system says.
    pub fn create_new(&self, path: &Path) -> io::Result<DiskFile> {
        self.open(path, OpenOptions::new().append(true).create_new(true))
    }

    /// Opens a file, empty: what was in it is gone.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(&self, path: &Path) -> io::Result<DiskFile> {
        self.open(path, OpenOptions::new().write(true).create(true).truncate(true))
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
