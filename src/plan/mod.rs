//! The plan as a person writes it: every key of the language with its documentation, and the reading of it.
//!
//! A key is declared once, with [`record`](self::record); the struct, its reading and its schema come from there.

mod answer;
mod body_file;
mod data;
mod decode;
mod document;
mod endpoint;
mod environment;
mod fields;
mod filled_secrets;
mod filling;
mod foreign;
mod gather;
mod inherit;
mod near_file;
mod number;
mod overrides;
mod pause;
mod read;
mod record;
mod refresh;
mod retry;
mod root;
mod scalars;
mod shape;
mod shared;
mod step;
mod suite;
mod target;
mod threshold;
mod user;

pub use answer::{AllText, CaptureMap, CaptureText, Expect, GroupText, MatcherMap, MatcherText, Recorded};
pub use body_file::{BodyFile, pattern_of};
pub use data::{AtEnd, ColumnWord, Csv, CsvMap, Dataset, Feed, OrderWord, RowPer};
pub use decode::{Any, At, Filled, Named, OneOrMany, node_as_written, node_to_json};
pub(crate) use document::text_up_to;
pub use document::{Data, Node};
pub use endpoint::{CompressWord, Endpoint, Part, TransferWord};
pub use filling::{FilledBy, Filling};
pub use near_file::{instead_of_file, instead_of_sent_file, near_file};
pub use overrides::{Aim, Overrides, flag};
pub use pause::{Pause, Spread, StepPause};
#[cfg(test)]
pub(crate) use read::read_text_over;
pub use read::{read, read_text};
pub use refresh::{AfterRefresh, Refresh};
pub use retry::{FailureWord, Retry, RetryCause};
pub use root::{Plan, plan_schema};
pub use scalars::{Count, Time};
pub use shape::{AddText, Iterations, Scenario, Search, Shape, Spacing, Stage, Steps, UntilWord, Visitor, WhenBusy};
pub use shared::{Shared, SharedKind, Take, WhenEmpty};
pub use step::{Append, Branch, CallMap, LoopExit, OnFailure, Parallel, ParallelEach, Repeat, Step, StopScope};
pub use suite::{Suite, SuiteEntry, holds_suite, read_suite, suite_schema};
pub use target::{AddressesWord, Auth, ConnectionsWord, HeaderText, Http, TargetMap, VersionWord};
pub use threshold::{Metric, RuleMap};
pub use user::{Task, User};
