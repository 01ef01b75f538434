use std::time::Duration;

use crate::compile::program::{Retry, RetryAfter, StatusSet};
use crate::compile::steps::pause;
use crate::diagnostic::{Problem, Problems};
use crate::plan::{self, At, FailureWord, RetryCause};
use crate::sample::FailureKind;
use crate::units::DurationRange;

const USUAL_WAIT: Duration = Duration::from_secs(1);
const USUAL_MAX_WAIT: Duration = Duration::from_secs(60);
/// More tries than that are no client's.
const MOST_TIMES: u64 = 1000;

/// When a call is made again.
pub(super) fn retry(written: &At<plan::Retry>, problems: &mut Problems) -> Retry {
    let times = written.times.value.0;
    if times > MOST_TIMES {
        let problem = Problem::at(written.times.span, format!("a call has at most {MOST_TIMES} more tries"));
        problems.push(problem.help("write fewer, or `repeat: {until: …, every: …, steps: […]}`"));
    }
    let (mut statuses, mut failures) = (Vec::new(), Vec::new());
    for cause in &written.on.0 {
        match &cause.value {
            RetryCause::Status(ranges) => statuses.extend(ranges.iter().cloned()),
            RetryCause::Failure(word) => failures.push(kind(*word)),
        }
    }
    if written.on.0.is_empty() {
        let problem = Problem::at(written.span, "`on` names nothing: the call is never made again");
        problems.push(problem.help("write what is tried again, such as `on: [429, 503, connect]`"));
    }
    let usual = plan::Pause::Range(DurationRange { from: USUAL_WAIT, to: USUAL_WAIT });
    let (wait, span) = written.wait.as_ref().map_or((&usual, written.span), |wait| (&wait.value, wait.span));
    let wait = pause(wait, span, problems);
    let max_wait = match &written.max_wait {
        Some(max) => {
            if max.value.0 < wait.mean() {
                let problem = Problem::at(max.span, "`max_wait` is shorter than `wait`");
                problems.push(problem.help("give a longer `max_wait`, or a shorter `wait`"));
            }
            max.value.0
        }
        None => USUAL_MAX_WAIT.max(wait.longest()),
    };
    if let Some(backoff) = written.backoff.as_ref().filter(|_| wait.is_none()) {
        let problem = Problem::at(backoff.span, "`backoff` has no effect on a pause of 0");
        problems.push(problem.help("give `wait` a time, or remove `backoff`"));
    }
    let retry_after = match &written.honor_retry_after {
        Some(word) if word.value => {
            // only an answer has a header
            if statuses.is_empty()
                && !failures.iter().any(|kind| matches!(kind, FailureKind::Check | FailureKind::Body))
            {
                let problem = Problem::at(word.span, "`honor_retry_after` has no effect: `on` names no status");
                problems.push(problem.help("add one, such as `429`, or remove it"));
            }
            RetryAfter::Honored
        }
        _ => RetryAfter::Ignored,
    };
    let backoff = written.backoff.as_ref().map_or(1.0, |backoff| backoff.value.0);
    Retry { times, statuses: StatusSet(statuses), failures, wait, backoff, max_wait, retry_after }
}

const fn kind(word: FailureWord) -> FailureKind {
    match word {
        FailureWord::Connect => FailureKind::Connect,
        FailureWord::Timeout => FailureKind::Timeout,
        FailureWord::Reset => FailureKind::Reset,
        FailureWord::Dns => FailureKind::Dns,
        FailureWord::Tls => FailureKind::Tls,
        FailureWord::Protocol => FailureKind::Protocol,
        FailureWord::Body => FailureKind::Body,
        FailureWord::Check => FailureKind::Check,
    }
}
