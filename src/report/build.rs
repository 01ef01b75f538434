use std::time::{Duration, SystemTime};

use super::document::{
    BooksEntry, FailureEntry, GeneratorEntry, LevelEntry, PlanEntry, Report, RunEntry, SecondEntry, ShardEntry,
    ThresholdEntry, ThresholdState, VERSION, VerdictEntry,
};
use super::people::users;
use super::rows::{by_kind, metrics, requests};
use crate::metrics::{Books, ErrorCount, Second, Totals};
use crate::plan::threshold::Rule;
use crate::sample::{Catalog, FailureKind};
use crate::units::{Seed, Shard};
use crate::verdict::{Closing, Judged, Standing, Verdict, is_suspect};

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
    pub judged: &'a [Judged],
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
        thresholds: facts.rules.iter().zip(facts.judged).map(|(rule, judged)| threshold(rule, judged)).collect(),
        levels: facts.levels,
        total,
        requests: rows,
        users: users(totals, facts.catalog, seconds),
        metrics: metrics(totals, facts.catalog),
        failures,
        exceptions,
        teardown: facts.teardown,
        books: books(totals.books()),
        generator: generator(totals.history()),
        history: totals.history().iter().map(second).collect(),
    }
}

fn threshold(rule: &Rule, judged: &Judged) -> ThresholdEntry {
    ThresholdEntry {
        name: rule.name.clone(),
        require: rule.require.to_string(),
        place: rule.place.clone(),
        measured: judged.measured.map_or_else(|| "no data".to_owned(), |amount| amount.beside(rule.require.amount)),
        value: judged.measured.map(crate::plan::threshold::Amount::value),
        limit: rule.require.amount.value(),
        state: match judged.standing {
            Standing::Held => ThresholdState::Held,
            Standing::Broken => ThresholdState::Broken,
            Standing::NoData => ThresholdState::NoData,
            Standing::Left => ThresholdState::Left,
        },
    }
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

fn books(books: &Books) -> BooksEntry {
    BooksEntry {
        scheduled: books.scheduled,
        dropped: books.dropped,
        started: books.started,
        ok: books.ok,
        failed: books.failures(),
        aborted: books.aborted,
        never_sent: books.never_sent,
        failed_by_kind: by_kind(&books.failed),
        balanced: books.balance().is_ok(),
    }
}

fn generator(history: &[Second]) -> GeneratorEntry {
    let mut worst = crate::metrics::Health::default();
    history.iter().for_each(|second| worst.merge(&second.health));
    let suspects = history.iter().filter(|second| is_suspect(&second.health));
    GeneratorEntry {
        worker_lag: worst.worker_lag.as_secs_f64() * 1e3,
        lateness: worst.lateness.as_secs_f64() * 1e3,
        cpu_cores: worst.cpu_cores,
        open_files: worst.open_files,
        memory: worst.memory.as_bytes(),
        suspect_seconds: suspects.map(|second| u64::from(second.length)).sum(),
    }
}

fn second(second: &Second) -> SecondEntry {
    SecondEntry {
        second: second.second,
        length: second.length,
        users: second.users,
        started: second.started,
        ok: second.ok,
        failed: second.failed,
        suspect: is_suspect(&second.health),
    }
}
