use unicode_width::UnicodeWidthChar;

use crate::report::sanitize::visible;

/// Text with the colours it is written in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ink(Vec<(char, Option<Paint>)>);

/// A colour, by what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    Good,
    Bad,
    Doubtful,
    Strong,
    Faint,
}

impl Paint {
    /// What a terminal is told (ECMA-48, SGR).
    const fn code(self) -> &'static str {
        match self {
            Self::Good => "\x1b[32m",
            Self::Bad => "\x1b[31m",
            Self::Doubtful => "\x1b[33m",
            Self::Strong => "\x1b[1m",
            Self::Faint => "\x1b[2m",
        }
    }
}

const RESET: &str = "\x1b[0m";

impl Ink {
    pub(super) fn plain(text: impl AsRef<str>) -> Self {
        Self::of(text, None)
    }

    pub(super) fn of(text: impl AsRef<str>, paint: Option<Paint>) -> Self {
        Self(text.as_ref().chars().map(|c| (c, paint)).collect())
    }

    pub(super) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The same, in a colour where it has none.
    pub(super) fn painted(mut self, paint: Paint) -> Self {
        self.0.iter_mut().for_each(|(_, own)| *own = own.or(Some(paint)));
        self
    }

    /// How many columns it takes.
    pub(super) fn width(&self) -> usize {
        self.0.iter().map(|(c, _)| width(*c)).sum()
    }

    /// Without the blanks at its end.
    pub(super) fn trimmed(mut self) -> Self {
        while self.0.last().is_some_and(|(c, _)| c.is_whitespace()) {
            self.0.pop();
        }
        self
    }

    /// In lines no wider than so many columns, broken at blanks where there are some; all but the first stand further in.
    pub(super) fn wrapped(self, columns: usize, further: usize) -> Vec<Self> {
        let mut lines = Vec::new();
        let mut rest = self.0;
        loop {
            let further = if lines.is_empty() { 0 } else { further };
            let room = columns.saturating_sub(further).max(1);
            let fits = fitting(&rest, room);
            let behind = if fits >= rest.len() { Vec::new() } else { rest.split_off(broken_at(&rest, fits)) };
            let mut line = vec![(' ', None); further];
            line.extend(rest);
            lines.push(Self(line).trimmed());
            let next = behind.iter().position(|(c, _)| *c != ' ').unwrap_or(behind.len());
            rest = behind.get(next..).unwrap_or_default().to_vec();
            if rest.is_empty() {
                return lines;
            }
        }
    }

    /// The text as it is written out. Whatever a text from outside holds, it is no command to a CI system, and steers no
    /// terminal.
    pub(super) fn shown(&self, coloured: bool) -> String {
        let text: String = self.0.iter().map(|(c, _)| c).collect();
        let harmless = visible(&text);
        if !coloured || harmless != text {
            return harmless;
        }
        let (mut out, mut last) = (String::with_capacity(text.len()), None);
        for (c, paint) in &self.0 {
            if *paint != last {
                out.push_str(if last.is_some() { RESET } else { "" });
                out.push_str(paint.map_or("", Paint::code));
                last = *paint;
            }
            out.push(*c);
        }
        out.push_str(if last.is_some() { RESET } else { "" });
        out
    }
}

fn width(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// How many of the characters fit into so many columns; at least one.
fn fitting(text: &[(char, Option<Paint>)], room: usize) -> usize {
    let mut taken = 0;
    let fits = text.iter().take_while(|(c, _)| {
        taken += width(*c);
        taken <= room
    });
    fits.count().max(1)
}

/// Where a line is broken that may have so many characters: at its last blank, if that leaves something of it; in a word that
/// is too long, behind a sign that parts it, if there is one.
fn broken_at(text: &[(char, Option<Paint>)], fits: usize) -> usize {
    let own = text.iter().position(|(c, _)| *c != ' ').unwrap_or(0);
    let blank = (own + 1..=fits).rev().find(|at| text.get(*at).is_some_and(|(c, _)| *c == ' '));
    let parts = |at: &usize| text.get(*at - 1).is_some_and(|(c, _)| "/{},=&?:;_-".contains(*c));
    blank.or_else(|| (own + 2..=fits).rev().find(parts)).unwrap_or(fits)
}

/// A text in lines no wider than so many columns, broken as a page's are.
#[must_use]
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let further = 2.min(columns / 2);
    text.lines().flat_map(|line| Ink::plain(line).wrapped(columns, further)).map(|line| line.shown(false)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str, columns: usize, further: usize) -> Vec<String> {
        Ink::plain(text).wrapped(columns, further).iter().map(|line| line.shown(false)).collect()
    }

    #[test]
    fn a_line_is_broken_at_blanks_and_a_word_only_where_it_is_too_long() {
        assert_eq!(wrapped("one two three", 7, 2), ["one two", "  three"]);
        assert_eq!(wrapped("  abcdefgh", 6, 2), ["  abcd", "  efgh"]);
        assert_eq!(wrapped("", 5, 0), [""]);
        assert_eq!(wrapped("p99{endpoint=list} < 1s", 14, 2), ["p99{endpoint=", "  list} < 1s"]);
        assert_eq!(
            wrapped("ab", 1, 9),
            ["a", "b"]
                .map(|one| one.to_owned())
                .to_vec()
                .into_iter()
                .enumerate()
                .map(|(at, one)| if at == 0 { one } else { format!("         {one}") })
                .collect::<Vec<_>>()
        );
    }

    #[test]
    fn what_takes_two_columns_counts_twice() {
        assert_eq!(wrapped("漢字漢字", 5, 0), ["漢字", "漢字"]);
        assert_eq!(Ink::plain("漢e\u{301}").width(), 3);
    }

    #[test]
    fn colours_end_where_they_end_and_are_not_there_where_nobody_understands_them() {
        let ink = Ink::of("✓", Some(Paint::Good)).and(Ink::plain(" held"));
        assert_eq!(ink.shown(true), "\x1b[32m✓\x1b[0m held");
        assert_eq!(ink.shown(false), "✓ held");
        assert_eq!(Ink::of("::error::x", Some(Paint::Bad)).shown(true), ": :error::x");
    }
}
