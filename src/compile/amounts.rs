use std::time::Duration;

use crate::compile::program::Pool;
use crate::diagnostic::{Problem, Problems, Span};
use crate::load::{Ramp, Stage};
use crate::plan::{At, Count, Time, Visitor, WhenBusy};
use crate::units::Rate;

/// The most users a shape may ask for.
pub(super) const MOST_USERS: u64 = 1_000_000;
/// The most arrivals a second that a shape may ask for.
const MOST_ARRIVALS: f64 = 1e6;
/// The most stages a shape may have.
pub(super) const MOST_STAGES: usize = 1_000;

/// What a plan says of the users that take arrivals.
#[derive(Default)]
pub(super) struct PoolKeys<'a> {
    pub(super) max_users: Option<&'a At<Count>>,
    pub(super) when_busy: Option<WhenBusy>,
    pub(super) visitor: Option<Visitor>,
}

/// The users for arrivals at a rate, which is written at `span`: where the plan says nothing, as many as ten seconds of them.
pub(super) fn pool(keys: &PoolKeys<'_>, rate: Rate, span: Span, problems: &mut Problems) -> Option<Pool> {
    if rate.as_per_second() > MOST_ARRIVALS {
        let problem = Problem::at(span, format!("{rate} is more than one run can send"));
        problems.push(problem.help(format!("ask for at most {}", Rate::per_second(MOST_ARRIVALS))));
        return None;
    }
    let usual = (rate.as_per_second() * 10.0).ceil().clamp(100.0, 10_000.0) as u32;
    let max_users = keys.max_users.map_or(Some(usual), |most| some_users(most, problems))?;
    Some(Pool {
        max_users,
        when_busy: keys.when_busy.unwrap_or(WhenBusy::Drop),
        visitor: keys.visitor.unwrap_or(Visitor::Returning),
    })
}

pub(super) fn users(written: &At<Count>, problems: &mut Problems) -> Option<u32> {
    if written.value.0 > MOST_USERS {
        let problem = Problem::at(written.span, format!("{} users are more than one run can have", written.value.0));
        problems.push(problem.help(format!("ask for at most {MOST_USERS}")));
        return None;
    }
    u32::try_from(written.value.0).ok()
}

pub(super) fn some_users(written: &At<Count>, problems: &mut Problems) -> Option<u32> {
    let users = users(written, problems)?;
    if users == 0 {
        problems.push(Problem::at(written.span, "the shape has no users").help("ask for at least 1"));
        return None;
    }
    Some(users)
}

pub(super) fn some_rate(written: &At<Rate>, problems: &mut Problems) -> Option<Rate> {
    if written.as_per_second() <= 0.0 {
        problems
            .push(Problem::at(written.span, "nothing would ever arrive").help("give a rate above 0, such as `5/s`"));
        return None;
    }
    Some(written.value)
}

pub(super) fn length(written: &At<Time>, problems: &mut Problems) -> Option<Duration> {
    if written.value.0.is_zero() {
        problems.push(Problem::at(written.span, "the duration is 0").help("give it a duration such as `30s`"));
        return None;
    }
    Some(written.value.0)
}

pub(super) fn ramp(over: Option<&At<Time>>, rate: Option<&At<Rate>>, problems: &mut Problems) -> Ramp {
    match (over, rate) {
        (Some(_), Some(rate)) => {
            let problem = Problem::at(rate.span, "a stage has `ramp` or `spawn_rate`, not both");
            problems.push(problem.help("remove one of them"));
            Ramp::Immediate
        }
        (Some(over), None) if over.0.is_zero() => Ramp::Immediate,
        (Some(over), None) => Ramp::Over(over.0),
        (None, Some(rate)) if rate.as_per_second() == 0.0 => {
            problems
                .push(Problem::at(rate.span, "no user would ever start").help("give a rate above 0, such as `5/s`"));
            Ramp::Immediate
        }
        (None, Some(rate)) => Ramp::Rate(rate.value),
        (None, None) => Ramp::Immediate,
    }
}

/// Warns of a stage that ends before it reaches its level.
pub(super) fn warn_of_slow_ramp((stage, name): (&Stage, &str), from: u32, span: Span, problems: &mut Problems) {
    let Ramp::Rate(rate) = stage.ramp else { return };
    let moves = rate.count_in(stage.length);
    if moves + 1.0 < f64::from(stage.users.abs_diff(from)) {
        let message = format!("at {rate} stage `{name}` ends before it reaches {} users", stage.users);
        problems.push(Problem::at(span, message).help("give a higher `spawn_rate` or a longer `for`").warning());
    }
}
