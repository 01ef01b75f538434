use super::{Played, Reply, VirtualRun, ms, secs};
use crate::engine::Phase;
use crate::metrics::TaskCounts;

/// One user that does some steps once.
fn doing(steps: &str) -> VirtualRun {
    let plan = format!(
        "
endpoints: {{look: {{get: '/{{{{ n }}}}', name: look}}, order: {{post: /order}}}}
users: {{u: {{state: {{n: 0}}, tasks: {{t: {{steps: {steps}}}}}}}}}
shape: {{iterations: {{users: 1, each: 1, within: 1000s}}}}
"
    );
    VirtualRun::of(&plan)
}

fn play(run: VirtualRun) -> (Played, TaskCounts) {
    let played = run.play();
    played.totals.accounting().balance().unwrap();
    let mut tasks = TaskCounts::default();
    played.totals.tasks().iter().for_each(|(_, counts)| tasks.merge(counts));
    (played, tasks)
}

fn lines(played: &Played) -> Vec<&str> {
    played.received.iter().map(|received| received.line.as_str()).collect()
}

/// The one thing that failed in a step.
fn failure(played: &Played) -> String {
    let errors: Vec<_> = played.seconds.iter().flat_map(|second| &second.errors).collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors[0].key.message.to_string()
}

fn headed(header: &str) -> Reply {
    Reply::Headed { status: 200, header: header.to_owned() }
}

#[test]
fn a_pause_is_as_long_as_its_expression_says() {
    for (pause, milliseconds) in [
        ("{{ headers['retry-after'] }}s", 3000),
        ("{{ headers['retry-after'] | int * 2 }}ms", 6),
        ("{{ headers['x-none'] | default('1m30s') }}", 90_000),
        ("{{ 0 }}s", 0),
    ] {
        let run = doing(&format!("[order, {{think: \"{pause}\"}}, look]"));
        let (played, tasks) = play(run.answering(|_| headed("retry-after: 3")));
        assert_eq!(played.times_of("GET /0"), [ms(milliseconds)], "{pause}");
        assert_eq!(tasks.failures(), 0, "{pause}");
    }
}

#[test]
fn a_pause_that_nobody_can_wait_for_is_a_failed_step() {
    for (asked, told) in [
        ("-5", "is not a duration"),
        ("soon", "is not a duration"),
        ("99999", "longer than a pause may be that is worked out (1h)"),
        ("999999999999999999999", "longer than a year"),
        ("Sun, 06 Nov 1994 08:49:37 GMT", "is not a"),
    ] {
        let run = doing("[order, {think: \"{{ headers['retry-after'] }}s\"}, look]");
        let (played, tasks) = play(run.answering(move |_| headed(&format!("retry-after: {asked}"))));
        assert!(failure(&played).contains(told), "{asked}: {}", failure(&played));
        assert_eq!((lines(&played), tasks.failures()), (vec!["POST /order"], 1), "{asked}");
    }
    let (played, _) =
        play(doing("[order, {think: \"{{ headers['retry-after'] }}\"}, look]").answering(|_| headed("retry-after: 3")));
    assert!(failure(&played).contains("did you mean `3s` or `3ms`?"), "{}", failure(&played));
}

#[test]
fn a_pause_from_an_expression_ends_when_the_user_is_told_to_stop() {
    let (played, tasks) = play(doing("[order, {think: '{{ 1000 }}s'}, look]").stopped(secs(7), Phase::Draining));
    assert_eq!((played.ended.as_secs(), tasks.aborted), (7, 1));
}

#[test]
fn break_leaves_the_innermost_loop_and_continue_its_round() {
    for (steps, expected) in [
        ("[{for_each: {item: n, of: [1, 2, 3], steps: [look, {break: n == 2}]}}, order]", "1 2 order"),
        ("[{for_each: {item: n, of: [1, 2, 3], steps: [{continue: n == 2}, look]}}, order]", "1 3 order"),
        ("[{for_each: {item: n, of: [1, 2], steps: [look, break]}}, order]", "1 order"),
        ("[{for_each: {item: n, of: [1, 2], steps: [continue, look]}}, order]", "order"),
        ("[{repeat: {times: 3, steps: [{set: {n: '{{ n + 1 }}'}}, {continue: n == 2}, look]}}, order]", "1 3 order"),
        ("[{repeat: {until: n == 9, steps: [{set: {n: '{{ n + 1 }}'}}, look, {break: n == 2}]}}, order]", "1 2 order"),
        // what `continue` leaves out is asked all the same
        ("[{repeat: {until: n == 2, steps: [{set: {n: '{{ n + 1 }}'}}, continue, look]}}, order]", "order"),
        (
            "[{for_each: {item: n, of: [1, 2], steps: [{repeat: {times: 5, steps: [look, {when: {that: n > 0, then: [break]}}]}}]}}, order]",
            "1 2 order",
        ),
        (
            "[{for_each: {item: n, of: [1, 2], steps: [{transaction: {name: tx, steps: [look, {continue: n == 1}, order]}}]}}]",
            "1 2 order",
        ),
    ] {
        let (played, tasks) = play(doing(steps));
        let got: Vec<&str> = lines(&played).iter().map(|line| line.rsplit('/').next().unwrap()).collect();
        assert_eq!(got.join(" "), expected, "{steps}");
        assert_eq!((tasks.completed, tasks.failures()), (2, 0), "{steps}");
    }
}

#[test]
fn a_loop_that_is_left_in_time_does_not_fail_and_one_that_is_not_does() {
    let until = |fail_after: &str, steps: &str| {
        doing(&format!("[{{repeat: {{until: status == 200, every: 2s, {fail_after}, steps: [{steps}]}}}}, look]"))
    };
    let call = "{call: {endpoint: order, on_failure: continue}}";
    let never = |got: &super::Received| Reply::status(if got.line == "POST /order" { 404 } else { 200 });
    let (played, tasks) = play(until("fail_after: 5s", call).answering(never));
    assert_eq!(played.times_of("POST /order"), [secs(0), secs(2), secs(4)]);
    assert!(failure_of_step(&played).contains("`status == 200` was not true within 5s"));
    assert_eq!((tasks.failures(), played.times_of("GET /0").len(), played.ended.as_secs()), (1, 0, 5));
    let (played, tasks) = play(until("fail_after: 5s", call).answering(move |got| match got.at < secs(3) {
        true => never(got),
        false => Reply::ok(),
    }));
    assert_eq!((tasks.failures(), played.times_of("GET /0")), (0, vec![secs(4)]));
    let (played, _) = play(until("fail_after: 1h, max: 2", call).answering(never));
    assert!(failure_of_step(&played).contains("within 1h and 2 rounds"));
    // a thousand rounds are no limit beside a time
    let polls =
        doing("[{repeat: {until: n == 1500, every: 1ms, fail_after: 5s, steps: [{set: {n: '{{ n + 1 }}'}}]}}, look]");
    assert_eq!(play(polls).0.times_of("GET /1500"), [ms(1499)]);
}

#[test]
fn a_loop_that_neither_calls_nor_pauses_still_ends_in_time() {
    let (played, tasks) = play(doing("[{repeat: {until: n == 1, fail_after: 2s, steps: [{set: {m: 1}}]}}]"));
    assert!(failure_of_step(&played).contains("within 2s"));
    assert_eq!((tasks.failures(), played.ended.as_secs()), (1, 2));
    let endless = doing("[{repeat: {until: n == 1, fail_after: 900s, steps: [{continue: n == 0}]}}]");
    let (played, tasks) = play(endless.stopped(secs(3), Phase::Draining));
    assert_eq!((played.ended.as_secs(), tasks.aborted), (3, 1));
}

/// What failed in a step, besides calls.
fn failure_of_step(played: &Played) -> String {
    let errors = played.seconds.iter().flat_map(|second| &second.errors);
    let of_steps: Vec<String> =
        errors.map(|error| error.key.message.to_string()).filter(|message| message.contains("plan.yaml")).collect();
    of_steps.join("; ")
}
