use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::fold::Results;
use super::planned::{Planned, tasks_begun};
use super::recent::{Quantiles, Recent};
use super::snapshot::Snapshot;
use crate::metrics::{Distribution, Interval, Measure, Scale, Totals};
use crate::sample::{Catalog, EndpointId};
use crate::units::Offset;
use crate::verdict::{HealthIssue, SecondHealth};

/// A run under way as a person watches it: its last second, and what it has come to so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Dashboard {
    /// The plan's name, and the scale of a rehearsal.
    pub plan: String,
    /// What it is aimed at.
    pub target: String,
    /// The last second.
    pub second: Snapshot,
    /// The stages under way, by name.
    pub stages: Vec<String>,
    /// Which stage the last of them is, from 1, and of how many.
    pub stage_place: (usize, usize),
    /// Requests that ended in each of the last seconds, the latest last.
    pub rates: Vec<u64>,
    /// What the plan wants in the last second.
    pub planned: Planned,
    /// Tasks that began in the last second: of a plan with arrivals, those that somebody took.
    pub tasks_begun: u64,
    /// Response times of the last seconds.
    pub recent: Option<Quantiles>,
    /// Response times of the whole run.
    pub whole: Option<Quantiles>,
    /// Where requests failed.
    pub errors: Errors,
    /// Each name that requests go by.
    pub endpoints: Vec<EndpointNow>,
    /// How the generator fares.
    pub generator: GeneratorNow,
}

/// Requests that failed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Errors {
    /// In the last second.
    pub now: u64,
    /// In all.
    pub in_all: u64,
    /// Requests that ended, in all.
    pub ended: u64,
    /// Arrivals that nobody was free to begin, in all.
    pub dropped: u64,
    /// The most frequent message, with how often it was told.
    pub most_frequent: Option<(String, u64)>,
}

/// The requests that go by one name.
#[derive(Debug, Clone, PartialEq)]
pub struct EndpointNow {
    /// Their method.
    pub method: Arc<str>,
    /// Their name.
    pub name: Arc<str>,
    /// How many ended.
    pub requests: u64,
    /// How many failed.
    pub failed: u64,
    /// The 95th percentile of their response time.
    pub p95: Option<Duration>,
}

/// How the generator fares.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GeneratorNow {
    /// The cores it kept busy in the last second.
    pub cpu_cores: f64,
    /// The cores there are; none where that is not known.
    pub cores: Option<f64>,
    /// How late it woke at worst in the last second.
    pub lag: Duration,
    /// The bytes it holds.
    pub memory: u64,
    /// What was wrong in the last second.
    pub issues: Vec<&'static str>,
    /// Whether it was at its ceiling in the last second.
    pub at_ceiling: bool,
    /// Seconds it was at its ceiling in so far.
    pub ceiling: u64,
    /// Seconds that were suspect so far.
    pub suspect: u64,
}

/// A run's slow parts are looked at every second only where there are no more series than this.
const MANY_SERIES: usize = 2000;
/// Beyond, they are in each so many seconds.
const SELDOM: u32 = 10;
/// How many seconds have a place in the line of rates.
const RATES: usize = 120;

impl Dashboard {
    /// The second that the results have heard last, and what is told of it; `before` is what was shown before it.
    #[must_use]
    pub fn of(
        (second, interval): (Snapshot, &Interval),
        results: &Results,
        recent: &Recent,
        before: Option<&Self>,
    ) -> Self {
        let (header, totals) = (results.header(), results.totals());
        let at = Offset::from(Duration::from_secs(u64::from(interval.second)));
        let under_way = header.stages.iter().enumerate().filter(|(_, stage)| stage.start <= at && at < stage.end);
        let under_way: Vec<usize> = under_way.map(|(index, _)| index).collect();
        let names = under_way.iter().filter_map(|index| header.stages.get(*index)).map(|stage| stage.name.clone());
        let seldom = totals.series().nth(MANY_SERIES).is_some() && !interval.second.is_multiple_of(SELDOM);
        let (endpoints, whole) = match before.filter(|_| seldom) {
            Some(before) => (before.endpoints.clone(), before.whole),
            None => endpoints(totals, &header.catalog),
        };
        let history = totals.history();
        let latest = history.get(history.len().saturating_sub(RATES)..).unwrap_or_default();
        let limits = results.generator().limits();
        let judged = results.generator().judge(&interval.health, second.ended);
        let health = &interval.health;
        Self {
            plan: match header.scale {
                Some(scale) => format!("{} (scale {scale})", header.plan.name),
                None => header.plan.name.clone(),
            },
            target: header.plan.target.clone(),
            stages: names.collect(),
            stage_place: (under_way.last().map_or(header.stages.len(), |last| last + 1), header.stages.len()),
            rates: latest.iter().map(|step| (step.ok + step.failed) / u64::from(step.length.max(1))).collect(),
            planned: Planned::of(header, interval.second),
            tasks_begun: tasks_begun(header, interval),
            recent: recent.quantiles(),
            whole,
            errors: errors(interval, totals),
            endpoints,
            generator: GeneratorNow {
                cpu_cores: health.cpu_cores,
                cores: limits.cores.is_finite().then_some(limits.cores),
                lag: health.worker_lag,
                memory: health.memory.as_bytes(),
                at_ceiling: judged == SecondHealth::AtCeiling,
                ceiling: results.generator().at_ceiling(),
                issues: match judged {
                    SecondHealth::Suspect(issues) => issues.into_iter().map(HealthIssue::name).collect(),
                    SecondHealth::Sound | SecondHealth::AtCeiling => Vec::new(),
                },
                suspect: results.generator().suspect(),
            },
            second,
        }
    }
}

fn errors(interval: &Interval, totals: &Totals) -> Errors {
    let accounting = totals.accounting();
    let failed = accounting.failures();
    let most = totals.most_frequent_error().filter(|_| failed > 0);
    Errors {
        now: interval.accounting.failures(),
        in_all: failed,
        ended: accounting.ok + failed,
        dropped: accounting.dropped,
        most_frequent: most.map(|(key, count)| (key.message.to_string(), count)),
    }
}

/// Each name with what ended by it, and the response times of all.
fn endpoints(totals: &Totals, catalog: &Catalog) -> (Vec<EndpointNow>, Option<Quantiles>) {
    let mut rows: BTreeMap<(EndpointId, &str), (EndpointNow, Distribution)> = BTreeMap::new();
    let mut all = Distribution::new(Scale::Time);
    for (key, total) in totals.series() {
        let (row, times) = rows.entry((key.endpoint, &*key.name)).or_insert_with(|| {
            let method = catalog.endpoints.get(key.endpoint.index()).map_or_else(|| "".into(), |e| e.method.clone());
            let row = EndpointNow { method, name: key.name.clone(), requests: 0, failed: 0, p95: None };
            (row, Distribution::new(Scale::Time))
        });
        row.requests += total.counts.ended();
        row.failed += total.counts.failures();
        Measure::RESPONSE.into_iter().filter_map(|measure| total.time(measure)).for_each(|one| times.merge(one));
    }
    let rows = rows.into_values().map(|(row, times)| {
        all.merge(&times);
        EndpointNow { p95: Quantiles::of(&times).map(|times| times.p95), ..row }
    });
    (rows.collect(), Quantiles::of(&all))
}
