use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A budget of memory in bytes, shared by all who have it. It has two parts, so that answers that are large for a while
/// leave what is measured alone.
#[derive(Debug, Clone)]
pub struct MemoryBudget(Arc<Accounts>);

#[derive(Debug)]
struct Accounts {
    limit: u64,
    series: AtomicU64,
    answers: AtomicU64,
}

/// What a budget is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What is counted: series and their names.
    Series,
    /// What the service sent and the plan keeps: bodies, what was parsed of them, and the state of users.
    Answers,
}

/// Bytes that are held of a budget, until this is dropped.
#[derive(Debug)]
pub struct Held {
    budget: MemoryBudget,
    part: Part,
    bytes: u64,
}

/// A budget that is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the run's memory is used up: `--memory` gives it more")]
pub struct NoRoom;

/// What is smaller need not be held: it is as much as a connection takes.
const SMALL: usize = 16 << 10;

thread_local! {
    /// The budget of the run that this thread works for.
    static OF_THREAD: RefCell<Option<MemoryBudget>> = const { RefCell::new(None) };
}

impl MemoryBudget {
    /// A budget of so many bytes, half of them for each of its parts.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Self(Arc::new(Accounts { limit, series: AtomicU64::new(0), answers: AtomicU64::new(0) }))
    }

    /// How many bytes it has.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.0.limit
    }

    /// Makes it the budget of this thread: see [`hold`].
    pub fn of_this_thread(&self) {
        OF_THREAD.set(Some(self.clone()));
    }

    /// The budget of this thread; one of `usual` bytes where it has none.
    #[must_use]
    pub fn of_thread_or(usual: u64) -> Self {
        OF_THREAD.with_borrow(|budget| budget.clone()).unwrap_or_else(|| Self::new(usual))
    }

    /// How much there is in all for what is counted.
    #[must_use]
    pub fn for_series(&self) -> u64 {
        self.0.limit / 2
    }

    /// Nothing of one of its parts, to be grown.
    #[must_use]
    pub fn nothing(&self, part: Part) -> Held {
        Held { budget: self.clone(), part, bytes: 0 }
    }

    /// Takes bytes from one of its parts.
    ///
    /// # Errors
    /// A part that has not so many left.
    pub fn hold(&self, part: Part, bytes: u64) -> Result<Held, NoRoom> {
        let mut held = self.nothing(part);
        held.grow(bytes).map(|()| held)
    }

    /// How much of it may be taken for what is new.
    fn most(&self, part: Part) -> u64 {
        match part {
            // what is there already grows: the rest is for that
            Part::Series => self.0.limit / 8 * 3,
            Part::Answers => self.0.limit / 2,
        }
    }

    fn account(&self, part: Part) -> &AtomicU64 {
        match part {
            Part::Series => &self.0.series,
            Part::Answers => &self.0.answers,
        }
    }
}

impl Held {
    /// How many they are.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes more.
    ///
    /// # Errors
    /// A budget that has not so much left.
    pub fn grow(&mut self, more: u64) -> Result<(), NoRoom> {
        let account = self.budget.account(self.part);
        let most = self.budget.most(self.part);
        let grown = |used: u64| used.checked_add(more).filter(|used| *used <= most);
        // it guards nothing but itself
        account.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown).map_err(|_| NoRoom)?;
        self.bytes += more;
        Ok(())
    }

    /// Holds so much, whether there is room for it or not: what is there already.
    pub fn set(&mut self, bytes: u64) {
        let account = self.budget.account(self.part);
        if bytes >= self.bytes {
            account.fetch_add(bytes - self.bytes, Ordering::Relaxed);
        } else {
            account.fetch_sub(self.bytes - bytes, Ordering::Relaxed);
        }
        self.bytes = bytes;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.set(0);
    }
}

/// Holds bytes for an answer, or for what a plan keeps of one, of the budget of this thread; nothing where they are few, or
/// the thread has no budget.
///
/// The budget is the thread's, as what is parsed and kept goes through a library that knows nothing of it.
///
/// # Errors
/// A budget that has not so much left.
pub fn hold(bytes: usize) -> Result<Option<Held>, NoRoom> {
    if bytes < SMALL {
        return Ok(None);
    }
    OF_THREAD.with_borrow(|budget| budget.as_ref().map(|budget| budget.hold(Part::Answers, bytes as u64)).transpose())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_taken_from_its_part_and_given_back() {
        let budget = MemoryBudget::new(1000);
        let mut one = budget.hold(Part::Answers, 400).unwrap();
        assert_eq!(budget.clone().hold(Part::Answers, 101).unwrap_err(), NoRoom);
        assert!(budget.hold(Part::Series, 375).is_ok(), "the other part is untouched");
        one.grow(100).unwrap();
        assert_eq!(one.grow(1), Err(NoRoom));
        one.set(50);
        let other = budget.hold(Part::Answers, 450).unwrap();
        drop((one, other));
        assert!(budget.hold(Part::Answers, 500).is_ok());
        assert!(budget.hold(Part::Answers, u64::MAX).is_err());
    }

    #[test]
    fn a_thread_holds_of_its_own_budget_and_only_what_is_large() {
        assert!(hold(usize::MAX).unwrap().is_none(), "no budget, nothing to hold");
        MemoryBudget::new(4 * SMALL as u64).of_this_thread();
        assert!(hold(SMALL - 1).unwrap().is_none());
        let held = hold(2 * SMALL).unwrap();
        assert!(held.is_some() && hold(SMALL).is_err());
        drop(held);
        assert!(hold(SMALL).is_ok());
    }
}
