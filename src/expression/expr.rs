use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use minijinja::{Error, ErrorKind, Expression, Value};

use super::filled::Source;
use super::functions::is_changing;
use super::language::language;
use super::native_call::NativeCall;
use super::operators::{NamedFiles, written_out};
use super::resolve::Resolved;
use super::scope::Scope;
use super::text::no_text;
use super::work::{self, beyond_bounds};

/// Why an expression or template cannot be parsed: what, and where in its own text (bytes).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong, in lower case.
    pub message: String,
    /// Where, in the text that was parsed.
    pub range: Range<usize>,
    /// What to write instead, where that is known.
    pub help: Option<String>,
}

/// Why an expression could not be evaluated at run time: an undefined name, a wrong kind of value, too much work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvalError {
    /// What went wrong, with the expression.
    pub message: String,
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EvalError {}

impl From<Error> for EvalError {
    fn from(error: Error) -> Self {
        Self { message: said(&error) }
    }
}

/// The language's parser recurses into `not not …`: what is long enough to exhaust the stack is turned away before it.
pub(super) const LONGEST: usize = 4_000;

/// One expression, parsed: `counter + 1`, `created | length > 0`.
pub struct Expr {
    source: Arc<str>,
    form: Form,
    /// The files it names.
    files: Box<[PathBuf]>,
    /// The names it takes slices of, which the language overlooks (minijinja 3.1.0).
    sliced: Box<[String]>,
}

enum Form {
    /// A single name: looked up without the interpreter.
    Name,
    /// A call that is made without it, and the same for what such calls cannot do.
    Native(NativeCall, Expression<'static, 'static>),
    /// Anything else.
    Compiled(Expression<'static, 'static>),
}

impl Expr {
    /// Parses an expression.
    ///
    /// # Errors
    /// What is not an expression of the language, with its place.
    pub fn parse<'a>(source: impl Into<Source<'a>>) -> Result<Self, SyntaxError> {
        let source = source.into();
        Self::part(source, 0..source.text.len())
    }

    /// Parses the expression in a part of a text; places of mistakes are in that part.
    ///
    /// # Errors
    /// As [`Expr::parse`].
    pub fn part(whole: Source, part: Range<usize>) -> Result<Self, SyntaxError> {
        let source = &whole.text[part.clone()];
        let trimmed = source.trim();
        let lead = source.len() - source.trim_start().len();
        let code = whole.expression_code(part.start + lead..part.start + lead + trimmed.len());
        if trimmed.is_empty() {
            return Err(SyntaxError { message: "the expression is empty".into(), range: 0..source.len(), help: None });
        }
        if code.len() > LONGEST {
            let message = format!("the expression is longer than {LONGEST} bytes");
            return Err(SyntaxError {
                message,
                range: lead..lead + trimmed.len(),
                help: Some("break it up with `set`".into()),
            });
        }
        if is_name(&code) {
            return Ok(Self {
                source: trimmed.into(),
                form: Form::Name,
                files: Box::default(),
                sliced: Box::default(),
            });
        }
        // as written first: whatever is wrong has its place there
        let masked = whole.masked_part(part.start + lead..part.start + lead + trimmed.len());
        let mut files = NamedFiles { folder: whole.folder.map(Path::to_owned), found: Vec::new() };
        let compiled = language()
            .compile_expression(&masked)
            .and_then(|_| language().compile_expression_owned(written_out(&code, &mut files)));
        match compiled {
            Ok(compiled) => {
                let sliced = sliced(&masked, || Resolved::expression(&masked, 0..masked.len(), &|_| None));
                let form = match NativeCall::read(&code) {
                    Some(call) => Form::Native(call, compiled),
                    None => Form::Compiled(compiled),
                };
                Ok(Self { source: trimmed.into(), form, files: files.found.into(), sliced: sliced.into() })
            }
            Err(error) => {
                let range = error.range().unwrap_or(0..trimmed.len());
                let (start, end) = (range.start.min(trimmed.len()), range.end.min(trimmed.len()));
                let message = said(&error);
                let help = way_out(&masked, start, &message).or_else(|| other_words(trimmed));
                Err(SyntaxError { message, range: start + lead..end + lead, help })
            }
        }
    }

    /// The expression as written, without the blanks around it.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The files it names by paths that are written in it.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(PathBuf::as_path)
    }

    /// The names it needs that it does not bind itself, functions left out.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        match &self.form {
            Form::Name => BTreeSet::from([self.source.to_string()]),
            Form::Compiled(compiled) | Form::Native(_, compiled) => {
                let names = compiled.undeclared_variables(false).into_iter().chain(self.sliced.iter().cloned());
                names.filter(is_of_plan).collect()
            }
        }
    }

    /// The names of the language's functions in it: called, or hidden by a name of the plan.
    pub(super) fn functions(&self) -> Vec<String> {
        match &self.form {
            Form::Name => Vec::new(),
            Form::Compiled(compiled) | Form::Native(_, compiled) => {
                let names = compiled.undeclared_variables(false).into_iter().chain(self.sliced.iter().cloned());
                names.filter(|name| !is_of_plan(name)).collect()
            }
        }
    }

    /// Whether it calls a function whose value may differ each time.
    #[must_use]
    pub fn is_changing(&self) -> bool {
        match &self.form {
            Form::Name => false,
            Form::Compiled(compiled) | Form::Native(_, compiled) => {
                compiled.undeclared_variables(false).iter().chain(&self.sliced).any(|name| is_changing(name))
            }
        }
    }

    /// Its value in a scope.
    ///
    /// # Errors
    /// An undefined name, an operation its values do not allow, more work than an expression may do, or a list or map
    /// that is too large to be kept or written.
    pub fn eval(&self, scope: &Arc<Scope>) -> Result<Value, EvalError> {
        let value = self.unbounded(scope)?;
        match beyond_bounds(&value) {
            None => Ok(value),
            Some(why) => Err(EvalError { message: format!("{why} in `{}`", self.source) }),
        }
    }

    /// Its value where it is written into a text.
    ///
    /// # Errors
    /// As [`Expr::eval`], and for bytes that are no text.
    pub(super) fn text_value(&self, scope: &Arc<Scope>) -> Result<Value, EvalError> {
        let value = self.eval(scope)?;
        match no_text(&value) {
            None => Ok(value),
            Some(why) => Err(EvalError { message: format!("{why} in `{}`", self.source) }),
        }
    }

    /// Whether it is true in a scope: not `false`, 0, empty or none.
    ///
    /// # Errors
    /// As [`Expr::eval`], whatever the value's size.
    pub fn holds(&self, scope: &Arc<Scope>) -> Result<bool, EvalError> {
        self.unbounded(scope).map(|value| value.is_true())
    }

    fn unbounded(&self, scope: &Arc<Scope>) -> Result<Value, EvalError> {
        work::begin();
        match &self.form {
            Form::Name => scope.value(&self.source).ok_or_else(|| self.undefined(&self.source, scope)),
            Form::Native(call, compiled) => match call.evaluate(scope) {
                Some(value) => Ok(value),
                None => self.interpreted(compiled, scope),
            },
            Form::Compiled(compiled) => self.interpreted(compiled, scope),
        }
    }

    fn interpreted(&self, compiled: &Expression, scope: &Arc<Scope>) -> Result<Value, EvalError> {
        match compiled.eval(scope.context()) {
            Ok(value) if !value.is_undefined() => Ok(value),
            Ok(_) => Err(self.failed(scope, "a part is undefined")),
            Err(error) => Err(self.failed(scope, &said(&error))),
        }
    }

    /// An undefined name is the likeliest cause of any failure, so it is named first.
    fn failed(&self, scope: &Arc<Scope>, otherwise: &str) -> EvalError {
        match self.names().iter().find(|name| scope.value(name).is_none()) {
            Some(name) => self.undefined(name, scope),
            None => EvalError { message: format!("{otherwise} in `{}`", self.source) },
        }
    }

    fn undefined(&self, name: &str, scope: &Scope) -> EvalError {
        let at = if *self.source == *name { String::new() } else { format!(" in `{}`", self.source) };
        EvalError {
            message: match name {
                "json" if let Some(why) = scope.not_json() => format!("the body is {why}: `json` is undefined{at}"),
                _ => format!("`{name}` is undefined{at}"),
            },
        }
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expr").field(&self.source).finish()
    }
}

/// The names of a text that has slices.
pub(super) fn sliced(text: &str, resolved: impl Fn() -> Resolved) -> Vec<String> {
    let may_slice = text.contains('[') && text.contains(':');
    if may_slice { resolved().names.into_keys().collect() } else { Vec::new() }
}

/// Whether a name is the plan's to define: the language's own functions are not.
pub(super) fn is_of_plan(name: &String) -> bool {
    language().globals().all(|(global, _)| global != name)
}

/// What to write instead of what is wrong from a place of a text on.
pub(super) fn way_out(text: &str, at: usize, message: &str) -> Option<String> {
    let rest = text.get(at..)?.trim_start();
    if rest.starts_with('=') && !rest.starts_with("==") {
        return Some("did you mean `==`?".to_owned());
    }
    let missing = message.starts_with("unexpected end of input, expected expression");
    let last = text.split_whitespace().next_back().filter(|_| missing)?;
    Some(format!("write what follows `{last}`"))
}

/// What to write for signs of other languages.
fn other_words(expression: &str) -> Option<String> {
    const SIGNS: [(&str, &str); 5] = [
        ("&&", "write `and`"),
        ("||", "write `or`"),
        ("===", "write `==`"),
        ("!==", "write `!=`"),
        ("?", "write `a if b else c`"),
    ];
    SIGNS.iter().find(|(sign, _)| expression.contains(sign)).map(|(_, help)| (*help).to_owned())
}

fn is_name(text: &str) -> bool {
    const WORDS: [&str; 12] = ["true", "false", "none", "True", "False", "None", "not", "and", "or", "in", "is", "if"];
    let mut letters = text.chars();
    let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let named = first && letters.all(|c| c.is_ascii_alphanumeric() || c == '_');
    named && text != "else" && !WORDS.contains(&text) && is_of_plan(&text.to_owned())
}

/// The language's own words for an error, without its place: the plan's place is ours to show.
pub(super) fn said(error: &Error) -> String {
    match error.detail() {
        Some(detail) if matches!(error.kind(), ErrorKind::SyntaxError | ErrorKind::OutOfFuel) => detail.to_owned(),
        None if error.kind() == ErrorKind::OutOfFuel => "more work than an expression may do".to_owned(),
        // a text of a header or a file is no number by itself
        Some(detail) if detail.contains("types string and number") || detail.contains("types number and string") => {
            format!("{}: {detail}: use `| int`", error.kind())
        }
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}
