use std::time::Duration;

use super::document::{
    BooksEntry, CUT_OFF, ExportEntry, FailureEntry, GeneratorEntry, LeftOutEntry, LevelEntry, PlanEntry, Report,
    RequestEntry, RunEntry, SecondEntry, ShardEntry, StageEntry, ThresholdEntry, ThresholdPoint, VERSION, VerdictEntry,
};
use super::fold::Results;
use super::group_rows::breakdown;
use super::request_rows::{by_kind, measured, metrics, requests};
use super::task_rows::tasks;
use super::try_command::try_command;
use super::user_rows::users;
use crate::journal::{Closing, Export, Header, Level};
use crate::metrics::{Accounting, Distribution, ErrorCount, Second};
use crate::sample::FailureKind;
use crate::threshold::{Amount, LeftOut, Rule};
use crate::units::{Offset, Size};
use crate::verdict::{Exit, Finding, GeneratorHealth, HistoryPoint, SecondHealth, Verdict, failures_of};

impl Results {
    /// The report of as much as was heard. A run without an end was cut off or is under way, and its verdict says so.
    #[must_use]
    pub fn report(&self) -> Report {
        let findings = self.findings();
        let verdict = self.verdict_on(&findings);
        let (header, totals, generator) = (self.header(), self.totals(), self.generator());
        let elapsed = self.elapsed().as_secs_f64();
        let time = self.measured_time().as_secs_f64();
        let (rows, total) = requests(totals, &header.catalog, time);
        let (exceptions, failures) = groups(&totals.errors(), header);
        let (end, span) = (self.end(), self.span());
        Report {
            version: VERSION,
            plimsoll: env!("CARGO_PKG_VERSION").to_owned(),
            verdict: VerdictEntry {
                passed: matches!(verdict, Verdict::Passed | Verdict::PassedAtCeiling(_)),
                text: verdict.to_string(),
                exit_code: Exit::of(&verdict, self.integrity()).code(),
            },
            run: RunEntry {
                name: header.name.clone(),
                labels: header.labels.clone(),
                scale: header.scale,
                began: humantime::format_rfc3339_millis(header.began).to_string(),
                seconds: elapsed,
                rate_seconds: (time > elapsed).then_some(time),
                memory_budget: self.header().environment.memory_budget,
                folded: self.folded().to_vec(),
                steered: self.steered().to_vec(),
                ended: match self.closing() {
                    Some(Closing::Complete) => "complete",
                    Some(Closing::Asked) => "asked",
                    Some(Closing::Threshold(_)) => "threshold",
                    Some(Closing::Plan) => "plan",
                    None => CUT_OFF,
                }
                .to_owned(),
                ended_by: self.ended_by(),
                seed: header.seed.value(),
                shard: ShardEntry::of(header.shard),
                workers: header.workers,
                users: totals.history().iter().map(|second| second.users).max().unwrap_or(0),
            },
            plan: plan(header),
            thresholds: self
                .rules()
                .iter()
                .zip(&findings)
                .zip(self.few_samples())
                .map(|((rule, finding), few_samples)| ThresholdEntry { few_samples, ..self.threshold(rule, finding) })
                .collect(),
            left_out: header.left_out.iter().map(left_out).collect(),
            levels: end.map_or(&[][..], |end| &end.levels).iter().map(|level| tried(level, header)).collect(),
            at_least: header.at_least.as_ref().map(|least| least.level.clone()),
            total,
            measured: self.without_warm_up(),
            requests: rows,
            users: users(totals, &header.catalog, time),
            breakdown: breakdown(totals, &header.catalog, time, |stage| {
                span.time(|other| other == stage).as_secs_f64()
            }),
            metrics: metrics(totals, &header.catalog),
            failures,
            exceptions,
            teardown: end.map(|end| end.teardown.clone()).unwrap_or_default(),
            exports: end.map_or(&[][..], |end| &end.exports).iter().map(export).collect(),
            books: accounting(totals.accounting(), end.is_some()),
            tasks: tasks(totals, &header.catalog, end.is_some()),
            generator: self::generator(generator, totals.lateness()),
            history: totals.history().iter().map(|step| second(step, generator)).collect(),
        }
    }
}

impl Results {
    fn threshold(&self, rule: &Rule, finding: &Finding) -> ThresholdEntry {
        ThresholdEntry {
            decided_by_ceiling: self.is_decided_by_ceiling(rule, &finding.judged),
            load_changed: !self.steered().is_empty() && rule.require.aggregate.follows_load(),
            ..threshold(rule, finding, self.has_failed_as_timeout(rule))
        }
    }

    /// Whether failed requests are in what a rule measures, each as no quicker than its timeout.
    #[must_use]
    pub fn has_failed_as_timeout(&self, rule: &Rule) -> bool {
        let of_times = rule.require.aggregate.is_of_samples() && rule.require.subject.counts_failed();
        let known = self.header().catalog.endpoints.iter().any(|endpoint| endpoint.timeout.is_some());
        of_times && known && failures_of(rule, self.totals(), &self.header().catalog) > 0
    }

    /// What ended the run before its time; `None` where its time was up, or nobody knows.
    fn ended_by(&self) -> Option<String> {
        match self.closing()? {
            Closing::Complete => None,
            Closing::Threshold(index) => {
                let text = self.rules().get(index).map_or("", |rule| rule.text.trim());
                Some(format!("the threshold `{text}` broke, and it aborts"))
            }
            Closing::Asked | Closing::Plan => self.stop_asked().map(str::to_owned),
        }
    }

    /// All requests that are judged where no stage is named, of a run with a warm-up; a journal of before the ends of
    /// requests were kept is shown as it was.
    fn without_warm_up(&self) -> Option<RequestEntry> {
        let catalog = &self.header().catalog;
        let totals = self.totals();
        totals.last_ended().latest().filter(|_| catalog.stages.iter().any(|stage| !stage.purpose.is_measured()))?;
        Some(measured(totals, |stage| catalog.is_measured(stage), self.judged_time().as_secs_f64()))
    }
}

fn plan(header: &Header) -> PlanEntry {
    let stages = header.stages.iter().map(|stage| StageEntry {
        name: stage.name.clone(),
        scenario: stage.scenario.clone(),
        users: stage.users,
        rate: stage.rate,
        seconds: stage.end.since(stage.start).as_secs_f64(),
        warm_up: !stage.purpose.is_measured(),
    });
    PlanEntry {
        name: header.plan.name.clone(),
        description: header.plan.description.clone(),
        file: header.plan.file.clone(),
        profile: header.plan.profile.clone(),
        target: header.plan.target.clone(),
        stages: stages.collect(),
    }
}

fn export(export: &Export) -> ExportEntry {
    let Export { by, to, delivered, lost, why } = export.clone();
    ExportEntry { by, to, delivered, lost, why }
}

fn tried(level: &Level, header: &Header) -> LevelEntry {
    LevelEntry {
        name: header.catalog.stages.get(level.stage.index()).map(|stage| stage.name.to_string()).unwrap_or_default(),
        level: level.level.clone(),
        held: level.held(),
        broken: level.broken.clone(),
        dropped: level.dropped,
    }
}

fn threshold(rule: &Rule, finding: &Finding, failed_as_timeout: bool) -> ThresholdEntry {
    let Finding { judged, history } = finding;
    let known = rule.require.limit.amount().or(judged.measured);
    ThresholdEntry {
        unit: known.map_or("", Amount::unit).to_owned(),
        name: rule.name.clone(),
        require: rule.text.trim().to_owned(),
        unscaled: rule.unscaled.as_ref().map(|text| text.trim().to_owned()),
        place: rule.place.clone(),
        measured: judged.measured.map_or_else(|| "no data".to_owned(), |amount| rule.require.show(amount)),
        value: judged.measured.map(Amount::value),
        limit: rule.require.limit.amount().map(Amount::value),
        baseline: rule.require.limit.baseline().map(Amount::value),
        against: rule.require.limit.is_baseline().then(|| {
            rule.require.limit.amount().map_or_else(|| "not known".to_owned(), |amount| rule.require.show(amount))
        }),
        state: judged.status.into(),
        failed_as_timeout: failed_as_timeout && judged.measured.is_some(),
        broke_at: judged.broken_at.map(Offset::as_secs_f64),
        few_samples: None,
        decided_by_ceiling: false,
        load_changed: false,
        worst_at: judged.window_end.filter(|_| judged.broken_at.is_none()).map(Offset::as_secs_f64),
        history: history.points().iter().map(point).collect(),
    }
}

fn left_out(left_out: &LeftOut) -> LeftOutEntry {
    let LeftOut { require, name, place, why } = left_out.clone();
    LeftOutEntry { name, require, place, why }
}

fn point(point: &HistoryPoint) -> ThresholdPoint {
    let HistoryPoint { second, length, measured, broken } = *point;
    ThresholdPoint { second, length, value: measured.map(Amount::value), broken }
}

/// Exceptions and failures, each the most frequent first.
fn groups(errors: &[ErrorCount], header: &Header) -> (Vec<FailureEntry>, Vec<FailureEntry>) {
    let mut errors: Vec<&ErrorCount> = errors.iter().collect();
    errors.sort_by_key(|error| std::cmp::Reverse(error.count));
    let entry = |error: &&ErrorCount| {
        let endpoint = header.catalog.endpoints.get(error.key.endpoint.index());
        let method = endpoint.map_or("", |endpoint| &*endpoint.method);
        FailureEntry {
            method: method.to_owned(),
            name: error.key.name.to_string(),
            kind: error.key.kind.name().to_owned(),
            message: error.key.message.to_string(),
            count: error.count,
            first: error.first.as_secs_f64(),
            last: error.last.as_secs_f64(),
            example: error.example.as_deref().map(str::to_owned),
            shown_by: endpoint.map(|endpoint| try_command(header, &endpoint.name)),
        }
    };
    let (exceptions, failures): (Vec<_>, Vec<_>) =
        errors.into_iter().partition(|error| error.key.kind == FailureKind::Template);
    (exceptions.iter().map(entry).collect(), failures.iter().map(entry).collect())
}

fn accounting(accounting: &Accounting, has_ended: bool) -> BooksEntry {
    let (under_way, balanced) = if has_ended {
        (0, accounting.balance().is_ok())
    } else {
        // what comes of those is still to come, or lost
        let ended = accounting.ok + accounting.failures() + accounting.aborted;
        (
            accounting.under_way(),
            accounting.scheduled == accounting.started + accounting.dropped && ended <= accounting.started,
        )
    };
    BooksEntry {
        scheduled: accounting.scheduled,
        dropped: accounting.dropped,
        started: accounting.started,
        ok: accounting.ok,
        failed: accounting.failures(),
        aborted: accounting.aborted,
        under_way,
        never_sent: accounting.never_sent,
        failed_by_kind: by_kind(&accounting.failed),
        balanced,
    }
}

fn generator(generator: &GeneratorHealth, lateness: &Distribution) -> GeneratorEntry {
    let late = |p: f64| lateness.quantile(p).map(|nanos| nanos / 1e6);
    let (worst, limits) = (generator.worst(), generator.limits());
    let ms = |time: Option<Duration>| time.map(|time| time.as_secs_f64() * 1e3);
    GeneratorEntry {
        worker_lag: worst.worker_lag.as_secs_f64() * 1e3,
        stalled: worst.stalled.as_secs_f64() * 1e3,
        lateness: worst.lateness.as_secs_f64() * 1e3,
        lateness_p50: late(0.5),
        lateness_p99: late(0.99),
        late: worst.late,
        cpu_cores: worst.cpu_cores,
        cores: limits.cores.is_finite().then_some(limits.cores),
        open_files: worst.open_files,
        open_files_limit: limits.open_files,
        memory: worst.memory.as_bytes(),
        memory_limit: limits.memory.map(Size::as_bytes),
        backlog: worst.backlog,
        worker_cpu: ms(worst.worker_cpu),
        cpu_wait: ms(worst.cpu_wait),
        throttled: ms(worst.throttled),
        stolen: ms(worst.stolen),
        ceiling: generator.ceiling().filter(|_| generator.validity().is_ok()).is_some(),
        ceiling_seconds: generator.at_ceiling(),
        suspect_seconds: generator.suspect(),
        suspect_by: generator.issues().map(|(issue, seconds)| (issue.name().to_owned(), seconds)).collect(),
    }
}

fn second(second: &Second, generator: &GeneratorHealth) -> SecondEntry {
    let health = generator.judge(&second.health, second.ok + second.failed);
    let issues = if let SecondHealth::Suspect(issues) = &health { &issues[..] } else { &[] };
    SecondEntry {
        second: second.second,
        length: second.length,
        users: second.users,
        users_mean: (second.users > second.fewest).then_some(second.mean),
        users_min: (second.users > second.fewest).then_some(second.fewest),
        started: second.started,
        ok: second.ok,
        failed: second.failed,
        p50: second.response.map(|times| times.p50 / 1e6),
        p95: second.response.map(|times| times.p95 / 1e6),
        p99: second.response.map(|times| times.p99 / 1e6),
        suspect: !issues.is_empty(),
        health_issues: issues.iter().map(|issue| issue.name().to_owned()).collect(),
        at_ceiling: health == SecondHealth::AtCeiling,
    }
}
