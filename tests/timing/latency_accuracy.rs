//! The truth of the figures: against a target with programmed delays, each reported quantile is the programmed one.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::plan_folder::PlanFolder;
use crate::support::target;

/// One user: several would ask in step and queue behind each other, which is no part of the programmed delay.
fn report(delay: &str, ms: u32) -> Value {
    let target = target::delayed(delay);
    let plan = PlanFolder::of("timing/one_user").aimed_at(&target);
    let (code, _, stderr) = plan.run(&["--quiet", "--time", &format!("{ms}ms")]);
    assert_eq!(code, 0, "{stderr}");
    plan.report()
}

/// Whatever else the machine does delays a request for real and is then rightly in its figures, and what is delayed is
/// never early. So each figure must be right in one of so many runs, a minute together; a figure that is wrong by
/// itself is so in all of them.
const IN_ALL_MS: u32 = 60_000;

/// Each quantile with its programmed time, in milliseconds, that it must be within 1 % or 1 ms of.
fn assert_truth(delay: &str, ms: u32, programmed: &[(&str, f64)]) {
    let mut wrong = BTreeMap::new();
    for run in 0..IN_ALL_MS / ms {
        let report = report(delay, ms);
        for clock in ["response_time", "service_time"] {
            for (quantile, time) in programmed {
                let found = report["total"][clock][quantile].as_f64().unwrap();
                let right = (found - time).abs() <= (time * 0.01).max(1.0);
                let known = wrong.entry((clock, *quantile)).or_insert_with(Vec::new);
                // a figure that was right once stays right
                if right || (run > 0 && known.is_empty()) {
                    known.clear();
                } else {
                    known.push(found);
                }
            }
        }
        if wrong.values().all(Vec::is_empty) {
            break;
        }
    }
    assert!(wrong.values().all(Vec::is_empty), "with a delay of {delay}: {wrong:#?}");
}

#[test]
fn quantiles_are_the_programmed_ones() {
    let _alone = crate::alone();
    let all_of = |ms| ["min", "p50", "p66", "p75", "p80", "p90", "p95", "p98", "p99"].map(|quantile| (quantile, ms));
    assert_truth("20ms", 200, &all_of(20.0));
    let quick = ["min", "p50", "p66", "p75", "p80"].map(|quantile| (quantile, 5.0));
    let slow = ["p95", "p98", "p99"].map(|quantile| (quantile, 200.0));
    assert_truth("90%:5ms,10%:200ms", 3000, &[&quick[..], &slow[..]].concat());
}
