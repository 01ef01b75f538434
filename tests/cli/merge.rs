//! `merge` of journals that somebody changed.

use std::path::Path;

use plimsoll::test_api::journal::{Entry, Reader, Writer};

use crate::support::command_line;
use crate::support::plan_folder::PlanFolder;
use crate::support::target;

/// A journal with the same entries, changed on the way, and with checksums that are right.
fn changed(from: &Path, into: &Path, change: impl Fn(&mut Entry)) {
    let reader = Reader::open(from).unwrap();
    let mut writer = Writer::create(into, reader.header()).unwrap();
    for mut entry in reader {
        change(&mut entry);
        match entry {
            Entry::Second(interval) => writer.second(&interval).unwrap(),
            Entry::Annotation(annotation) => writer.annotate(&annotation).unwrap(),
            Entry::End(end) => writer.end(&end).unwrap(),
        }
    }
}

#[test]
fn a_journal_whose_requests_do_not_add_up_is_refused_with_its_name() {
    let target = target::ready();
    let plan = PlanFolder::of("run/brief").aimed_at(&target);
    plan.run(&["--quiet"]);
    let folder = plan.path();
    let (wrong, broken, into) =
        (folder.join("wrong.journal"), folder.join("broken.journal"), folder.join("all.journal"));
    changed(&plan.file("journal"), &wrong, |entry| {
        if let Entry::Second(interval) = entry {
            interval.accounting.ok += 1;
        }
    });
    let merge = |journal: &Path| {
        let (code, _, stderr) = command_line::run(&["merge", journal.to_str().unwrap(), "-o", into.to_str().unwrap()]);
        (code, stderr)
    };
    let (code, stderr) = merge(&wrong);
    assert_eq!(code, 2, "{stderr}");
    for words in ["wrong.journal` was changed", "is not ok + failed + aborted", "= help: "] {
        assert!(stderr.contains(words), "{stderr}");
    }
    assert!(!into.exists());
    // a worker that broke down may have been one: what it would have counted is not there
    changed(&plan.file("journal"), &broken, |entry| match entry {
        Entry::Second(interval) => {
            interval.accounting.scheduled += 1;
            interval.accounting.started += 1;
        }
        Entry::Annotation(_) => {}
        Entry::End(end) => end.broken_workers = 1,
    });
    assert_eq!(merge(&broken).0, 4);
}
