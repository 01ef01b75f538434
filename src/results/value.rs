use std::time::Duration;

use crate::journal::Value;
use crate::threshold::Amount;
use crate::units::{Rate, Ratio, Size};

/// A measured value as the journal keeps it.
pub(super) fn kept(amount: Amount) -> Value {
    match amount {
        Amount::Time(time) => Value::Seconds(time.as_secs_f64()),
        Amount::Rate(rate) => Value::PerSecond(rate.as_per_second()),
        Amount::Ratio(share) => Value::Share(share.as_f64()),
        Amount::Number(number) => Value::Number(number),
        Amount::Size(size) => Value::Bytes(size.as_bytes()),
    }
}

/// A value of a journal, as it was measured.
pub(super) fn measured(value: Value) -> Amount {
    match value {
        // a file may say anything; what no run measures is the nearest that one can
        Value::Seconds(seconds) => {
            Amount::Time(Duration::from_secs_f64(if seconds.is_finite() { seconds.clamp(0.0, 1e12) } else { 0.0 }))
        }
        Value::PerSecond(rate) => Amount::Rate(Rate::per_second(rate)),
        Value::Share(share) => Amount::Ratio(Ratio::new(if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 })),
        Value::Number(number) => Amount::Number(number),
        Value::Bytes(bytes) => Amount::Size(Size::from_bytes(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back_from_the_journal_to_the_bit() {
        for amount in [
            Amount::Time(Duration::from_nanos(123_456_789_012_345)),
            Amount::Rate(Rate::per_second(1000.0 / 60.0)),
            Amount::Ratio(Ratio::new(1.0 / 3.0)),
            Amount::Number(-0.1),
            Amount::Size(Size::from_bytes(u64::MAX)),
        ] {
            let text = serde_json::to_string(&kept(amount)).unwrap();
            assert_eq!(measured(serde_json::from_str(&text).unwrap()), amount, "{text}");
        }
    }
}
