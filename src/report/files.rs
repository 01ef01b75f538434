use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::disk::{Disk, DiskFile};
use crate::journal::RunName;
use crate::secrets::{Document, MaskingWriter, Secrets};
use crate::spool::{Spool, Taken};

/// The files of one run: `load_test_<stamp>`, or its name instead of the first two words, with an ending each, in one folder. The log is open from the start, so a
/// place that cannot be written to is known before any load is made.
#[derive(Debug)]
pub struct ResultFiles {
    place: Place,
    log: Spool,
}

/// The log on its disk: what is flushed, the disk has.
struct Log(DiskFile);

/// How much of the log may wait for a disk.
const ROOM: usize = 1 << 20;
/// How long a disk may take nothing before the log goes without the rest.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the files of a run lie, what their names begin with, and what none of them may show.
#[derive(Debug, Clone)]
pub struct Place {
    disk: Disk,
    base: PathBuf,
    secrets: Secrets,
}

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{} was not written: {error}", path.display())]
pub struct Unwritten {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

/// What the files of a new run are named after.
#[derive(Debug, Clone, Copy)]
pub struct NewRun<'a> {
    /// Where they go.
    pub folder: &'a Path,
    /// What the run is called.
    pub name: Option<&'a RunName>,
    /// When it begins.
    pub now: SystemTime,
}

impl ResultFiles {
    /// Opens the files of a run that begins now; where another run has the same second, the stamp gets a number.
    ///
    /// # Errors
    /// A folder that cannot be made or written to.
    pub fn open(disk: &Disk, run: &NewRun<'_>, secrets: &Secrets) -> io::Result<Self> {
        let NewRun { folder, name, now } = *run;
        disk.make_folder(folder)?;
        let (name, stamp) = (name.map_or("load_test", RunName::as_str), stamp(now));
        for attempt in 1..1000 {
            let number = if attempt == 1 { String::new() } else { format!("_{attempt}") };
            let place = Place::on(disk, folder, &format!("{name}_{stamp}{number}"), secrets);
            match disk.create_new(&place.path(".log")) {
                Ok(log) => {
                    let log = Spool::before("log", Log(log), ROOM, |lines| {
                        format!("({lines} lines were left out: the disk did not take them in time)\n")
                    });
                    return log.map(|log| Self { place, log });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "a thousand runs began in this second"))
    }

    /// Where the files lie.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Adds a line to the log, with the time before it. Nobody waits for the disk.
    pub fn log(&self, line: &str) {
        let time = humantime::format_rfc3339_millis(SystemTime::now());
        self.log.push(&format!("{time} {}\n", self.place.secrets.mask(line)));
    }

    /// Adds a text to the log as it is, once what was logged before is written.
    pub fn log_text(&self, text: &str) {
        drop(self.log.settle(PATIENCE));
        self.log.push(&self.place.secrets.mask_lines(text));
    }

    /// Has the disk take the log.
    ///
    /// # Errors
    /// A disk that is full or gone, or hangs.
    pub fn close(self) -> Result<(), Unwritten> {
        let error = match self.log.close(PATIENCE) {
            Taken::All => return Ok(()),
            Taken::Stalled => io::Error::new(io::ErrorKind::TimedOut, "the disk takes nothing"),
            Taken::Failed(error) => error,
        };
        Err(Unwritten { path: self.place.path(".log"), error })
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.sync()
    }
}

impl Place {
    /// Files in a folder whose names begin so.
    #[must_use]
    pub fn of(folder: &Path, stem: &str, secrets: &Secrets) -> Self {
        Self::on(&Disk::System, folder, stem, secrets)
    }

    /// The same, on a disk.
    #[must_use]
    pub fn on(disk: &Disk, folder: &Path, stem: &str, secrets: &Secrets) -> Self {
        Self { disk: disk.clone(), base: folder.join(stem), secrets: secrets.clone() }
    }

    /// Those of something that begins now and has no file with an ending yet, named as a run's are.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn fresh(disk: &Disk, run: &NewRun<'_>, ending: &str, secrets: &Secrets) -> io::Result<Self> {
        let NewRun { folder, name, now } = *run;
        disk.make_folder(folder)?;
        let (name, stamp) = (name.map_or("load_test", RunName::as_str), stamp(now));
        let numbers = std::iter::once(String::new()).chain((2..1000).map(|number| format!("_{number}")));
        let mut places = numbers.map(|number| Self::on(disk, folder, &format!("{name}_{stamp}{number}"), secrets));
        let is_free = |place: &Self| !place.path(ending).exists();
        places
            .find(is_free)
            .ok_or_else(|| io::Error::new(io::ErrorKind::AlreadyExists, "a thousand began in this second"))
    }

    /// What they lie on.
    #[must_use]
    pub const fn disk(&self) -> &Disk {
        &self.disk
    }

    /// What is not shown in them.
    #[cfg(test)]
    pub const fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// The file with an ending: `.json`, `_stats.csv`.
    #[must_use]
    pub fn path(&self, ending: &str) -> PathBuf {
        let mut name = self.base.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    }

    /// Writes a file whole or not at all: under another name first, and under its own once the disk has all of it. Its
    /// owner alone may read it. A link in its place is replaced, and what it leads to stays as it is.
    ///
    /// # Errors
    /// A disk that is full or gone, and what `content` says. What was there under the name before is there still.
    pub fn write(
        &self,
        ending: &str,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<PathBuf, Unwritten> {
        let path = self.path(ending);
        let written = self.disk.write_whole(&path, |file| {
            let document = match ending.rsplit_once('.') {
                Some((_, "json")) => Document::Json,
                Some((_, "html")) => Document::Page,
                _ => Document::Text,
            };
            let mut file = MaskingWriter::new(BufWriter::new(file), self.secrets.clone(), document);
            content(&mut file)?;
            // what the disk refuses may show only now
            Ok(file.finish()?.into_inner()?)
        });
        match written {
            Ok(()) => Ok(path),
            Err(error) => Err(Unwritten { path, error }),
        }
    }
}

/// UTC time as `20261123_091527`, for file names.
#[must_use]
fn stamp(time: SystemTime) -> String {
    let text = humantime::format_rfc3339_seconds(time).to_string();
    text.trim_end_matches('Z').replace(['-', ':'], "").replace('T', "_")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::disk::{DiskFault, DiskOperation, FaultyDisk};

    #[test]
    fn a_stamp_is_a_name_that_sorts_by_time() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_425_327);
        assert_eq!(stamp(time), "20261123_091527");
    }

    #[test]
    fn two_runs_in_one_second_have_files_of_their_own() {
        let folder = std::env::temp_dir().join(format!("plimsoll-results-{}", std::process::id()));
        let now = SystemTime::now();
        let nightly = RunName::parse("nightly").unwrap();
        let names = [None, None, Some(&nightly), Some(&nightly)];
        let opened = names.map(|name| {
            let run = NewRun { folder: &folder, name, now };
            ResultFiles::open(&Disk::System, &run, &Secrets::default()).unwrap()
        });
        opened[0].log("hello");
        opened.into_iter().for_each(|files| files.close().unwrap());
        let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        std::fs::remove_dir_all(&folder).unwrap();
        let stamp = stamp(now);
        let expected = ["load_test_S.log", "load_test_S_2.log", "nightly_S.log", "nightly_S_2.log"];
        assert_eq!(names, expected.map(|name| name.replace('S', &stamp)));
    }

    #[test]
    fn a_place_that_cannot_be_written_to_is_an_error_at_once() {
        let run = NewRun { folder: Path::new("/proc/nowhere"), name: None, now: SystemTime::now() };
        assert!(ResultFiles::open(&Disk::System, &run, &Secrets::default()).is_err());
    }

    #[test]
    fn a_file_is_written_whole_or_not_at_all() {
        let folder = std::env::temp_dir().join(format!("plimsoll-whole-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let place = Place::of(&folder, "run", &Secrets::default());
        place.write(".txt", |out| out.write_all(b"whole")).unwrap();
        let broken = place.write(".txt", |out| {
            out.write_all(b"ha")?;
            Err(std::io::ErrorKind::StorageFull.into())
        });
        assert!(broken.unwrap_err().to_string().contains("run.txt was not written"));
        let names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        let text = std::fs::read_to_string(place.path(".txt")).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!((names.len(), text.as_str()), (1, "whole"));
    }

    #[test]
    fn whichever_operations_fail_a_file_is_the_old_one_or_the_new_one_and_nothing_lies_beside_it() {
        let folder = std::env::temp_dir().join(format!("plimsoll-torture-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        // larger than what is written in one piece
        let new = "new ".repeat(10_000);
        for fault in DiskFault::ALL {
            for (first, length) in (0..8).flat_map(|first| [1, 2, 50].map(|length| (first, length))) {
                let what = format!("{fault:?} from operation {first}, {length} times");
                let disk =
                    FaultyDisk::new(move |number, _, _| (first..first + length).contains(&number).then_some(fault));
                let (base, secrets) = (folder.join("run"), Secrets::default());
                let place = Place { disk: Disk::Faulty(disk.clone()), base, secrets };
                std::fs::write(place.path(".txt"), "old").unwrap();
                let written =
                    place.write(".txt", |out| new.lines().try_for_each(|line| out.write_all(line.as_bytes())));
                let text = std::fs::read_to_string(place.path(".txt")).unwrap();
                assert_eq!(text, if written.is_ok() { new.as_str() } else { "old" }, "{what}");
                let removal_failed = disk.asked().last().is_some_and(|(last, _)| *last == DiskOperation::Remove)
                    && first + length >= disk.asked().len() as u64;
                assert!(removal_failed || !place.path(".txt.part").exists(), "{what}: a part is left");
                drop(std::fs::remove_file(place.path(".txt.part")));
            }
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
