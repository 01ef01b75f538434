//! The generator judges itself: starved it says that its result is not valid, at ease it never does.

#![allow(clippy::unwrap_used)]

mod support;

use std::process::Child;
use std::time::Duration;

use plimsoll::target::{Behaviour, Delay, Target};
use rustix::process::{Pid, Signal, kill_process};
use support::{Stage, assert_balance, ended};

fn plan(target: &Target) -> Stage {
    Stage::new(&format!(
        "target: {{url: \"http://{}/v1\", headers: {{X-API-Key: cm_test_key}}}}\n\
         endpoints: {{stats: {{get: /stats}}}}\n\
         users: {{u: {{think_time: 20ms..80ms, tasks: {{t: {{call: stats}}}}}}}}\n\
         shape: {{constant: {{users: 20, for: 7s}}}}\n\
         thresholds: [error_rate < 1%]\n",
        target.address()
    ))
}

/// Lets a process run a tenth of the time, until it is over.
fn starve(child: &mut Child) {
    let pid = Pid::from_child(child);
    while child.try_wait().unwrap().is_none() {
        // one that is over just now is nobody to stop
        let _ = kill_process(pid, Signal::STOP);
        std::thread::sleep(Duration::from_millis(90));
        let _ = kill_process(pid, Signal::CONT);
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn starved_to_a_tenth_of_a_core_the_result_is_not_valid_and_at_ease_it_is() {
    let behaviour = Behaviour { delay: Delay::parse("1ms..5ms").unwrap(), ..Behaviour::default() };
    let target = Target::start(behaviour, ([127, 0, 0, 1], 0).into()).unwrap();

    let stage = plan(&target);
    let mut child = stage.spawn(&["--quiet"]);
    starve(&mut child);
    let (code, stdout, stderr) = ended(child.wait_with_output().unwrap());
    assert_eq!(code, 4, "{stdout}{stderr}");
    assert!(stdout.contains("✗ not valid: the generator was the bottleneck in"), "{stdout}");
    let report = stage.report();
    assert_balance(&report);
    let suspect = report["generator"]["suspect_seconds"].as_u64().unwrap();
    assert!(suspect >= 4 && report["generator"]["suspect_by"]["stalled"].as_u64().unwrap() >= 4, "{stdout}");
    let marked = report["history"].as_array().unwrap().iter().filter(|second| second["suspect"] == true).count();
    assert!(marked >= 4, "{:#}", report["history"]);

    let stage = plan(&target);
    let (code, stdout, stderr) = stage.run(&["--quiet"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
}
