use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use super::terminal::{talk, talk_style};
use crate::diagnostic::{Problem, Problems, SourceId, Sources, Span, Unset, render};
use crate::disk::{InputFile, NotRead};
use crate::verdict::Exit;

/// A larger file holds no variables.
const LARGEST: u64 = 1 << 20;

/// Where a plan's `${NAME}`s come from: the environment, and behind it the file of `--env-file`.
pub(super) struct Variables {
    of_file: BTreeMap<String, String>,
    /// What one that neither has is.
    pub(super) unset: Unset,
}

impl Variables {
    /// The environment's and a file's. What is wrong in the file is printed, with its place and without its values.
    pub(super) fn read(path: Option<&Path>, unset: Unset) -> Result<Self, Exit> {
        let Some(path) = path else { return Ok(Self { of_file: BTreeMap::new(), unset }) };
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let of_file = match text_of(path) {
            Ok(text) => variables(&path.display().to_string(), &text, &mut sources, &mut problems),
            Err(problem) => {
                problems.push(*problem);
                BTreeMap::new()
            }
        };
        talk(&render(&problems, &sources, talk_style()));
        if problems.errors() > 0 { Err(Exit::Usage) } else { Ok(Self { of_file, unset }) }
    }

    /// The value of a variable. One that is set to nothing in the environment may be set in the file.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        let set = std::env::var(name).ok();
        set.filter(|value| !value.is_empty()).or_else(|| self.of_file.get(name).cloned())
    }
}

fn text_of(path: &Path) -> Result<String, Box<Problem>> {
    let shown = path.display();
    let refused = |why: String| Box::new(Problem::new(format!("cannot read {shown}: {why}")));
    let bytes = InputFile::whole(path, LARGEST).map_err(|error| {
        refused(match error {
            NotRead::TooLarge => "it is larger than 1 MiB".to_owned(),
            error => error.to_string(),
        })
    })?;
    String::from_utf8(bytes).map_err(|_| refused("it is not UTF-8 text".into()))
}

/// The variables of a text. Values may be secrets, so no source that is printed holds any.
fn variables(name: &str, text: &str, sources: &mut Sources, problems: &mut Problems) -> BTreeMap<String, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let source = sources.add(name, text.lines().map(hidden).collect::<Vec<_>>().join("\n"));
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut places: BTreeMap<String, Span> = BTreeMap::new();
    let mut at = 0;
    for line in text.lines() {
        let shown = hidden(line);
        let place = Place { source, at, shown: &shown };
        at += shown.len() + 1;
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let Some((name, value)) = assignment(line) else {
            let problem = Problem::at(place.span(0..shown.len()), "this line sets no variable");
            problems.push(problem.help("write each as `NAME=VALUE` on a line of its own"));
            continue;
        };
        let start = shown.find(name).unwrap_or(0);
        let span = place.span(start..start + name.len());
        match read_value(value) {
            Ok(value) => drop(found.insert(name.to_owned(), value)),
            Err(why) => problems.push(Problem::at(span, format!("the value of `{name}` {}", why.0)).help(why.1)),
        }
        if let Some(first) = places.insert(name.to_owned(), span) {
            let problem = Problem::at(span, format!("`{name}` is set twice, and this value is taken"));
            problems.push(problem.related(first, "first set here").warning());
        }
    }
    found
}

/// Where a line lies in the text that is shown.
struct Place<'a> {
    source: SourceId,
    at: usize,
    shown: &'a str,
}

impl Place<'_> {
    fn span(&self, range: Range<usize>) -> Span {
        let end = self.at + self.shown.len();
        Span { source: self.source, start: self.at + range.start, end: (self.at + range.end).min(end) }
    }
}

/// The name and what is behind the `=`, where the line has both.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let mut letters = name.chars();
    let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let named = first && letters.all(|c| c.is_ascii_alphanumeric() || c == '_');
    named.then_some((name, value))
}

/// A line as it may be shown: its name alone.
fn hidden(line: &str) -> String {
    match assignment(line) {
        Some((name, _)) => format!("{name}=…"),
        None if line.trim().is_empty() => String::new(),
        None => "…".to_owned(),
    }
}

/// A value as it is written: bare, up to a ` #`; between `'`, as it is; between `"`, with `\n` and its like.
fn read_value(written: &str) -> Result<String, (&'static str, &'static str)> {
    if written.contains('\0') {
        return Err(("holds a zero byte", "is it a file of variables?"));
    }
    let written = written.trim();
    let Some(quote) = written.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        let end = written.find(" #").or_else(|| written.find("\t#")).unwrap_or(written.len());
        let value = if written.starts_with('#') { "" } else { written[..end].trim_end() };
        return Ok(value.to_owned());
    };
    let mut value = String::new();
    let mut letters = written[1..].char_indices();
    while let Some((index, letter)) = letters.next() {
        match letter {
            letter if letter == quote => {
                let behind = written[1 + index + 1..].trim_start();
                return match behind.is_empty() || behind.starts_with('#') {
                    true => Ok(value),
                    false => {
                        Err(("goes on behind its quotes", "write one value a line; quotes inside are escaped: `\\\"`"))
                    }
                };
            }
            '\\' if quote == '"' => value.push(match letters.next().map(|(_, letter)| letter) {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some(letter) => letter,
                None => break,
            }),
            letter => value.push(letter),
        }
    }
    Err(("is never closed", "end it with the quote it begins with, on the same line; `\\n` is a line break"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Style;

    fn read(text: &str) -> (BTreeMap<String, String>, String) {
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let found = variables("ci.env", text, &mut sources, &mut problems);
        (found, render(&problems, &sources, Style::Plain))
    }

    #[test]
    fn each_line_sets_a_variable_to_just_what_is_written() {
        let text = "\u{feff}# for the pipeline\nexport A=1\n\nB = two words # a comment\r\nC='a # b \\n'\nD=\"x\\ny\\\"\" # z\nE=\nF=a#b{{1+1}}${A}\nG=k=v==\n";
        let (found, said) = read(text);
        assert_eq!(said, "");
        let expected = [
            ("A", "1"),
            ("B", "two words"),
            ("C", "a # b \\n"),
            ("D", "x\ny\""),
            ("E", ""),
            ("F", "a#b{{1+1}}${A}"),
            ("G", "k=v=="),
        ];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }

    #[test]
    fn what_is_malformed_is_placed_and_no_value_is_shown() {
        for (text, place, what) in [
            ("A=1\nhunter2\n", "ci.env:2:1", "sets no variable"),
            ("1A=hunter2", "ci.env:1:1", "sets no variable"),
            ("=hunter2", "ci.env:1:1", "sets no variable"),
            ("K=\"hunter2", "ci.env:1:1", "the value of `K` is never closed"),
            ("K='hunter2' hunter2", "ci.env:1:1", "goes on behind its quotes"),
            ("K=hunter2\0", "ci.env:1:1", "zero byte"),
            ("K=hunter2\nK=hunter2", "ci.env:2:1", "is set twice"),
            ("-----BEGIN KEY-----\nhunter2==\n", "ci.env:1:1", "sets no variable"),
        ] {
            let (_, said) = read(text);
            assert!(said.contains(place) && said.contains(what), "{text}: {said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    }
}
