use std::fmt;

use jsonpath_rust::parser::model::{JpQuery, Segment, Selector};
use jsonpath_rust::parser::parse_json_path;
use serde_json::Value;

use super::expr::SyntaxError;
use super::json_path_search::{FilterReach, Search};

const LONGEST: usize = 2_000;
const DEEPEST: usize = 16;

/// A JSONPath (RFC 9535), parsed. A path that can only name one place is walked directly.
#[derive(Debug, Clone)]
pub struct JsonPath {
    source: Box<str>,
    form: Form,
    /// Where the picks of its endpoint have what it finds.
    pub(super) pick: Option<usize>,
}

#[derive(Debug, Clone)]
enum Form {
    Straight(Vec<Step>),
    Search(Box<Search>),
}

/// One step down in a JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(Box<str>),
    Index(usize),
}

impl JsonPath {
    /// Parses a path; it starts with `$`.
    ///
    /// # Errors
    /// What is no JSONPath, is nested deeper than 16 brackets, or is longer than 2,000 bytes.
    pub fn parse(source: &str) -> Result<Self, SyntaxError> {
        let error = |message: String, help: Option<String>| SyntaxError { message, range: 0..source.len(), help };
        if !source.starts_with('$') {
            let help = Some(format!("did you mean `$.{}`?", source.trim_start_matches('.')));
            return Err(error(format!("`{source}` is not a JSONPath: it starts with `$`"), help));
        }
        // the parser recurses: what is nested too deep is turned away before it sees it
        if source.len() > LONGEST || deepest(source) > DEEPEST {
            return Err(error("the JSONPath is too long or nested too deep".into(), None));
        }
        let query = parse_json_path(source).map_err(|_| {
            let bracketed = with_brackets(source).filter(|path| parse_json_path(path).is_ok());
            let help = bracketed.map_or_else(
                || "a path looks like `$.items[0].name` or `$..id` (RFC 9535)".to_owned(),
                |path| format!("a name with other signs than letters, digits and `_` stands in brackets: `{path}`"),
            );
            error(format!("`{source}` is not a JSONPath"), Some(help))
        })?;
        let too_wide = || {
            let help = "look below once or twice, and in a filter at what is near: `$..items[?@.id == 1]`";
            error("the JSONPath looks at everything again and again".into(), Some(help.to_owned()))
        };
        let filters = FilterReach::of(source);
        if filters.is_lost {
            let help = "name what it looks through: `$[?@.items[?@.id == 1]]`".to_owned();
            return Err(error("a filter directly behind `@` of another filter is not supported".into(), Some(help)));
        }
        let form = match straight(&query) {
            Some(steps) => Form::Straight(steps),
            None => Form::Search(Box::new(Search::new(&query, filters).ok_or_else(too_wide)?)),
        };
        Ok(Self { source: source.into(), form, pick: None })
    }

    /// The first value it finds.
    #[must_use]
    pub fn first<'a>(&self, json: &'a Value) -> Option<&'a Value> {
        match &self.form {
            Form::Straight(steps) => Step::walk(steps, json),
            Form::Search(search) => search.first(json),
        }
    }
}

impl JsonPath {
    /// Whether it can name one place alone.
    #[must_use]
    pub fn names_one_place(&self) -> bool {
        self.steps().is_some()
    }

    /// The steps to the one place it names, where it can name one alone.
    pub(super) fn steps(&self) -> Option<&[Step]> {
        match &self.form {
            Form::Straight(steps) => Some(steps),
            Form::Search(_) => None,
        }
    }

    /// All values it finds, in the order of the document, each place once.
    ///
    /// # Errors
    /// More of them than a value may hold.
    pub fn all<'a>(&self, json: &'a Value) -> Result<Vec<&'a Value>, String> {
        match &self.form {
            Form::Straight(steps) => Ok(Step::walk(steps, json).into_iter().collect()),
            Form::Search(search) => search.all(json).ok_or_else(|| format!("too many values at `{self}`")),
        }
    }
}

impl Step {
    /// The value that steps lead to.
    pub(super) fn walk<'a>(steps: &[Self], json: &'a Value) -> Option<&'a Value> {
        steps.iter().try_fold(json, |at, step| match step {
            Self::Key(key) => at.get(&**key),
            Self::Index(index) => at.get(index),
        })
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

fn straight(query: &JpQuery) -> Option<Vec<Step>> {
    query.segments.iter().map(step).collect()
}

fn step(segment: &Segment) -> Option<Step> {
    match segment {
        // a quoted or escaped name is left to the library, which knows how to unquote it
        Segment::Selector(Selector::Name(name)) if !name.contains(['\'', '"', '\\']) => {
            Some(Step::Key(name.as_str().into()))
        }
        Segment::Selector(Selector::Index(index)) => usize::try_from(*index).ok().map(Step::Index),
        _ => None,
    }
}

/// A path with its unusual names in brackets: `$.access-token` is `$['access-token']`. `None` where it has none.
fn with_brackets(source: &str) -> Option<String> {
    let mut out = String::with_capacity(source.len() + 8);
    let (mut rest, mut changed) = (source, false);
    while let Some(dot) = rest.find(['.', '[']) {
        let (before, behind) = rest.split_at(dot);
        out.push_str(before);
        if behind.starts_with('[') {
            // what is in brackets stays
            let end = behind.find(']').map_or(behind.len(), |end| end + 1);
            out.push_str(&behind[..end]);
            rest = &behind[end..];
            continue;
        }
        let name = &behind[1..];
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let plain = name[..end].chars().all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '*');
        if plain || name[..end].contains(['\'', '"', '\\', ']', ')', '@']) {
            out.push_str(&behind[..=end]);
        } else {
            // of `..` the second dot is left out
            if out.ends_with('.') {
                out.push('.');
            }
            out.push_str(&format!("['{}']", &name[..end]));
            changed = true;
        }
        rest = &name[end..];
    }
    out.push_str(rest);
    changed.then_some(out)
}

fn deepest(source: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for letter in source.bytes() {
        match letter {
            b'[' | b'(' => depth += 1,
            b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    // `!` and `..` recurse as well
    deepest + source.matches('!').count() / 8
}
