use std::fmt;

/// How a journal ends. Everything before it has been read, and is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tail {
    /// With its end: nothing is missing.
    Whole,
    /// Without one: the run is still under way, or was killed.
    CutOff {
        /// The byte behind the last whole frame.
        at: u64,
        /// The last second that is there.
        after: Option<u32>,
        /// How many bytes of a frame that is not whole lie behind it.
        rest: u64,
    },
    /// With something that is no frame.
    Corrupt {
        /// The byte where it begins.
        at: u64,
        /// The last second before it.
        after: Option<u32>,
        /// What is wrong.
        what: String,
    },
}

impl Tail {
    /// Whether nothing is missing.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        matches!(self, Self::Whole)
    }

    /// The last second before something is missing; `None` where nothing is, and where no second is there.
    #[must_use]
    pub const fn after(&self) -> Option<u32> {
        match self {
            Self::Whole => None,
            Self::CutOff { after, .. } | Self::Corrupt { after, .. } => *after,
        }
    }
}

impl fmt::Display for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("whole"),
            Self::CutOff { at, after, rest } => {
                write!(f, "cut off {}, at byte {at}", Place(*after))?;
                match rest {
                    0 => Ok(()),
                    1 => f.write_str("; 1 byte of a frame that is not whole is left out"),
                    rest => write!(f, "; {rest} bytes of a frame that is not whole are left out"),
                }
            }
            Self::Corrupt { at, after, what } => {
                write!(f, "damaged {}, at byte {at}: {what}; what follows is left out", Place(*after))
            }
        }
    }
}

struct Place(Option<u32>);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(second) => write!(f, "after second {second}"),
            None => f.write_str("before its first second"),
        }
    }
}
