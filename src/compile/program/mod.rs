//! What compiling a plan gives: a [`Program`] and everything it holds. Nothing in it can fail to parse or resolve
//! later. It is immutable and shared by all workers.

mod check;
mod content_type;
mod endpoint;
mod hosts;
mod live_file;
mod multipart;
mod path;
mod pause;
mod payload;
mod retry;
mod root;
mod scenario;
mod step;
mod user;
mod value_template;

pub use check::{Check, Expectation, Matcher, StatusSet, Wanted};
pub(super) use content_type::kind_of;
pub use endpoint::{BodyUse, Capture, CaptureFrom, Endpoint, Group, HeaderSource, Matches, Record, RecordValue};
pub use hosts::Hosts;
pub use live_file::{ListedFiles, LiveFile, LiveText};
pub(super) use multipart::part_head;
pub use multipart::{LiveHead, Multipart, PartHead, PartSource};
pub use path::{LivePath, LiveUrl, Path};
pub(super) use path::{append_query, encoded_path};
pub use pause::{Pause, StepPause};
pub(super) use payload::append_field;
pub use payload::{BodyBuffer, ContentType, JsonPiece, Payload};
pub use retry::{Retry, RetryAfter};
pub use root::{Compression, Cookies, Program, Ready, Service};
pub use scenario::{IterationCount, Iterations, Minimum, Pool, Scenario, Search, Shape, Until};
pub use step::{Action, Call, CallEach, LoopPart, Put, Repeat, RepeatCount, Step, Take};
pub use user::{Feed, Refresh, RowOrder, Task, TaskOrder, UserType, WaitTime};
pub use value_template::ValueTemplate;
