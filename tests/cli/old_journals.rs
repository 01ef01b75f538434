//! Journals that an earlier version wrote, with the reports it made of them: this version reads them and makes the same,
//! byte for byte.

use std::path::Path;
use std::process::Command;

fn shown(journal: &Path) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(["show", "--json"]).arg(journal).env("NO_COLOR", "1").output().unwrap().stdout
}

#[test]
fn a_journal_of_an_earlier_version_gives_the_report_it_gave_then() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/journals");
    // stages, metrics and broken thresholds; a search; an abort; a shard, and the merge of two; one that is cut off
    for name in ["closed", "search", "abort", "shard_1", "merged", "cut_off"] {
        let report = std::fs::read(folder.join(name).with_extension("json")).unwrap();
        let now = shown(&folder.join(name).with_extension("journal"));
        assert!(!report.is_empty() && now == report, "{name}: {}", String::from_utf8_lossy(&now));
    }
}

#[test]
fn shards_of_an_earlier_version_are_merged_into_the_journal_they_were_merged_into_then() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/journals");
    let into = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("merged-{}.journal", std::process::id()));
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.arg("merge").args(["shard_1", "shard_2"].map(|shard| folder.join(shard).with_extension("journal")));
    command.arg("-o").arg(&into).output().unwrap();
    let merged = std::fs::read(&into).unwrap();
    std::fs::remove_file(&into).unwrap();
    assert!(merged == std::fs::read(folder.join("merged.journal")).unwrap());
}
