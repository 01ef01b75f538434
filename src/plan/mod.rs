//! The plan as a person writes it.

pub mod threshold;
