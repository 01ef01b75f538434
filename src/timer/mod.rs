//! A timer exact to well below a millisecond, where the system has one. The async runtime's own keeps whole
//! milliseconds and wakes up to two late, which is fine for limits and much too coarse for what is measured or measured
//! against.

mod exact;
#[cfg(target_os = "linux")]
mod kernel;

pub use exact::ExactTimer;
