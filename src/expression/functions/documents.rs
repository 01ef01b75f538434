use std::cell::RefCell;
use std::collections::HashMap;

use minijinja::value::Kwargs;
use minijinja::{Environment, Error, Value};

use super::encodings::{bytes_of, text_of};
use super::table::wrong;
use crate::expression::answer::{copies_of_json, copy_of_json, json_of};
use crate::expression::json::read_json;
use crate::expression::json_path::JsonPath;
use crate::expression::text::to_json;
use crate::expression::work::measure;

pub(super) fn add_to(language: &mut Environment<'static>) {
    language.add_function("to_json", json_text);
    language.add_filter("to_json", json_text);
    language.add_function("from_json", from_json);
    language.add_filter("from_json", from_json);
    language.add_function("jsonpath", jsonpath);
    language.add_filter("jsonpath", jsonpath);
}

fn json_text(value: Value) -> Result<String, Error> {
    if value.is_undefined() {
        return Err(Error::from(minijinja::ErrorKind::UndefinedError));
    }
    measure(&value)?;
    Ok(to_json(&value))
}

fn from_json(text: Value) -> Result<Value, Error> {
    read_document(&bytes_of(&text)?)
}

/// A JSON text as a value.
pub(super) fn read_document(bytes: &[u8]) -> Result<Value, Error> {
    let json = read_json(bytes).map_err(|why| wrong(format!("the text is {why}")))?;
    copy_of_json(&json).map_err(|why| wrong(format!("there is no room for the JSON: {why}")))
}

thread_local! {
    /// The paths that were parsed on this thread.
    static PATHS: RefCell<HashMap<Box<str>, JsonPath>> = RefCell::default();
}

/// So many paths are kept; then it is begun anew.
const MOST_PATHS: usize = 128;

/// The first value at a path, or undefined; with `all=true` all of them.
fn jsonpath(value: Value, path: Value, options: Kwargs) -> Result<Value, Error> {
    let all = options.get::<Option<bool>>("all")?.unwrap_or(false);
    options.assert_all_used()?;
    if value.is_undefined() {
        return Err(Error::from(minijinja::ErrorKind::UndefinedError));
    }
    measure(&value)?;
    let path = parsed(&text_of(&path)?)?;
    match json_of(&value) {
        Some(json) => found(json, &path, all),
        None => {
            let json = read_json(to_json(&value).as_bytes()).map_err(|why| wrong(format!("the value is {why}")))?;
            found(&json, &path, all)
        }
    }
}

fn found(json: &serde_json::Value, path: &JsonPath, all: bool) -> Result<Value, Error> {
    let copy = |json| copy_of_json(json).map_err(|why| wrong(format!("there is no room for what was found: {why}")));
    if !all {
        return path.first(json).map_or(Ok(Value::UNDEFINED), copy);
    }
    let all = path.all(json).map_err(wrong)?;
    copies_of_json(&all).map_err(|why| wrong(format!("what was found is too large: {why}")))
}

fn parsed(path: &str) -> Result<JsonPath, Error> {
    PATHS.with_borrow_mut(|paths| {
        if let Some(known) = paths.get(path) {
            return Ok(known.clone());
        }
        let parsed = JsonPath::parse(path).map_err(|error| {
            let help = error.help.map(|help| format!(": {help}")).unwrap_or_default();
            wrong(format!("{}{help}", error.message))
        })?;
        if paths.len() >= MOST_PATHS {
            paths.clear();
        }
        paths.insert(path.into(), parsed.clone());
        Ok(parsed)
    })
}
