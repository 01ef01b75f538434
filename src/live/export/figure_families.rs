use std::collections::BTreeMap;
use std::sync::Arc;

use super::capped::{Capped, MaskedTexts};
use super::figures::{Family, Kind, Labels, Point, RunNames, SecondNow, Summary, Unit, Value};
use super::times::Times;
use crate::metrics::{Distribution, Health, Measure, Scale, SeriesTotal};
use crate::results::{Planned, Results};
use crate::sample::{EndpointId, FailureKind, MetricId, MetricKind, RunGauge, TaskId};
use crate::verdict::Status;

/// So many names of requests are told apart; the others are counted as `other`.
const NAMES: usize = 100;
/// So many statuses.
const STATUSES: usize = 20;
/// So many tasks, thresholds, stages and declared metrics of each kind.
const OTHERS: usize = 100;

/// Puts together everything that is counted of a run. It knows which names are told apart, as that may not change.
#[derive(Debug)]
pub(super) struct Families {
    names: Capped<(EndpointId, Arc<str>)>,
    statuses: Capped<u16>,
    tasks: Capped<TaskId>,
    other: Arc<str>,
    none: Arc<str>,
}

/// The place of a status among those that are told apart; none where there was no answer.
type StatusPlace = Option<usize>;

/// The requests of one name.
struct Row {
    labels: Labels,
    /// How many ended, by their status's place and how they ended.
    ended: BTreeMap<(StatusPlace, Ended), (Arc<str>, u64)>,
    failed: [u64; FailureKind::ALL.len()],
    sent: u64,
    received: u64,
    /// Response times, then service times, each by how their requests ended.
    times: [[Distribution; 2]; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ended {
    Ok,
    Failed,
}

impl Ended {
    const BOTH: [Self; 2] = [Self::Ok, Self::Failed];

    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
        }
    }
}

impl Families {
    pub(super) fn new() -> Self {
        Self {
            names: Capped::new(NAMES),
            statuses: Capped::new(STATUSES),
            tasks: Capped::new(OTHERS),
            other: "other".into(),
            none: "none".into(),
        }
    }

    /// Everything that was counted so far, `plimsoll_requests_total` first.
    pub(super) fn of(
        &mut self,
        results: &Results,
        now: (&RunNames, &SecondNow, &Health),
        texts: &mut MaskedTexts,
    ) -> Vec<Family> {
        let (names, second, health) = now;
        let mut families = self.requests(results, texts);
        families.extend(accounting(results));
        families.extend(self.tasks(results, texts));
        families.extend(load(results, second, texts));
        families.extend(generator(results, second, health));
        families.extend(metrics(results, texts));
        families.extend(run(results));
        families.push(info(names));
        families.retain(|family| !family.points.is_empty());
        families
    }

    fn requests(&mut self, results: &Results, texts: &mut MaskedTexts) -> Vec<Family> {
        let mut rows: BTreeMap<usize, Row> = BTreeMap::new();
        let catalog = &results.header().catalog;
        for (key, total) in results.totals().series() {
            let place = self.names.place(&(key.endpoint, key.name.clone()));
            let other = &self.other;
            let row = rows.entry(place).or_insert_with(|| {
                let method = catalog.endpoints.get(key.endpoint.index()).map(|endpoint| endpoint.method.clone());
                let (method, name) = match place {
                    0 => (other.clone(), other.clone()),
                    _ => (method.unwrap_or_else(|| "".into()), texts.mask(&key.name)),
                };
                Row::new(vec![("method".into(), method), ("name".into(), name)])
            });
            let status = key.status.map(|status| (self.statuses.place(&status), status));
            let status = match status {
                None => (None, self.none.clone()),
                Some((0, _)) => (Some(0), self.other.clone()),
                Some((place, status)) => (Some(place), status.to_string().into()),
            };
            row.add(status, total);
        }
        let rows: Vec<Row> = rows.into_values().collect();
        let each = |of: fn(&Row) -> Vec<Point>| rows.iter().flat_map(of).collect();
        vec![
            Family {
                stem: "requests",
                help: "Requests that were answered or failed.",
                kind: Kind::Counter,
                unit: Unit::Of("request"),
                points: each(Row::ended),
            },
            Family {
                stem: "request_failures",
                help: "Requests that failed, by where they failed.",
                kind: Kind::Counter,
                unit: Unit::Of("request"),
                points: each(Row::failed),
            },
            Family {
                stem: "response_time",
                help: "Times of requests from when they were due to their last byte.",
                kind: Kind::Times,
                unit: Unit::Seconds,
                points: each(|row| row.times(0)),
            },
            Family {
                stem: "service_time",
                help: "Times of requests from when they were sent to their last byte.",
                kind: Kind::Times,
                unit: Unit::Seconds,
                points: each(|row| row.times(1)),
            },
            Family {
                stem: "sent",
                help: "Bytes written for requests, heads included.",
                kind: Kind::Counter,
                unit: Unit::Bytes,
                points: each(|row| vec![Point { labels: row.labels.clone(), value: Value::Whole(row.sent) }]),
            },
            Family {
                stem: "received",
                help: "Bytes read for requests, heads included.",
                kind: Kind::Counter,
                unit: Unit::Bytes,
                points: each(|row| vec![Point { labels: row.labels.clone(), value: Value::Whole(row.received) }]),
            },
        ]
    }

    fn tasks(&mut self, results: &Results, texts: &mut MaskedTexts) -> Vec<Family> {
        let catalog = &results.header().catalog;
        let mut rows: BTreeMap<usize, (Labels, [u64; 3])> = BTreeMap::new();
        for (key, counts) in results.totals().tasks() {
            let place = self.tasks.place(&key.task);
            let (_, row) = rows.entry(place).or_insert_with(|| {
                let task = catalog.tasks.get(key.task.index()).filter(|_| place > 0);
                let user = task.and_then(|task| catalog.users.get(task.user.index()));
                let (user, task) = match (user, task) {
                    (Some(user), Some(task)) => (texts.mask(&user.name), texts.mask(&task.name)),
                    _ => (self.other.clone(), self.other.clone()),
                };
                (vec![("user_type".into(), user), ("task".into(), task)], [0; 3])
            });
            for (mine, more) in row.iter_mut().zip([counts.completed, counts.failures(), counts.aborted]) {
                *mine += more;
            }
        }
        let points = rows.into_values().flat_map(|(labels, counts)| {
            ["completed", "failed", "aborted"].into_iter().zip(counts).filter(|(_, count)| *count > 0).map(
                move |(outcome, count)| Point {
                    labels: with(&labels, "outcome", outcome.into()),
                    value: Value::Whole(count),
                },
            )
        });
        vec![Family {
            stem: "tasks",
            help: "Tasks that came to their end.",
            kind: Kind::Counter,
            unit: Unit::Of("task"),
            points: points.collect(),
        }]
    }
}

impl Row {
    fn new(labels: Labels) -> Self {
        let none = || [Distribution::new(Scale::Time), Distribution::new(Scale::Time)];
        let failed = [0; FailureKind::ALL.len()];
        Self { labels, ended: BTreeMap::new(), failed, sent: 0, received: 0, times: [none(), none()] }
    }

    fn add(&mut self, (status, word): (StatusPlace, Arc<str>), total: &SeriesTotal) {
        let counts = &total.counts;
        for (ended, count) in [(Ended::Ok, counts.ok), (Ended::Failed, counts.failures())] {
            if count > 0 {
                self.ended.entry((status, ended)).or_insert_with(|| (word.clone(), 0)).1 += count;
            }
        }
        for (mine, more) in self.failed.iter_mut().zip(counts.failed) {
            *mine += more;
        }
        self.sent += counts.bytes_out;
        self.received += counts.bytes_in;
        for (mine, measures) in self.times.iter_mut().zip([Measure::RESPONSE, Measure::SERVICE]) {
            for (mine, measure) in mine.iter_mut().zip(measures) {
                total.time(measure).into_iter().for_each(|times| mine.merge(times));
            }
        }
    }

    fn ended(&self) -> Vec<Point> {
        let mut points = Vec::new();
        for ((_, ended), (status, count)) in &self.ended {
            let labels = with(&with(&self.labels, "status", status.clone()), "outcome", ended.word().into());
            points.push(Point { labels, value: Value::Whole(*count) });
        }
        points
    }

    fn failed(&self) -> Vec<Point> {
        let kinds = FailureKind::ALL.into_iter().zip(self.failed).filter(|(_, count)| *count > 0);
        let point = |(kind, count): (FailureKind, u64)| Point {
            labels: with(&self.labels, "kind", kind.name().into()),
            value: Value::Whole(count),
        };
        kinds.map(point).collect()
    }

    fn times(&self, clock: usize) -> Vec<Point> {
        let times = self.times.get(clock).into_iter().flatten().zip(Ended::BOTH);
        let point = |(times, ended): (&Distribution, Ended)| {
            let value = Value::Times(Arc::new(Times::of(times)?));
            Some(Point { labels: with(&self.labels, "outcome", ended.word().into()), value })
        };
        times.filter_map(point).collect()
    }
}

/// The labels with one more.
fn with(labels: &Labels, key: &'static str, value: Arc<str>) -> Labels {
    labels.iter().cloned().chain([(key.into(), value)]).collect()
}

/// A figure without labels.
fn one(stem: &'static str, help: &'static str, (kind, unit): (Kind, Unit), value: Value) -> Family {
    Family { stem, help, kind, unit, points: vec![Point { labels: Vec::new(), value }] }
}

/// Where all requests went.
fn accounting(results: &Results) -> Vec<Family> {
    let accounting = results.totals().accounting();
    let counter = |stem, help, count| one(stem, help, (Kind::Counter, Unit::Of("request")), Value::Whole(count));
    vec![
        counter("requests_scheduled", "Requests that the plan wanted.", accounting.scheduled),
        counter(
            "requests_dropped",
            "Requests that were not begun, as nobody was free to begin them.",
            accounting.dropped,
        ),
        counter("requests_started", "Requests that were begun.", accounting.started),
        counter("requests_aborted", "Requests that the end of the run cut off.", accounting.aborted),
        counter("requests_never_sent", "Requests of which no byte was sent.", accounting.never_sent),
    ]
}

/// What the load is, and what must hold of it.
fn load(results: &Results, second: &SecondNow, texts: &mut MaskedTexts) -> Vec<Family> {
    let header = results.header();
    let is_over = results.end().is_some();
    let planned = if is_over { Planned::default() } else { Planned::of(header, second.number) };
    let gauge = |stem, help, unit, value| one(stem, help, (Kind::Gauge, unit), value);
    let mut families = vec![gauge(
        "users",
        "Users there are.",
        Unit::Of("user"),
        Value::Whole(if is_over { 0 } else { second.users }),
    )];
    families.extend(
        planned
            .users
            .map(|users| gauge("users_planned", "Users that the plan wants.", Unit::Of("user"), Value::Number(users))),
    );
    families.extend(planned.arrivals.map(|rate| {
        gauge("arrivals_planned", "Arrivals a second that the plan wants.", Unit::None, Value::Number(rate))
    }));
    families.push(gauge(
        "requests_under_way",
        "Requests that are under way.",
        Unit::Of("request"),
        Value::Whole(if is_over { 0 } else { results.totals().accounting().under_way() }),
    ));
    let stages = second.stages.iter().take(OTHERS);
    families.push(Family {
        stem: "stage_active",
        help: "1 for each stage of the plan that is under way.",
        kind: Kind::Gauge,
        unit: Unit::None,
        points: stages
            .map(|stage| Point { labels: vec![("stage".into(), (&**stage).into())], value: Value::Whole(1) })
            .collect(),
    });
    let (mut held, mut measured) = (Vec::new(), Vec::new());
    for (rule, judged) in results.rules().iter().zip(results.latest()).take(OTHERS) {
        let Some(judged) = judged else { continue };
        let labels: Labels = vec![("threshold".into(), texts.mask(&rule.text.trim().into()))];
        let holds = match judged.status {
            Status::Held => Some(1),
            Status::Broken => Some(0),
            Status::NoData | Status::Deferred => None,
        };
        held.extend(holds.map(|holds| Point { labels: labels.clone(), value: Value::Whole(holds) }));
        let amount = judged.measured.map(|amount| Value::Number(amount.value()));
        measured.extend(amount.map(|value| Point { labels, value }));
    }
    let gauges = [
        ("threshold_held", "1 where a threshold holds as things stand, 0 where it is broken.", held),
        ("threshold_measured", "What was measured of a threshold, in seconds, a second, a share or bytes.", measured),
    ];
    families.extend(gauges.map(|(stem, help, points)| Family {
        stem,
        help,
        kind: Kind::Gauge,
        unit: Unit::None,
        points,
    }));
    families
}

/// How the generator fares.
fn generator(results: &Results, second: &SecondNow, health: &Health) -> Vec<Family> {
    let gauge = |stem, help, unit, value| one(stem, help, (Kind::Gauge, unit), value);
    let seconds = |time: std::time::Duration| Value::Number(time.as_secs_f64());
    vec![
        gauge(
            "generator_suspect",
            "1 where the last second is suspect: the generator may have been in its own way.",
            Unit::None,
            Value::Whole(u64::from(!second.suspect.is_empty())),
        ),
        one(
            "generator_suspect_seconds",
            "Seconds that were suspect.",
            (Kind::Counter, Unit::None),
            Value::Whole(results.generator().suspect()),
        ),
        gauge("generator_cpu_cores", "Cores that the generator keeps busy.", Unit::None, {
            Value::Number(health.cpu_cores)
        }),
        gauge("generator_memory", "Memory that the generator holds.", Unit::Bytes, {
            Value::Whole(health.memory.as_bytes())
        }),
        gauge("generator_open_files", "Files and sockets that the generator has open.", Unit::None, {
            Value::Whole(health.open_files)
        }),
        gauge(
            "generator_lateness",
            "The longest that a request of the last second was sent after it could have been.",
            Unit::Seconds,
            seconds(health.lateness),
        ),
        gauge("generator_lag", "The longest that a worker woke too late in the last second.", Unit::Seconds, {
            seconds(health.worker_lag)
        }),
    ]
}

/// What the plan measures.
fn metrics(results: &Results, texts: &mut MaskedTexts) -> Vec<Family> {
    let (mut values, mut summaries) = (Vec::new(), Vec::new());
    let metrics = results.header().catalog.metrics.iter().enumerate();
    for (index, metric) in metrics.filter(|(_, metric)| RunGauge::named(&metric.name).is_none()).take(OTHERS) {
        let mut all = Distribution::new(Scale::Number);
        let samples = u16::try_from(index).ok().map(|index| results.totals().metric(MetricId(index)));
        samples.into_iter().flatten().for_each(|(_, total)| all.merge(&total.samples));
        if all.count() == 0 {
            continue;
        }
        let labels: Labels = vec![("metric".into(), texts.mask(&metric.name))];
        let moments = all.moments();
        match metric.kind {
            MetricKind::Counter => values.push(Point { labels, value: Value::Number(moments.sum()) }),
            MetricKind::Gauge => values.push(Point { labels, value: Value::Number(moments.last) }),
            MetricKind::Trend | MetricKind::Time => {
                let quantiles = [0.5, 0.9, 0.95, 0.99].map(|share| (share, all.quantile(share).unwrap_or(0.0)));
                let summary = Summary { count: all.count(), sum: moments.sum(), quantiles };
                summaries.push(Point { labels, value: Value::Summary(summary) });
            }
        }
    }
    vec![
        Family {
            stem: "metric_value",
            help: "A metric of the plan: a counter's sum, or a gauge's last value.",
            kind: Kind::Gauge,
            unit: Unit::None,
            points: values,
        },
        Family {
            stem: "metric",
            help: "A metric of the plan: a trend, or the times of a transaction in milliseconds.",
            kind: Kind::Summary,
            unit: Unit::None,
            points: summaries,
        },
    ]
}

/// How far the run has come.
fn run(results: &Results) -> Vec<Family> {
    let gauge = |stem, help, unit, value| one(stem, help, (Kind::Gauge, unit), value);
    let began = results.header().began.duration_since(std::time::SystemTime::UNIX_EPOCH);
    let seconds = |time: std::time::Duration| Value::Number(time.as_secs_f64());
    let mut families = vec![
        gauge("run_start_time", "When the load began, in seconds since 1970.", Unit::Seconds, {
            seconds(began.unwrap_or_default())
        }),
        gauge("run_elapsed", "For how long load was made.", Unit::Seconds, seconds(results.elapsed())),
        gauge("run_length", "For how long the plan wants load.", Unit::Seconds, seconds(results.length())),
        gauge("run_under_way", "1 until the run is over.", Unit::None, {
            Value::Whole(u64::from(results.end().is_none()))
        }),
    ];
    families.extend(results.end().map(|_| {
        use crate::verdict::Verdict::{Passed, PassedAtCeiling};
        let passed = matches!(results.verdict(), Passed | PassedAtCeiling(_));
        gauge("run_passed", "1 where the run is over and passed, 0 where it did not.", Unit::None, {
            Value::Whole(u64::from(passed))
        })
    }));
    families
}

/// Who the run is: a figure that is always 1, for its labels.
fn info(names: &RunNames) -> Family {
    let mut labels: Labels =
        vec![("run".into(), names.run.as_str().into()), ("plan".into(), names.plan.as_str().into())];
    labels.extend(names.name.as_deref().map(|name| ("run_name".into(), name.into())));
    labels.extend(names.shard.as_deref().map(|shard| ("shard".into(), shard.into())));
    labels.push(("target".into(), names.target.as_str().into()));
    labels.push(("version".into(), names.version.as_str().into()));
    for (key, value) in &names.labels {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let key: String = key.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
        let key = format!("label_{key}");
        // two keys may differ in what a label's name cannot hold
        if labels.iter().all(|(known, _)| *known != key) {
            labels.push((key.into(), value.as_str().into()));
        }
    }
    let points = vec![Point { labels, value: Value::Whole(1) }];
    Family {
        stem: "run_info",
        help: "1, with what there is to know of the run.",
        kind: Kind::Gauge,
        unit: Unit::None,
        points,
    }
}
