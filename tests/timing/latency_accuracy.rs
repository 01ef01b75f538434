//! Only this shows that real sockets, the kernel's timer and real workers add little to what the service takes: that the
//! figures are right to the thousandth is shown in virtual time (`src/engine/tests/times.rs`).

use serde_json::Value;

use crate::support::plan_folder::PlanFolder;
use crate::support::target;

/// One user: several would ask in step and queue behind each other, which is no part of the programmed delay.
fn report(delay: &str) -> Value {
    let target = target::delayed(delay);
    let plan = PlanFolder::of("timing/one_user").aimed_at(&target);
    let (code, _, stderr) = plan.run(&["--quiet", "--time", "3s"]);
    assert_eq!(code, 0, "{stderr}");
    plan.report()
}

/// What a busy machine may add to a request, in milliseconds: to the quick half of them, and to almost all.
const TO_MOST: f64 = 5.0;
const TO_ALMOST_ALL: f64 = 100.0;

/// Holds quantiles against their programmed time, in milliseconds: none is early, and none is late by more than `late`.
fn assert_near(report: &Value, quantiles: &[&str], programmed: f64, late: f64) {
    for clock in ["response_time", "service_time"] {
        for quantile in quantiles {
            let found = report["total"][clock][quantile].as_f64().unwrap();
            // a histogram is right to the thousandth
            let bounds = programmed * 0.999..=programmed + late;
            assert!(bounds.contains(&found), "{clock} {quantile} of {programmed} ms: {found} ms");
        }
    }
}

#[test]
fn a_programmed_delay_is_measured_never_early_and_hardly_late() {
    let _alone = crate::alone();
    let even = report("20ms");
    assert_near(&even, &["min", "p50"], 20.0, TO_MOST);
    assert_near(&even, &["p66", "p75", "p80", "p90", "p95"], 20.0, TO_ALMOST_ALL);
    let uneven = report("90%:5ms,10%:200ms");
    assert_near(&uneven, &["min", "p50"], 5.0, TO_MOST);
    assert_near(&uneven, &["p98", "p99"], 200.0, TO_ALMOST_ALL);
}
