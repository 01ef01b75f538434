use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::Value;
use minijinja::value::ValueKind;
use tokio::sync::Semaphore;

use super::answer::{json_of, json_to_value};
use super::expr::EvalError;
use super::work;
use crate::memory::{Held, MemoryBudget, Part};

/// What all users of a run on one machine share: values that anybody may replace, and pools that anybody may add to and take
/// from. It is behind locks, which are held for as long as it takes to copy a pointer; plans that share nothing have none.
#[derive(Debug)]
pub struct SharedStore(Vec<(Arc<str>, Cell)>);

/// Something to be shared, as a plan has it.
#[derive(Debug, Clone)]
pub enum SharedThing {
    /// One value, as it is at first.
    Value(Value),
    /// A pool that keeps so many.
    Pool(usize),
}

#[derive(Debug)]
enum Cell {
    Value(Mutex<(Value, Held)>),
    Pool(Pool),
}

#[derive(Debug)]
struct Pool {
    keep: usize,
    items: Mutex<Items>,
    /// As many permits as items. Who waits for one is served in its turn, and who gives up takes nothing along.
    ready: Semaphore,
}

#[derive(Debug)]
struct Items {
    waiting: VecDeque<(Value, u64)>,
    held: Held,
    bytes: u64,
}

/// What an item takes besides itself.
const ITEM: u64 = 64;

/// What is shared is held of so many bytes where the thread has no budget.
const USUAL_MEMORY: u64 = 256 << 20;

impl SharedStore {
    /// A store of things, each as it is at first; what it holds is held of the budget of this thread.
    #[must_use]
    pub fn of_run(things: &[(Arc<str>, SharedThing)]) -> Self {
        Self::new(things, &MemoryBudget::of_thread_or(USUAL_MEMORY))
    }

    fn new(things: &[(Arc<str>, SharedThing)], budget: &MemoryBudget) -> Self {
        let cell = |thing: &SharedThing| {
            let mut held = budget.nothing(Part::Answers);
            match thing {
                SharedThing::Value(value) => {
                    // it stands in the plan, and is there already
                    held.set(bytes_of(value));
                    Cell::Value(Mutex::new((value.clone(), held)))
                }
                SharedThing::Pool(keep) => {
                    let items = Mutex::new(Items { waiting: VecDeque::new(), held, bytes: 0 });
                    Cell::Pool(Pool { keep: *keep, items, ready: Semaphore::new(0) })
                }
            }
        };
        Self(things.iter().map(|(name, thing)| (name.clone(), cell(thing))).collect())
    }

    /// What expressions see under a name: a value, or how many a pool has.
    #[must_use]
    pub(super) fn read(&self, name: &str) -> Option<Value> {
        let (_, cell) = self.0.iter().find(|(known, _)| **known == *name)?;
        Some(match cell {
            Cell::Value(value) => lock(value).0.clone(),
            Cell::Pool(pool) => Value::from(lock(&pool.items).waiting.len()),
        })
    }

    /// Replaces a value, or adds to a pool.
    ///
    /// # Errors
    /// A value that is too large, or for which there is no memory: all stays as it was.
    pub fn put(&self, index: usize, value: &Value) -> Result<(), EvalError> {
        let Some((name, cell)) = self.0.get(index) else { return Ok(()) };
        let refuse = |why: &dyn std::fmt::Display| EvalError { message: format!("`{name}` cannot be shared: {why}") };
        work::measure(value).map_err(|error| refuse(&error))?;
        let value = own(value);
        let bytes = bytes_of(&value);
        match cell {
            Cell::Value(place) => {
                let (old, held) = &mut *lock(place);
                let before = held.bytes();
                if bytes > before {
                    held.grow(bytes - before).map_err(|no_room| refuse(&no_room))?;
                } else {
                    held.set(bytes);
                }
                *old = value;
            }
            Cell::Pool(pool) => {
                let mut items = lock(&pool.items);
                items.held.grow(bytes).map_err(|no_room| refuse(&no_room))?;
                items.bytes += bytes;
                items.waiting.push_back((value, bytes));
                if items.waiting.len() > pool.keep {
                    items.pop();
                } else {
                    drop(items);
                    pool.ready.add_permits(1);
                }
            }
        }
        Ok(())
    }

    /// Takes the oldest value of a pool; `None` where it has none, or others wait for it.
    #[must_use]
    pub fn try_take(&self, index: usize) -> Option<Value> {
        let Some((_, Cell::Pool(pool))) = self.0.get(index) else { return None };
        pool.ready.try_acquire().ok()?.forget();
        lock(&pool.items).pop()
    }

    /// Takes the oldest value of a pool as soon as there is one, and it is this one's turn.
    pub async fn take(&self, index: usize) -> Option<Value> {
        let Some((_, Cell::Pool(pool))) = self.0.get(index) else { return None };
        pool.ready.acquire().await.ok()?.forget();
        lock(&pool.items).pop()
    }
}

impl Items {
    fn pop(&mut self) -> Option<Value> {
        let (value, bytes) = self.waiting.pop_front()?;
        self.bytes -= bytes;
        self.held.set(self.bytes);
        Some(value)
    }
}

fn bytes_of(value: &Value) -> u64 {
    work::memory_of(value) as u64 + ITEM
}

/// The value without the answer that it is a part of: that would be kept as a whole.
fn own(value: &Value) -> Value {
    if let Some(json) = json_of(value) {
        return json_to_value(json);
    }
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => {
            serde_json::to_value(value).map_or_else(|_| value.clone(), |json| json_to_value(&json))
        }
        _ => value.clone(),
    }
}

/// A lock that cannot be lost: nothing that is done under it can leave it half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(things: &[SharedThing], budget: u64) -> (SharedStore, MemoryBudget) {
        let named: Vec<(Arc<str>, SharedThing)> =
            things.iter().enumerate().map(|(index, thing)| (index.to_string().into(), thing.clone())).collect();
        let budget = MemoryBudget::new(budget);
        (SharedStore::new(&named, &budget), budget)
    }

    #[test]
    fn a_pool_gives_each_value_once_the_oldest_first_and_keeps_so_many() {
        let (store, _) = store(&[SharedThing::Pool(3)], 1 << 20);
        for n in 0..5 {
            store.put(0, &Value::from(n)).unwrap();
        }
        assert_eq!(store.read("0"), Some(Value::from(3)));
        let taken: Vec<i64> = std::iter::from_fn(|| store.try_take(0)).map(|n| i64::try_from(n).unwrap()).collect();
        assert_eq!(taken, [2, 3, 4]);
        assert_eq!((store.read("0"), store.try_take(0)), (Some(Value::from(0)), None));
    }

    #[test]
    fn what_is_shared_is_held_of_the_budget_and_given_back() {
        let (store, budget) = store(&[SharedThing::Pool(1_000_000), SharedThing::Value(Value::from("a"))], 20_000);
        let text = Value::from("x".repeat(900));
        let fitted = (0..1000).take_while(|_| store.put(0, &text).is_ok()).count();
        assert!((5..10).contains(&fitted), "{fitted}");
        let error = store.put(1, &Value::from("y".repeat(9000))).unwrap_err();
        assert!(error.message.contains("`1` cannot be shared: the run's memory is used up"), "{}", error.message);
        assert_eq!(store.read("1"), Some(Value::from("a")));
        while store.try_take(0).is_some() {}
        store.put(1, &Value::from("y".repeat(9000))).unwrap();
        drop(store);
        assert!(budget.hold(Part::Answers, 10_000).is_ok());
    }

    #[tokio::test]
    async fn who_waits_is_served_in_turn_and_who_gives_up_takes_nothing_along() {
        let (store, _) = store(&[SharedThing::Pool(9)], 1 << 20);
        let (mut first, mut second) = (Box::pin(store.take(0)), Box::pin(store.take(0)));
        for waiting in [&mut first, &mut second] {
            assert!(tokio::time::timeout(std::time::Duration::ZERO, waiting).await.is_err());
        }
        store.put(0, &Value::from(1)).unwrap();
        assert_eq!(store.try_take(0), None, "it is somebody else's");
        drop(first);
        assert_eq!(second.await, Some(Value::from(1)));
    }
}
