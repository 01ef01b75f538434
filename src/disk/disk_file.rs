use std::fs::File;
use std::io::{self, Write};
#[cfg(test)]
use std::path::PathBuf;

#[cfg(test)]
use super::faulty::{DiskOperation, FaultyDisk};

/// A file that is being written.
#[derive(Debug)]
pub enum DiskFile {
    /// The system's.
    System(File),
    /// The same, on a disk whose operations fail as a test wants them to.
    #[cfg(test)]
    Faulty {
        /// What is written to in truth.
        file: File,
        /// Its name.
        path: PathBuf,
        /// What it lies on.
        disk: FaultyDisk,
    },
}

impl DiskFile {
    /// Waits until the disk has all of it.
    ///
    /// # Errors
    /// What the system says: what a disk refuses may show only now.
    pub fn sync(&self) -> io::Result<()> {
        match self {
            Self::System(file) => file.sync_all(),
            // a disk of tests has everything at once
            #[cfg(test)]
            Self::Faulty { path, disk, .. } => disk.pass(DiskOperation::Sync, path),
        }
    }

    /// Cuts it off behind so many bytes.
    ///
    /// # Errors
    /// What the system says.
    pub fn truncate(&self, length: u64) -> io::Result<()> {
        match self {
            Self::System(file) => file.set_len(length),
            #[cfg(test)]
            Self::Faulty { file, path, disk } => {
                disk.pass(DiskOperation::Truncate, path)?;
                disk.freed(file.metadata()?.len().saturating_sub(length));
                file.set_len(length)
            }
        }
    }
}

impl Write for DiskFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::System(file) => file.write(bytes),
            #[cfg(test)]
            Self::Faulty { file, path, disk } => {
                let taken = disk.takes(path, bytes.len())?;
                file.write(&bytes[..taken])
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::System(file) => file.flush(),
            #[cfg(test)]
            Self::Faulty { file, .. } => file.flush(),
        }
    }
}
