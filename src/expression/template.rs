use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use minijinja::Value;

use super::block::{Block, Values, marked_parts};
use super::expr::{EvalError, Expr, SyntaxError};
use super::filled::Source;
use super::scope::Scope;
use super::text::write_text;

/// A text with `{{ expressions }}` in it, parsed once into stretches of text and slots to fill.
#[derive(Debug)]
pub struct Template {
    form: Form,
    /// The file it is the text of, where it has one of its own.
    file: Option<Box<str>>,
}

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

/// A part of a text that was filled in.
#[derive(Debug, Clone, PartialEq)]
pub enum Part<'a> {
    /// It is written in the plan.
    Written(Cow<'a, str>),
    /// It is a value.
    Value(Value),
}

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
            return Block::parse(source, values).map(|block| Form::Block(Box::new(block)).into());
        }
        if !written.contains("{{") {
            return Ok(Form::Text(source.filled(0..written.len()).into()).into());
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
        Ok(Form::Pieces(pieces).into())
    }

    /// A template that is this text, whatever is in it.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Form::Text(text.into()).into()
    }

    /// A template that is one expression.
    #[must_use]
    pub fn of(expr: Expr) -> Self {
        Form::Pieces(vec![Piece::Slot(expr)]).into()
    }

    /// The same as the text of a file, which errors then name with the line.
    #[must_use]
    pub fn of_file(self, path: &str) -> Self {
        Self { file: Some(path.into()), ..self }
    }

    /// The text, where there is nothing to fill in.
    #[must_use]
    pub fn fixed(&self) -> Option<&Arc<str>> {
        match &self.form {
            Form::Text(text) => Some(text),
            Form::Pieces(_) | Form::Block(_) => None,
        }
    }

    /// The expression, where the whole text is exactly one: its value then keeps its type.
    #[must_use]
    pub fn single(&self) -> Option<&Expr> {
        match &self.form {
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
        match &self.form {
            Form::Text(_) => BTreeSet::new(),
            Form::Pieces(pieces) => pieces.iter().filter_map(Piece::slot).flat_map(Expr::names).collect(),
            Form::Block(block) => block.names(),
        }
    }

    /// The files it names by paths that are written in it.
    #[must_use]
    pub fn files(&self) -> Vec<&Path> {
        match &self.form {
            Form::Text(_) => Vec::new(),
            Form::Pieces(pieces) => pieces.iter().filter_map(Piece::slot).flat_map(Expr::files).collect(),
            Form::Block(block) => block.files.iter().map(PathBuf::as_path).collect(),
        }
    }

    /// The names of the language's functions in it, which a name of the plan may hide.
    #[must_use]
    pub fn functions(&self) -> BTreeSet<String> {
        match &self.form {
            Form::Pieces(pieces) => pieces.iter().filter_map(Piece::slot).flat_map(Expr::functions).collect(),
            Form::Text(_) | Form::Block(_) => BTreeSet::new(),
        }
    }

    /// Whether its text is the same each time, given the same names: it calls no function that gives another value each time.
    #[must_use]
    pub fn is_steady(&self) -> bool {
        match &self.form {
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
        self.render_or_line(scope).map_err(|(line, error)| self.placed(line, error))
    }

    /// Appends the filled-in text.
    ///
    /// # Errors
    /// As [`Expr::eval`]; then some of it may have been appended.
    pub fn render_to(&self, scope: &Arc<Scope>, out: &mut String) -> Result<(), EvalError> {
        match &self.form {
            Form::Pieces(pieces) => fill(pieces, scope, out).map_err(|(line, error)| self.placed(Some(line), error)),
            Form::Text(text) => {
                out.push_str(text);
                Ok(())
            }
            Form::Block(_) => {
                out.push_str(&self.render(scope)?);
                Ok(())
            }
        }
    }

    /// An error with the file and the line in front, where the text has a file of its own.
    fn placed(&self, line: Option<usize>, EvalError { message }: EvalError) -> EvalError {
        EvalError {
            message: match (&self.file, line) {
                (None, _) => message,
                (Some(file), Some(line)) => format!("{file}:{line}: {message}"),
                (Some(file), None) => format!("{file}: {message}"),
            },
        }
    }

    /// In which line a text fails that fails each time; the first where nobody knows.
    #[must_use]
    pub fn failing_line(&self, scope: &Arc<Scope>) -> usize {
        self.render_or_line(scope).err().and_then(|(line, _)| line).unwrap_or(1)
    }

    /// The filled-in text, or why there is none and in which line.
    fn render_or_line(&self, scope: &Arc<Scope>) -> Result<String, (Option<usize>, EvalError)> {
        match &self.form {
            Form::Text(text) => Ok(text.to_string()),
            Form::Pieces(pieces) => {
                let mut out = String::new();
                fill(pieces, scope, &mut out).map_err(|(line, error)| (Some(line), error))?;
                Ok(out)
            }
            Form::Block(block) => block.render(scope).map_err(|error| (None, error)),
        }
    }

    /// What is written and what is filled in, in order. What is put through `| raw` counts as written. A text with
    /// statements tells the two apart only where it was parsed by [`Template::path`].
    ///
    /// # Errors
    /// As [`Expr::eval`].
    pub fn parts(&self, scope: &Arc<Scope>) -> Result<Vec<Part<'_>>, EvalError> {
        match &self.form {
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
        matches!(self.form, Form::Block(_)) || self.written().any(|text| text.contains(wanted))
    }

    /// The texts that are written between slots; none of a text with statements.
    pub fn written(&self) -> impl Iterator<Item = &str> {
        let (text, pieces) = match &self.form {
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
        match (self.single(), &self.form) {
            (Some(expr), _) => expr.eval(scope).map_err(|error| self.placed(Some(1), error)),
            (None, Form::Text(text)) => Ok(Value::from(text.clone())),
            (None, _) => self.render(scope).map(Value::from),
        }
    }
}

impl From<Form> for Template {
    fn from(form: Form) -> Self {
        Self { form, file: None }
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

/// Appends pieces, filled in; or says in which line one cannot be.
fn fill(pieces: &[Piece], scope: &Arc<Scope>, out: &mut String) -> Result<(), (usize, EvalError)> {
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Slot(expr) => {
                write_text(&expr.text_value(scope).map_err(|error| (line_of(pieces, index), error))?, out);
            }
        }
    }
    Ok(())
}

/// In which line the slot with this number begins, counted from 1.
fn line_of(pieces: &[Piece], index: usize) -> usize {
    let newlines = |text: &str| text.bytes().filter(|byte| *byte == b'\n').count();
    let before = pieces[..index].iter().map(|piece| match piece {
        Piece::Text(text) => newlines(text),
        Piece::Slot(expr) => newlines(expr.source()),
    });
    before.sum::<usize>() + 1
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
