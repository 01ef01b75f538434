use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use minijinja::value::Object;
use minijinja::{Environment, Error, State, Value};

use super::encodings::text_of;
use super::table::wrong;
use crate::expression::scope::SEQUENCES;
use crate::units::Shard;

/// The numbers that a run gives away, each once: the one thing that its workers share while they work, an atomic number a
/// name. A shard gives every `count`th.
#[derive(Debug)]
pub struct Sequences {
    shard: Shard,
    next: RwLock<BTreeMap<Box<str>, AtomicU64>>,
}

/// More sequences are none that anybody wrote by hand.
const MOST: usize = 1000;

impl Sequences {
    /// Those of one shard of a run.
    #[must_use]
    pub fn of(shard: Shard) -> Self {
        Self { shard, next: RwLock::default() }
    }

    /// The next number of a sequence; `None` where there are too many sequences.
    fn next(&self, name: &str) -> Option<u64> {
        let take = |next: &AtomicU64| {
            let index = next.fetch_add(1, Ordering::Relaxed);
            index.saturating_mul(u64::from(self.shard.count)).saturating_add(u64::from(self.shard.number()))
        };
        if let Some(next) = self.next.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Some(take(next));
        }
        let mut all = self.next.write().unwrap_or_else(PoisonError::into_inner);
        if !all.contains_key(name) && all.len() >= MOST {
            return None;
        }
        Some(take(all.entry(name.into()).or_default()))
    }
}

impl Object for Sequences {}

pub(super) fn add_to(language: &mut Environment<'static>) {
    language.add_function("sequence", sequence);
}

fn sequence(state: &State, name: Value) -> Result<u64, Error> {
    let name = text_of(&name)?;
    let all = state.lookup(SEQUENCES).filter(|all| !all.is_undefined());
    let all = all.ok_or_else(|| {
        wrong("`sequence` gives its numbers during a run: use it in a step, a call, or the state of a user type")
    })?;
    let all = all.downcast_object_ref::<Sequences>().ok_or_else(|| wrong("`sequence` is not available here"))?;
    all.next(&name).ok_or_else(|| wrong(format!("there are more than {MOST} sequences: give them fixed names")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_number_of_a_sequence_is_nobody_elses_on_any_worker_or_shard() {
        let mut all = BTreeSet::new();
        for index in 0..3 {
            let sequences = Arc::new(Sequences::of(Shard { index, count: 3 }));
            let worker = || {
                let sequences = sequences.clone();
                std::thread::spawn(move || (0..1000).filter_map(|_| sequences.next("orders")).collect::<Vec<_>>())
            };
            let workers: Vec<_> = (0..4).map(|_| worker()).collect();
            all.extend(workers.into_iter().flat_map(|worker| worker.join().unwrap()));
            assert_eq!(sequences.next("others"), Some(u64::from(index) + 1), "each name begins at 1");
        }
        assert_eq!(all, (1..=12_000).collect());
    }

    #[test]
    fn sequences_without_end_are_refused() {
        let sequences = Sequences::of(Shard::WHOLE);
        assert!((0..MOST).all(|name| sequences.next(&name.to_string()) == Some(1)));
        assert_eq!((sequences.next("one more"), sequences.next("0")), (None, Some(2)));
    }
}
