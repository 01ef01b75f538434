use proptest::prelude::*;

use super::{Played, Received, Reply, VirtualRun, ms, secs};
use crate::engine::Phase;
use crate::metrics::Measure;

const PLAIN: &str = "{constant: {users: 5, for: 2s}}";

/// Users whose last call takes 300 ms.
fn run(user: &str, shape: &str) -> VirtualRun {
    VirtualRun::of(&format!(
        "
endpoints: {{root: {{get: /}}, bye: {{get: /bye}}}}
users: {{u: {{on_stop: [{{call: bye}}], {user}}}}}
shape: {shape}
"
    ))
    .answering(|got: &Received| Reply::after(ms(if got.line == "GET /bye" { 300 } else { 10 })))
}

fn times(played: &Played, name: &str) -> [Option<f64>; 4] {
    let [response, service] = [Measure::ResponseOk, Measure::ServiceOk].map(|measure| played.measured(measure, name));
    [response.min(), response.max(), service.min(), service.max()]
}

#[test]
fn the_last_calls_of_a_user_are_due_when_it_is_told_to_stop_whatever_it_waited_for() {
    for (user, shape) in [
        ("think_time: 10s, tasks: {ask: {call: root}}", PLAIN),
        ("think_time: 1s..1h, tasks: {ask: {call: root}}", PLAIN),
        ("pacing: 10s, tasks: {ask: {call: root}}", PLAIN),
        ("tasks: {ask: {steps: [{call: root}, {think: 10s}]}}", PLAIN),
        ("tasks: {ask: {steps: [{call: root}, {think: 10s}, {call: root}]}}", PLAIN),
        ("tasks: {ask: {steps: [{repeat: {times: 9, every: 1h, steps: [{call: root}]}}]}}", PLAIN),
        ("on_start: [{think: 1h}], tasks: {ask: {call: root}}", PLAIN),
        ("on_start: [{think: 1h}, {call: root}], tasks: {ask: {call: root}}", PLAIN),
        ("think_time: 10s, tasks: {ask: {when: 1 > 2, call: root}}", PLAIN),
        (
            "think_time: 10s, tasks: {ask: {call: root}}",
            "{stages: [{users: 5, for: 1s}, {users: 0, for: 3s, ramp: 2s}]}",
        ),
        ("pacing: 10s, tasks: {ask: {call: root}}", "{stages: [{users: 5, for: 1s}, {users: 0, for: 3s}]}"),
        ("think_time: 10s, tasks: {ask: {call: root}}", "{iterations: {users: 5, each: 9, within: 2s}}"),
        ("tasks: {ask: {call: root}}", "{arrivals: {rate: 5/s, for: 1s, max_users: 5}}"),
    ] {
        for run in [run(user, shape), run(user, shape).workers(2)] {
            let played = run.play();
            let byes = played.measured(Measure::ResponseOk, "/bye").count();
            assert!((1..=5).contains(&byes), "{user} {shape}: {byes}");
            assert_eq!(times(&played, "/bye"), [Some(300e6); 4], "{user} {shape}");
        }
    }
}

#[test]
fn a_user_that_is_told_to_stop_while_a_call_is_under_way_does_its_last_steps_when_that_is_over() {
    // told after 2 s, the call ends after 2.4 s: the last steps are due then
    let played = run("tasks: {ask: {call: root}}", "{constant: {users: 1, for: 2s}}")
        .answering(|got| Reply::after(ms(if got.line == "GET /bye" { 300 } else { 800 })))
        .play();
    assert_eq!(played.times_of("GET /bye"), [ms(2400)]);
    assert_eq!(times(&played, "/bye"), [Some(300e6); 4]);
}

#[test]
fn the_last_steps_of_a_user_that_leaves_by_itself_are_due_when_it_has_nothing_left_to_do() {
    for (user, shape) in [
        ("think_time: 1s, tasks: {ask: {call: root}}", "{iterations: {users: 2, each: 3, within: 1m}}"),
        ("pacing: 5ms, tasks: {ask: {call: root}}", "{iterations: {users: 2, each: 3, within: 1m}}"),
        ("tasks: {ask: {steps: [{call: root}, {think: 1s}, {stop: user}]}}", "{constant: {users: 2, for: 5s}}"),
    ] {
        let played = run(user, shape).play();
        assert_eq!(times(&played, "/bye"), [Some(300e6); 4], "{user}");
    }
}

#[test]
fn what_follows_a_pause_that_was_cut_short_lies_in_the_stage_in_which_it_happens() {
    let shape =
        "{stages: [{name: up, users: 1, for: 1s}, {name: down, users: 0, for: 1s}, {name: rest, users: 0, for: 1h}]}";
    let played = run("think_time: 30m, tasks: {ask: {call: root}}", shape).play();
    let stages = played.seconds.iter().flat_map(|second| &second.series);
    let stages: Vec<u16> =
        stages.filter(|series| &*series.key.name == "/bye").map(|series| series.key.stage.0).collect();
    assert_eq!(stages, [1]);
}

#[test]
fn a_transaction_that_is_cut_short_is_not_measured() {
    let play = |length: &str| {
        let steps = "steps: [{transaction: {name: buy, steps: [{call: root}, {think: 3s}]}}]";
        run(&format!("tasks: {{ask: {{{steps}}}}}"), &format!("{{constant: {{users: 1, for: {length}}}}}")).play()
    };
    let transactions = |played: &Played| {
        let metrics = played.seconds.iter().flat_map(|second| &second.metrics);
        metrics.map(|metric| metric.samples.moments().count).sum::<u64>()
    };
    assert_eq!((transactions(&play("2s")), transactions(&play("4s"))), (0, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// The order of a sample's times is asserted where it is made; a worker that breaks it would break down.
    #[test]
    fn no_response_time_is_below_its_service_time_whatever_is_played(
        think in 0_u64..3000,
        pacing in prop::option::of(1_u64..3000),
        step in 0_u64..3000,
        takes in 0_u64..1500,
        stopped in prop::option::of(0_u64..6000),
        cut in prop::option::of(0_u64..9000),
        workers in 1_u32..3,
        shape in prop::sample::select(vec![
            "{constant: {users: 3, for: 4s, spawn_rate: 2/s}}",
            "{stages: [{users: 4, for: 2s, ramp: 1s}, {users: 1, for: 2s, ramp: 1500ms}, {users: 2, for: 1s}]}",
            "{arrivals: {rate: 3/s, for: 4s, max_users: 2}}",
            "{arrivals: {rate: 3/s, for: 4s, max_users: 2, when_busy: late}}",
            "{iterations: {users: 3, each: 4, within: 5s}}",
        ]),
    ) {
        let pause = pacing.map_or(format!("think_time: {think}ms"), |pacing| format!("pacing: {pacing}ms"));
        let steps = format!("[{{call: root}}, {{think: {step}ms}}, {{parallel: [root, bye]}}]");
        let user = format!("{pause}, on_start: [{{think: {step}ms}}], tasks: {{ask: {{steps: {steps}}}}}");
        let mut run = run(&user, shape).workers(workers).answering(move |got| {
            Reply::after(ms(if got.connection % 2 == 0 { takes } else { takes / 7 }))
        });
        for (at, phase) in [(stopped, Phase::Draining), (cut, Phase::Cutting)] {
            run = match at {
                Some(at) => run.stopped(ms(at), phase),
                None => run,
            };
        }
        let played = run.play();
        prop_assert_eq!(played.broken_workers, 0);
        prop_assert!(played.ended < secs(40));
        let [response, service] = [Measure::ResponseOk, Measure::ServiceOk].map(|measure| played.measured(measure, ""));
        prop_assert_eq!(response.count(), service.count());
        for p in [0.0, 0.1, 0.5, 0.9, 1.0] {
            prop_assert!(response.quantile(p) >= service.quantile(p), "p{}", p);
        }
        prop_assert!(response.mean() >= service.mean());
    }
}

#[test]
fn a_short_pause_before_a_late_call_hides_nothing() {
    // behind its pacing and then told to stop: what was due before still counts from when it was due
    let played = run("pacing: 100ms, tasks: {ask: {call: root}}", "{constant: {users: 1, for: 1s}}")
        .answering(|got| Reply::after(if got.line == "GET /bye" { ms(300) } else { ms(400) }))
        .play();
    let response = played.measured(Measure::ResponseOk, "/");
    assert_eq!((response.count(), response.max()), (3, Some(1000e6)));
}
