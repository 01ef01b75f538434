use std::cell::Cell;

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};

use super::answer::json_of;

// The language counts its own steps and the bytes it makes, and knows nothing of what lies in a value: a list that is
// repeated costs it nothing, nor does one that holds another several times, and both are gone through item by item once
// they are written or compared. So whatever goes through a value whole goes through it here first, item by item, against
// what one evaluation may do; and what would make a value larger than it may be is turned away when it is made.

/// How large one value may be, in bytes of text; a list's or map's item counts for at least [`ITEM`].
pub(super) const LARGEST: usize = 64 << 20;
/// What an item counts for, whatever it is.
const ITEM: usize = 64;
/// How deep lists and maps may lie in each other: an answer's JSON is at most 128 deep.
const DEEPEST: usize = 200;
/// What one evaluation may go through in all, counted like [`LARGEST`].
const MOST: usize = 2 * LARGEST;

/// What a list or a map takes besides its items.
const LIST: usize = 64;

/// What all evaluations of a plan before its run may go through, counted in the same way.
const MOST_OF_PLAN: usize = 4 * MOST;
/// What each may still go through once they have: enough for what plans usually write.
const LITTLE: usize = 4096;

const TOO_LARGE: &str = "the value is larger than 64 MiB or a million items";
const TOO_DEEP: &str = "the value is nested deeper than 200 levels";
const TOO_MUCH: &str = "the values are too large for what is done with them";
const TOO_MUCH_IN_ALL: &str = "all expressions of the plan together do more work than they may before a run";

thread_local! {
    /// What the evaluation under way on this thread may still go through: one ends before the next begins.
    static LEFT: Cell<usize> = const { Cell::new(MOST) };
    /// What it could go through when it began.
    static GIVEN: Cell<usize> = const { Cell::new(MOST) };
    /// What the evaluations of a plan that is being compiled may still go through; none where none is.
    static LEFT_OF_PLAN: Cell<Option<usize>> = const { Cell::new(None) };
}

/// While it lives, all evaluations on this thread share one limit: those of a plan that is being compiled.
#[derive(Debug)]
pub struct PlanWork(());

impl PlanWork {
    /// Begins anew.
    #[must_use]
    pub fn begin() -> Self {
        // what was evaluated before is no work of this plan
        LEFT.set(GIVEN.get());
        LEFT_OF_PLAN.set(Some(MOST_OF_PLAN));
        Self(())
    }
}

impl Drop for PlanWork {
    fn drop(&mut self) {
        LEFT_OF_PLAN.set(None);
    }
}

/// Says that an evaluation begins.
pub(super) fn begin() {
    let given = LEFT_OF_PLAN.get().map_or(MOST, |plan| {
        let plan = plan.saturating_sub(GIVEN.get().saturating_sub(LEFT.get()));
        LEFT_OF_PLAN.set(Some(plan));
        plan.clamp(LITTLE, MOST)
    });
    GIVEN.set(given);
    LEFT.set(given);
}

/// Says that a template with blocks begins, whose steps nobody can limit any further.
///
/// # Errors
/// A plan that is being compiled and has done too much already.
pub(super) fn begin_block() -> Result<(), Error> {
    begin();
    match LEFT_OF_PLAN.get() {
        Some(0) => Err(Error::new(ErrorKind::OutOfFuel, TOO_MUCH_IN_ALL)),
        _ => Ok(()),
    }
}

/// Whether the evaluation is one of a plan that is being compiled.
pub(super) fn is_of_plan() -> bool {
    LEFT_OF_PLAN.get().is_some()
}

/// Counts the steps that the language took, once they are taken.
pub(super) fn count_steps(steps: u64) {
    let _ = charge(usize::try_from(steps).unwrap_or(usize::MAX).saturating_mul(ITEM));
}

/// Counts one item that is looked at.
pub(super) fn count_item() -> Result<(), Error> {
    charge(ITEM).map_err(|why| Error::new(ErrorKind::OutOfFuel, why))
}

/// Counts bytes that are gone through.
pub(super) fn count_bytes(count: usize) -> Result<(), Error> {
    charge(count).map_err(|why| Error::new(ErrorKind::OutOfFuel, why))
}

/// Counts all that is in a value, before something goes through it.
///
/// # Errors
/// A value that is too large or too deep, or more than one evaluation may go through.
pub(super) fn measure(value: &Value) -> Result<(), Error> {
    match beyond_bounds(value) {
        None => Ok(()),
        Some(why) => Err(Error::new(ErrorKind::OutOfFuel, why)),
    }
}

/// Why a value is too large to be kept, written or gone through; `None` where it is not. Its items are counted.
pub(super) fn beyond_bounds(value: &Value) -> Option<&'static str> {
    let mut left = LARGEST;
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => walk(value, DEEPEST, &mut left).err(),
        _ => None,
    }
}

/// About how many bytes a value takes where it is kept, as far as it was made for that: a part of an answer counts nothing,
/// as the answer is held as a whole.
#[must_use]
pub fn memory_of(value: &Value) -> usize {
    let mut sum = 0;
    add_memory(value, DEEPEST, &mut sum);
    sum
}

fn add_memory(value: &Value, depth: usize, sum: &mut usize) {
    *sum += size_of::<Value>() + value.as_bytes().map_or(0, |text| ITEM + text.len());
    let is_map = match value.kind() {
        ValueKind::Map => true,
        ValueKind::Seq | ValueKind::Iterable => false,
        _ => return,
    };
    if depth == 0 || *sum > MOST || json_of(value).is_some() {
        return;
    }
    *sum += LIST;
    for item in value.try_iter().into_iter().flatten() {
        if is_map {
            *sum += size_of::<Value>();
            if let Ok(inner) = value.get_item(&item) {
                add_memory(&inner, depth - 1, sum);
            }
        }
        add_memory(&item, depth - 1, sum);
    }
}

/// The same of a part of an answer, once it is copied.
pub(super) fn memory_of_json(json: &serde_json::Value) -> usize {
    let own = size_of::<Value>();
    match json {
        serde_json::Value::String(text) => own + ITEM + text.len(),
        serde_json::Value::Array(items) => own + LIST + items.iter().map(memory_of_json).sum::<usize>(),
        serde_json::Value::Object(entries) => {
            let entry = |(key, item): (&String, &serde_json::Value)| 2 * own + ITEM + key.len() + memory_of_json(item);
            own + LIST + entries.iter().map(entry).sum::<usize>()
        }
        _ => own,
    }
}

fn charge(size: usize) -> Result<(), &'static str> {
    let why = if GIVEN.get() < MOST { TOO_MUCH_IN_ALL } else { TOO_MUCH };
    let left = LEFT.get().checked_sub(size).ok_or(why);
    LEFT.set(*left.as_ref().unwrap_or(&0));
    left.map(drop)
}

fn take(size: usize, left: &mut usize) -> Result<(), &'static str> {
    *left = left.checked_sub(size).ok_or(TOO_LARGE)?;
    charge(size)
}

fn walk(value: &Value, depth: usize, left: &mut usize) -> Result<(), &'static str> {
    if let Some(json) = json_of(value) {
        return walk_json(json, left);
    }
    take(ITEM + value.as_bytes().map_or(0, <[u8]>::len), left)?;
    let is_map = match value.kind() {
        ValueKind::Map => true,
        ValueKind::Seq | ValueKind::Iterable => false,
        _ => return Ok(()),
    };
    let depth = depth.checked_sub(1).ok_or(TOO_DEEP)?;
    // a list that says how long it is need not be gone through to be too long
    if value.len().is_some_and(|length| length.saturating_mul(ITEM) > *left) {
        return Err(TOO_LARGE);
    }
    // what cannot be gone through is written as nothing, or reported by whoever tries
    for item in value.try_iter().into_iter().flatten() {
        if is_map {
            value.get_item(&item).map_or(Ok(()), |inner| walk(&inner, depth, left))?;
        }
        walk(&item, depth, left)?;
    }
    Ok(())
}

/// A part of an answer, which the parser has kept from being too deep.
fn walk_json(json: &serde_json::Value, left: &mut usize) -> Result<(), &'static str> {
    let text = |text: &str| ITEM + text.len();
    match json {
        serde_json::Value::String(string) => take(text(string), left),
        serde_json::Value::Array(items) => {
            take(ITEM, left)?;
            items.iter().try_for_each(|item| walk_json(item, left))
        }
        serde_json::Value::Object(entries) => {
            take(ITEM, left)?;
            entries.iter().try_for_each(|(key, item)| {
                take(text(key), left)?;
                walk_json(item, left)
            })
        }
        _ => take(ITEM, left),
    }
}
