use super::advice::{NAMED, recommend};
use super::document::{Recommendation, Symptom};
use super::figures::{Clock, Figures, Row};
use super::trend::Point;
use crate::report::{counted, grouped, ms, percent};

/// How users of a closed model fared: each asks, waits for the answer, pauses, and asks again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct UserCycle {
    /// How many users there were.
    pub(super) users: u64,
    /// Requests a second, of all of them, while all were there.
    pub(super) rate: f64,
    /// From one request of a user to its next, in seconds: users / rate (Little's law).
    pub(super) length: f64,
    /// How many seconds of that the user waits for the answer.
    pub(super) waiting: f64,
}

/// Fewer requests a minute are few …
const FEW: f64 = 10_000.0;
/// … where so many users make them.
const MANY_USERS: u64 = 100;

impl UserCycle {
    /// Of a run whose users are known, and that is no run of arrivals.
    pub(super) fn of(figures: &Figures) -> Option<Self> {
        let open = |stage: &crate::results::StageEntry| stage.rate.is_some();
        if figures.report.as_ref().is_some_and(|report| report.plan.stages.iter().any(open)) {
            return None;
        }
        let users = figures.users.filter(|users| *users > 0)?;
        let whole = figures.rate().filter(|rate| *rate > 0.0)?;
        let rate = at_full_number(&figures.trend, users).map_or(whole, |rate| rate.max(whole));
        let length = users as f64 / rate;
        let waiting = (figures.total().mean(Clock::Response)? / 1e3).min(length);
        Some(Self { users, rate, length, waiting })
    }

    /// How many seconds of a cycle the user pauses.
    pub(super) fn pause(&self) -> f64 {
        self.length - self.waiting
    }

    /// The share of a cycle that is spent waiting for the answer.
    fn waiting_share(&self) -> f64 {
        self.waiting / self.length
    }

    /// Requests a minute of these users, were every answer there at once; `None` where they do nothing but wait.
    pub(super) fn max_per_minute(&self) -> Option<f64> {
        (self.pause() > 1e-4).then(|| self.users as f64 / self.pause() * 60.0)
    }
}

/// What to look at where many users make few requests.
pub(super) fn throughput(figures: &Figures) -> Option<Recommendation> {
    let cycle = UserCycle::of(figures)?;
    let rate = figures.rate()? * 60.0;
    if rate >= FEW || cycle.users < MANY_USERS {
        return None;
    }
    let waited = cycle.waiting_share();
    let mut finding = format!(
        "{}/min from {}, below {}/min; each user asks once in {} and waits {} of it for the answer",
        grouped(rate.round() as u64),
        counted(cycle.users, "user"),
        grouped(FEW as u64),
        ms(cycle.length * 1e3),
        ms(cycle.waiting * 1e3),
    );
    let mut look_at = Vec::new();
    if let Some(part) = spawning_share(figures).filter(|part| *part > 0.5) {
        let when = if part > 0.95 { "at its end".to_owned() } else { format!("after {} of it", percent(part)) };
        finding.push_str(&format!("; all of them were in the run only {when}"));
        look_at.push("the spawn rate, or a longer run");
    }
    match cycle.max_per_minute().filter(|_| waited < 0.5) {
        Some(most) if most < FEW => {
            finding.push_str(&format!(
                "; were each answer there at once, they would make {}/min",
                grouped(most.round() as u64)
            ));
            look_at.push("the think time, or more users: a faster service alone is not enough");
        }
        _ => {}
    }
    let mut endpoints = Vec::new();
    // where users mostly pause, nothing that the service does would help
    if waited >= 0.2 {
        look_at.extend(["the slow endpoints", "more servers", "the network"]);
        let mut slow: Vec<(&Row, f64)> =
            figures.rows.iter().filter_map(|row| Some((row, row.response.mean? * row.requests as f64))).collect();
        slow.sort_by(|a, b| b.1.total_cmp(&a.1));
        let named = slow
            .iter()
            .take(NAMED)
            .filter_map(|(row, _)| Some(format!("{}: {} on average", row.title(), ms(row.response.mean?))));
        endpoints = named.collect();
    }
    if look_at.is_empty() {
        look_at.push("the think time, or more users");
    }
    Some(recommend(Symptom::Throughput, finding, endpoints, &look_at))
}

/// The middle of the rates while all users were there.
fn at_full_number(trend: &[Point], users: u64) -> Option<f64> {
    let full = trend.iter().filter(|point| point.users == Some(users));
    let mut rates: Vec<f64> = full.filter_map(|point| point.rate).filter(|rate| *rate > 0.0).collect();
    rates.sort_by(f64::total_cmp);
    (rates.len() >= 3).then(|| rates[rates.len() / 2])
}

/// The share of the run that was over before all users were there.
fn spawning_share(figures: &Figures) -> Option<f64> {
    let (users, last) = (figures.users?, figures.trend.last()?.second);
    let full = figures.trend.iter().find(|point| point.users == Some(users))?;
    (last > 0.0 && users > 0).then_some(full.second / last)
}
