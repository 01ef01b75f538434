use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use crate::units::Rate;

/// Who may call, and how often: keys, and the calls of the present minute by key and tenant.
#[derive(Debug)]
pub(super) struct Access {
    keys: HashSet<String>,
    minute: u64,
    /// By a number in the place of the key and the tenant, which may be long.
    used: HashMap<u64, u64>,
    numbers: RandomState,
}

/// What a key and tenant may still do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Allowance {
    /// Calls a minute.
    pub(super) limit: u64,
    /// Those left after this one; `None` where this one is too many.
    pub(super) remaining: Option<u64>,
}

const MOST_KEYS: usize = 100_000;
/// How many keys and tenants are counted apart; beyond it the minute starts anew for all.
const MOST_COUNTED: usize = 100_000;

impl Access {
    pub(super) fn new(keys: &[String]) -> Self {
        Self { keys: keys.iter().cloned().collect(), minute: 0, used: HashMap::new(), numbers: RandomState::new() }
    }

    pub(super) fn accepts(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    /// Accepts a key from now on.
    pub(super) fn admit(&mut self, key: String) {
        if self.keys.len() < MOST_KEYS {
            self.keys.insert(key);
        }
    }

    /// Takes one call from what a key and tenant may do in this minute.
    pub(super) fn take(&mut self, rate: Rate, who: &str, since_start: Duration) -> Allowance {
        let minute = since_start.as_secs() / 60;
        if minute != self.minute || self.used.len() >= MOST_COUNTED {
            self.minute = minute;
            self.used.clear();
        }
        let limit = (rate.as_per_second() * 60.0).round() as u64;
        let used = self.used.entry(self.numbers.hash_one(who)).or_default();
        *used += 1;
        Allowance { limit, remaining: limit.checked_sub(*used) }
    }
}
