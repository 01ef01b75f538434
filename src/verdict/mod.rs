//! Whether the service held: each threshold judged on merged numbers, the generator judged by its own health, and
//! what the two come to.

mod conclude;
mod judge;
mod measure;
mod select;
#[cfg(test)]
mod tests;
mod validity;

pub use conclude::{Closing, Verdict, conclude};
pub use judge::{Judged, Standing, judge};
pub use select::Elapsed;
pub use validity::{Doubt, is_suspect, validity};
