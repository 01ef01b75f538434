use super::{Reply, VirtualRun, ms, secs};
use crate::metrics::Accounting;

fn run() -> VirtualRun {
    VirtualRun::of(
        "
endpoints: {root: {get: /}}
users: {u: {pacing: 250ms, tasks: {ask: {call: root}}}}
shape: {constant: {users: 4, for: 20s, spawn_rate: 8/s}}
",
    )
    .answering(|_| Reply::after(ms(140)))
}

/// Requests a number of users began, and how many ended, in each second.
fn expected() -> Vec<(u64, u64)> {
    let mut seconds = vec![(0, 0); 21];
    for user in 0..4 {
        for due in (user * 125..20_000).step_by(250) {
            seconds[due / 1000].0 += 1;
            seconds[(due + 140) / 1000].1 += 1;
        }
    }
    seconds
}

#[test]
fn each_request_begins_and_ends_in_its_second_and_all_of_them_add_up() {
    for workers in [1, 3] {
        let played = run().workers(workers).play();
        let seconds: Vec<(u64, u64)> =
            played.seconds.iter().map(|second| (second.accounting.started, second.accounting.ok)).collect();
        assert_eq!(seconds, expected());
        let numbers: Vec<u32> = played.seconds.iter().map(|second| second.second).collect();
        assert_eq!(numbers, (0..=20).collect::<Vec<_>>());
        let mut sum = Accounting::default();
        played.seconds.iter().for_each(|second| sum.merge(&second.accounting));
        assert_eq!(&sum, played.totals.accounting());
        assert_eq!((sum.started, sum.ok), (318, 318));
        sum.balance().unwrap();
        assert_eq!(played.received.len(), 318);
    }
}

#[test]
fn a_second_is_sent_as_soon_as_it_is_over_and_nothing_is_late() {
    let played = run().workers(2).play();
    for (_, second, at) in &played.sent {
        let over = secs(u64::from(*second) + 1);
        assert!(*at == over || *second == 20, "second {second} at {at:?}");
    }
    for second in &played.seconds {
        let health = &second.health;
        assert_eq!((health.worker_lag, health.stalled, health.late), (ms(0), ms(0), 0), "{second:?}");
    }
}

#[test]
fn a_reader_that_is_slow_holds_nobody_back_and_loses_nothing() {
    let (slow, quick) = (run().read_after(secs(60)).play(), run().play());
    assert_eq!(slow.times(), quick.times());
    assert_eq!(slow.seconds, quick.seconds);
}

#[test]
fn the_same_seed_makes_the_same_run_whatever_is_drawn_in_it() {
    let play = || {
        VirtualRun::of(
            "
endpoints: {a: {get: '/a/{{ random_int(1, 1000) }}'}, b: {get: /b}}
users:
  u: {weight: 2, think_time: 10ms..3s, tasks: {a: {weight: 3, call: a}, b: {call: b}}}
  v: {think_time: {exponential: {mean: 700ms}}, tasks: {a: {call: a}}}
shape: {stages: [{users: 9, for: 30s, spawn_rate: 2/s}, {users: 2, for: 30s, ramp: 20s}]}
",
        )
        .workers(3)
        .answering(|got| Reply::after(ms(got.line.len() as u64 * 7)))
        .play()
    };
    let (one, two) = (play(), play());
    assert!(one.received.len() > 100);
    assert_eq!(one.received, two.received);
    assert_eq!(one.users(), two.users());
}

#[test]
fn a_line_of_the_log_has_its_moment_and_a_worker_writes_a_hundred_a_second() {
    let played = VirtualRun::of(
        "
endpoints: {root: {get: /}}
users: {u: {think_time: 5ms, tasks: {ask: {steps: [{log: 'round {{ iteration }}'}, {call: root}]}}}}
shape: {constant: {users: 1, for: 2s}}
",
    )
    .play();
    let line = |index: usize| (played.lines[index].0, played.lines[index].1.as_str());
    assert_eq!(played.lines.len(), 200);
    assert_eq!(line(3), (ms(15), "round 4"));
    assert_eq!(line(99), (ms(495), "round 100"));
    assert_eq!(line(199).0, ms(1495));
}

#[test]
fn no_second_is_left_out_where_nobody_is_left_at_its_end() {
    // three rows for two users, gone within the first second; the last answer of the others comes just before one is over
    for (user, shape) in [
        ("think_time: 1s, feed: {row: {from: rows, at_end: stop}}", "{constant: {users: 2, for: 4s}}"),
        ("on_start: [{set: {a: '{{ json.nowhere.at_all }}'}}]", "{steps: {users: 1, add: 2, every: 1s, for: 4s}}"),
        ("think_time: 1s", "{iterations: {users: 2, total: 2, within: 3s}}"),
        ("think_time: 1s", "{stages: [{users: 2, for: 1900ms}, {users: 0, for: 100ms}, {users: 0, for: 1s}]}"),
    ] {
        for workers in [1, 2] {
            let plan = format!(
                "
endpoints: {{root: {{get: /}}}}
data: {{rows: {{list: [1, 2, 3]}}}}
users: {{u: {{{user}, tasks: {{ask: {{call: root}}}}}}}}
shape: {shape}
"
            );
            let played = VirtualRun::of(&plan).workers(workers).answering(|_| Reply::after(ms(999))).play();
            let seconds: Vec<u32> = played.seconds.iter().map(|second| second.second).collect();
            let all: Vec<u32> = (0..=*seconds.last().unwrap()).collect();
            assert_eq!(seconds, all, "{user} {shape} {workers}");
        }
    }
}
