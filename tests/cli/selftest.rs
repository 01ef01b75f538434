//! `selftest`: what it says of this machine, whatever that is. Whether the machine is quick enough is not for a test to say.

use serde_json::Value;

use crate::support::command_line::run;

#[test]
fn a_selftest_says_what_it_measured_of_each_delay_and_what_limits_the_rate() {
    let (code, stdout, stderr) = run(&["selftest", "--for", "3s", "--json", "--quiet"]);
    assert!([0, 1, 4].contains(&code), "{code}: {stdout}{stderr}");
    let found: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(found["exit_code"], code, "{found:#}");
    assert_eq!(
        (found["passed"] == true, found["busy"].as_array().unwrap().is_empty()),
        (code == 0, code != 4),
        "{found:#}"
    );
    let accuracy = found["accuracy"].as_array().unwrap();
    let programmed: Vec<f64> = accuracy.iter().map(|one| one["programmed"].as_f64().unwrap()).collect();
    assert_eq!(programmed, [2.0, 10.0, 50.0, 100.0]);
    let grain = found["grain"]["p99"].as_f64().unwrap();
    assert!(grain > 0.0, "{found:#}");
    for one in accuracy {
        assert!(one["requests"].as_u64().unwrap() > 20, "{one:#}");
        let quantiles = one["quantiles"].as_array().unwrap();
        assert_eq!(quantiles.len(), 5);
        let allowed = one["programmed"].as_f64().unwrap() * 0.001 + grain;
        assert!((one["allowed"].as_f64().unwrap() - allowed).abs() < 1e-9, "{one:#}");
        for quantile in quantiles {
            let (measured, error) = (quantile["measured"].as_f64().unwrap(), quantile["error"].as_f64().unwrap());
            assert!((measured - error - one["programmed"].as_f64().unwrap()).abs() < 1e-9, "{one:#}");
            // whatever the machine is, no answer was quicker than its delay
            assert!(error >= -one["programmed"].as_f64().unwrap() * 0.001, "{one:#}");
        }
    }
    assert!(found["rate"]["ceiling"].as_f64().unwrap() > 0.0, "{found:#}");
    assert!(!found["rate"]["tried"].as_array().unwrap().is_empty(), "{found:#}");
    assert!(!found["rate"]["fix"].as_str().unwrap().is_empty(), "{found:#}");
}

#[test]
fn a_selftest_that_is_too_short_to_see_anything_is_refused() {
    let (code, _, stderr) = run(&["selftest", "--for", "1s"]);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("1s is too short"), "{stderr}");
}
