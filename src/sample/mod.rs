//! What happened to one request, and the names of what it happened to: pure data that flows from the wire to
//! the numbers.

mod catalog;
mod ids;
mod outcome;
mod request;
mod timing;

pub use catalog::{
    Catalog, EndpointEntry, Gauge, MetricEntry, MetricKind, StageEntry, StagePurpose, TaskEntry, UserEntry,
};
pub use ids::{EndpointId, MetricId, StageId, TaskId, UserTypeId};
pub use outcome::{FailureKind, Outcome};
pub use request::{Reach, Sample};
pub use timing::{Phases, Timing};
