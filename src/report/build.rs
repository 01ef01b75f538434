use std::time::{Duration, SystemTime};

use super::document::{
    BooksEntry, FailureEntry, GeneratorEntry, LevelEntry, PlanEntry, Report, RunEntry, SecondEntry, ShardEntry,
    ThresholdEntry, ThresholdPoint, ThresholdState, VERSION, VerdictEntry,
};
use super::request_rows::{by_kind, metrics, requests};
use super::user_rows::users;
use crate::metrics::{Accounting, ErrorCount, Second, Totals};
use crate::sample::{Catalog, FailureKind};
use crate::threshold::{Amount, Limit, Rule, Was};
use crate::units::{Offset, Seed, Shard, Size};
use crate::verdict::{Closing, Finding, GeneratorHealth, Limits, Point, Status, Verdict, health_issues};

/// What a report says besides the numbers.
pub struct Facts<'a> {
    /// What was run.
    pub plan: PlanEntry,
    /// When it began.
    pub began: SystemTime,
    /// Which part of the run it is.
    pub shard: Shard,
    /// How long load was made for.
    pub elapsed: Duration,
    /// Why it ended.
    pub closing: Closing,
    /// The number all chance derived from.
    pub seed: Seed,
    /// How many workers there were.
    pub workers: u32,
    /// What it came to.
    pub verdict: &'a Verdict,
    /// The exit code that comes to.
    pub exit_code: u8,
    /// The rules.
    pub rules: &'a [Rule],
    /// Each judged.
    pub findings: &'a [Finding],
    /// How the generator fared.
    pub generator: &'a GeneratorHealth,
    /// The names behind the ids.
    pub catalog: &'a Catalog,
    /// Levels that were tried.
    pub levels: Vec<LevelEntry>,
    /// What went wrong in the teardown.
    pub teardown: Vec<String>,
}

/// Makes the report of a run that is over.
#[must_use]
pub fn build(facts: Facts, totals: &Totals) -> Report {
    let seconds = facts.elapsed.as_secs_f64();
    let (rows, total) = requests(totals, facts.catalog, seconds);
    let (exceptions, failures) = groups(&totals.errors(), facts.catalog);
    Report {
        version: VERSION,
        plimsoll: env!("CARGO_PKG_VERSION").to_owned(),
        verdict: VerdictEntry {
            passed: *facts.verdict == Verdict::Passed,
            text: facts.verdict.to_string(),
            exit_code: facts.exit_code,
        },
        run: RunEntry {
            began: humantime::format_rfc3339_millis(facts.began).to_string(),
            seconds,
            ended: match facts.closing {
                Closing::Complete => "complete",
                Closing::Asked => "asked",
                Closing::CutOff => "cut_off",
                Closing::Threshold(_) => "threshold",
                Closing::Plan => "plan",
            }
            .to_owned(),
            seed: facts.seed.value(),
            shard: facts.shard.is_part().then(|| ShardEntry { number: facts.shard.number(), count: facts.shard.count }),
            workers: facts.workers,
            users: totals.history().iter().map(|second| second.users).max().unwrap_or(0),
        },
        plan: facts.plan,
        thresholds: facts.rules.iter().zip(facts.findings).map(|(rule, finding)| threshold(rule, finding)).collect(),
        levels: facts.levels,
        total,
        requests: rows,
        users: users(totals, facts.catalog, seconds),
        metrics: metrics(totals, facts.catalog),
        failures,
        exceptions,
        teardown: facts.teardown,
        books: books(totals.books(), facts.closing),
        generator: generator(facts.generator),
        history: totals.history().iter().map(|step| second(step, facts.generator.limits())).collect(),
    }
}

fn threshold(rule: &Rule, finding: &Finding) -> ThresholdEntry {
    let Finding { judged, course } = finding;
    ThresholdEntry {
        name: rule.name.clone(),
        require: rule.require.to_string(),
        place: rule.place.clone(),
        measured: judged.measured.map_or_else(|| "no data".to_owned(), |amount| rule.require.show(amount)),
        value: judged.measured.map(Amount::value),
        limit: rule.require.limit.amount().map(Amount::value),
        baseline: match rule.require.limit {
            Limit::Baseline(_, Was::Known(was)) => Some(was.value()),
            Limit::Baseline(_, Was::Unknown) | Limit::Amount(_) => None,
        },
        against: rule
            .require
            .limit
            .is_baseline()
            .then(|| rule.require.limit.amount().map_or_else(|| "not known".to_owned(), |amount| amount.to_string())),
        state: match judged.status {
            Status::Held => ThresholdState::Held,
            Status::Broken => ThresholdState::Broken,
            Status::NoData => ThresholdState::NoData,
            Status::Deferred => ThresholdState::Left,
        },
        broke_at: judged.broke.map(Offset::as_secs_f64),
        history: course.points().iter().map(point).collect(),
    }
}

fn point(point: &Point) -> ThresholdPoint {
    let Point { second, length, measured, broken } = *point;
    ThresholdPoint { second, length, value: measured.map(Amount::value), broken }
}

/// Exceptions and failures, each the most frequent first.
fn groups(errors: &[ErrorCount], catalog: &Catalog) -> (Vec<FailureEntry>, Vec<FailureEntry>) {
    let mut errors: Vec<&ErrorCount> = errors.iter().collect();
    errors.sort_by_key(|error| std::cmp::Reverse(error.count));
    let entry = |error: &&ErrorCount| {
        let method = catalog.endpoints.get(error.key.endpoint.index()).map_or("", |endpoint| &*endpoint.method);
        FailureEntry {
            method: method.to_owned(),
            name: error.key.name.to_string(),
            kind: error.key.kind.name().to_owned(),
            message: error.key.message.to_string(),
            count: error.count,
            first: error.first.as_secs_f64(),
            last: error.last.as_secs_f64(),
        }
    };
    let (exceptions, failures): (Vec<_>, Vec<_>) =
        errors.into_iter().partition(|error| error.key.kind == FailureKind::Template);
    (exceptions.iter().map(entry).collect(), failures.iter().map(entry).collect())
}

fn books(books: &Accounting, closing: Closing) -> BooksEntry {
    let ended = books.ok + books.failures() + books.aborted;
    let (under_way, balanced) = match closing {
        // what tells of them is still to come, or lost
        Closing::CutOff => {
            (books.under_way(), books.scheduled == books.started + books.dropped && ended <= books.started)
        }
        Closing::Complete | Closing::Asked | Closing::Threshold(_) | Closing::Plan => (0, books.balance().is_ok()),
    };
    BooksEntry {
        scheduled: books.scheduled,
        dropped: books.dropped,
        started: books.started,
        ok: books.ok,
        failed: books.failures(),
        aborted: books.aborted,
        under_way,
        never_sent: books.never_sent,
        failed_by_kind: by_kind(&books.failed),
        balanced,
    }
}

fn generator(generator: &GeneratorHealth) -> GeneratorEntry {
    let (worst, limits) = (generator.worst(), generator.limits());
    GeneratorEntry {
        worker_lag: worst.worker_lag.as_secs_f64() * 1e3,
        stalled: worst.stalled.as_secs_f64() * 1e3,
        lateness: worst.lateness.as_secs_f64() * 1e3,
        late: worst.late,
        cpu_cores: worst.cpu_cores,
        cores: limits.cores.is_finite().then_some(limits.cores),
        open_files: worst.open_files,
        open_files_limit: limits.open_files,
        memory: worst.memory.as_bytes(),
        memory_limit: limits.memory.map(Size::as_bytes),
        backlog: worst.backlog,
        suspect_seconds: generator.suspect(),
        suspect_by: generator.strained().map(|(strain, seconds)| (strain.name().to_owned(), seconds)).collect(),
    }
}

fn second(second: &Second, limits: &Limits) -> SecondEntry {
    let health_issues: Vec<String> = health_issues(&second.health, second.ok + second.failed, limits)
        .map(|strain| strain.name().to_owned())
        .collect();
    SecondEntry {
        second: second.second,
        length: second.length,
        users: second.users,
        started: second.started,
        ok: second.ok,
        failed: second.failed,
        suspect: !health_issues.is_empty(),
        health_issues,
    }
}
