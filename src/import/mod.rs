//! Plans written for a person to start from: an example that teaches, or one made from what the person already has.
//!
//! Text in, plan text out. What comes from outside stays literal in the plan, and no secret of it gets there.

mod literal;
mod naming;
mod plan_draft;
mod secret_vars;
mod shell_words;
mod yaml;

mod curl;
mod openapi;

pub use curl::from_curl;
pub use openapi::{DocumentSource, LARGEST_DOCUMENT, from_openapi};
pub use plan_draft::{NewPlan, STARTER};
pub use secret_vars::Variable;
