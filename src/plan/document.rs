use std::fmt;
use std::path::Path;

use granit_parser::Parser;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, Spanned};

use super::filling::FilledBy;
use super::number::Number;
use crate::diagnostic::{Problem, Problems, SourceId, Span};
use crate::disk::{InputFile, NotRead};
use crate::secrets::floor;
use crate::units::Size;

/// A file larger than this is no plan.
const LARGEST: Size = Size::from_bytes(16 << 20);

/// A value of a YAML document with its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub value: Data,
    /// What of its text does not stand in the file, because a `${NAME}` was filled in.
    pub filled: FilledBy,
}

/// What a node is.
#[derive(Debug, Clone)]
pub enum Data {
    /// `null`, `~`, or nothing after the colon.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, with its spelling.
    Number(Number),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order written; a key may come twice, or be no text.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// What kind of thing it is, for messages.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self.value {
            Data::Null => "nothing",
            Data::Bool(_) => "true or false",
            Data::Number(_) => "a number",
            Data::Text(_) => "a text",
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
        }
    }

    /// The text, where it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The entry of a map under a key; the first where it comes twice.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<&Self> {
        match &self.value {
            Data::Map(entries) => entries.iter().find(|(key, _)| key.text() == Some(name)).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The same entry, to change.
    pub(super) fn entry_mut(&mut self, name: &str) -> Option<&mut Self> {
        match &mut self.value {
            Data::Map(entries) => entries.iter_mut().find(|(key, _)| key.text() == Some(name)).map(|(_, value)| value),
            _ => None,
        }
    }
}

/// The text of a file that may hold a plan: UTF-8, of bounded size.
pub(super) fn text_of(path: &Path) -> Result<String, Box<Problem>> {
    text_up_to(path, LARGEST, "is it a plan?")
}

/// The text of a file: UTF-8, of no more than a size; `hint` is what to ask where it is larger.
pub(crate) fn text_up_to(path: &Path, largest: Size, hint: &str) -> Result<String, Box<Problem>> {
    let shown = path.display();
    let bytes = InputFile::whole(path, largest.as_bytes()).map_err(|error| {
        let missing = matches!(&error, NotRead::System(error) if error.kind() == std::io::ErrorKind::NotFound);
        Box::new(match error {
            NotRead::TooLarge => Problem::new(format!("{shown} is larger than {largest}")).help(hint),
            error => {
                let problem = Problem::new(format!("cannot read {shown}: {error}"));
                if missing && path.extension().is_none() && path.components().count() == 1 {
                    problem.help(format!("there is no `plans/{shown}.yaml` either; `ls plans` lists the plans"))
                } else if missing {
                    problem.help("check the path; it is relative to the current folder")
                } else {
                    problem
                }
            }
        })
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let problem = Problem::new(format!("{shown} is not UTF-8 text: byte {at} is no character"));
        Box::new(problem.help("save it as UTF-8"))
    })
}

/// Reads a YAML text as one document.
///
/// # Errors
/// What is no YAML, holds several documents, is nested deeper than 64, or grows out of bounds through aliases.
pub(super) fn parse(text: &str, source: SourceId, problems: &mut Problems) -> Result<Node, Box<Problem>> {
    scan(text, source, problems)?;
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: 64,
            max_nodes: 1_000_000,
            max_events: 3_000_000,
            max_aliases: 10_000,
            max_documents: 1,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 1_000_000,
            max_replay_stack_depth: 32,
        },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        with_snippet: false,
    };
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options) {
        Ok(raw) => Ok(placed(raw, text, source)),
        Err(error) => Err(Box::new(refused(&error, text, source))),
    }
}

/// Looks for errors of syntax before anything is read, so that bad indentation is reported as such.
fn scan(text: &str, source: SourceId, problems: &mut Problems) -> Result<(), Box<Problem>> {
    for event in Parser::new_from_str(text) {
        let tag = event.as_ref().ok().and_then(|(event, place)| Some((event.tag()?, place)));
        if let Some((tag, place)) = tag.filter(|(tag, _)| !tag.is_yaml_core_schema()) {
            let start = place.start.byte_offset().unwrap_or_else(|| byte_of(text, place.start.index()));
            problems.push(dropped(&tag.original(), text, floor(text, start), source));
        }
        if let Err(error) = event {
            let start = error.marker().byte_offset().unwrap_or_else(|| byte_of(text, error.marker().index()));
            let start = floor(text, start);
            let end = text[start..].chars().next().map_or(start, |c| start + c.len_utf8());
            let problem = Problem::at(Span { source, start, end }, format!("this is not YAML: {}", error.info()));
            return Err(Box::new(problem.help_if(syntax_help(text, start))));
        }
    }
    Ok(())
}

/// The warning of a tag, which stands before what starts at `start`, or at it.
fn dropped(tag: &str, text: &str, start: usize, source: SourceId) -> Problem {
    let line_end = text[start..].find('\n').map_or(text.len(), |end| start + end);
    let at = text[start..line_end].find(tag).filter(|at| *at == 0).map(|_| start);
    let at = at.or_else(|| text[..start].rfind(tag)).unwrap_or(start);
    let span = Span { source, start: at, end: (at + tag.len()).min(text.len()) };
    let problem = Problem::at(span, format!("the tag `{tag}` has no effect"));
    let value = text[span.end..].lines().next().unwrap_or_default().trim();
    let value = value.split([',', '}', ']', ' ']).next().unwrap_or_default();
    let help = match tag.to_lowercase().trim_start_matches('!') {
        "env" | "env_var" | "envvar" | "environment" | "getenv" if !value.is_empty() => {
            format!("a variable of the environment is written `${{{value}}}`")
        }
        "include" | "import" => "other files are named by `include:` at the top of the plan".to_owned(),
        _ => "remove it: a plan has no tags".to_owned(),
    };
    problem.help(help).warning()
}

fn syntax_help(text: &str, at: usize) -> Option<String> {
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    if line.contains('\t') {
        Some("indent with spaces: YAML takes no tabs".into())
    } else if let Some(sign) =
        text[at..].chars().next().filter(|sign| matches!(sign, '[' | '{') && in_plain_text(text, at))
    {
        Some(format!("put quotes around a text with `{sign}` in it, where it stands between `{{` and `}}`"))
    } else if line.contains("{{") && !line.contains("\"{{") && !line.contains("'{{") {
        Some("put quotes around a text with `{{ … }}`".into())
    } else {
        None
    }
}

/// Whether what stands there goes on a text without quotes: `name: /user/[id]`.
fn in_plain_text(text: &str, at: usize) -> bool {
    let before = text[..at].lines().last().unwrap_or_default().trim_end();
    before.ends_with(|sign: char| !matches!(sign, ',' | ':' | '[' | '{' | '"' | '\'' | '}' | ']'))
}

fn refused(error: &serde_saphyr::Error, text: &str, source: SourceId) -> Problem {
    let said = error.without_snippet().to_string();
    let said = said.split(" at line ").next().unwrap_or_default();
    let message = match said {
        said if said.contains("Depth") => "the plan is nested deeper than 64 levels".to_owned(),
        said if said.contains("Documents") => "a plan is one document, and here another begins".to_owned(),
        said if said.contains("budget") || said.contains("alias") => {
            "the plan grows out of bounds through its aliases".to_owned()
        }
        said => format!("the plan cannot be read: {said}"),
    };
    match error.location() {
        Some(location) => {
            let start = location.span().byte_offset().and_then(|offset| usize::try_from(offset).ok()).unwrap_or(0);
            let start = floor(text, start);
            Problem::at(Span { source, start, end: start }, message)
        }
        None => Problem::new(message),
    }
}

fn byte_of(text: &str, characters: usize) -> usize {
    text.char_indices().nth(characters).map_or(text.len(), |(index, _)| index)
}

fn placed(raw: Spanned<Raw>, text: &str, source: SourceId) -> Node {
    let place = raw.defined.span();
    let usize_of = |n: Option<u64>| n.and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let start = floor(text, usize_of(place.byte_offset()));
    let end = floor(text, start + usize_of(place.byte_len()));
    let mut span = Span { source, start, end };
    let value = match raw.value {
        Raw::Null => Data::Null,
        Raw::Bool(truth) => Data::Bool(truth),
        Raw::Number(number) => Data::Number(match plain_scalar(&text[span.range()]) {
            Some(spelling) => Number::spelled(number, spelling),
            None => number.into(),
        }),
        Raw::Endless(shown) => {
            Data::Text(plain_scalar(&text[span.range()]).map_or(shown, |spelling| spelling.to_owned()))
        }
        Raw::Text(text) => Data::Text(text),
        Raw::List(items) => Data::List(items.into_iter().map(|item| placed(item, text, source)).collect()),
        Raw::Map(entries) => Data::Map(
            entries.into_iter().map(|(key, value)| (placed(key, text, source), placed(value, text, source))).collect(),
        ),
    };
    // the parser places a collection at its first character: it reaches to the end of its last part
    let last = match &value {
        Data::List(items) => items.last().map(|item| item.span),
        Data::Map(entries) => entries.last().map(|(_, value)| value.span),
        _ => None,
    };
    if let Some(last) = last.filter(|last| last.start >= span.start) {
        span = span.to(last);
    }
    Node { span, value, filled: FilledBy::Nobody }
}

/// The text of a plain scalar; `None` of one with a tag or quotes, whose spelling is not all of it.
fn plain_scalar(text: &str) -> Option<&str> {
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_' | b':');
    (!text.is_empty() && text.bytes().all(sign)).then_some(text)
}

enum Raw {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    /// `.inf` and `.nan`: texts to us.
    Endless(String),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Raw, E> {
        Ok(Raw::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Raw, E> {
        Ok(Raw::Number(number.into()))
    }

    fn visit_i128<E: serde::de::Error>(self, number: i128) -> Result<Raw, E> {
        self.visit_f64(number as f64)
    }

    fn visit_u128<E: serde::de::Error>(self, number: u128) -> Result<Raw, E> {
        self.visit_f64(number as f64)
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Raw, E> {
        let finite = serde_json::Number::from_f64(number);
        Ok(finite.map_or_else(|| Raw::Endless(number.to_string()), Raw::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Raw, E> {
        Ok(Raw::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key()? {
            entries.push((key, map.next_value()?));
        }
        Ok(Raw::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Sources;

    fn parsed(text: &str) -> Result<Node, Box<Problem>> {
        parse(text, Sources::default().add("plan.yaml", text), &mut Problems::default())
    }

    #[test]
    fn every_value_knows_its_place() {
        let text = "a: 1\nlist:\n  - x: \"é y\"\n  - 10s\n";
        let node = parsed(text).unwrap();
        let Data::List(items) = &node.entry("list").unwrap().value else { panic!("not a list") };
        let quoted = items[0].entry("x").unwrap();
        assert_eq!(quoted.text(), Some("é y"));
        assert_eq!(&text[quoted.span.range()], "\"é y\"");
        assert_eq!(&text[items[1].span.range()], "10s");
    }

    #[test]
    fn a_key_twice_is_kept_twice_and_an_unquoted_slot_is_a_map_as_key() {
        let Data::Map(entries) = parsed("a: 1\na: 2\nb: {{ x }}\n").unwrap().value else { panic!("not a map") };
        assert_eq!(entries.len(), 3);
        let Data::Map(inner) = &entries[2].1.value else { panic!("not a map") };
        assert!(matches!(inner[0].0.value, Data::Map(_)));
    }

    #[test]
    fn aliases_and_merge_keys_are_followed_but_not_out_of_bounds() {
        let node = parsed("x: &a {p: 1}\ny:\n  <<: *a\n  q: 2\n").unwrap();
        assert!(node.entry("y").unwrap().entry("p").is_some());
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let row = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{row}]\n"));
        }
        assert!(parsed(&bomb).is_err());
    }

    #[test]
    fn what_is_no_yaml_is_placed() {
        for text in
            ["a: [1\nb: 2", "a: b: c", "a:\n\t- 1", "a: *nowhere", "a: 'x", &"[".repeat(10_000), "a: 1\n---\nb: 2\n"]
        {
            let problem = parsed(text).unwrap_err();
            assert!(!problem.message.is_empty());
        }
        assert!(parsed("a:\n\t- 1").unwrap_err().help[0].contains("tabs"));
    }
}
