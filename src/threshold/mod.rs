//! The grammar of thresholds: `aggregate[(metric)][{selector}] operator value [over window]`.
//!
//! It ends at the end of the text: anything left over is a problem.

mod amount;
mod left_out;
mod limit;
mod parse;
#[cfg(test)]
mod tests;
mod types;

pub use amount::Amount;
pub use left_out::LeftOut;
pub use limit::{Drift, Limit};
pub use types::{Aggregate, Field, Matcher, NoData, OnBreak, Operator, Relation, Rule, Subject, Threshold};
