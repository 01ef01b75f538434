use super::figures::{Clock, Figures};
use super::trend::Point;

/// How users of a closed model fared: each asks, waits for the answer, pauses, and asks again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rhythm {
    /// How many users there were.
    pub(super) users: u64,
    /// Requests a second, of all of them, while all were there.
    pub(super) rate: f64,
    /// How long a user's turn takes, in seconds: users / rate (Little's law).
    pub(super) turn: f64,
    /// How much of that a user waits for the answer.
    pub(super) waits: f64,
}

impl Rhythm {
    /// Of a run whose users are known, and that is no run of arrivals.
    pub(super) fn of(figures: &Figures) -> Option<Self> {
        let open = |stage: &crate::results::StageEntry| stage.rate.is_some();
        if figures.own.as_ref().is_some_and(|report| report.plan.stages.iter().any(open)) {
            return None;
        }
        let users = figures.users.filter(|users| *users > 0)?;
        let whole = figures.rate().filter(|rate| *rate > 0.0)?;
        let rate = at_full_number(&figures.trend, users).map_or(whole, |rate| rate.max(whole));
        let turn = users as f64 / rate;
        let waits = (figures.total().mean(Clock::Response)? / 1e3).min(turn);
        Some(Self { users, rate, turn, waits })
    }

    /// The share of a turn that is spent waiting for the answer.
    pub(super) fn waited(&self) -> f64 {
        self.waits / self.turn
    }

    /// What these users would make a minute, were every answer there at once; `None` where they do nothing but wait.
    pub(super) fn ceiling(&self) -> Option<f64> {
        let pause = self.turn - self.waits;
        (pause > 1e-4).then(|| self.users as f64 / pause * 60.0)
    }
}

/// The middle of the rates while all users were there.
fn at_full_number(trend: &[Point], users: u64) -> Option<f64> {
    let full = trend.iter().filter(|point| point.users == Some(users));
    let mut rates: Vec<f64> = full.filter_map(|point| point.rate).filter(|rate| *rate > 0.0).collect();
    rates.sort_by(f64::total_cmp);
    (rates.len() >= 3).then(|| rates[rates.len() / 2])
}

/// The share of the run that was over before all users were there.
pub(super) fn spawning(figures: &Figures) -> Option<f64> {
    let (users, last) = (figures.users?, figures.trend.last()?.second);
    let full = figures.trend.iter().find(|point| point.users == Some(users))?;
    (last > 0.0 && users > 0).then_some(full.second / last)
}
