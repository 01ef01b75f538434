//! When users come and go, when arrivals are due, and which kind or task is next: pure functions of stages, seed and
//! worker, without a clock.

mod arrivals;
mod pace;
mod part;
mod planned_load;
mod rate_curve;
mod share;
#[cfg(test)]
mod tests;
mod user_curve;

pub use arrivals::Arrivals;
pub use pace::Pace;
pub use part::Part;
pub use planned_load::PlannedLoad;
pub use rate_curve::{RateCurve, RateStage};
pub use share::{Choice, Share, assign};
pub use user_curve::{Ramp, Stage, UserCurve};
