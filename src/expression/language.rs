use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value};

use super::text::write_text;
use super::{filters, functions};

/// Work one evaluation may do before it is cut off: a plan from outside must not hang the run.
const FUEL: u64 = 1_000_000;

/// How large one value may be, in bytes of text; a list's or map's item counts for at least [`ITEM`].
const LARGEST: usize = 64 << 20;
const ITEM: usize = 16;
/// How deep lists and maps may lie in each other: an answer's JSON is at most 128 deep.
const DEEPEST: usize = 200;

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
    language.set_formatter(|out, _, value| match beyond_bounds(value) {
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

/// Why a value of an expression is too large to be kept or written; `None` where it is not.
///
/// The language repeats a list without making it: `words * 1000 * 1000` costs nothing until it is written down,
/// and by then nothing limits the work. State that holds itself several times (`[all, all]`) grows in the same way.
pub(super) fn beyond_bounds(value: &Value) -> Option<&'static str> {
    let mut left = LARGEST;
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => walk(value, DEEPEST, &mut left).err(),
        _ => None,
    }
}

fn walk(value: &Value, depth: usize, left: &mut usize) -> Result<(), &'static str> {
    let size = ITEM + value.as_str().map_or(0, str::len);
    *left = left.checked_sub(size).ok_or("the value is larger than 64 MiB")?;
    let is_map = match value.kind() {
        ValueKind::Map => true,
        ValueKind::Seq | ValueKind::Iterable => false,
        _ => return Ok(()),
    };
    let depth = depth.checked_sub(1).ok_or("the value is nested deeper than 200 levels")?;
    // what cannot be gone through is written as nothing, or reported by whoever tries
    for item in value.try_iter().into_iter().flatten() {
        if is_map {
            value.get_item(&item).map_or(Ok(()), |inner| walk(&inner, depth, left))?;
        }
        walk(&item, depth, left)?;
    }
    Ok(())
}
