//! Plans written for a person to start from: an example that teaches, or one made from what the person already has.
//!
//! Text in, plan text out. What comes from outside stays literal in the plan, and no secret of it gets there.

mod ansi_c;
mod literal;
mod naming;
mod plan_draft;
mod scalar;
mod secret_vars;
mod shell_words;
mod starter;
mod write;

mod curl;
mod openapi;

pub use curl::from_curl;
pub use openapi::{Origin, from_openapi};
pub use plan_draft::Draft;
pub use secret_vars::Variable;
pub use starter::STARTER;
