//! What happened to one request, and the names of what it happened to: pure data that flows from the wire to
//! the numbers.

mod catalog;
mod id_map;
mod request;
mod task;

pub use catalog::{
    Catalog, CatalogEndpoint, CatalogMetric, CatalogStage, CatalogTask, CatalogUserType, EndpointId, MetricId,
    MetricKind, RunGauge, ServiceId, StageId, StagePurpose, TaskId, TaskRole, UserTypeId,
};
pub use id_map::IdMap;
pub use request::{FailureKind, Outcome, Phases, Sample, Timing, Transmission};
pub use task::{TaskFailure, TaskOutcome};
