use std::time::Duration;

use http::header::RETRY_AFTER;
use rand::RngExt;

use super::call::{CallEnd, CallResult, Caller, Try};
use super::cookies::{Moment, read_date};
use super::service_clients::ServiceClients;
use super::user::{IDLE, Paused};
use crate::compile::{Call, Retry, RetryAfter};

use crate::sample::TaskId;
use crate::units::Offset;

impl Caller<'_> {
    /// Makes a call, and makes it again where it ends as the plan says: each try is a request of its own, due when the
    /// pause before it is over.
    pub(super) async fn tries(
        &self,
        retry: &Retry,
        clients: &mut ServiceClients,
        (task, call): (TaskId, &Call),
        due: Offset,
    ) -> CallEnd {
        let mut end = self.request(clients, task, (call, Try::First), due).await;
        for tries in 1..=retry.times {
            let failure = match end.result {
                CallResult::Failed(kind) => Some(kind),
                CallResult::Ok => None,
                CallResult::Stopped => return end,
            };
            if !retry.takes(end.status, failure) {
                return end;
            }
            let asked = match (retry.retry_after, end.status) {
                (RetryAfter::Honored, Some(_)) => self.asked_to_wait(),
                _ => Duration::ZERO,
            };
            let pause = retry.pause(tries, asked, || self.scope.rng().draw(|rng| rng.random()));
            let due = end.at + pause;
            if self.wait(pause, due).await == Paused::CutShort {
                return CallEnd::stopped(self.stop.told().unwrap_or(end.at).clamp(end.at, due));
            }
            let again = Caller { free_since: self.free_since.max(due), ..*self };
            end = again.request(clients, task, (call, Try::Again), due).await;
        }
        end
    }

    async fn wait(&self, pause: Duration, until: Offset) -> Paused {
        if pause >= IDLE {
            self.scope.compact_answer();
        }
        tokio::select! {
            biased;
            () = self.stop.reached(self.stops_at) => Paused::CutShort,
            () = self.context.pacer.sleep_until(until) => Paused::ToTheEnd,
        }
    }

    /// How long the last answer asks its user to wait; nothing where it does not say so, or nobody can read it.
    fn asked_to_wait(&self) -> Duration {
        let Some(answer) = self.scope.last_answer() else { return Duration::ZERO };
        answer
            .headers()
            .get(RETRY_AFTER)
            .map_or(Duration::ZERO, |value| retry_after(value.as_bytes(), self.context.moment()))
    }
}

/// What a `Retry-After` says (RFC 9110, section 10.2.3): seconds, or a date; a date that is over, and what is neither, is
/// nothing.
fn retry_after(value: &[u8], moment: Moment) -> Duration {
    let value = value.trim_ascii();
    if !value.is_empty() && value.iter().all(u8::is_ascii_digit) {
        let digit = |sum: u64, digit: &u8| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
        return Duration::from_secs(value.iter().fold(0, digit));
    }
    let until = read_date(value).and_then(|date| date.duration_since(moment.wall_clock).ok());
    until.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn what_a_service_asks_for_is_read_or_is_nothing() {
        let wall_clock = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let moment = Moment { now: Offset::ZERO, wall_clock };
        for (value, seconds) in [
            ("120", 120),
            (" 7 ", 7),
            ("0", 0),
            ("99999999999999999999999", u64::MAX),
            ("Sun, 06 Nov 1994 08:49:47 GMT", 10),
            ("Sun, 06 Nov 1994 08:49:27 GMT", 0),
            ("-5", 0),
            ("1.5", 0),
            ("soon", 0),
            ("", 0),
            ("1e9", 0),
        ] {
            assert_eq!(retry_after(value.as_bytes(), moment).as_secs(), seconds, "{value}");
        }
    }
}
