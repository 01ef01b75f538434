use std::fs::{File, OpenOptions, create_dir_all};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::document::Report;

/// The files of one run: `load_test_<stamp>.json` and `.log` in one folder. The log is open from the start, so a place
/// that cannot be written to is known before any load is made.
#[derive(Debug)]
pub struct Results {
    base: PathBuf,
    log: File,
}

impl Results {
    /// Opens the files of a run that begins now; where another run has the same second, the stamp gets a number.
    ///
    /// # Errors
    /// A folder that cannot be made or written to.
    pub fn open(folder: &Path, now: SystemTime) -> io::Result<Self> {
        create_dir_all(folder)?;
        let stamp = stamp(now);
        for attempt in 1..1000 {
            let name = if attempt == 1 { stamp.clone() } else { format!("{stamp}_{attempt}") };
            let base = folder.join(format!("load_test_{name}"));
            match OpenOptions::new().write(true).create_new(true).open(with_ending(&base, "log")) {
                Ok(log) => return Ok(Self { base, log }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "a thousand runs began in this second"))
    }

    /// The path of the run's file with another ending.
    #[must_use]
    pub fn path(&self, ending: &str) -> PathBuf {
        with_ending(&self.base, ending)
    }

    /// Adds a line to the log, with the time before it.
    ///
    /// # Errors
    /// A disk that is full or gone.
    pub fn log(&mut self, line: &str) -> io::Result<()> {
        let time = humantime::format_rfc3339_millis(SystemTime::now());
        writeln!(self.log, "{time} {line}")
    }

    /// Adds a text to the log as it is.
    ///
    /// # Errors
    /// A disk that is full or gone.
    pub fn log_text(&mut self, text: &str) -> io::Result<()> {
        self.log.write_all(text.as_bytes())
    }

    /// Writes the report; gives its path.
    ///
    /// # Errors
    /// A disk that is full or gone.
    pub fn write(&mut self, report: &Report) -> io::Result<PathBuf> {
        let path = with_ending(&self.base, "json");
        let mut text = serde_json::to_string_pretty(report).map_err(io::Error::other)?;
        text.push('\n');
        let mut file = File::create(&path)?;
        file.write_all(text.as_bytes())?;
        // what the disk refuses may show only now
        file.sync_all()?;
        self.log.sync_all()?;
        Ok(path)
    }
}

/// UTC time as `20261123_091527`, for file names.
#[must_use]
pub fn stamp(time: SystemTime) -> String {
    let text = humantime::format_rfc3339_seconds(time).to_string();
    text.trim_end_matches('Z').replace(['-', ':'], "").replace('T', "_")
}

fn with_ending(base: &Path, ending: &str) -> PathBuf {
    let mut name = base.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}
