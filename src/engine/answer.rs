use std::sync::Arc;
use std::time::Duration;

use super::capture::{NotCaptured, captured};
use super::request::LONGEST_BODY;
use super::secrets::WorkerSecrets;
use crate::compile::{Endpoint, Record, RecordValue};
use crate::expression::{Answer, EvalError, Scope, to_number};
use crate::http::{self, Ending};
use crate::sample::{FailureKind, MetricId};

/// Why nothing could be taken from an answer, with the plan's place.
struct Missing(String);

/// Holds an answer against its endpoint's checks, keeps in the user's state what the plan captures of it, and adds what
/// it records to `recorded`.
///
/// # Errors
/// What fails first is the call's failure: checks come first, then captures, then records.
pub(super) fn evaluate(
    endpoint: &Endpoint,
    answer: &Answer,
    response_time: Duration,
    (scope, secrets): (&Arc<Scope>, &WorkerSecrets),
    recorded: &mut Vec<(MetricId, f64)>,
) -> Result<(), (FailureKind, String)> {
    for check in &endpoint.expect {
        let held = check.evaluate(answer, response_time, scope);
        held.map_err(|broken| {
            // what is not captured now is secret all the same, and the message may hold it
            for capture in endpoint.capture.iter().filter(|capture| secrets.is_secret(&capture.name)) {
                captured(capture, answer).into_iter().for_each(|value| secrets.note(&capture.name, &value));
            }
            (FailureKind::Check, broken.message)
        })?;
    }
    let missing = |missing: Missing| (FailureKind::Body, missing.0);
    for capture in &endpoint.capture {
        let value = match (captured(capture, answer), &capture.default) {
            (Ok(value), _) => value,
            (Err(NotCaptured::Absent(_)), Some(default)) => default
                .eval(scope)
                .map_err(|error| (FailureKind::Body, format!("{} ({})", error.message, capture.place)))?,
            (Err(NotCaptured::Absent(why) | NotCaptured::TooMuch(why)), _) => return Err((FailureKind::Body, why)),
        };
        secrets.note(&capture.name, &value);
        let place = |error: EvalError| (FailureKind::Body, format!("{} ({})", error.message, capture.place));
        scope.keep(&capture.name, value).map_err(place)?;
    }
    for record in &endpoint.record {
        recorded.push(number_of(record, answer, scope).map_err(missing)?);
    }
    Ok(())
}

/// The answer with its body as it was before it was compressed. A body that nobody reads was not kept.
pub(super) fn decompressed(ending: Ending) -> Ending {
    let Ending::Answer(answer) = ending else { return ending };
    if answer.body.is_empty() || !answer.headers.are_of_encoded() {
        return Ending::Answer(answer);
    }
    match http::decode(answer.headers.map(), answer.body.clone(), LONGEST_BODY.as_bytes()) {
        Ok(body) => Ending::Answer(http::Answer { body, ..answer }),
        Err(failure) => Ending::Failed(failure),
    }
}

/// The answer's body as it was before it was compressed, of one that is only shown: where it cannot be unpacked, as it came.
pub(super) fn legible(answer: http::Answer) -> http::Answer {
    let body = http::decode(answer.headers.map(), answer.body.clone(), LONGEST_BODY.as_bytes());
    http::Answer { body: body.unwrap_or_else(|_| answer.body.clone()), ..answer }
}

/// The number a record adds to its metric.
fn number_of(record: &Record, answer: &Answer, scope: &Arc<Scope>) -> Result<(MetricId, f64), Missing> {
    let number = match &record.value {
        RecordValue::Constant(number) => Some(*number),
        RecordValue::Json(path) => {
            let what = || format!("to record ({})", record.place);
            let found = answer.first(path).map_err(|why| Missing(format!("the body is {why}: nothing {}", what())))?;
            let found = found.ok_or_else(|| Missing(format!("nothing at `{path}` {}", what())))?;
            // no list and no map is a number, however large
            found.ok().as_ref().and_then(to_number)
        }
        RecordValue::Expr(expr) => {
            let value = expr.eval(scope).map_err(|error| Missing(format!("{}: {}", record.place, error.message)))?;
            to_number(&value)
        }
    };
    let number = number.filter(|number| number.is_finite());
    number
        .map(|number| (record.metric, number))
        .ok_or_else(|| Missing(format!("the value to record is not a number ({})", record.place)))
}
