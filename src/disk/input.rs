use std::fs::{File, FileType, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Component, Path};
use std::thread::sleep;
use std::time::Duration;

use super::noted::note;

/// A file that is read, of whatever kind: a pipe that nobody writes to ends the reading, and never holds it up for good.
#[derive(Debug)]
pub struct InputFile {
    file: File,
    kind: FileType,
    /// Whether anything has come yet: a pipe that nobody has opened for writing looks like one that is over.
    begun: bool,
}

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum NotRead {
    /// It is larger than what is read of one; so many bytes.
    #[error("it is larger than that")]
    TooLarge,
    /// The system refuses, or it is no file to be read.
    #[error("{}", plain(.0))]
    System(#[from] io::Error),
}

/// Whether a path leads out of the folder it is relative to: it begins at the top, or goes up.
pub fn leads_away(path: &str) -> bool {
    Path::new(path).components().any(|step| !matches!(step, Component::Normal(_) | Component::CurDir))
}

/// How long a pipe may give nothing.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(5);
/// A pipe without a writer would hold up who opens it.
const NONBLOCK: i32 = rustix::fs::OFlags::NONBLOCK.bits() as i32;

impl InputFile {
    /// Opens a file, or a pipe.
    ///
    /// # Errors
    /// What the system says, and a folder.
    pub fn open(path: &Path) -> io::Result<Self> {
        note(path);
        let file = OpenOptions::new().read(true).custom_flags(NONBLOCK).open(path)?;
        let kind = file.metadata()?.file_type();
        if kind.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(Self { file, kind, begun: false })
    }

    /// Opens a file that is read in any order, or more than once.
    ///
    /// # Errors
    /// What the system says, a folder, and what is no file: a pipe or a device.
    pub fn regular(path: &Path) -> io::Result<File> {
        let Self { file, kind, .. } = Self::open(path)?;
        let what = match kind {
            kind if kind.is_file() => return Ok(file),
            kind if kind.is_fifo() => "a pipe",
            kind if kind.is_socket() => "a socket",
            _ => "a device",
        };
        Err(io::Error::other(format!("it is {what}, and not a file")))
    }

    /// All of a file, of no more than so many bytes.
    ///
    /// # Errors
    /// What the system says, a folder, and a file that is larger.
    pub fn whole(path: &Path, most: u64) -> Result<Vec<u8>, NotRead> {
        let mut input = Self::open(path)?;
        let length = input.file.metadata()?.len();
        if input.kind.is_file() && length > most {
            return Err(NotRead::TooLarge);
        }
        let mut bytes = Vec::new();
        // one byte more than allowed distinguishes a file that is too large from one that just fits
        input.by_ref().take(most + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most { Err(NotRead::TooLarge) } else { Ok(bytes) }
    }
}

impl Read for InputFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut waited = Duration::ZERO;
        loop {
            match self.file.read(buffer) {
                // a pipe that nobody writes to yet
                Ok(0) if self.kind.is_fifo() && !self.begun && !buffer.is_empty() => {}
                Ok(read) => {
                    self.begun = true;
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            if waited >= PATIENCE {
                let why = format!("nothing came from it for {} seconds", PATIENCE.as_secs());
                return Err(io::Error::new(io::ErrorKind::TimedOut, why));
            }
            sleep(LOOK);
            waited += LOOK;
        }
    }
}

/// An error of the system in plain words.
#[must_use]
pub fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        io::ErrorKind::IsADirectory => "it is a folder".into(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn what_is_endless_or_too_large_is_refused_and_never_read_whole() {
        assert!(matches!(InputFile::whole(Path::new("/dev/zero"), 1 << 20), Err(NotRead::TooLarge)));
        assert_eq!(InputFile::whole(Path::new("/dev/null"), 10).unwrap(), b"");
        let sparse = std::env::temp_dir().join(format!("plimsoll-sparse-{}", std::process::id()));
        File::create(&sparse).unwrap().set_len(10 << 30).unwrap();
        assert!(matches!(InputFile::whole(&sparse, 1 << 20), Err(NotRead::TooLarge)));
        std::fs::remove_file(&sparse).unwrap();
        let folder = InputFile::whole(&std::env::temp_dir(), 10).unwrap_err();
        assert_eq!(folder.to_string(), "it is a folder");
        for device in ["/dev/zero", "/dev/null"] {
            assert!(InputFile::regular(Path::new(device)).unwrap_err().to_string().contains("a device"));
        }
    }

    #[test]
    fn a_pipe_is_read_and_one_that_nobody_writes_to_is_given_up() {
        let pipe = std::env::temp_dir().join(format!("plimsoll-pipe-{}", std::process::id()));
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(InputFile::regular(&pipe).unwrap_err().to_string().contains("a pipe"));
        let writer = std::thread::spawn({
            let pipe = pipe.clone();
            move || {
                sleep(Duration::from_millis(50));
                std::fs::write(pipe, "late").unwrap();
            }
        });
        assert_eq!(InputFile::whole(&pipe, 10).unwrap(), b"late");
        writer.join().unwrap();
        let silent = InputFile::whole(&pipe, 10).unwrap_err();
        assert!(silent.to_string().contains("nothing came from it"), "{silent}");
        std::fs::remove_file(&pipe).unwrap();
    }
}
