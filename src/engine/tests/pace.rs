use std::time::Duration;

use rand::RngExt;

use super::{Received, Reply, VirtualRun, ms, secs, tick};
use crate::compile::WaitTime;
use crate::metrics::Measure;

fn user(rhythm: &str, length: &str) -> VirtualRun {
    VirtualRun::of(&format!(
        "
endpoints: {{root: {{get: /}}}}
users: {{u: {{{rhythm}, tasks: {{ask: {{call: root}}}}}}}}
shape: {{constant: {{users: 1, for: {length}}}}}
"
    ))
}

#[test]
fn a_fixed_think_time_counts_from_the_end_of_the_last_answer() {
    let played = user("think_time: 2s", "10s").answering(|_| Reply::after(ms(300))).play();
    assert_eq!(played.times(), [0, 2300, 4600, 6900, 9200].map(ms));
}

#[test]
fn drawn_think_times_follow_each_other_exactly_as_the_seed_draws_them() {
    for distribution in ["1s..3s", "{exponential: {mean: 2s}}", "{normal: {mean: 2s, deviation: 500ms}}"] {
        let run = user(&format!("think_time: {distribution}"), "20m");
        let program = run.program.clone();
        let WaitTime::ThinkTime(pause) = program.users[0].wait_time else { panic!("{distribution}") };
        let mut chance = program.seed.derive(1).generator();
        let (mut at, mut expected) = (Duration::ZERO, Vec::new());
        while at < secs(1200) {
            expected.push(at);
            // first which task it is, then how long the user thinks after it
            chance.random::<f64>();
            at = tick(at + pause.draw(|| chance.random()));
        }
        assert!(expected.len() > 400, "{distribution}: {}", expected.len());
        assert_eq!(run.play().times(), expected, "{distribution}");
    }
}

#[test]
fn a_task_that_takes_longer_than_its_pacing_makes_the_next_ones_late_and_that_counts() {
    let slow = |got: &Received| Reply::after(if got.at == secs(2) { ms(2500) } else { Duration::ZERO });
    let played = user("pacing: 1s", "8s").answering(slow).play();
    // what was due at 3 s and 4 s goes out as soon as the answer of the slow one is there
    assert_eq!(played.times(), [0, 1000, 2000, 4500, 4500, 5000, 6000, 7000].map(ms));
    let response = played.measured(Measure::ResponseOk, "");
    assert_eq!(response.count(), 8);
    assert_eq!(response.max(), Some(2.5e9));
    assert_eq!(response.mean().map(|mean| (mean * 8.0).round()), Some(2.5e9 + 1.5e9 + 0.5e9));
    let service = played.measured(Measure::ServiceOk, "");
    assert_eq!((service.mean().map(|mean| (mean * 8.0).round()), service.max()), (Some(2.5e9), Some(2.5e9)));
}

#[test]
fn a_pause_within_a_task_is_part_of_it() {
    let played = VirtualRun::of(
        "
endpoints: {a: {get: /a}, b: {get: /b}}
users:
  u:
    pacing: 2s
    tasks: {ask: {steps: [{call: a}, {think: 700ms}, {repeat: {times: 2, every: 100ms, steps: [{call: b}]}}]}}
shape: {constant: {users: 1, for: 4s}}
",
    )
    .answering(|_| Reply::after(ms(10)))
    .play();
    assert_eq!(played.times_of("GET /a"), [0, 2000].map(ms));
    assert_eq!(played.times_of("GET /b"), [710, 820, 2710, 2820].map(ms));
}

#[test]
fn a_task_that_sends_nothing_and_pauses_not_at_all_waits_a_millisecond() {
    let played = VirtualRun::of(
        "
endpoints: {root: {get: /}}
users: {u: {tasks: {ask: {when: iteration % 1000 == 0, call: root}}}}
shape: {constant: {users: 1, for: 3500ms}}
",
    )
    .answering(|_| Reply::after(ms(10)))
    .play();
    // each thousandth task sends, which takes 10 ms, and the 999 before it wait
    assert_eq!(played.times(), [999, 2008, 3017].map(ms));
}

#[test]
fn tasks_in_a_sequence_come_in_its_order() {
    let played = VirtualRun::of(
        "
endpoints: {a: {get: /a}, b: {get: /b}, c: {get: /c}}
users: {u: {think_time: 1s, sequence: [a, c, b], tasks: {a: {call: a}, b: {call: b}, c: {call: c}}}}
shape: {constant: {users: 1, for: 5s}}
",
    )
    .play();
    let lines: Vec<&str> = played.received.iter().map(|got| got.line.as_str()).collect();
    assert_eq!(lines, ["GET /a", "GET /c", "GET /b", "GET /a", "GET /c"]);
}
