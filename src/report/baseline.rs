use std::io::{Read, Seek};
use std::time::Duration;

use super::retell::timeline;
use crate::journal::{Entry, Reader};
use crate::threshold::{Amount, OnBreak, Rule};
use crate::units::{Offset, Shard};
use crate::verdict::{Closing, ThresholdEvaluator};

/// What an earlier run measured of each rule, over the whole of that run; `None` without data.
pub fn baseline<S: Read + Seek>(reader: &mut Reader<S>, rules: &[Rule]) -> Vec<Option<Amount>> {
    let header = reader.header().clone();
    let whole = |rule: &Rule| {
        let mut rule = Rule { on_break: OnBreak::GoOn, ..rule.clone() };
        rule.require.window = None;
        rule
    };
    let rules: Vec<Rule> = rules.iter().map(whole).collect();
    let mut jury = ThresholdEvaluator::new(&rules, &header.catalog, timeline(&header), Shard::WHOLE);
    let mut reached = Duration::ZERO;
    let mut ended = None;
    for entry in reader.by_ref() {
        match entry {
            Entry::Second(interval) => {
                reached = Duration::from_secs(u64::from(interval.second) + 1);
                jury.hear(&interval);
            }
            Entry::Annotation(_) => {}
            Entry::End(end) => ended = Some(end.elapsed),
        }
    }
    let findings = jury.close(Offset::from(ended.unwrap_or(reached)), Closing::Complete);
    findings.into_iter().map(|finding| finding.judged.measured).collect()
}
