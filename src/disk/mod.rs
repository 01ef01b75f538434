//! Files, written and read. [`InputFile`] reads what a person names: bounded, and without waiting for good;
//! [`files_matching`] finds those that fit a pattern; [`Noted`] knows which of them a piece of work looked at. [`Disk`] makes,
//! renames and removes them, and [`DiskFile`] is one of them: in production the system's; in tests each operation may fail as
//! a full or broken disk fails.

mod disk_file;
#[cfg(test)]
mod faulty;
mod files;
mod input;
mod listing;
mod noted;

pub use disk_file::DiskFile;
#[cfg(test)]
pub use faulty::FaultyDisk;
#[cfg(test)]
pub(crate) use faulty::{DiskFault, DiskOperation};
pub use files::Disk;
pub use input::{InputFile, NotRead, leads_away, plain};
pub use listing::{ListedFile, NotListed, files_matching};
pub use noted::{Noted, note};
