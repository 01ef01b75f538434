//! The plan as a person writes it: every key of the language with its documentation, and the reading of it.
//!
//! A key is declared once, with [`record`](self::record); the struct, its reading and its schema come from there.

mod aim;
mod any;
mod capture;
mod data;
mod decode;
mod document;
mod endpoint;
mod environment;
mod expect;
mod fields;
mod foreign;
mod gather;
mod http;
mod inherit;
mod metric;
mod overrides;
mod part;
mod pause;
mod read;
mod record;
mod root;
mod rule;
mod scalars;
mod schema;
mod shape;
mod step;
mod target;
mod user;

pub use aim::Aim;
pub use any::{Any, node_to_json};
pub use capture::{CapturePlace, CaptureText};
pub use data::{AtEndWord, Csv, CsvMap, Dataset, Feed, OrderWord, PerWord};
pub use decode::{At, Decode, Filled, Named, OneOrMany};
pub use document::{Data, Node};
pub use endpoint::{Endpoint, HeaderText, Recorded};
pub use environment::Lookup;
pub use expect::{Expect, MatcherMap, MatcherText, StatusText};
pub use http::{Auth, Basic, ConnectionsWord, Http, VersionWord};
pub use metric::{Metric, Unit};
pub use overrides::{Overrides, flag};
pub use part::{Part, PartMap};
pub use pause::{Exponential, Normal, Pause, Spread};
pub(crate) use read::text_of;
pub use read::{Reading, read, read_text};
pub use root::{Plan, Profile};
pub use rule::{NoDataWord, RuleMap, RuleText};
pub use scalars::{Count, Time, Weight};
pub use schema::plan_schema;
pub use shape::{
    AddText, Arrivals, Constant, Iterations, Replay, Scenario, Search, SearchRange, Shape, SpacingWord, Stage, Steps,
    UntilWord, WhenBusyWord,
};
pub use step::{
    Append, Branch, Call, CallMap, ForEach, OnFailureWord, Repeat, Step, StopWord, Switch, Transaction, When,
};
pub use target::{Ready, Target, TargetMap};
pub use user::{Task, User};
