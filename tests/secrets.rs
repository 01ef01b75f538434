//! Secrets never print: in no output, and in no file a run leaves.

#![allow(clippy::unwrap_used)]

mod support;

use plimsoll::journal::{Entry, Reader};
use plimsoll::target::{Behaviour, Target};
use support::{Stage, ended};

/// The report as the run's journal tells it.
fn shown(stage: &Stage) -> String {
    let mut show = std::process::Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    ended(show.arg("show").arg(stage.path("journal")).arg("--json").output().unwrap()).1
}

#[test]
fn a_secret_in_a_path_a_name_or_a_threshold_is_in_nothing_a_run_leaves() {
    let target = Target::start(Behaviour::default(), ([127, 0, 0, 1], 0).into()).unwrap();
    let stage = Stage::new(&format!(
        "target: http://{}/v1\n\
         vars: {{key: \"${{NOWHERE_KEY:-WRITTENsecret42}}\", made: \"x{{{{ key }}}}\"}}\n\
         secrets: [key]\n\
         endpoints:\n\
         \x20 path: {{get: \"/item/{{{{ key }}}}/x\", expect: {{status: [401, 404]}}}}\n\
         \x20 named: {{get: /health, name: \"health {{{{ made }}}}\"}}\n\
         \x20 wrong: {{get: /health, name: \"wrong {{{{ key }}}}\", expect: {{status: 201, otherwise: \"not {{{{ key }}}}\"}}}}\n\
         users: {{u: {{think_time: 20ms, tasks: {{t: {{steps: [{{call: path}}, {{call: named}}, {{call: {{endpoint: wrong, on_failure: continue}}}}]}}}}}}}}\n\
         shape: {{constant: {{users: 2, for: 1s}}}}\n\
         thresholds: [error_rate < 50%, {{require: \"max{{name=health xSETsecret77}} < 5s\", name: of SETsecret77}}]\n",
        target.address()
    ));
    let output = stage.command(&["--set", "key=SETsecret77"]).env("GITHUB_ACTIONS", "true").output().unwrap();
    let (code, stdout, stderr) = ended(output);
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(stdout.contains("health x***") && stdout.contains("of ***"), "{stdout}");
    let mut left = vec![stdout, stderr];
    let texts = stage.endings().into_iter().filter(|ending| ending != ".journal");
    left.extend(texts.map(|ending| stage.with_ending(&ending)));
    // the journal's seconds are packed
    let mut reader = Reader::open(&stage.path("journal")).unwrap();
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
    assert_eq!(shown(&stage), stage.file("json"));
}

#[test]
fn what_only_looks_like_a_secret_leaves_thresholds_that_read_back() {
    let target = Target::start(Behaviour::default(), ([127, 0, 0, 1], 0).into()).unwrap();
    let stage = Stage::new(&format!(
        "target: http://{}/v1\n\
         vars: {{k: \"95\"}}\n\
         secrets: [k]\n\
         endpoints: {{h: {{get: /health, query: {{user: ann, password: p}}}}}}\n\
         users: {{u: {{think_time: 20ms, tasks: {{t: {{call: h}}}}}}}}\n\
         shape: {{constant: {{users: 2, for: 1s}}}}\n\
         thresholds: [p95 < 5s, max < 5s]\n",
        target.address()
    ));
    let (code, stdout, stderr) = stage.run(&[]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert_eq!(shown(&stage), stage.file("json"));
}
