use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($number:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub $number);

        impl $name {
            /// The id as an index into the catalog's list of its kind.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id! {
    /// An endpoint of the plan.
    EndpointId(u32)
}
id! {
    /// A service of the plan's target, or of its targets.
    ServiceId(u16)
}
id! {
    /// A user type of the plan.
    UserTypeId(u16)
}
id! {
    /// A task of one user type.
    TaskId(u16)
}
id! {
    /// A stage of the shape.
    StageId(u16)
}
id! {
    /// A declared metric.
    MetricId(u16)
}

/// The names behind the ids: what reports print and selectors choose by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Catalog {
    /// The endpoints, by id.
    pub endpoints: Vec<CatalogEndpoint>,
    /// The user types, by id.
    pub users: Vec<CatalogUserType>,
    /// The tasks, by id.
    pub tasks: Vec<CatalogTask>,
    /// The stages, by id.
    pub stages: Vec<CatalogStage>,
    /// The declared metrics, by id.
    pub metrics: Vec<CatalogMetric>,
}

impl Catalog {
    /// Whether a stage's numbers count in what is judged where no stage is named. A stage that nobody knows counts.
    #[must_use]
    pub fn is_measured(&self, stage: StageId) -> bool {
        self.stages.get(stage.index()).is_none_or(|stage| stage.purpose.is_measured())
    }

    /// When a user does a task; one that is not known is work.
    #[must_use]
    pub fn role(&self, task: TaskId) -> TaskRole {
        self.tasks.get(task.index()).map_or(TaskRole::Work, |task| task.role)
    }
}

/// An endpoint in the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogEndpoint {
    /// Its name in the plan.
    pub name: Arc<str>,
    /// Its method.
    pub method: Arc<str>,
    /// The service it is of; none where the plan has one `target`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Arc<str>>,
    /// Its tags.
    pub tags: Vec<Arc<str>>,
    /// How long a request may take; none where that is not known.
    #[serde(default, rename = "timeout_ns", with = "nanos", skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
}

/// A user type in the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogUserType {
    /// Its name in the plan.
    pub name: Arc<str>,
    /// Its tags.
    pub tags: Vec<Arc<str>>,
}

/// A task in the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogTask {
    /// Its name in the plan.
    pub name: Arc<str>,
    /// The user type it belongs to.
    pub user: UserTypeId,
    /// Its tags.
    pub tags: Vec<Arc<str>>,
    /// When a user does it.
    #[serde(default, skip_serializing_if = "TaskRole::is_work")]
    pub role: TaskRole,
}

/// When a user does a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskRole {
    /// First: its `on_start`.
    Start,
    /// Again and again.
    #[default]
    Work,
    /// Last: its `on_stop`.
    Stop,
}

impl TaskRole {
    /// Whether it is what tasks are where a journal says nothing else.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
    const fn is_work(&self) -> bool {
        matches!(self, Self::Work)
    }
}

/// A stage in the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogStage {
    /// Its name; behind the scenario's, where there are scenarios.
    pub name: Arc<str>,
    /// The scenario it belongs to; empty where the plan has none.
    pub scenario: Arc<str>,
    /// Whether it counts.
    pub purpose: StagePurpose,
}

/// Whether a stage's numbers count in thresholds that name no stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StagePurpose {
    /// They count.
    Measured,
    /// They are left out.
    WarmUp,
}

impl StagePurpose {
    /// Whether the stage's numbers count.
    #[must_use]
    pub const fn is_measured(self) -> bool {
        matches!(self, Self::Measured)
    }
}

/// A declared metric in the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogMetric {
    /// Its name.
    pub name: Arc<str>,
    /// Its kind.
    pub kind: MetricKind,
    /// Its unit, for reports.
    pub unit: Option<Arc<str>>,
}

/// What is kept of a metric's samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricKind {
    /// Their distribution.
    Trend,
    /// Their sum.
    Counter,
    /// The last, the smallest and the largest.
    Gauge,
    /// Times in milliseconds: of a transaction.
    Time,
}

/// What every run measures of itself, once a second, as if the plan had declared it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunGauge {
    /// How many users there were at the second's end.
    ConcurrentUsers,
    /// How many requests ended in the second.
    TotalRps,
}

impl RunGauge {
    /// Every gauge, in the order the catalog has them behind the declared metrics.
    pub const ALL: [Self; 2] = [Self::ConcurrentUsers, Self::TotalRps];

    /// The gauge of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|gauge| gauge.name() == name)
    }

    /// Its name in thresholds and reports.
    const fn name(self) -> &'static str {
        match self {
            Self::ConcurrentUsers => "concurrent_users",
            Self::TotalRps => "total_rps",
        }
    }

    /// Its place in the catalog.
    #[must_use]
    pub fn entry(self) -> CatalogMetric {
        let unit = match self {
            Self::ConcurrentUsers => "users",
            Self::TotalRps => "requests/s",
        };
        CatalogMetric { name: self.name().into(), kind: MetricKind::Gauge, unit: Some(unit.into()) }
    }

    /// Its id in a catalog.
    #[must_use]
    pub fn id(self, catalog: &Catalog) -> Option<MetricId> {
        let index = catalog.metrics.iter().position(|metric| *metric.name == *self.name())?;
        u16::try_from(index).ok().map(MetricId)
    }
}

/// A time in nanoseconds, or none.
mod nanos {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Option<Duration>, out: S) -> Result<S::Ok, S::Error> {
        time.map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)).serialize(out)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(from)?.map(Duration::from_nanos))
    }
}
