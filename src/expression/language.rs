use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, escape_formatter};

use super::bounds::beyond_bounds;
use super::functions;

/// Work one evaluation may do before it is cut off: a plan from outside must not hang the run.
const FUEL: u64 = 1_000_000;

static LANGUAGE: LazyLock<Environment<'static>> = LazyLock::new(environment);

/// The language all expressions are parsed and evaluated in.
pub(super) fn language() -> &'static Environment<'static> {
    &LANGUAGE
}

/// A fresh copy of the language, for a template that must own its environment.
pub(super) fn environment() -> Environment<'static> {
    let mut language = Environment::new();
    language.set_undefined_behavior(UndefinedBehavior::Strict);
    language.set_fuel(Some(FUEL));
    language.set_recursion_limit(100);
    language.set_debug(true);
    if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
        language.set_syntax(syntax);
    }
    language.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    language.set_formatter(|out, state, value| match beyond_bounds(value) {
        None => escape_formatter(out, state, value),
        Some(why) => Err(Error::new(ErrorKind::OutOfFuel, why)),
    });
    functions::add_to(&mut language);
    language
}

/// The filters a plan may use; minijinja's own. A test holds the list to what there is.
pub const FILTERS: [&str; 38] = [
    "abs",
    "attr",
    "batch",
    "bool",
    "capitalize",
    "chain",
    "count",
    "default",
    "dictsort",
    "escape",
    "first",
    "float",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "pprint",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "sort",
    "split",
    "string",
    "title",
    "trim",
    "upper",
];
