use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

/// A disk whose operations may fail. It keeps what was asked of it, so that a test may have each of them fail in turn.
#[derive(Clone)]
pub struct FaultyDisk(Arc<Mutex<Inner>>);

/// How an operation, given its number from 0, fails.
type Faults = Box<dyn FnMut(u64, DiskOperation, &Path) -> Option<DiskFault> + Send>;

struct Inner {
    asked: Vec<(DiskOperation, PathBuf)>,
    faults: Faults,
    /// How the next operation fails, whatever the faults are.
    next: Option<DiskFault>,
    /// How many more bytes it takes.
    room: u64,
}

/// What is asked of a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum DiskOperation {
    Open,
    Write,
    Truncate,
    Sync,
    Rename,
    Remove,
    MakeFolder,
}

/// How an operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum DiskFault {
    /// `ENOSPC`: no room is left.
    Full,
    /// `EIO`: the device does not work.
    Broken,
    /// `EINTR`: a signal came in between; whoever asks again is served.
    Interrupted,
    /// Of what is written the first half is taken, without an error.
    Short,
    /// Of what is written the first half is taken, and the next operation finds the device broken.
    Torn,
}

impl DiskFault {
    pub(crate) const ALL: [Self; 5] = [Self::Full, Self::Broken, Self::Interrupted, Self::Short, Self::Torn];

    fn error(self) -> io::Error {
        // as errno(3) has them on Linux
        io::Error::from_raw_os_error(match self {
            Self::Full => 28,
            Self::Broken | Self::Short | Self::Torn => 5,
            Self::Interrupted => 4,
        })
    }
}

impl FaultyDisk {
    /// A disk on which an operation, given its number from 0, fails where the function says so.
    pub(crate) fn new(faults: impl FnMut(u64, DiskOperation, &Path) -> Option<DiskFault> + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Inner { asked: Vec::new(), faults: Box::new(faults), next: None, room: u64::MAX })))
    }

    /// A disk on which operations on some files fail: of those on any of them, counted from 0, the ones of a range.
    pub(crate) fn failing(
        on: impl Fn(&Path) -> bool + Send + 'static,
        fault: DiskFault,
        which: std::ops::Range<u64>,
    ) -> Self {
        let mut asked = 0;
        Self::new(move |_, _, path| {
            if !on(path) {
                return None;
            }
            asked += 1;
            which.contains(&(asked - 1)).then_some(fault)
        })
    }

    /// A disk with so much room, on which nothing else fails.
    pub(crate) fn of_room(self, bytes: u64) -> Self {
        self.inner().room = bytes;
        self
    }

    /// What was asked of it so far.
    pub(crate) fn asked(&self) -> Vec<(DiskOperation, PathBuf)> {
        self.inner().asked.clone()
    }

    /// Whether an operation that is not a write succeeds.
    pub(super) fn pass(&self, operation: DiskOperation, path: &Path) -> io::Result<()> {
        match self.inner().ask(operation, path) {
            // there is no half of it
            None | Some(DiskFault::Short) => Ok(()),
            Some(fault) => Err(fault.error()),
        }
    }

    /// How many of so many bytes a write takes.
    pub(super) fn takes(&self, path: &Path, bytes: usize) -> io::Result<usize> {
        let mut inner = self.inner();
        let taken = match inner.ask(DiskOperation::Write, path) {
            None => bytes,
            Some(DiskFault::Short) => bytes.div_ceil(2),
            Some(DiskFault::Torn) if bytes > 1 => {
                inner.next = Some(DiskFault::Broken);
                bytes / 2
            }
            Some(fault) => return Err(fault.error()),
        };
        let taken = taken.min(usize::try_from(inner.room).unwrap_or(usize::MAX));
        if taken == 0 && bytes > 0 {
            return Err(DiskFault::Full.error());
        }
        inner.room -= taken as u64;
        Ok(taken)
    }

    /// Gives room back.
    pub(super) fn freed(&self, bytes: u64) {
        let mut inner = self.inner();
        inner.room = inner.room.saturating_add(bytes);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }
}

impl Inner {
    fn ask(&mut self, operation: DiskOperation, path: &Path) -> Option<DiskFault> {
        let number = self.asked.len() as u64;
        self.asked.push((operation, path.to_owned()));
        self.next.take().or_else(|| (self.faults)(number, operation, path))
    }
}

impl fmt::Debug for FaultyDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FaultyDisk")
    }
}
