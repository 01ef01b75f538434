//! The one expression language of a plan: templates, conditions, checks and extractions.
//!
//! Everything here is parsed once, when the plan is compiled; evaluating takes a [`Scope`] and nothing else.

mod answer;
mod bounds;
mod expr;
mod functions;
mod json_path;
mod language;
mod scope;
mod template;
#[cfg(test)]
mod tests;

pub use answer::{Answer, json_to_value};
pub use expr::{EvalError, Expr, SyntaxError};
pub use json_path::JsonPath;
pub use minijinja::Value;
pub use scope::{Globals, Scope, ScopeRng, ScopeUser};
pub use template::Template;

/// The names every expression sees whatever the plan says, with what each is.
pub const BUILT_IN_NAMES: [(&str, &str); 8] = [
    ("user", "`user.id` and `user.type`"),
    ("iteration", "how many tasks this user has begun, from 1"),
    ("stage", "the name of the shape's stage"),
    ("status", "the last answer's status"),
    ("headers", "the last answer's headers, by name in lower case"),
    ("json", "the last answer's body as JSON"),
    ("body", "the last answer's body as text"),
    ("elapsed", "the last call's response time in seconds"),
];

pub use functions::FUNCTIONS;
pub use language::FILTERS;
