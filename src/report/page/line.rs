use std::fmt;

/// A line of text: words of ours, and text from outside in between.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Line {
    pub(super) spans: Vec<Span>,
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Span {
    /// Words of ours.
    Words(String),
    /// A name from outside: of a plan, an endpoint, a file.
    Name(String),
    /// A longer text from outside: a message, a condition, an address.
    Quote(String),
}

impl Line {
    pub(crate) fn name(name: impl Into<String>) -> Self {
        Self::default().and_name(name)
    }

    pub(crate) fn quote(text: impl Into<String>) -> Self {
        Self::default().and_quote(text)
    }

    pub(crate) fn and(self, words: impl Into<String>) -> Self {
        self.with(Span::Words(words.into()))
    }

    pub(crate) fn and_name(self, name: impl Into<String>) -> Self {
        self.with(Span::Name(name.into()))
    }

    pub(crate) fn and_quote(self, text: impl Into<String>) -> Self {
        self.with(Span::Quote(text.into()))
    }

    /// All of them in one, with words of ours in between.
    pub(crate) fn joined(lines: impl IntoIterator<Item = Self>, between: &str) -> Self {
        let mut whole = Self::default();
        for (index, line) in lines.into_iter().enumerate() {
            whole = if index == 0 { whole } else { whole.and(between) };
            whole.spans.extend(line.spans);
        }
        whole
    }

    fn with(mut self, span: Span) -> Self {
        self.spans.push(span);
        self
    }
}

impl Span {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Words(text) | Self::Name(text) | Self::Quote(text) => text,
        }
    }
}

impl From<&str> for Line {
    fn from(words: &str) -> Self {
        Self::default().and(words)
    }
}

impl From<String> for Line {
    fn from(words: String) -> Self {
        Self::default().and(words)
    }
}

/// The text as it is, whatever it holds: for those who make it harmless themselves.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.spans.iter().try_for_each(|span| f.write_str(span.as_str()))
    }
}
