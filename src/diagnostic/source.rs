use std::ops::Range;
use std::path::{Path, PathBuf};

/// A text a problem can point into: a plan's file, or a flag of the command line.
#[derive(Debug, Clone)]
pub struct Source {
    /// The name to show: the path as the person gave it.
    pub name: String,
    /// The whole text.
    pub text: String,
    /// The line and column at every so many bytes: a plan has a place for each of its steps.
    marks: Vec<Position>,
}

/// How many bytes lie between two marks.
const STEP: usize = 1024;

/// Which source a span points into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(u32);

/// A stretch of one source, in bytes; empty spans point between two characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The source it lies in.
    pub source: SourceId,
    /// Its first byte.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
}

impl Span {
    /// No place: for what the language itself puts in.
    pub const NOWHERE: Self = Self { source: SourceId(u32::MAX), start: 0, end: 0 };

    /// The stretch from this one's start to the other's end.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { end: other.end.max(self.end), ..self }
    }

    /// Whether another lies in it.
    #[must_use]
    pub fn holds(self, other: Self) -> bool {
        self.source == other.source && self.start <= other.start && other.end <= self.end
    }

    /// The bytes it covers.
    #[must_use]
    pub const fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// The part of it from byte `range.start` to `range.end`, counted from its own start and kept inside it.
    #[must_use]
    pub fn part(self, range: Range<usize>) -> Self {
        let start = (self.start + range.start).min(self.end);
        Self { start, end: (self.start + range.end).clamp(start, self.end), ..self }
    }
}

/// Line and column as a person counts them: from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Position {
    const FIRST: Self = Self { line: 1, column: 1 };

    /// Behind so many bytes.
    fn behind(self, bytes: &[u8]) -> Self {
        bytes.iter().fold(self, |Self { line, column }, byte| match byte {
            b'\n' => Self { line: line + 1, column: 1 },
            // what goes on with a character is none of its own
            0x80..0xC0 => Self { line, column },
            _ => Self { line, column: column + 1 },
        })
    }
}

impl Source {
    fn new(name: String, text: String) -> Self {
        let mut at = Position::FIRST;
        let mark = |chunk| {
            let next = at.behind(chunk);
            std::mem::replace(&mut at, next)
        };
        let marks = text.as_bytes().chunks(STEP).map(mark).collect();
        Self { name, text, marks }
    }

    fn position(&self, byte: usize) -> Position {
        let mark = (byte / STEP).min(self.marks.len().saturating_sub(1));
        let bytes = self.text.as_bytes().get(mark * STEP..byte).unwrap_or_default();
        self.marks.get(mark).copied().unwrap_or(Position::FIRST).behind(bytes)
    }
}

/// All the texts of one reading.
#[derive(Debug, Clone, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// The first text: the plan's own file.
    #[must_use]
    pub fn first(&self) -> Option<&Source> {
        self.0.first()
    }

    /// Whether a place is in the first text: the plan's own file.
    #[must_use]
    pub const fn is_first(&self, span: Span) -> bool {
        span.source.0 == 0
    }

    /// Adds a text and says by which id spans name it.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> SourceId {
        self.0.push(Source::new(name.into(), text.into()));
        SourceId(u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX))
    }

    pub(super) fn source(&self, id: SourceId) -> Option<&Source> {
        self.0.get(id.0 as usize)
    }

    /// The folder that paths written in a span's text are relative to.
    #[must_use]
    pub fn folder(&self, span: Span) -> PathBuf {
        let name = self.source(span.source).map_or("", |source| source.name.as_str());
        Path::new(name).parent().map(Path::to_owned).unwrap_or_default()
    }

    /// The text a span covers; empty where it covers none.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.source(span.source).and_then(|source| source.text.get(span.range())).unwrap_or_default()
    }

    /// The place of a part of a text that a span holds: exact where the file holds the text as it is, plain or in
    /// quotes; else the whole span.
    #[must_use]
    pub fn part(&self, span: Span, text: &str, range: Range<usize>) -> Span {
        let written = self.text(span);
        let lead = if written == text {
            0
        } else if written.get(1..written.len().saturating_sub(1)) == Some(text) {
            1
        } else {
            return span;
        };
        span.part(range.start + lead..range.end + lead)
    }

    /// The line and column a span starts at.
    pub(super) fn position(&self, span: Span) -> Position {
        let source = self.source(span.source).filter(|source| source.text.is_char_boundary(span.start));
        source.map_or(Position::FIRST, |source| source.position(span.start))
    }

    /// `file:line:column` of a span's start.
    #[must_use]
    pub fn place(&self, span: Span) -> String {
        let Position { line, column } = self.position(span);
        let name = self.source(span.source).map_or("?", |source| source.name.as_str());
        format!("{name}:{line}:{column}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_counted_in_lines_and_characters_wherever_it_is() {
        let text = format!("a: ü\n{}x\r\n{}\nö: €€ b", "é".repeat(3000), "line\n".repeat(1000));
        let mut sources = Sources::default();
        let source = sources.add("plan.yaml", text.clone());
        for (start, _) in text.char_indices().chain([(text.len(), ' ')]) {
            let before = &text[..start];
            let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
            let expected = (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1);
            let Position { line, column } = sources.position(Span { source, start, end: start });
            assert_eq!((line, column), expected, "byte {start}");
        }
        let nowhere = sources.position(Span { source, start: text.len() + 1, end: text.len() + 1 });
        assert_eq!(nowhere, Position::FIRST);
    }
}
