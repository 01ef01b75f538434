use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use minijinja::value::ValueKind;
use minijinja::{Environment, Value};

use super::expr::{EvalError, Expr, LONGEST, SyntaxError, is_of_plan, said};
use super::language::environment;
use super::scope::Scope;

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
}

const BLOCK: &str = "template";

impl Template {
    /// Parses a text; one without `{{` is itself.
    ///
    /// # Errors
    /// A slot that is not closed, or holds what is no expression; the place is in bytes of `source`.
    pub fn parse(source: &str) -> Result<Self, SyntaxError> {
        if source.contains("{%") || source.contains("{#") {
            return Block::parse(source).map(|block| Self(Form::Block(Box::new(block))));
        }
        if !source.contains("{{") {
            return Ok(Self(Form::Text(source.into())));
        }
        let mut pieces = Vec::new();
        let mut at = 0;
        while let Some(open) = source[at..].find("{{").map(|found| at + found) {
            if open > at {
                pieces.push(Piece::Text(source[at..open].into()));
            }
            let inside = open + 2;
            let Some(close) = slot_end(source, inside) else {
                return Err(SyntaxError {
                    message: "`{{` is never closed".into(),
                    range: open..inside,
                    help: Some("end the expression with `}}`".into()),
                });
            };
            let expr = Expr::parse(&source[inside..close]).map_err(|error| {
                let Range { start, end } = error.range;
                SyntaxError { range: inside + start..inside + end, ..error }
            })?;
            pieces.push(Piece::Slot(expr));
            at = close + 2;
        }
        if at < source.len() {
            pieces.push(Piece::Text(source[at..].into()));
        }
        Ok(Self(Form::Pieces(pieces)))
    }

    /// A template that is this text, whatever is in it.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self(Form::Text(text.into()))
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

    /// Whether its text is the same each time, given the same names: it calls no function.
    #[must_use]
    pub fn is_steady(&self) -> bool {
        match &self.0 {
            Form::Text(_) => true,
            Form::Pieces(pieces) => pieces.iter().filter_map(Piece::slot).all(|expr| !expr.calls_functions()),
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
                        Piece::Slot(expr) => write_value(&expr.eval(scope)?, &mut out),
                    }
                }
                Ok(out)
            }
            Form::Block(block) => block.render(scope),
        }
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
    fn parse(source: &str) -> Result<Self, SyntaxError> {
        if source.len() > LONGEST {
            let message = format!("a text with statements is longer than {LONGEST} bytes");
            return Err(SyntaxError { message, range: 0..source.len(), help: None });
        }
        let mut language = environment();
        match language.add_template_owned(BLOCK, source.to_owned()) {
            Ok(()) => Ok(Self { source: source.into(), language }),
            Err(error) => {
                let range = error.range().unwrap_or(0..source.len());
                let range = range.start.min(source.len())..range.end.min(source.len());
                Err(SyntaxError { message: said(&error), range, help: None })
            }
        }
    }

    fn names(&self) -> BTreeSet<String> {
        let names = self.language.get_template(BLOCK).map(|template| template.undeclared_variables(false));
        names.unwrap_or_default().into_iter().filter(is_of_plan).collect()
    }

    fn render(&self, scope: &Arc<Scope>) -> Result<String, EvalError> {
        let template = self.language.get_template(BLOCK);
        template
            .and_then(|template| template.render(scope.context()))
            .map_err(|error| EvalError { message: format!("{} in `{}`", said(&error), self.source) })
    }
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

fn write_value(value: &Value, out: &mut String) {
    match (value.kind(), value.as_str()) {
        (_, Some(text)) => out.push_str(text),
        (ValueKind::None, _) => out.push_str("null"),
        // writing to a string cannot fail
        _ => drop(write!(out, "{value}")),
    }
}
