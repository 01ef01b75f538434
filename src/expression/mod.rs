//! The one expression language of a plan: templates, conditions, checks and extractions.
//!
//! Everything here is parsed once, when the plan is compiled; evaluating takes a [`Scope`] and nothing else.

mod answer;
mod block;
mod compare;
mod expr;
mod filled;
mod filters;
mod functions;
mod json;
mod json_path;
mod json_path_search;
mod json_picks;
mod language;
mod moment;
mod native_call;
mod number;
mod operators;
#[cfg(test)]
mod page_tests;
mod resolve;
mod scope;
mod shape;
mod shared;
mod signatures;
mod sum;
mod template;
#[cfg(test)]
mod tests;
mod text;
mod tokens;
mod work;

pub use answer::{Answer, Answered, copies_of_json, copy_of_json, json_to_value};
pub use compare::{value_contains, values_equal, values_in_order};
pub use expr::{EvalError, Expr, SyntaxError};
pub use filled::Source;
pub use functions::FUNCTIONS;
pub use json::{NotJson, read_json};
pub use json_path::JsonPath;
pub use json_picks::JsonPicks;
pub use minijinja::Value;
pub use number::{is_json_number, to_number, written_number};
pub use resolve::Resolved;
pub use scope::{BUILT_IN_NAMES, Globals, Scope, ScopeRng, ScopeUser};
pub use shape::Shape;
pub use shared::{SharedStore, SharedThing};
pub use signatures::{FILTERS, TESTS};
pub use template::{Part, Template};
pub use text::{is_list, to_json, to_text, write_json, write_json_text};
pub use work::PlanWork;
pub use work::memory_of;
