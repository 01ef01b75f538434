//! Journals that an earlier version wrote, with the reports it made of them: this version reads them and makes the same,
//! byte for byte. Only what is shown of a threshold has changed since (its condition as written, its unit, and its worst window), and
//! there is a breakdown of the requests, quantiles of each second, a command that shows each failure, a word where few samples
//! stand behind a quantile, the moment when a threshold over the whole run broke, and what ended a run before its time.

use std::fs;

use crate::support::command_line;
use crate::support::folder::Folder;
use crate::support::repository::{root, text};

#[test]
fn a_journal_of_an_earlier_version_gives_the_report_it_gave_then() {
    // stages, metrics and broken thresholds; a search; an abort; a shard, and the merge of two; one that is cut off
    for name in ["closed", "search", "abort", "shard_1", "merged", "cut_off"] {
        let report = text(format!("tests/journals/{name}.json"));
        let (_, now, _) = command_line::run(&["show", "--json", &format!("tests/journals/{name}.journal")]);
        assert!(!report.is_empty() && now == report, "{name}: {now}");
    }
}

#[test]
fn shards_of_an_earlier_version_are_merged_into_the_journal_they_were_merged_into_then() {
    let folder = Folder::new();
    let into = folder.join("merged.journal");
    let shards = ["tests/journals/shard_1.journal", "tests/journals/shard_2.journal"];
    let (_, _, stderr) = command_line::run(&["merge", shards[0], shards[1], "-o", into.to_str().unwrap()]);
    let kept = fs::read(root().join("tests/journals/merged.journal")).unwrap();
    assert!(fs::read(&into).unwrap() == kept, "{stderr}");
}
