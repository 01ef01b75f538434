//! From what a person wrote to what runs: names become ids, templates and paths are parsed, what never changes
//! is rendered once. Every mistake that can be known before the run is told here.

mod blueprint;
mod check;
mod payload;
mod program;

pub use blueprint::Blueprint;
pub use check::{Broken, Check, Expectation, Matcher, StatusSet};
pub use payload::Payload;
pub use program::{
    Action, BodyUse, Capture, CaptureFrom, Endpoint, Path, Program, Ramp, Ready, Record, RecordValue, RulesFrom, Shape,
    Stage, Step, Target, Task, UserType,
};
