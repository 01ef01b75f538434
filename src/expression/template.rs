use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use minijinja::{Captured, Environment, Error, ErrorKind, Output, Value};

use super::expr::{EvalError, Expr, LONGEST, SyntaxError, is_of_plan, said, sliced};
use super::filled::Source;
use super::language::{FUEL, environment};
use super::operators::{NamedFiles, block_written_out};
use super::resolve::Resolved;
use super::scope::Scope;
use super::text::{no_text, write_text};
use super::work::{self, beyond_bounds};

/// A text with `{{ expressions }}` in it, parsed once into stretches of text and slots to fill.
#[derive(Debug)]
pub struct Template(Form);

#[derive(Debug)]
enum Form {
    Text(Arc<str>),
    Pieces(Vec<Piece>),
    /// A text with `{% statements %}`: the language renders it whole.
    Block(Box<Block>),
}

#[derive(Debug)]
enum Piece {
    Text(Box<str>),
    Slot(Expr),
}

#[derive(Debug)]
struct Block {
    source: Arc<str>,
    language: Environment<'static>,
    files: Vec<PathBuf>,
    /// As that of an expression.
    sliced: Vec<String>,
}

const BLOCK: &str = "template";

/// A part of a text that was filled in.
#[derive(Debug, Clone, PartialEq)]
pub enum Part<'a> {
    /// It is written in the plan.
    Written(Cow<'a, str>),
    /// It is a value.
    Value(Value),
}

/// How a text with statements shows values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Values {
    /// As they are.
    Plain,
    /// Between two signs, so that they are known again.
    Marked,
}

/// What stands around a value: signs that no text has (Unicode, noncharacters).
const MARKS: [char; 2] = ['\u{FDD0}', '\u{FDD1}'];

impl Template {
    /// Parses a text; one without `{{` is itself.
    ///
    /// # Errors
    /// A slot that is not closed, or holds what is no expression; the place is in bytes of `source`.
    pub fn parse<'a>(source: impl Into<Source<'a>>) -> Result<Self, SyntaxError> {
        Self::parse_as(source.into(), Values::Plain)
    }

    /// Parses the text of a path, whose values are encoded: see [`Template::parts`].
    ///
    /// # Errors
    /// As [`Template::parse`].
    pub fn path<'a>(source: impl Into<Source<'a>>) -> Result<Self, SyntaxError> {
        Self::parse_as(source.into(), Values::Marked)
    }

    fn parse_as(source: Source, values: Values) -> Result<Self, SyntaxError> {
        let masked = source.masked();
        let written = &*masked;
        if written.contains("{%") || written.contains("{#") {
            return Block::parse(source, values).map(|block| Self(Form::Block(Box::new(block))));
        }
        if !written.contains("{{") {
            return Ok(Self(Form::Text(source.filled(0..written.len()).into())));
        }
        let mut pieces = Vec::new();
        let mut at = 0;
        while let Some(open) = written[at..].find("{{").map(|found| at + found) {
            if open > at {
                pieces.push(Piece::Text(source.filled(at..open).into()));
            }
            let inside = open + 2;
            let Some(close) = slot_end(written, inside) else {
                return Err(SyntaxError {
                    message: "`{{` is never closed".into(),
                    range: open..inside,
                    help: Some("end the expression with `}}`".into()),
                });
            };
            let expr = Expr::part(source, inside..close).map_err(|error| {
                let Range { start, end } = error.range;
                SyntaxError { range: inside + start..inside + end, ..error }
            })?;
            pieces.push(Piece::Slot(expr));
            at = close + 2;
        }
        if at < written.len() {
            pieces.push(Piece::Text(source.filled(at..written.len()).into()));
        }
        Ok(Self(Form::Pieces(pieces)))
    }

    /// A template that is this text, whatever is in it.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self(Form::Text(text.into()))
    }

    /// A template that is one expression.
    #[must_use]
    pub fn of(expr: Expr) -> Self {
        Self(Form::Pieces(vec![Piece::Slot(expr)]))
    }

    /// The text, where there is nothing to fill in.
    #[must_use]
    pub fn fixed(&self) -> Option<&Arc<str>> {
        match &self.0 {
            Form::Text(text) => Some(text),
            Form::Pieces(_) | Form::Block(_) => None,
        }
    }

    /// The expression, where the whole text is exactly one: its value then keeps its type.
    #[must_use]
    pub fn single(&self) -> Option<&Expr> {
        match &self.0 {
            Form::Pieces(pieces) => match pieces.as_slice() {
                [Piece::Slot(expr)] => Some(expr),
                _ => None,
            },
            Form::Text(_) | Form::Block(_) => None,
        }
    }

    /// The names it needs, functions left out.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        match &self.0 {
            Form::Text(_) => BTreeSet::new(),
            Form::Pieces(pieces) => pieces.iter().filter_map(Piece::slot).flat_map(Expr::names).collect(),
            Form::Block(block) => block.names(),
        }
    }

    /// The files it names by paths that are written in it.
    #[must_use]
    pub fn files(&self) -> Vec<&Path> {
        match &self.0 {
            Form::Text(_) => Vec::new(),
            Form::Pieces(pieces) => pieces.iter().filter_map(Piece::slot).flat_map(Expr::files).collect(),
            Form::Block(block) => block.files.iter().map(PathBuf::as_path).collect(),
        }
    }

    /// The names of the language's functions in it, which a name of the plan may hide.
    #[must_use]
    pub fn functions(&self) -> BTreeSet<String> {
        match &self.0 {
            Form::Pieces(pieces) => pieces.iter().filter_map(Piece::slot).flat_map(Expr::functions).collect(),
            Form::Text(_) | Form::Block(_) => BTreeSet::new(),
        }
    }

    /// Whether its text is the same each time, given the same names: it calls no function that gives another value each time.
    #[must_use]
    pub fn is_steady(&self) -> bool {
        match &self.0 {
            Form::Text(_) => true,
            Form::Pieces(pieces) => pieces.iter().filter_map(Piece::slot).all(|expr| !expr.is_changing()),
            Form::Block(_) => false,
        }
    }

    /// The filled-in text.
    ///
    /// # Errors
    /// As [`Expr::eval`].
    pub fn render(&self, scope: &Arc<Scope>) -> Result<String, EvalError> {
        match &self.0 {
            Form::Text(text) => Ok(text.to_string()),
            Form::Pieces(pieces) => {
                let mut out = String::new();
                for piece in pieces {
                    match piece {
                        Piece::Text(text) => out.push_str(text),
                        Piece::Slot(expr) => write_text(&expr.text_value(scope)?, &mut out),
                    }
                }
                Ok(out)
            }
            Form::Block(block) => block.render(scope),
        }
    }

    /// What is written and what is filled in, in order. What is put through `| raw` counts as written. A text with
    /// statements tells the two apart only where it was parsed by [`Template::path`].
    ///
    /// # Errors
    /// As [`Expr::eval`].
    pub fn parts(&self, scope: &Arc<Scope>) -> Result<Vec<Part<'_>>, EvalError> {
        match &self.0 {
            Form::Text(text) => Ok(vec![Part::Written(Cow::Borrowed(text))]),
            Form::Pieces(pieces) => {
                let parts = pieces.iter().map(|piece| match piece {
                    Piece::Text(text) => Ok(Part::Written(Cow::Borrowed(&**text))),
                    Piece::Slot(expr) => expr.text_value(scope).map(|value| match value.as_str() {
                        Some(text) if value.is_safe() => Part::Written(Cow::Owned(text.to_owned())),
                        _ => Part::Value(value),
                    }),
                });
                parts.collect()
            }
            Form::Block(block) => block.render(scope).map(|text| marked_parts(&text)),
        }
    }

    /// Whether a text is written in it; of a text with statements nobody knows.
    #[must_use]
    pub fn has_text(&self, wanted: &str) -> bool {
        matches!(self.0, Form::Block(_)) || self.written().any(|text| text.contains(wanted))
    }

    /// The texts that are written between slots; none of a text with statements.
    pub fn written(&self) -> impl Iterator<Item = &str> {
        let (text, pieces) = match &self.0 {
            Form::Text(text) => (Some(&**text), &[][..]),
            Form::Pieces(pieces) => (None, &pieces[..]),
            Form::Block(_) => (None, &[][..]),
        };
        text.into_iter().chain(pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(&**text),
            Piece::Slot(_) => None,
        }))
    }

    /// The value: of its own type where the text is exactly one expression, else the filled-in text.
    ///
    /// # Errors
    /// As [`Expr::eval`].
    pub fn eval(&self, scope: &Arc<Scope>) -> Result<Value, EvalError> {
        match (self.single(), &self.0) {
            (Some(expr), _) => expr.eval(scope),
            (None, Form::Text(text)) => Ok(Value::from(text.clone())),
            (None, _) => self.render(scope).map(Value::from),
        }
    }
}

impl Piece {
    const fn slot(&self) -> Option<&Expr> {
        match self {
            Self::Slot(expr) => Some(expr),
            Self::Text(_) => None,
        }
    }
}

impl Block {
    fn parse(source: Source, values: Values) -> Result<Self, SyntaxError> {
        let (written, code) = (source.masked(), source.code());
        if code.len() > LONGEST {
            let message = format!("a text with statements is longer than {LONGEST} bytes");
            return Err(SyntaxError { message, range: 0..written.len(), help: None });
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
                Err(SyntaxError { message: said(&error), range, help: None })
            }
        }
    }

    fn names(&self) -> BTreeSet<String> {
        let names = self.language.get_template(BLOCK).map(|template| template.undeclared_variables(false));
        names.unwrap_or_default().into_iter().chain(self.sliced.iter().cloned()).filter(is_of_plan).collect()
    }

    fn render(&self, scope: &Arc<Scope>) -> Result<String, EvalError> {
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
            EvalError { message: format!("{why}{} in `{}`", said(&error), self.source) }
        })
    }
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

fn marked_parts(text: &str) -> Vec<Part<'static>> {
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

/// Where the expressions of a text lie, without their braces; a text with statements has none.
pub(super) fn slots(source: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = source[at..].find("{{").map(|open| at + open + 2) {
        let Some(close) = slot_end(source, open) else { break };
        found.push(open..close);
        at = close + 2;
    }
    found
}

/// Where a slot ends: the first `}}` outside quotes and braces.
fn slot_end(source: &str, from: usize) -> Option<usize> {
    let bytes = source.as_bytes();
    let mut quote = None;
    let mut depth = 0_usize;
    let mut at = from;
    while at < bytes.len() {
        match (bytes[at], quote) {
            (b'\\', Some(_)) => at += 1,
            (c, Some(open)) if c == open => quote = None,
            (_, Some(_)) => {}
            (c @ (b'"' | b'\''), None) => quote = Some(c),
            (b'{', None) => depth += 1,
            (b'}', None) if depth > 0 => depth -= 1,
            (b'}', None) if bytes.get(at + 1) == Some(&b'}') => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}
