//! Secrets never print: in no output, and in no file a run leaves.

use plimsoll::test_api::journal::{Entry, Reader};

use crate::support::command_line::{self, finish};
use crate::support::plan_folder::PlanFolder;
use crate::support::target;

/// The report as the run's journal tells it.
fn shown(plan: &PlanFolder) -> String {
    finish(command_line::command().arg("show").arg(plan.file("journal")).arg("--json")).1
}

#[test]
fn a_secret_in_a_path_a_name_or_a_threshold_is_in_nothing_a_run_leaves() {
    let target = target::ready();
    let plan = PlanFolder::of("secrets/in_every_place").aimed_at(&target);
    let mut command = plan.command(&["--set", "key=SETsecret77"]);
    let (code, stdout, stderr) = finish(command.env("GITHUB_ACTIONS", "true"));
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(stdout.contains("health x***") && stdout.contains("of ***"), "{stdout}");
    let mut left = vec![stdout, stderr];
    let texts = plan.endings().into_iter().filter(|ending| ending != ".journal");
    left.extend(texts.map(|ending| plan.with_ending(&ending)));
    // the journal's seconds are packed
    let mut reader = Reader::open(&plan.file("journal")).unwrap();
    left.push(format!("{:?}", reader.header()));
    for entry in reader.by_ref() {
        left.push(match entry {
            Entry::Second(interval) => format!("{interval:?}"),
            Entry::Annotation(annotation) => format!("{annotation:?}"),
            Entry::End(end) => format!("{end:?}"),
        });
    }
    for secret in ["SETsecret77", "WRITTENsecret42"] {
        let shown = left.iter().find(|text| text.contains(secret));
        assert!(shown.is_none(), "{secret} is in {}", shown.unwrap());
    }
    // and what is told again is what was told
    assert_eq!(shown(&plan), plan.file_text("json"));
}

#[test]
fn what_only_looks_like_a_secret_leaves_thresholds_that_read_back() {
    let target = target::ready();
    let plan = PlanFolder::of("secrets/lookalikes").aimed_at(&target);
    let (code, stdout, stderr) = plan.run(&[]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert_eq!(shown(&plan), plan.file_text("json"));
}
