use std::fmt;

/// What a comparison comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Word {
    /// The samples do not carry a word.
    NotEnoughData,
    /// No change that chance could not have made, or none that matters.
    Same,
    /// A change for the better, beyond chance and tolerance.
    Improved,
    /// A change for the worse, beyond chance and tolerance.
    Regressed,
}

impl Word {
    /// Of several: a regression outranks an improvement, which outranks that nothing changed.
    #[must_use]
    pub fn of(words: impl IntoIterator<Item = Self>) -> Self {
        words.into_iter().max().unwrap_or(Self::NotEnoughData)
    }

    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotEnoughData => "not enough data",
            Self::Same => "same",
            Self::Improved => "improved",
            Self::Regressed => "regressed",
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
