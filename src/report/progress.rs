use std::time::Duration;

use crate::units::show_duration;

/// One second of a run under way.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment<'a> {
    /// How much of the run is over.
    pub elapsed: Duration,
    /// How long it is to last.
    pub length: Duration,
    /// The stage it is in.
    pub stage: &'a str,
    /// How many users there are.
    pub users: u64,
    /// Requests that ended in this second.
    pub ended: u64,
    /// Requests that failed so far.
    pub failed_so_far: u64,
    /// The second's 95th percentile of the response time.
    pub p95: Option<Duration>,
}

/// The line that shows it: `5s of 15s  25 users  24/s  p95 3.1ms  0 failed`.
#[must_use]
pub fn line(moment: &Moment) -> String {
    let p95 = moment.p95.map_or_else(|| "–".to_owned(), show_duration);
    let stage = if moment.stage == "constant" { String::new() } else { format!("  {}", moment.stage) };
    // behind its time a run waits for requests under way
    let of = if moment.elapsed > moment.length {
        "ending".to_owned()
    } else {
        format!("of {}", show_duration(moment.length))
    };
    let at = format!("{:>6} {of}", show_duration(moment.elapsed));
    let s = if moment.users == 1 { "" } else { "s" };
    format!(
        "{at}{stage}  {:>4} user{s}  {:>6}/s  p95 {:>7}  {} failed",
        moment.users, moment.ended, p95, moment.failed_so_far,
    )
}
