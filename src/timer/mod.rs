//! A timer exact to well below a millisecond. The async runtime's own keeps whole milliseconds and wakes up to two late,
//! which is fine for limits and much too coarse for what is measured or measured against.

#[cfg_attr(target_os = "linux", path = "kernel.rs")]
#[cfg_attr(not(target_os = "linux"), path = "absent.rs")]
mod exact;

pub use exact::ExactTimer;
