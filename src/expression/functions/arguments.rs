use jiff::tz::TimeZone;
use minijinja::Value;

use super::dates::UNITS;
use super::digests::{ALGORITHMS, ENCODINGS};
use super::fake::KINDS;
use super::jwt;
use super::patterns::compiled;
use super::table::unknown_word;
use crate::expression::json_path::JsonPath;
use crate::expression::moment::{Moment, zone};

/// Where an argument of a function stands; of a filter, what is filtered stands at place 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::expression) enum Slot<'a> {
    Place(usize),
    Name(&'a str),
}

/// Why an argument that is written in the plan can never be right, and what to write; `None` where it may be.
pub(in crate::expression) fn refused(name: &str, slot: Slot, value: &Value) -> Option<(String, Option<String>)> {
    let word = |what: &str, known: &[&str]| {
        let is_known = value.as_str().is_some_and(|word| known.contains(&word));
        (!is_known).then(|| {
            let (message, help) = unknown_word(what, value, known);
            (message, Some(help))
        })
    };
    match (name, slot) {
        ("hmac", Slot::Place(0)) => word("the algorithm of `hmac`", &ALGORITHMS),
        ("hmac" | "md5" | "sha1" | "sha256" | "sha384" | "sha512", Slot::Name("encoding")) => {
            word("`encoding`", &ENCODINGS)
        }
        ("jwt", Slot::Name("algorithm")) => word("the algorithm of `jwt`", &jwt::ALGORITHMS),
        ("fake", Slot::Place(0)) => word("the kind of `fake`", &KINDS),
        ("date", Slot::Name("unit")) => word("`unit`", &UNITS),
        ("now" | "date" | "strftime", Slot::Name("zone")) => zone(value.as_str()?).err(),
        ("strftime", Slot::Place(1)) => {
            let shown = Moment::now(TimeZone::UTC).shown(value.as_str()?);
            shown.err().map(|why| {
                (
                    format!("this is no format of a date: {why}"),
                    Some("write one such as `%Y-%m-%d %H:%M:%S`".to_owned()),
                )
            })
        }
        ("regex_find" | "regex_findall" | "regex_replace", Slot::Place(1)) => {
            compiled(value.as_str()?).err().map(|message| (message, None))
        }
        ("jsonpath", Slot::Place(1)) => JsonPath::parse(value.as_str()?).err().map(|error| (error.message, error.help)),
        _ => None,
    }
}
