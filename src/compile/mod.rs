//! From what a person wrote to what runs: names become ids, templates and paths are parsed, what never changes is
//! rendered once. Every error that can be known before the run is reported here.
//!
//! [`compile`] makes a [`Program`], which has a room of its own; the other files are its passes.

mod amounts;
mod answers;
mod bodies;
mod body_files;
mod captures;
mod catalog;
mod compile_plan;
mod connections;
mod csv_dialect;
mod endpoints;
mod file_rows;
mod filter;
mod globals;
mod left_out;
mod max_rate;
mod name_check;
mod names;
mod program;
mod recording;
mod retries;
mod scale;
mod scenarios;
mod secrets;
mod shapes;
mod shared;
mod stages;
mod steps;
mod target;
mod task_runs;
mod templates;
#[cfg(test)]
mod tests;
mod thresholds;
mod unbounded_names;
mod unsayable_names;
mod unused;
mod users;
#[cfg(test)]
mod value_tests;
mod warnings;

// words of the plan that mean the same in a program
pub use crate::plan::{AfterRefresh, AtEnd, OnFailure, RowPer, Spacing, StopScope, Visitor, WhenBusy, WhenEmpty};
pub use compile_plan::{CompileOptions, compile};
pub use filter::Filter;
pub use program::{
    Action, BodyBuffer, BodyUse, Call, CallEach, Capture, CaptureFrom, Compression, Cookies, Endpoint, Expectation,
    Feed, Group, HeaderSource, IterationCount, Iterations, LoopPart, Matches, Path, Pause, Pool, Program, Put, Ready,
    Record, RecordValue, Refresh, Repeat, RepeatCount, Retry, RetryAfter, RowOrder, Scenario, Search, Service, Shape,
    StatusSet, Step, StepPause, Take, Task, TaskOrder, Until, UserType, WaitTime,
};
