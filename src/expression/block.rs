use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use minijinja::{Captured, Environment, Error, ErrorKind, Output, Value};

use super::expr::{EvalError, LONGEST, SyntaxError, is_of_plan, said, sliced, way_out};
use super::filled::Source;
use super::language::{FUEL, environment};
use super::operators::{NamedFiles, block_written_out};
use super::resolve::Resolved;
use super::scope::Scope;
use super::template::Part;
use super::text::{no_text, write_text};
use super::work::{self, beyond_bounds};

/// A text with `{% statements %}`, which the language renders whole.
#[derive(Debug)]
pub(super) struct Block {
    source: Arc<str>,
    language: Environment<'static>,
    /// The files it names.
    pub(super) files: Vec<PathBuf>,
    /// As that of an expression.
    sliced: Vec<String>,
}

const BLOCK: &str = "template";

/// How a text with statements shows values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    /// As they are.
    Plain,
    /// Between two signs, so that they are known again.
    Marked,
}

/// What stands around a value: signs that no text has (Unicode, noncharacters).
const MARKS: [char; 2] = ['\u{FDD0}', '\u{FDD1}'];

impl Block {
    pub(super) fn parse(source: Source, values: Values) -> Result<Self, SyntaxError> {
        let (written, code) = (source.masked(), source.code());
        if code.len() > LONGEST {
            let message = format!("a text with `{{% … %}}` is longer than {LONGEST} bytes");
            let from = written.find("{%").or_else(|| written.find("{#")).unwrap_or(0);
            let help = "write that part as a text of its own, by `set` or `with`, and its name here: `{{ lines }}`";
            return Err(SyntaxError { message, range: from..(from + 2).min(written.len()), help: Some(help.into()) });
        }
        let mut language = environment();
        if values == Values::Marked {
            language.set_formatter(|out, _, value| marked(out, value));
        }
        // as written first: whatever is wrong has its place there
        let mut files = NamedFiles { folder: source.folder.map(Path::to_owned), found: Vec::new() };
        let added = language
            .add_template_owned(BLOCK, written.clone().into_owned())
            .and_then(|()| language.add_template_owned(BLOCK, block_written_out(&code, &mut files)));
        match added {
            Ok(()) => {
                let sliced = sliced(&written, || Resolved::text(&written, &|_| None));
                Ok(Self { source: source.text.into(), language, files: files.found, sliced })
            }
            Err(error) => {
                let range = error.range().unwrap_or(0..written.len());
                let range = range.start.min(written.len())..range.end.min(written.len());
                let message = said(&error);
                let help = way_out(&written, range.start, &message).filter(|_| range.start < written.len());
                Err(SyntaxError { help: help.or_else(|| unclosed(&written)), message, range })
            }
        }
    }

    pub(super) fn names(&self) -> BTreeSet<String> {
        let names = self.language.get_template(BLOCK).map(|template| template.undeclared_variables(false));
        names.unwrap_or_default().into_iter().chain(self.sliced.iter().cloned()).filter(is_of_plan).collect()
    }

    pub(super) fn render(&self, scope: &Arc<Scope>) -> Result<String, EvalError> {
        let written = work::begin_block().and_then(|()| {
            let template = self.language.get_template(BLOCK)?;
            if !work::is_of_plan() {
                return template.render(scope.context());
            }
            let rendered = template.render_captured(scope.context());
            // of what failed nobody knows the steps: it may have taken all
            let steps = rendered.as_ref().ok().and_then(|rendered| rendered.state().fuel_levels());
            work::count_steps(steps.map_or(FUEL, |(taken, _)| taken));
            rendered.map(Captured::into_output)
        });
        written.map_err(|error| {
            let undefined = self.names().contains("json") && scope.value("json").is_none();
            let why = if undefined { scope.not_json() } else { None };
            let why = why.map(|why| format!("the body is {why}: ")).unwrap_or_default();
            let message = format!("{why}{} in `{}`", said(&error), shown(&self.source));
            EvalError { message }
        })
    }
}

/// How to end the statement of a text that is never ended.
fn unclosed(text: &str) -> Option<String> {
    const WITH_AN_END: [&str; 8] = ["for", "if", "filter", "with", "macro", "call", "block", "autoescape"];
    let mut open = Vec::new();
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once("{%") {
        let Some((inside, after)) = behind.split_once("%}") else {
            return Some("end the statement with `%}`".to_owned());
        };
        let inside = inside.trim_matches(['-', '+', ' ', '\n', '\t']);
        let word = inside.split(|sign: char| !sign.is_alphanumeric()).next().unwrap_or_default();
        if WITH_AN_END.contains(&word) || word == "set" && !inside.contains('=') {
            open.push(word);
        } else if word.starts_with("end") {
            open.pop();
        }
        rest = after;
    }
    open.pop().map(|word| format!("end it with `{{% end{word} %}}`"))
}

/// What of a text with statements is shown in a message: its first line, for the line that the language tells is none of the
/// text as it is written; one line is shown whole.
fn shown(text: &str) -> Cow<'_, str> {
    if text.trim_end().lines().nth(1).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{}…", text.lines().next().unwrap_or_default().trim()))
}

/// Writes a value between marks, or without where it counts as written.
fn marked(out: &mut Output, value: &Value) -> Result<(), Error> {
    if let Some(why) = beyond_bounds(value).or_else(|| no_text(value)) {
        return Err(Error::new(ErrorKind::OutOfFuel, why));
    }
    let mut text = String::new();
    write_text(value, &mut text);
    let text = text.replace(MARKS, "");
    let [open, close] = MARKS;
    let written = if value.is_safe() { text } else { format!("{open}{text}{close}") };
    out.write_str(&written).map_err(Error::from)
}

/// What is written in a text whose values stand between marks, and what is a value.
pub(super) fn marked_parts(text: &str) -> Vec<Part<'static>> {
    let mut parts = Vec::new();
    // a value that was kept by `set` is between marks within marks
    let mut depth = 0_usize;
    for piece in text.split_inclusive(MARKS) {
        let (inside, mark) = match piece.chars().next_back().filter(|last| MARKS.contains(last)) {
            Some(mark) => (&piece[..piece.len() - mark.len_utf8()], Some(mark)),
            None => (piece, None),
        };
        if !inside.is_empty() {
            parts.push(match depth {
                0 => Part::Written(Cow::Owned(inside.to_owned())),
                _ => Part::Value(Value::from(inside)),
            });
        }
        match mark {
            Some(mark) if mark == MARKS[0] => depth += 1,
            Some(_) => depth = depth.saturating_sub(1),
            None => {}
        }
    }
    parts
}
