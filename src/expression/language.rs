use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};

use super::text::{no_text, write_text};
use super::work::beyond_bounds;
use super::{filters, functions};

/// Work one evaluation may do before it is cut off: a plan from outside must not hang the run.
pub(super) const FUEL: u64 = 1_000_000;

static LANGUAGE: LazyLock<Environment<'static>> = LazyLock::new(environment);

/// The language all expressions are parsed and evaluated in.
pub(super) fn language() -> &'static Environment<'static> {
    &LANGUAGE
}

/// How the language is written.
pub(super) fn syntax() -> SyntaxConfig {
    SyntaxConfig::builder().keep_trailing_newline(true).build().unwrap_or_default()
}

/// A fresh copy of the language, for a template that must own its environment.
pub(super) fn environment() -> Environment<'static> {
    let mut language = Environment::new();
    language.set_undefined_behavior(UndefinedBehavior::Strict);
    language.set_fuel(Some(FUEL));
    language.set_recursion_limit(100);
    language.set_debug(true);
    language.set_syntax(syntax());
    language.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    language.set_formatter(|out, _, value| match beyond_bounds(value).or_else(|| no_text(value)) {
        None => {
            let mut text = String::new();
            write_text(value, &mut text);
            out.write_str(&text).map_err(Error::from)
        }
        Some(why) => Err(Error::new(ErrorKind::OutOfFuel, why)),
    });
    functions::add_to(&mut language);
    filters::add_to(&mut language);
    language
}
