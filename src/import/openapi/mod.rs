//! A plan from an OpenAPI document (3.0 or 3.1): one endpoint for each operation.
//!
//! Documents come from anywhere: what they nest, repeat or refer to is bounded, and what they say stays literal.

mod body;
mod document;
mod draft;
mod example;
mod operation;
mod parameters;
mod security;
mod servers;
mod values;

pub use document::LARGEST_DOCUMENT;
pub use draft::{DocumentSource, from_openapi};
