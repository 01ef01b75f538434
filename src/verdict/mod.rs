//! Whether the service held: each threshold judged each second on merged numbers, the generator judged by its own
//! health, and what the two come to.

pub mod compare;
mod conclude;
mod course;
mod hunt;
mod judge;
mod jury;
mod measure;
mod meter;
mod select;
#[cfg(test)]
mod tests;
mod timeline;
mod validity;
mod whole;

pub use conclude::{Closing, Verdict, conclude};
pub use course::{Course, Point};
pub use hunt::{Hunt, Tried};
pub use judge::{Judged, Standing, judge_stage, stand};
pub use jury::{Finding, Jury};
pub use timeline::{Elapsed, Timeline};
pub use validity::{Doubt, Limits, Strain, Vigil, strains};
pub use whole::{is_of_the_whole, on_shard};
