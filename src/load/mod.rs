//! When things start and stop: pure functions of shape, seed and worker, without a clock.

mod arrivals;
mod assignment;
mod choice;
mod curve;
mod flow;
mod part;
#[cfg(test)]
mod tests;

pub use arrivals::Arrivals;
pub use assignment::{Portion, assign};
pub use choice::Choice;
pub use curve::{Curve, Leg, Motion};
pub use flow::{Flow, RateLeg};
pub use part::Part;
