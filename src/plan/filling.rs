use std::ops::Range;
use std::sync::Arc;

/// Who filled in what of a text does not stand in the file.
#[derive(Debug, Clone, Default)]
pub enum FilledBy {
    /// Nobody: the text is as written.
    #[default]
    Nobody,
    /// A flag of the command line, all of it: it may be shown.
    Flag,
    /// Values of the environment, or of `--set`: they are never code, and are not shown.
    Values(Arc<Filling>),
}

/// A text as it is written, and the values that stand for parts of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filling {
    /// As it is written: `Bearer ${KEY}`.
    pub written: String,
    /// Which bytes of that each value stands for, in order.
    pub values: Vec<(Range<usize>, Arc<str>)>,
}

impl FilledBy {
    /// Whether a text may stand where something else than a text is wanted.
    pub(super) const fn is_filled(&self) -> bool {
        !matches!(self, Self::Nobody)
    }

    /// The values, where there are any.
    #[must_use]
    pub const fn filling(&self) -> Option<&Arc<Filling>> {
        match self {
            Self::Values(filling) => Some(filling),
            Self::Nobody | Self::Flag => None,
        }
    }
}

impl Filling {
    /// A text that is all one value.
    pub(super) fn whole(value: &str) -> Self {
        let written = "…".to_owned();
        Self { values: vec![(0..written.len(), value.into())], written }
    }

    /// The text with its values.
    pub(super) fn text(&self) -> String {
        self.text_with(|_, value| value.to_owned())
    }

    /// The text with what is to stand for each value, given how that is written and what it is.
    pub(super) fn text_with(&self, shown: impl Fn(&str, &str) -> String) -> String {
        let mut out = String::with_capacity(self.written.len());
        let mut at = 0;
        for (range, value) in &self.values {
            out.push_str(&self.written[at..range.start]);
            out.push_str(&shown(&self.written[range.clone()], value));
            at = range.end;
        }
        out.push_str(&self.written[at..]);
        out
    }
}
