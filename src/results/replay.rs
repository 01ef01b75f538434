use std::io::{Read, Seek};

use super::fold::Results;
use crate::journal::{Entry, Reader};
use crate::memory::MemoryBudget;
use crate::threshold::{Amount, OnBreak, Rule};

/// A journal that counts more than there is memory for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the journal holds more than there is memory for: `--memory` gives it more")]
pub struct TooLarge;

/// Plays the entries of a journal to results; `listener` hears each right after them.
///
/// # Errors
/// A journal that counts more than there is memory for.
pub fn replay<S: Read + Seek>(
    reader: &mut Reader<S>,
    results: &mut Results,
    mut listener: impl FnMut(&Entry, &Results),
) -> Result<(), TooLarge> {
    let most = MemoryBudget::of_thread_or(u64::MAX).for_series();
    for entry in reader.by_ref() {
        results.hear(&entry);
        listener(&entry, results);
        if results.totals().bytes() as u64 > most {
            return Err(TooLarge);
        }
    }
    if reader.is_out_of_memory() { Err(TooLarge) } else { Ok(()) }
}

/// What an earlier run measured of each rule, over the whole of that run; `None` without data.
///
/// # Errors
/// A journal that counts more than there is memory for.
pub fn baseline<S: Read + Seek>(reader: &mut Reader<S>, rules: &[Rule]) -> Result<Vec<Option<Amount>>, TooLarge> {
    let whole = |rule: &Rule| {
        let mut rule = Rule { on_break: OnBreak::GoOn, ..rule.clone() };
        rule.require.window = None;
        rule
    };
    let mut results = Results::against(reader.header().clone(), rules.iter().map(whole).collect());
    replay(reader, &mut results, |_, _| {})?;
    Ok(results.measured())
}
