//! Whether the service held: each threshold judged on merged numbers, the generator judged by its own health, and
//! what the two come to.

pub mod compare;
mod conclude;
mod hunt;
mod judge;
mod measure;
mod select;
#[cfg(test)]
mod tests;
mod validity;

pub use conclude::{Closing, Verdict, conclude};
pub use hunt::{Hunt, Tried};
pub use judge::{Judged, Standing, judge, judge_stage};
pub use select::Elapsed;
pub use validity::{Doubt, is_suspect, validity};
