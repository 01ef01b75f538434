//! The plan as a person writes it: every key of the language with its documentation, and the reading of it.
//!
//! A key is declared once, with [`record`](self::record); the struct, its reading and its schema come from there.

mod any;
mod data;
mod decode;
mod document;
mod endpoint;
mod environment;
mod expect;
mod fields;
mod foreign;
mod metric;
mod overrides;
mod read;
mod record;
mod root;
mod rule;
mod scalars;
mod schema;
mod shape;
mod step;
mod target;
pub mod threshold;
mod user;

pub use any::{Any, node_to_json};
pub use data::Dataset;
pub use decode::{At, Decode, Filled, Named, OneOrMany};
pub use document::{Data, Node};
pub use endpoint::{Endpoint, HeaderText, Recorded};
pub use environment::Lookup;
pub use expect::{Expect, MatcherMap, MatcherText, StatusText};
pub use metric::{Metric, Unit};
pub use overrides::{Overrides, flag};
pub(crate) use read::text_of;
pub use read::{read, read_text};
pub use root::{Plan, Profile};
pub use rule::{NoDataWord, RuleMap, RuleText};
pub use scalars::{Count, Time, Weight};
pub use schema::plan_schema;
pub use shape::{Constant, Shape, Stage};
pub use step::{Append, Call, CallMap, Step, When};
pub use target::{Ready, Target, TargetMap};
pub use user::{Task, User};
