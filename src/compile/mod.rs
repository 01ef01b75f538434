//! From what a person wrote to what runs: names become ids, templates and paths are parsed, what never changes
//! is rendered once. Every mistake that can be known before the run is told here.

mod assemble;
mod bindings;
mod blueprint;
mod check;
mod checks;
mod endpoints;
mod filter;
mod globals;
mod names;
mod payload;
mod program;
mod rules;
mod shapes;
mod targets;
#[cfg(test)]
mod tests;
mod texts;
mod users;

pub use assemble::{Setting, compile};
pub use blueprint::Blueprint;
pub use check::{Broken, Check, Expectation, Matcher, StatusSet};
pub use endpoints::append_query;
pub use filter::Filter;
pub use payload::{JsonPiece, Payload};
pub use program::{
    Action, BodyUse, Capture, CaptureFrom, Endpoint, Path, Program, Ramp, Ready, Record, RecordValue, Rhythm,
    RulesFrom, Shape, Stage, Step, Target, Task, UserType,
};
