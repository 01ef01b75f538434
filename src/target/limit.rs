use std::collections::HashMap;
use std::time::Duration;

use crate::units::Rate;

/// Requests of the present minute, by key and tenant.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    minute: u64,
    used: HashMap<String, u64>,
}

/// How many buckets are kept; beyond it the minute starts anew for all.
const MOST: usize = 100_000;

/// What a bucket allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Allowance {
    /// Calls a minute.
    pub(super) limit: u64,
    /// Those left after this one; `None` where this one is too many.
    pub(super) remaining: Option<u64>,
}

impl Buckets {
    /// Takes one call from a bucket.
    pub(super) fn take(&mut self, rate: Rate, bucket: &str, since_start: Duration) -> Allowance {
        let minute = since_start.as_secs() / 60;
        if minute != self.minute || self.used.len() >= MOST {
            self.minute = minute;
            self.used.clear();
        }
        let limit = (rate.as_per_second() * 60.0).round() as u64;
        let used = self.used.entry(bucket.to_owned()).or_default();
        *used += 1;
        Allowance { limit, remaining: limit.checked_sub(*used) }
    }
}
