use minijinja::{Error, Value};

use super::functions::{choice_of, random_float_between, random_int_between, random_uuid};
use super::number::read;
use super::scope::{Scope, ScopeRng};
use super::tokens::{Kind, Token, tokens};

/// A call of one of the functions that plans use most, whose arguments are numbers or names: made without the interpreter,
/// by the same code. Whatever it cannot do is left to the interpreter, and so is what is said of mistakes.
#[derive(Debug)]
pub(super) struct NativeCall {
    /// The name, which may be hidden by one of the plan's.
    name: Box<str>,
    function: Function,
    arguments: Box<[Argument]>,
}

#[derive(Debug, Clone, Copy)]
enum Function {
    Choice,
    RandomInt,
    RandomFloat,
    Uuid,
}

#[derive(Debug)]
enum Argument {
    Number(Value),
    Name(Box<str>),
}

impl NativeCall {
    /// Reads a call; `None` for anything else.
    pub fn read(code: &str) -> Option<Self> {
        let tokens = tokens(code)?;
        let [name, open, inside @ .., close] = tokens.as_slice() else { return None };
        let is_call = name.kind == Kind::Word && open.text == "(" && close.text == ")";
        let (function, count) = match name.text {
            "choice" => (Function::Choice, 1),
            "random_int" => (Function::RandomInt, 2),
            "random_float" => (Function::RandomFloat, 2),
            "uuid" => (Function::Uuid, 0),
            _ => return None,
        };
        let arguments: Box<[Argument]> = match inside {
            [] => Box::default(),
            inside => inside.split(|token| token.text == ",").map(Argument::read).collect::<Option<_>>()?,
        };
        (is_call && arguments.len() == count).then(|| Self { name: name.text.into(), function, arguments })
    }

    /// The value; `None` where the interpreter has to say.
    pub fn evaluate(&self, scope: &Scope) -> Option<Value> {
        // the plan's own name hides the function's
        if scope.has(&self.name) {
            return None;
        }
        let rng = scope.rng();
        match (self.function, &*self.arguments) {
            (Function::Choice, [list]) => list.with(scope, |list| choice_of(rng, list)),
            (Function::RandomInt, [from, to]) => between(scope, (from, to), rng, random_int_between).map(Value::from),
            (Function::RandomFloat, [from, to]) => {
                between(scope, (from, to), rng, random_float_between).map(Value::from)
            }
            (Function::Uuid, []) => Some(Value::from(random_uuid(rng))),
            _ => None,
        }
    }
}

impl Argument {
    fn read(tokens: &[Token]) -> Option<Self> {
        match tokens {
            [word] if word.kind == Kind::Word && !is_reserved(word.text) => Some(Self::Name(word.text.into())),
            // as the interpreter reads it: what it spells in another way is left to it
            [number] if number.kind == Kind::Number => read(number.text).map(Self::Number),
            [minus, number] if minus.text == "-" && number.kind == Kind::Number && number.lead.is_empty() => {
                read(&format!("-{}", number.text)).map(Self::Number)
            }
            _ => None,
        }
    }

    /// What is made of its value, where it has one.
    fn with<T>(&self, scope: &Scope, make: impl FnOnce(&Value) -> Result<T, Error>) -> Option<T> {
        match self {
            Self::Number(number) => make(number).ok(),
            Self::Name(name) => make(&scope.value(name)?).ok(),
        }
    }
}

fn between<T>(
    scope: &Scope,
    (from, to): (&Argument, &Argument),
    rng: &ScopeRng,
    draw: impl FnOnce(&ScopeRng, &Value, &Value) -> Result<T, Error>,
) -> Option<T> {
    from.with(scope, |from| Ok(to.with(scope, |to| draw(rng, from, to)))).flatten()
}

/// The words that are no names.
fn is_reserved(word: &str) -> bool {
    matches!(
        word,
        "true" | "false" | "none" | "True" | "False" | "None" | "not" | "and" | "or" | "in" | "is" | "if" | "else"
    )
}
