//! The reference of the language and the commands, as Markdown: made from the code, so that it cannot drift from it.
//!
//! [`reference`] writes the document. Which part of the language stands where, under which heading and with which
//! example, is in `parts.md`; what each key is comes from the schemas.

mod cells;
mod commands;
mod document;
mod keys;
mod kinds;
mod parts;
#[cfg(test)]
mod tests;

pub(super) use document::reference;
