//! Only this shows that a process which the system really starves finds it out by itself, and that a real one at ease
//! does not: which seconds are suspect, and when a result is not valid, is exact in virtual time
//! (`src/run/tests/health.rs`).

use std::process::Child;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::command_line::wait;
use crate::support::plan_folder::PlanFolder;
use crate::support::report::assert_adds_up;
use crate::support::target;

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
    let _alone = crate::alone();
    let target = target::delayed("1ms..5ms");

    let plan = PlanFolder::of("timing/starved").aimed_at(&target);
    let mut child = plan.spawn(&["--quiet"]);
    starve(&mut child);
    let (code, stdout, stderr) = wait(child);
    assert_eq!(code, 4, "{stdout}{stderr}");
    assert!(stdout.contains("✗ not valid: the generator was the bottleneck in"), "{stdout}");
    let report = plan.report();
    assert_adds_up(&report);
    let suspect = report["generator"]["suspect_seconds"].as_u64().unwrap();
    assert!(suspect >= 4 && report["generator"]["suspect_by"]["stalled"].as_u64().unwrap() >= 4, "{stdout}");
    let marked = report["history"].as_array().unwrap().iter().filter(|second| second["suspect"] == true).count();
    assert!(marked >= 4, "{:#}", report["history"]);

    let plan = PlanFolder::of("timing/starved").aimed_at(&target);
    let (code, stdout, stderr) = plan.run(&["--quiet", "--time", "5s"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
}
