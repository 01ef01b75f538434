//! Problems of what a person wrote: each says what is wrong, where, and what to do next.
//!
//! Reading never stops at the first error: each floor adds to one [`Problems`], which is rendered whole.

mod hidden;
mod problem;
mod render;
mod source;
mod suggest;

pub use problem::{Problem, Problems, Unset};
pub use render::{Style, render};
pub use source::{SourceId, Sources, Span};
pub use suggest::{did_you_mean, nearest};
