use super::dice::Dice;
use crate::disk::{Disk, DiskFault, FaultyDisk};

/// What befalls the disk of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DiskTrouble {
    None,
    /// It has room for so many bytes.
    Room(u64),
    /// Operations on the files with an ending fail, so many from one on.
    Failing {
        ending: &'static str,
        fault: DiskFault,
        first: u64,
        length: u64,
    },
}

const ENDINGS: [&str; 8] = [
    ".journal",
    ".journal",
    ".journal",
    ".json.part",
    ".json",
    "_stats_history.csv.part",
    "_junit.xml.part",
    ".md.part",
];

impl DiskTrouble {
    pub(super) fn drawn(dice: &mut Dice) -> Self {
        match dice.number(0, 9) {
            0 => Self::Room(dice.number(0, 30_000)),
            1 | 2 => Self::Failing {
                ending: dice.one(&ENDINGS),
                fault: dice.one(&DiskFault::ALL),
                first: dice.number(0, 14),
                length: dice.one(&[1, 1, 2, 5, 1000]),
            },
            _ => Self::None,
        }
    }

    /// The disk it befalls.
    pub(super) fn disk(self) -> Disk {
        Disk::Faulty(match self {
            Self::None => FaultyDisk::new(|_, _, _| None),
            Self::Room(bytes) => FaultyDisk::new(|_, _, _| None).of_room(bytes),
            Self::Failing { ending, fault, first, length } => {
                // a signal for ever is none that a system sends
                let length = if fault == DiskFault::Interrupted { length.min(50) } else { length };
                FaultyDisk::failing(move |path| path.to_string_lossy().ends_with(ending), fault, first..first + length)
            }
        })
    }

    /// Whether it can cost anything: what is interrupted or taken in part is asked for again.
    pub(super) const fn is_harmless(self) -> bool {
        matches!(self, Self::None | Self::Failing { fault: DiskFault::Short, .. })
    }

    pub(super) const fn name(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Room(_) => Some("disk that fills"),
            Self::Failing { fault, .. } => Some(match fault {
                DiskFault::Full => "ENOSPC",
                DiskFault::Broken => "EIO",
                DiskFault::Interrupted => "EINTR",
                DiskFault::Short => "short write",
                DiskFault::Torn => "torn write",
            }),
        }
    }
}
