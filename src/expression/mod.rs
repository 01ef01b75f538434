//! The one expression language of a plan: templates, conditions, checks and extractions.
//!
//! Everything here is parsed once, when the plan is compiled; evaluating takes a [`Scope`] and nothing else.

mod answer;
mod expr;
mod functions;
mod json_path;
mod language;
mod resolve;
mod scope;
mod shape;
mod signatures;
mod template;
#[cfg(test)]
mod tests;

pub use answer::{Answer, json_to_value};
pub use expr::{EvalError, Expr, SyntaxError};
pub use functions::FUNCTIONS;
pub use json_path::JsonPath;
pub use minijinja::Value;
pub use resolve::Resolved;
pub use scope::{BUILT_IN_NAMES, Globals, Scope, ScopeRng, ScopeUser};
pub use shape::Shape;
pub use signatures::{FILTERS, TESTS};
pub use template::Template;
