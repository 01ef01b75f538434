use super::{Played, Received, Reply, VirtualRun, ms, secs};
use crate::engine::Phase;

/// What the worker takes to see that its last user is gone: it looks every 2 ms.
const LOOK: u64 = 2;

fn run(user: &str, shape: &str) -> VirtualRun {
    VirtualRun::of(&format!(
        "
endpoints: {{root: {{get: /}}, slow: {{get: /slow, timeout: 20s}}, bye: {{get: /bye}}}}
users: {{u: {{{user}}}}}
shape: {shape}
"
    ))
}

/// Requests to `/slow` take a while, others nothing.
fn slow(time: u64) -> impl Fn(&Received) -> Reply {
    move |got| if got.line == "GET /slow" { Reply::after(secs(time)) } else { Reply::ok() }
}

/// Started, ok, failed and aborted; they balance.
fn books(played: &Played) -> [u64; 4] {
    let books = played.totals.accounting();
    books.balance().unwrap();
    [books.started, books.ok, books.failures(), books.aborted]
}

#[test]
fn what_is_under_way_at_the_end_may_end_and_nothing_new_begins() {
    let user = "tasks: {ask: {steps: [{call: slow}, {call: root}]}}";
    let played = run(user, "{constant: {users: 2, for: 5s}}").answering(slow(3)).play();
    // the second one is under way from 3 s to 6 s: what would follow it never begins
    assert_eq!(played.times_of("GET /slow"), [0, 0, 3, 3].map(secs));
    assert_eq!(played.times_of("GET /"), [3, 3].map(secs));
    assert_eq!(books(&played), [6, 6, 0, 0]);
    assert!((secs(6)..=ms(6000 + LOOK)).contains(&played.ended), "{:?}", played.ended);
}

#[test]
fn what_is_still_under_way_when_the_longest_timeout_is_over_is_cut_off() {
    // the slow endpoint's own limit of 20 s counts from 4 s: it is cut 20 s after the end, at 25 s, or fails at 24 s
    for (call, failed, aborted, ended) in [("slow", 1, 0, 24_000), ("root", 0, 1, 25_000)] {
        let user = format!("think_time: 0s, on_start: [{{think: 4s}}], tasks: {{ask: {{call: {call}}}}}");
        let shape = "{constant: {users: 1, for: 5s}}";
        let mut run = run(&user, shape).answering(|_| Reply::Silence);
        if call == "root" {
            // a limit that no request of this run reaches
            run = VirtualRun::of(&format!(
                "
endpoints: {{root: {{get: /, timeout: 10m}}}}
users: {{u: {{{user}}}}}
shape: {shape}
"
            ))
            .answering(|_| Reply::Silence);
        }
        let played = run.play();
        let limit = if call == "root" { 35_000 } else { ended };
        assert_eq!(books(&played), [1, 0, failed, aborted], "{call}");
        assert!((ms(limit)..=ms(limit + LOOK)).contains(&played.ended), "{call}: {:?}", played.ended);
    }
}

#[test]
fn a_run_that_is_drained_lets_pauses_end_at_once() {
    let played = run("think_time: 1h, tasks: {ask: {call: root}}", "{constant: {users: 3, for: 1h}}")
        .stopped(ms(1234), Phase::Draining)
        .play();
    assert_eq!(books(&played), [3, 3, 0, 0]);
    assert!((ms(1234)..=ms(1234 + LOOK)).contains(&played.ended), "{:?}", played.ended);
}

#[test]
fn a_run_that_is_drained_and_then_cut_ends_at_the_cut_and_counts_what_it_cut_as_aborted() {
    let played = run("tasks: {ask: {call: slow}}", "{constant: {users: 3, for: 1h, spawn_rate: 1/s}}")
        .answering(slow(10))
        .stopped(ms(1500), Phase::Draining)
        .stopped(ms(4250), Phase::Cutting)
        .workers(2)
        .play();
    // the third user is never started
    assert_eq!(played.times(), [0, 1].map(secs));
    assert_eq!(books(&played), [2, 0, 0, 2]);
    assert!((ms(4250)..=ms(4250 + LOOK)).contains(&played.ended), "{:?}", played.ended);
}

#[test]
fn a_cut_without_a_drain_ends_everything_at_once() {
    let played = run("on_stop: [{call: bye}], tasks: {ask: {call: slow}}", "{constant: {users: 2, for: 1h}}")
        .answering(slow(10))
        .stopped(secs(3), Phase::Cutting)
        .play();
    assert_eq!(books(&played), [2, 0, 0, 2]);
    assert!(played.times_of("GET /bye").is_empty());
    assert!((secs(3)..=ms(3000 + LOOK)).contains(&played.ended), "{:?}", played.ended);
}

#[test]
fn users_start_and_stop_with_steps_of_their_own() {
    let user =
        "think_time: 1s, on_start: [{call: slow}], on_stop: [{call: bye}, {call: slow}], tasks: {ask: {call: root}}";
    let played = run(user, "{constant: {users: 1, for: 5s}}").answering(slow(2)).play();
    assert_eq!(played.times_of("GET /slow"), [0, 5].map(secs));
    assert_eq!(played.times_of("GET /"), [2, 3, 4].map(secs));
    assert_eq!(played.times_of("GET /bye"), [secs(5)]);
    assert_eq!(books(&played), [6, 6, 0, 0]);
    assert!((secs(7)..=ms(7000 + LOOK)).contains(&played.ended), "{:?}", played.ended);
}

#[test]
fn a_user_whose_first_steps_are_not_over_at_the_end_does_no_task_and_its_last_steps() {
    let user = "on_start: [{call: slow}], on_stop: [{call: bye}], tasks: {ask: {call: root}}";
    let played = run(user, "{constant: {users: 1, for: 5s}}").answering(slow(8)).play();
    assert_eq!(played.times_of("GET /bye"), [secs(8)]);
    assert!(played.times_of("GET /").is_empty());
}

#[test]
fn a_step_may_end_its_task_its_user_or_the_run() {
    let steps = |what: &str| {
        format!(
            "think_time: 1s, tasks: {{ask: {{steps: [{{call: root}}, {{when: {{that: iteration == 3, then: [{{stop: {what}}}]}}}}, {{call: bye}}]}}}}"
        )
    };
    let play = |what: &str| run(&steps(what), "{constant: {users: 1, for: 6s}}").play();
    let task = play("task");
    assert_eq!(task.times_of("GET /bye"), [0, 1, 3, 4, 5].map(secs));
    let user = play("user");
    assert_eq!((user.times_of("GET /"), user.ended >= secs(6)), ([0, 1, 2].map(secs).to_vec(), true));
    let run = play("run");
    assert_eq!(run.times_of("GET /"), [0, 1, 2].map(secs));
    assert!((secs(2)..=ms(2000 + LOOK)).contains(&run.ended), "{:?}", run.ended);
    assert!(run.stops[0].starts_with("a step of the plan stops the run ("), "{:?}", run.stops);
}

#[test]
fn a_feed_that_is_used_up_begins_again_or_lets_its_user_go_or_ends_the_run() {
    let play = |at_end: &str, users: u32| {
        VirtualRun::of(&format!(
            "
endpoints: {{ask: {{get: '/{{{{ who.name }}}}'}}}}
data: {{names: {{csv: names.csv}}}}
users: {{u: {{think_time: 1s, feed: {{who: {{from: names, at_end: {at_end}}}}}, tasks: {{ask: {{call: ask}}}}}}}}
shape: {{constant: {{users: {users}, for: 5s}}}}
"
        ))
        .play()
    };
    let lines = |played: &Played| played.received.iter().map(|got| got.line.clone()).collect::<Vec<_>>();
    let repeated = play("repeat", 1);
    assert_eq!(lines(&repeated), ["GET /ann", "GET /bob", "GET /cyd", "GET /ann", "GET /bob"]);
    let stopped = play("stop", 2);
    assert_eq!(lines(&stopped), ["GET /ann", "GET /bob", "GET /cyd"]);
    assert_eq!(stopped.times(), [0, 0, 1].map(secs));
    assert_eq!(stopped.users()[..5], [2, 1, 0, 0, 0]);
    assert!(stopped.ended >= secs(5), "the run goes on without them");
    let ended = play("stop_run", 1);
    assert_eq!(ended.times(), [0, 1, 2].map(secs));
    assert!((secs(2)..=ms(2000 + LOOK)).contains(&ended.ended), "{:?}", ended.ended);
    assert!(ended.stops[0].contains("the rows of feed `who`"), "{:?}", ended.stops);
}

#[test]
fn a_fixed_amount_of_work_is_done_exactly_and_the_run_ends_with_it() {
    let user = "think_time: 1s, tasks: {ask: {call: root}}";
    let each = run(user, "{iterations: {users: 2, each: 3, within: 1m}}").play();
    assert_eq!(each.times(), [0, 0, 1, 1, 2, 2].map(secs));
    assert!((secs(2)..=ms(2050)).contains(&each.ended), "{:?}", each.ended);
    for workers in [1, 2] {
        let total = run(user, "{iterations: {users: 3, total: 7, within: 1m}}").workers(workers).play();
        assert_eq!(total.received.len(), 7);
        assert!(total.ended < secs(4), "{:?}", total.ended);
    }
    let cut = run(user, "{iterations: {users: 2, each: 10, within: 2500ms}}").play();
    assert_eq!(cut.times(), [0, 0, 1, 1, 2, 2].map(secs));
    assert!((ms(2500)..=ms(2500 + LOOK)).contains(&cut.ended), "{:?}", cut.ended);
}

#[test]
fn a_run_that_is_told_to_end_before_it_begins_ends_at_once() {
    for phase in [Phase::Draining, Phase::Cutting] {
        let played = run("tasks: {ask: {call: root}}", "{constant: {users: 2, for: 1h}}")
            .beginning_in(secs(30))
            .stopped(ms(700), phase)
            .play();
        assert!(played.received.is_empty());
        assert!(played.ended <= ms(700 + LOOK), "{:?}", played.ended);
    }
}
