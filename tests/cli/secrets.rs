//! Secrets never print: in no output, and in no file a run leaves.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

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

#[test]
fn a_plan_is_kept_as_it_is_written_and_not_as_it_is_filled_in() {
    let target = target::ready();
    let plan = PlanFolder::of("secrets/filled_in").aimed_at(&target);
    let mut command = plan.command(&["--set", "mine=SETsecret77", "--set=zone=shown-zone"]);
    let (code, stdout, stderr) =
        finish(command.env("PLIMSOLL_TEST_KEY", "ENVsecret42").env("PLIMSOLL_TEST_ZONE", "north-zone"));
    assert_eq!(code, 0, "{stdout}{stderr}");
    let reader = Reader::open(&plan.file("journal")).unwrap();
    let header = reader.header();
    assert!(header.plan.text.contains("key: \"${PLIMSOLL_TEST_KEY}\""), "{}", header.plan.text);
    for kept in ["key: ${PLIMSOLL_TEST_KEY}", "mine: …", "zone: shown-zone", "north: north-zone"] {
        assert!(header.plan.effective.contains(kept), "{kept}: {}", header.plan.effective);
    }
    let arguments = header.environment.arguments.join(" ");
    assert!(arguments.contains("--set mine=… --set=zone=…"), "{arguments}");
    // and what is public is shown where it is used
    assert!(stdout.contains("health *** north-zone"), "{stdout}");
}

#[test]
fn the_files_of_a_run_are_their_owners_alone_and_are_written_through_no_link() {
    let target = target::ready();
    let plan = PlanFolder::of("secrets/lookalikes").aimed_at(&target);
    let out = plan.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::set_permissions(&out, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(plan.run(&[]).0, 0);
    let journal = plan.file("journal");
    // a link, or half a file, where `show` is to write
    let (again, victim) = (plan.path().join("again"), plan.path().join("victim"));
    fs::create_dir(&again).unwrap();
    fs::write(&victim, "precious").unwrap();
    for ending in [".json", ".md", ".md.part", "_stats.csv.part"] {
        symlink(&victim, again.join(plan.stem() + ending)).unwrap();
    }
    let (code, _, stderr) = finish(command_line::command().arg("show").arg(&journal).arg("--out").arg(&again));
    assert_eq!((code, fs::read_to_string(&victim).unwrap().as_str()), (0, "precious"), "{stderr}");
    let merged = plan.path().join("merged.journal");
    let (code, _, stderr) = finish(command_line::command().arg("merge").arg(&journal).arg("-o").arg(&merged));
    assert_eq!(code, 0, "{stderr}");
    for folder in [&out, &again] {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let data = fs::symlink_metadata(&entry).unwrap();
            assert!(data.is_file() && data.permissions().mode() & 0o777 == 0o600, "{}", entry.display());
        }
    }
    assert_eq!(fs::metadata(&merged).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o755);
}

#[test]
fn what_is_typed_wrong_is_refused_without_the_secrets_in_it() {
    for words in [
        &["run", "plan.yaml", "--set", "hush-hush-1"][..],
        &["run", "plan.yaml", "--set==hush-hush-1"],
        &["run", "tests/plans/run/secret.yaml", "--target", "http://me:hush-hush-1@127.0.0.1:9/"],
        &["try", "tests/plans/run/secret.yaml", "--target", "http://me@127.0.0.1:9/?key=hush-hush-1"],
        &["new", "--from-curl", "curl -u me:hush-hush-1 --no-such-option http://here/"],
        &["new", "--from-curl", "curl -H 'X-Token: hush-hush-1' --no-such-option=hush-hush-1 http://here/"],
    ] {
        let (code, stdout, stderr) = finish(command_line::command().args(words));
        assert!(code == 2 && stderr.contains("error") && stdout.is_empty(), "{words:?}: {stdout}{stderr}");
        assert!(!stderr.contains("hush-1"), "{words:?}: {stderr}");
    }
}
