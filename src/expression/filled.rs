use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::number::{canonical, read};

/// A text as it is written, with the values that stand for parts of it: `Bearer ${KEY}`. A value is a value wherever it
/// stands, and never code.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The text as it is written.
    pub text: &'a str,
    /// Which bytes each value stands for, in order.
    pub values: &'a [(Range<usize>, Arc<str>)],
    /// The folder of the file it is written in: the files it names lie there.
    pub folder: Option<&'a Path>,
}

/// Where in a text something stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Area {
    Text,
    Comment,
    /// Inside `{{ }}` or `{% %}`, and inside quotes there.
    Code {
        close: &'static [u8],
        quote: Option<u8>,
    },
}

impl<'a> From<&'a str> for Source<'a> {
    fn from(text: &'a str) -> Self {
        Self { text, values: &[], folder: None }
    }
}

impl<'a> From<&'a String> for Source<'a> {
    fn from(text: &'a String) -> Self {
        text.as_str().into()
    }
}

impl<'a> Source<'a> {
    /// The same of a text in a file of this folder.
    #[must_use]
    pub const fn within(self, folder: &'a Path) -> Self {
        Self { folder: Some(folder), ..self }
    }

    /// The text with its values in their places; of a part of it.
    pub(super) fn filled(self, part: Range<usize>) -> String {
        let mut out = String::with_capacity(part.len());
        let mut at = part.start;
        for (range, value) in self.values_of(&part) {
            out.push_str(&self.text[at..range.start]);
            out.push_str(value);
            at = range.end;
        }
        out.push_str(&self.text[at..part.end]);
        out
    }

    /// The text with something of the same length and without a meaning in each value's place: what is code in it was
    /// written as code, and stands where it stands.
    #[must_use]
    pub fn masked(self) -> Cow<'a, str> {
        self.mask(Area::Text)
    }

    /// The same of a text that is one expression.
    #[must_use]
    pub fn masked_expression(self) -> Cow<'a, str> {
        self.mask(Area::EXPRESSION)
    }

    /// The same of an expression in a part of the text.
    pub(super) fn masked_part(self, part: Range<usize>) -> String {
        let values = self.values_within(&part);
        Source { text: &self.text[part], values: &values, folder: None }.masked_expression().into_owned()
    }

    fn mask(self, area: Area) -> Cow<'a, str> {
        self.replaced(area, |range, _, area| match area {
            Area::Code { quote: None, .. } => format!("'{}'", "x".repeat(range.len().saturating_sub(2))),
            _ => "x".repeat(range.len()),
        })
    }

    /// A text with statements as the language reads it: each value as a literal.
    pub(super) fn code(self) -> Cow<'a, str> {
        self.replaced(Area::Text, |_, value, area| match area {
            Area::Text => format!("{{{{ {} }}}}", quoted(value, b'\'')),
            Area::Comment => String::new(),
            Area::Code { quote: Some(quote), .. } => escaped(value, quote),
            Area::Code { quote: None, .. } => literal(value),
        })
    }

    /// An expression in a part of the text, as the language reads it: each value as a literal.
    pub(super) fn expression_code(self, part: Range<usize>) -> String {
        let values = self.values_within(&part);
        let source = Source { text: &self.text[part], values: &values, folder: None };
        let code = source.replaced(Area::EXPRESSION, |_, value, area| match area {
            Area::Code { quote: Some(quote), .. } => escaped(value, quote),
            _ => literal(value),
        });
        code.into_owned()
    }

    /// The values of a part, placed in that part.
    fn values_within(self, part: &Range<usize>) -> Vec<(Range<usize>, Arc<str>)> {
        let moved = |range: &Range<usize>| range.start - part.start..range.end - part.start;
        self.values_of(part).map(|(range, value)| (moved(range), value.clone())).collect()
    }

    fn values_of(self, part: &Range<usize>) -> impl Iterator<Item = &'a (Range<usize>, Arc<str>)> {
        let part = part.clone();
        self.values.iter().filter(move |(range, _)| range.start >= part.start && range.end <= part.end)
    }

    /// The text with each value's place taken by what fits the area it is in.
    fn replaced(self, start: Area, with: impl Fn(&Range<usize>, &str, Area) -> String) -> Cow<'a, str> {
        if self.values.is_empty() {
            return Cow::Borrowed(self.text);
        }
        let bytes = self.text.as_bytes();
        let mut out = String::with_capacity(self.text.len());
        let (mut area, mut depth, mut at, mut copied) = (start, 0_usize, 0, 0);
        let mut values = self.values.iter().peekable();
        while at < bytes.len() {
            if let Some((range, value)) = values.next_if(|(range, _)| range.start == at) {
                out.push_str(&self.text[copied..at]);
                out.push_str(&with(range, value, area));
                at = range.end;
                copied = at;
                continue;
            }
            let two = bytes.get(at..at + 2).unwrap_or_default();
            let (next, length) = match (area, bytes[at]) {
                (Area::Text, _) => match two {
                    b"{{" => (Area::Code { close: b"}}", quote: None }, 2),
                    b"{%" => (Area::Code { close: b"%}", quote: None }, 2),
                    b"{#" => (Area::Comment, 2),
                    _ => (area, 1),
                },
                (Area::Comment, _) if two == b"#}" => (Area::Text, 2),
                (Area::Comment, _) => (area, 1),
                (Area::Code { quote: Some(_), .. }, b'\\') => (area, 2),
                (Area::Code { close, quote: Some(quote) }, byte) if byte == quote => {
                    (Area::Code { close, quote: None }, 1)
                }
                (Area::Code { quote: Some(_), .. }, _) => (area, 1),
                (Area::Code { close, .. }, _) if depth == 0 && two == close => (Area::Text, 2),
                (Area::Code { close, .. }, quote @ (b'"' | b'\'')) => (Area::Code { close, quote: Some(quote) }, 1),
                (Area::Code { .. }, b'(' | b'[' | b'{') => {
                    depth += 1;
                    (area, 1)
                }
                (Area::Code { .. }, b')' | b']' | b'}') => {
                    depth = depth.saturating_sub(1);
                    (area, 1)
                }
                (Area::Code { .. }, _) => (area, 1),
            };
            area = next;
            at += length;
        }
        out.push_str(&self.text[copied..]);
        Cow::Owned(out)
    }
}

impl Area {
    /// An expression alone: nothing closes it.
    const EXPRESSION: Self = Self::Code { close: b"", quote: None };
}

/// A value as a literal of the language: a number or a truth value where it is written as one, else a text.
fn literal(value: &str) -> String {
    let is_number = read(value).and_then(|number| canonical(&number)).is_some_and(|written| written == value);
    match value {
        "true" | "false" => value.to_owned(),
        _ if is_number => format!("({value})"),
        _ => quoted(value, b'\''),
    }
}

fn quoted(value: &str, quote: u8) -> String {
    let mark = char::from(quote);
    format!("{mark}{}{mark}", escaped(value, quote))
}

pub(super) fn escaped(value: &str, quote: u8) -> String {
    let mut out = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            letter if letter == char::from(quote) => out.extend(['\\', letter]),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::{EvalError, Globals, Scope, ScopeRng, ScopeUser, Template};
    use crate::units::Seed;

    const VALUES: [&str; 9] =
        ["ab{#cd#}ef", "x{{1+1}}", "a{{b", "pw{%oops", "it's \"quoted\"\\", "}}", "17", "true", "{% endraw %}\n"];

    fn rendered(written: &str, value: &str) -> Result<String, EvalError> {
        let values: Vec<(Range<usize>, Arc<str>)> =
            written.match_indices("${V}").map(|(at, found)| (at..at + found.len(), value.into())).collect();
        let source = Source { text: written, values: &values, folder: None };
        assert_eq!(source.masked().len(), written.len());
        let user = ScopeUser { id: 1, kind: "u".into() };
        let scope = Scope::new(Arc::new(Globals::default()), user, ScopeRng::new(Seed::new(1)));
        Template::parse(source).unwrap_or_else(|error| panic!("{written}: {error:?}")).render(&scope)
    }

    #[test]
    fn a_value_is_a_value_wherever_it_stands_and_never_code() {
        for value in VALUES {
            for (written, wanted) in [
                ("${V}", "V"),
                ("a ${V} b ${V}", "a V b V"),
                ("{{ 1 + 1 }}${V}{{ 2 }}", "2V2"),
                ("{{ ${V} }}", "V"),
                ("{{ '${V}' ~ \"-${V}\" }}", "V-V"),
                ("{{ {'a': '${V}'}['a'] }}", "V"),
                ("{% if '${V}' == ${V} | string %}${V}!{% endif %}", "V!"),
                ("{# ${V} #}{{ ${V} }}", "V"),
                ("{% set x = '${V}' %}{{ x }}${V}", "VV"),
            ] {
                assert_eq!(rendered(written, value).unwrap(), wanted.replace('V', value), "{written} with {value}");
            }
        }
    }

    #[test]
    fn a_value_in_an_expression_is_a_number_where_it_is_written_as_one() {
        assert_eq!(rendered("{{ ${V} + 1 }}", "17").unwrap(), "18");
        assert_eq!(rendered("{{ 2 - ${V} }}", "-17").unwrap(), "19");
        assert_eq!(rendered("{{ ${V} is string }}", "1.10").unwrap(), "true");
        assert!(rendered("{{ ${V} + 1 }}", "1 + 1").is_err());
    }

    #[test]
    fn no_value_is_in_a_message() {
        for written in ["{{ ${V} + 1 }}", "{{ '${V}' + nothing }}", "{% if '${V}' + 1 %}{% endif %}"] {
            let message = rendered(written, "hunter2").unwrap_err().message;
            assert!(message.contains("${V}") && !message.contains("hunter2"), "{message}");
        }
    }
}
