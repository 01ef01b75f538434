//! Plans written for a person to start from: an example that teaches, or one made from what the person already has.
//!
//! Text in, plan text out. What comes from outside stays literal in the plan, and no secret of it gets there.

mod ansi;
mod literal;
mod naming;
mod outline;
mod scalar;
mod starter;
mod vault;
mod words;
mod write;

mod curl;
mod openapi;

pub use curl::from_curl;
pub use openapi::{Origin, from_openapi};
pub use outline::Draft;
pub use starter::STARTER;
pub use vault::Variable;
