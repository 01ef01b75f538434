use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ids::{MetricId, UserTypeId};

/// The names behind the ids: what reports print and selectors choose by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Catalog {
    /// The endpoints, by id.
    pub endpoints: Vec<EndpointEntry>,
    /// The user types, by id.
    pub users: Vec<UserEntry>,
    /// The tasks, by id.
    pub tasks: Vec<TaskEntry>,
    /// The stages, by id.
    pub stages: Vec<StageEntry>,
    /// The declared metrics, by id.
    pub metrics: Vec<MetricEntry>,
}

/// An endpoint in the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointEntry {
    /// Its name in the plan.
    pub name: Arc<str>,
    /// Its method.
    pub method: Arc<str>,
    /// Its tags.
    pub tags: Vec<Arc<str>>,
}

/// A user type in the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserEntry {
    /// Its name in the plan.
    pub name: Arc<str>,
    /// Its tags.
    pub tags: Vec<Arc<str>>,
}

/// A task in the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskEntry {
    /// Its name in the plan.
    pub name: Arc<str>,
    /// The user type it belongs to.
    pub user: UserTypeId,
    /// Its tags.
    pub tags: Vec<Arc<str>>,
}

/// A stage in the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageEntry {
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

/// A declared metric in the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricEntry {
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
pub enum Gauge {
    /// How many users there were at the second's end.
    ConcurrentUsers,
    /// How many requests ended in the second.
    TotalRps,
}

impl Gauge {
    /// Every gauge, in the order the catalog has them behind the declared metrics.
    pub const ALL: [Self; 2] = [Self::ConcurrentUsers, Self::TotalRps];

    /// The gauge of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|gauge| gauge.name() == name)
    }

    /// Its name in thresholds and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConcurrentUsers => "concurrent_users",
            Self::TotalRps => "total_rps",
        }
    }

    /// Its entry in the catalog.
    #[must_use]
    pub fn entry(self) -> MetricEntry {
        let unit = match self {
            Self::ConcurrentUsers => "users",
            Self::TotalRps => "requests/s",
        };
        MetricEntry { name: self.name().into(), kind: MetricKind::Gauge, unit: Some(unit.into()) }
    }

    /// Its id in a catalog.
    #[must_use]
    pub fn id(self, catalog: &Catalog) -> Option<MetricId> {
        let index = catalog.metrics.iter().position(|metric| *metric.name == *self.name())?;
        u16::try_from(index).ok().map(MetricId)
    }
}
