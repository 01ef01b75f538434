//! Quantities as types: each is read from what a person writes (`250ms`, `50/s`, `1%`, `10KiB`)
//! and printed the way a person reads it. A bare number is never guessed at.

mod bandwidth;
mod duration;
mod moment;
mod offset;
mod quantity;
mod scale;
mod seed;
mod shard;

pub use bandwidth::Bandwidth;
pub use duration::{DurationRange, parse_duration, show_duration};
pub use moment::parse_moment;
pub use offset::Offset;
pub use quantity::{InvalidValue, Rate, Ratio, Size};
pub use scale::Scale;
pub use seed::Seed;
pub use shard::Shard;
