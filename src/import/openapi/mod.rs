//! A plan from an OpenAPI document (3.0 or 3.1): one endpoint for each operation.
//!
//! Documents come from anywhere: what they nest, repeat or refer to is bounded, and what they say stays literal.

mod as_text;
mod body;
mod document;
mod example;
mod kind;
mod operation;
mod parameters;
mod path;
mod security;
mod servers;
mod text;
mod values;
mod weight;
mod whole;

pub use whole::{Origin, from_openapi};
