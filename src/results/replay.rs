use std::io::{Read, Seek};

use super::fold::Results;
use crate::journal::{Entry, Reader};
use crate::threshold::{Amount, OnBreak, Rule};

/// Plays the entries of a journal to results; `listener` hears each right after them.
pub fn replay<S: Read + Seek>(
    reader: &mut Reader<S>,
    results: &mut Results,
    mut listener: impl FnMut(&Entry, &Results),
) {
    for entry in reader.by_ref() {
        results.hear(&entry);
        listener(&entry, results);
    }
}

/// What an earlier run measured of each rule, over the whole of that run; `None` without data.
pub fn baseline<S: Read + Seek>(reader: &mut Reader<S>, rules: &[Rule]) -> Vec<Option<Amount>> {
    let whole = |rule: &Rule| {
        let mut rule = Rule { on_break: OnBreak::GoOn, ..rule.clone() };
        rule.require.window = None;
        rule
    };
    let mut results = Results::against(reader.header().clone(), rules.iter().map(whole).collect());
    replay(reader, &mut results, |_, _| {});
    results.measured()
}
