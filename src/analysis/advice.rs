use std::collections::BTreeMap;

use super::cause::Cause;
use super::conclude::invalid;
use super::document::{Recommendation, Symptom};
use super::figures::{Clock, Figures, Row, RowGroup};
use super::throughput::throughput;
use super::trend::growth;
use crate::report::{counted, grouped, ms, percent, rate};

/// More failures than this share are a symptom.
const ERRORS: f64 = 0.05;
/// So many failed connections are one.
const CONNECTIONS: f64 = 0.01;
/// A p95 beyond so many milliseconds is slow.
const SLOW: f64 = 500.0;
/// Waiting is a symptom where the response time is so many times the service time, and so many milliseconds more.
const WAITING: (f64, f64) = (2.0, 50.0);
/// Rows with fewer requests than these are too small to be named alone.
const FEWEST: u64 = 20;
/// How many endpoints a recommendation names.
pub(super) const NAMED: usize = 5;

/// What to look at, for each symptom that a run shows; nothing for a healthy one.
pub(super) fn advise(figures: &Figures) -> Vec<Recommendation> {
    if figures.total().requests() == 0 && figures.exceptions == 0 {
        return Vec::new();
    }
    let causes = Causes::of(figures);
    let each = [
        generator(figures),
        errors(figures, &causes),
        connections(figures, &causes),
        rate_limit(&causes),
        slow(figures),
        waiting(figures),
        dropped(figures),
        throughput(figures),
        exceptions(figures),
    ];
    each.into_iter().flatten().collect()
}

/// Failures by cause.
struct Causes<'a> {
    counts: BTreeMap<Cause, u64>,
    endpoints: BTreeMap<Cause, BTreeMap<String, u64>>,
    known: Option<&'a [super::figures::Failures]>,
}

impl<'a> Causes<'a> {
    fn of(figures: &'a Figures) -> Self {
        let mut causes =
            Self { counts: BTreeMap::new(), endpoints: BTreeMap::new(), known: figures.failures.as_deref() };
        for group in figures.failures.iter().flatten() {
            let count = causes.counts.entry(group.cause).or_default();
            *count = count.saturating_add(group.count);
            let title = format!("{} {}", group.method, group.name).trim().to_owned();
            let endpoint = causes.endpoints.entry(group.cause).or_default().entry(title).or_default();
            *endpoint = endpoint.saturating_add(group.count);
        }
        causes
    }

    fn count(&self, of: impl Fn(Cause) -> bool) -> u64 {
        self.counts.iter().filter(|(cause, _)| of(**cause)).fold(0, |all, (_, count)| all.saturating_add(*count))
    }

    fn has(&self, of: impl Fn(Cause) -> bool) -> bool {
        self.count(of) > 0
    }

    /// `26 answers of 500, 3 timeouts`, the most frequent first.
    fn describe(&self, of: impl Fn(Cause) -> bool) -> String {
        let mut taken: Vec<(&Cause, &u64)> =
            self.counts.iter().filter(|(cause, count)| of(**cause) && **count > 0).collect();
        taken.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        taken.into_iter().map(|(cause, count)| cause.describe(&grouped(*count))).collect::<Vec<_>>().join(", ")
    }

    fn endpoints(&self, of: impl Fn(Cause) -> bool) -> Vec<String> {
        let mut all: BTreeMap<&String, u64> = BTreeMap::new();
        for (title, count) in self.endpoints.iter().filter(|(cause, _)| of(**cause)).flat_map(|(_, titles)| titles) {
            let known = all.entry(title).or_default();
            *known = count.saturating_add(*known);
        }
        let mut all: Vec<(&String, u64)> = all.into_iter().collect();
        all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        all.into_iter().take(NAMED).map(|(title, count)| format!("{title}: {}", grouped(count))).collect()
    }
}

fn generator(figures: &Figures) -> Option<Recommendation> {
    let finding = invalid(figures.report.as_deref()?)?;
    let look_at = [
        "run again from a machine with more free cores, or with nothing else on it",
        "spread the load over several machines",
        "ask for less: fewer users, or a lower rate",
    ];
    Some(recommend(Symptom::Generator, finding, Vec::new(), &look_at))
}

fn errors(figures: &Figures, causes: &Causes) -> Option<Recommendation> {
    let total = figures.total();
    let share = |row: &Row| row.failed as f64 / row.requests.max(1) as f64;
    let mut worst: Vec<&Row> =
        figures.rows.iter().filter(|row| row.requests >= FEWEST && share(row) > ERRORS).collect();
    let error_rate = total.error_rate()?;
    if error_rate <= ERRORS && worst.is_empty() {
        return None;
    }
    worst.sort_by_key(|row| std::cmp::Reverse(row.failed));
    let endpoints = worst.iter().take(NAMED).map(|row| {
        format!("{}: {} of {} ({})", row.title(), grouped(row.failed), grouped(row.requests), percent(share(row)))
    });
    let mut finding = format!(
        "{} of {} requests failed ({})",
        grouped(total.failed()),
        grouped(total.requests()),
        percent(error_rate)
    );
    match causes.known {
        Some(known) if !known.is_empty() => finding.push_str(&format!(": {}", causes.describe(|_| true))),
        _ if figures.report.is_none() => finding.push_str("; why is in `…_failures.csv`, which is not beside the file"),
        _ => {}
    }
    let server = causes.has(|cause| matches!(cause, Cause::ServerError(_)));
    let away = causes.has(|cause| matches!(cause, Cause::Refused | Cause::Unreachable | Cause::Dns));
    let late = causes.has(|cause| matches!(cause, Cause::Timeout | Cause::Reset | Cause::Pool));
    let unknown = causes.counts.is_empty();
    let mut look_at = Vec::new();
    if away || unknown {
        look_at.push("is the server up, and reachable at that address");
    }
    if server || late || unknown {
        look_at.push("the server's logs at that time");
        look_at.push("its database: is it up, and has it connections left");
        look_at.push("the size of its connection pool");
    }
    if away || late || unknown {
        look_at.push("the server's limit on open files");
    }
    if causes.has(|cause| matches!(cause, Cause::ClientError(401 | 403))) {
        look_at.push("the key or login the load is made with");
    }
    if causes.has(|cause| matches!(cause, Cause::ClientError(status) if !matches!(status, 401 | 403))) {
        look_at.push("what the requests ask for: 4xx says that they, and not the server, are wrong");
    }
    if causes.has(|cause| cause == Cause::RateLimit) {
        look_at.push("the rate limit, below");
    }
    if causes.has(|cause| cause == Cause::Other) {
        look_at.push("the messages of the failures: answers came and were not as expected");
    }
    Some(recommend(Symptom::Errors, finding, endpoints.collect(), &look_at))
}

fn connections(figures: &Figures, causes: &Causes) -> Option<Recommendation> {
    let total = figures.total().requests();
    let broken = causes.count(Cause::is_of_connection);
    let scarce = |cause| matches!(cause, Cause::Handles | Cause::Ports | Cause::Pool);
    let share = broken as f64 / total.max(1) as f64;
    let nobody = |cause| matches!(cause, Cause::Refused | Cause::Unreachable | Cause::Dns | Cause::Tls);
    // where no connection was ever made there is no limit to look for: the server is not there
    let never = total > 0 && causes.count(nobody) >= total;
    if broken == 0 || never || (share < CONNECTIONS && !causes.has(scarce)) {
        return None;
    }
    let finding = format!("{} ({} of the requests)", causes.describe(Cause::is_of_connection), percent(share.min(1.0)));
    let mut look_at = Vec::new();
    if causes.has(|cause| matches!(cause, Cause::Handles | Cause::Refused | Cause::Reset)) {
        look_at.push("the limit on open files (`ulimit -n`), of the server and of the machine that makes the load");
    }
    if causes.has(|cause| cause == Cause::Ports) {
        look_at.push("local ports of the machine that makes the load: keep connections alive");
    }
    if causes.has(|cause| matches!(cause, Cause::Pool | Cause::Timeout | Cause::Reset | Cause::Refused)) {
        look_at.push("the database's limit on connections (`max_connections`)");
        look_at.push("the size of the server's connection pool, and how far it may overflow");
    }
    if causes.has(|cause| matches!(cause, Cause::Unreachable | Cause::Dns | Cause::Tls)) {
        look_at.push("the address, the name's resolution, and the certificate");
    }
    Some(recommend(Symptom::Connections, finding, causes.endpoints(Cause::is_of_connection), &look_at))
}

fn rate_limit(causes: &Causes) -> Option<Recommendation> {
    let limited = |cause| cause == Cause::RateLimit;
    let count = causes.count(limited);
    let look_at = [
        "the limit of the key the load is made with; a key without one, for load tests",
        "spread the requests over several keys or tenants, where each has a limit of its own",
    ];
    let finding = format!("{} answers of 429: the service limits how often it is called", grouped(count));
    (count > 0).then(|| recommend(Symptom::RateLimit, finding, causes.endpoints(limited), &look_at))
}

/// What the service took: from when a request was sent, where the file tells that.
fn served(figures: &Figures) -> Clock {
    if figures.report.is_some() { Clock::Service } else { Clock::Response }
}

fn slow(figures: &Figures) -> Option<Recommendation> {
    let clock = served(figures);
    let p95 = |rows: &RowGroup| rows.quantile(clock, 95.0).map(|bound| bound.at_least).filter(|ms| *ms > SLOW);
    let of_all = p95(&figures.total());
    let rows = figures.rows.iter().filter(|row| row.requests >= FEWEST);
    let mut slow: Vec<(&Row, f64)> = rows.filter_map(|row| Some((row, p95(&RowGroup(vec![row]))?))).collect();
    slow.sort_by(|a, b| b.1.total_cmp(&a.1));
    if of_all.is_none() && slow.is_empty() {
        return None;
    }
    let mut finding = match of_all {
        Some(p95) => format!("the p95 of all requests is {}, above {}", ms(p95), ms(SLOW)),
        None => format!("{} endpoints have a p95 above {}", slow.len(), ms(SLOW)),
    };
    let grown = growth(&figures.trend);
    if let Some(growth) = grown {
        finding.push_str(&format!(
            "; it grew with time, from {} after {:.0}s to {} after {:.0}s",
            ms(growth.before),
            growth.from.second,
            ms(growth.after),
            growth.to.second
        ));
        if let (Some(a), Some(b), Some(x), Some(y)) =
            (growth.from.users, growth.to.users, growth.from.rate, growth.to.rate)
        {
            finding.push_str(&format!(
                " ({} and {}, then {} and {})",
                counted(a, "user"),
                rate(x),
                counted(b, "user"),
                rate(y)
            ));
        }
    }
    let mut look_at =
        vec!["database indexes for these endpoints", "caching of what is read often", "the plans of the slow queries"];
    if grown.is_some() {
        look_at.insert(0, "where a queue deepens: more comes in than is answered");
    }
    look_at.extend(["more API workers", "scaling out: more servers"]);
    let endpoints = slow.iter().take(NAMED).map(|(row, p95)| format!("{}: p95 {}", row.title(), ms(*p95)));
    Some(recommend(Symptom::SlowAnswers, finding, endpoints.collect(), &look_at))
}

fn waiting(figures: &Figures) -> Option<Recommendation> {
    figures.report.as_ref()?;
    let total = figures.total();
    let p95 = |clock| total.quantile(clock, 95.0).map(|bound| bound.at_least);
    let (response, service) = (p95(Clock::Response)?, p95(Clock::Service)?);
    if response < service * WAITING.0 || response < service + WAITING.1 {
        return None;
    }
    let finding = format!(
        "the p95 of the response time is {}, of the service time {}: requests were due long before they were sent",
        ms(response),
        ms(service)
    );
    let look_at = [
        "moments in which the service stalled: those who came meanwhile had to wait (coordinated omission)",
        "whether there are users enough for the rate of arrivals",
        "the load on the machine that makes it",
    ];
    Some(recommend(Symptom::Waiting, finding, Vec::new(), &look_at))
}

fn dropped(figures: &Figures) -> Option<Recommendation> {
    let accounting = &figures.report.as_ref()?.books;
    let finding = format!(
        "{} of {} arrivals were dropped: nobody was free to begin them",
        grouped(accounting.dropped),
        grouped(accounting.scheduled)
    );
    let look_at = [
        "how long the answers take: each holds a user until it is there",
        "more users for the rate, where the answers are as fast as they should be",
        "a lower rate, if the service has reached its limit",
    ];
    (accounting.dropped > 0).then(|| recommend(Symptom::Dropped, finding, Vec::new(), &look_at))
}

fn exceptions(figures: &Figures) -> Option<Recommendation> {
    let count = figures.exceptions;
    let (whose, look_at) = match figures.report {
        Some(_) => ("the plan", "the exceptions in the run's summary: each names the plan's line"),
        None => ("the locustfile", "`…_exceptions.csv`: each has its traceback"),
    };
    let finding = format!("{} errors of {whose} itself: so many requests, or steps, were never made", grouped(count));
    (count > 0).then(|| recommend(Symptom::Exceptions, finding, Vec::new(), &[look_at]))
}

/// A recommendation, put together.
pub(super) fn recommend(symptom: Symptom, finding: String, endpoints: Vec<String>, look_at: &[&str]) -> Recommendation {
    Recommendation { symptom, finding, endpoints, look_at: look_at.iter().map(|line| (*line).to_owned()).collect() }
}
