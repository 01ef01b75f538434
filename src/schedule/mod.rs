//! When things start and stop: pure functions of shape, seed and worker, without a clock.

mod assignment;
mod choice;
mod curve;
#[cfg(test)]
mod tests;

pub use assignment::assign;
pub use choice::Choice;
pub use curve::{Curve, Leg, Motion, Part};
