use std::sync::Arc;

use crate::compile::{Capture, CaptureFrom, Record, RecordValue};
use crate::expression::{Answer, JsonPath, Scope, Value, json_to_value};
use crate::sample::MetricId;

/// Why nothing could be taken from an answer, with the plan's place.
pub(super) struct Missing(pub(super) String);

/// What a capture keeps of an answer.
pub(super) fn captured(capture: &Capture, answer: &Answer) -> Result<Value, Missing> {
    let CaptureFrom::Json(path) = &capture.from;
    let json = found(path, answer, || format!("to capture as `{}` ({})", capture.name, capture.place))?;
    Ok(json_to_value(json))
}

/// The number a record adds to its metric.
pub(super) fn recorded(record: &Record, answer: &Answer, scope: &Arc<Scope>) -> Result<(MetricId, f64), Missing> {
    let number = match &record.value {
        RecordValue::Constant(number) => Some(*number),
        RecordValue::Json(path) => {
            let json = found(path, answer, || format!("to record ({})", record.place))?;
            json.as_f64().or_else(|| json.as_bool().map(|truth| f64::from(u8::from(truth))))
        }
        RecordValue::Expr(expr) => {
            let value = expr.eval(scope).map_err(|error| Missing(format!("{}: {}", record.place, error.message)))?;
            f64::try_from(value).ok()
        }
    };
    let number = number.filter(|number| number.is_finite());
    number
        .map(|number| (record.metric, number))
        .ok_or_else(|| Missing(format!("what is to be recorded is no number ({})", record.place)))
}

fn found<'a>(path: &JsonPath, answer: &'a Answer, what: impl Fn() -> String) -> Result<&'a serde_json::Value, Missing> {
    let json = answer.json().ok_or_else(|| Missing(format!("the body is not JSON: nothing {}", what())))?;
    path.first(json).ok_or_else(|| Missing(format!("nothing at `{path}` {}", what())))
}
