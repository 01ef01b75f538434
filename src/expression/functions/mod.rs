//! The functions a plan may call, and the filters that are ours.
//!
//! What turns one value into another is both: `sha256(text)` and `text | sha256` are the same. Whatever goes through a value
//! counts it first, so that no function makes an evaluation endless.

mod arguments;
mod chance;
mod dates;
mod digests;
mod documents;
mod encodings;
mod fake;
mod fake_words;
mod files;
mod jwt;
mod md5;
mod patterns;
mod sequences;
mod table;
#[cfg(test)]
mod tests;

pub(super) use arguments::{Slot, refused};
pub(super) use chance::{choice_of, random_float_between, random_int_between, random_uuid};
pub use files::Files;
pub use sequences::Sequences;
pub use table::FUNCTIONS;
pub(super) use table::{add_to, gives_a_number, gives_a_text, is_changing};
