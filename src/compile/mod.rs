//! From what a person wrote to what runs: names become ids, templates and paths are parsed, what never changes
//! is rendered once. Every mistake that can be known before the run is told here.

mod act;
mod assemble;
mod bindings;
mod bodies;
mod captures;
mod check;
mod checks;
mod endpoints;
mod feeds;
mod filter;
mod globals;
mod headers;
mod http;
mod max_rate;
mod metrics;
mod names;
mod pause;
mod pauses;
mod payload;
mod program;
mod rules;
mod scenario;
mod scenarios;
mod shapes;
mod stages;
mod steps;
mod targets;
mod templates;
#[cfg(test)]
mod tests;
mod users;
mod value_template;
mod warnings;

pub use act::{
    Action, AtEnd, Call, Feed, OnFailure, Repeat, Rhythm, Rounds, RowOrder, RowPer, Step, StopWhat, Task, TaskOrder,
    UserType,
};
pub use assemble::{Setting, compile};
pub use check::{Broken, Check, Expectation, Matcher, StatusSet};
pub use endpoints::append_query;
pub use filter::Filter;
pub use pause::Pause;
pub use payload::{JsonPiece, Multipart, PartSource, Payload};
pub use program::{
    BodyUse, Capture, CaptureFrom, Compression, Connections, Cookies, Endpoint, HeaderSource, Http, Identity, Path,
    Program, Proxy, Ready, Record, RecordValue, RulesFrom, Target, Trust, Version,
};
pub use scenario::{
    Amount, Ending, Pool, Ramp, RateStage, Scenario, Search, Shape, Share, Spacing, Stage, WhenBusy, Work,
};
pub use value_template::ValueTemplate;
