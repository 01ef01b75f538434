use crate::units::{Offset, Rate};

/// What a person has changed of the load while it is made. Nobody has, where it is the default.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Steering {
    /// No load is made: users leave, and arrivals that are due do not come.
    pub paused: bool,
    /// How many users there are instead of those that the curve wants, as long as it wants any.
    pub users: Option<u32>,
    /// How many arrivals a second there are from a moment on, instead of those that the curve wants. The moment is a little ahead,
    /// so that all workers hear of it before.
    pub rate: Option<(Rate, Offset)>,
}
