use std::cell::Cell;
use std::time::Duration;

use super::{Accept, Played, Received, Reply, VirtualRun, ms, secs};
use crate::engine::Phase;
use crate::metrics::TaskCounts;

/// A user that makes one call, and another after it.
fn calling(call: &str) -> VirtualRun {
    VirtualRun::of(&format!(
        "
endpoints:
  order: {{post: /order, with: {{key: '{{{{ random_int(1, 1000000000) }}}}'}}, text: '{{{{ key }}}} {{{{ random_int(1, 1000000000) }}}}'}}
  after: {{get: /after}}
users: {{u: {{tasks: {{t: {{steps: [{{call: {{endpoint: order, {call}}}}}, after]}}}}}}}}
shape: {{iterations: {{users: 1, each: 1, within: 100s}}}}
"
    ))
}

/// Answers the first requests of a path with these, and all others with 200.
fn first(replies: Vec<Reply>) -> impl Fn(&Received) -> Reply {
    let next = Cell::new(0);
    move |got| {
        if got.line != "POST /order" {
            return Reply::ok();
        }
        next.set(next.get() + 1);
        replies.get(next.get() - 1).cloned().unwrap_or_else(Reply::ok)
    }
}

fn play(run: VirtualRun) -> (Played, TaskCounts) {
    let played = run.play();
    played.totals.accounting().balance().unwrap();
    let tasks = played.totals.tasks().values().copied().fold(TaskCounts::default(), |mut all, counts| {
        all.merge(&counts);
        all
    });
    (played, tasks)
}

fn busy(retry_after: &str) -> Reply {
    Reply::Headed { status: 429, header: format!("retry-after: {retry_after}") }
}

#[test]
fn each_try_is_a_request_of_its_own_due_when_its_pause_is_over() {
    let run = calling("retry: {times: 3, on: [429, 5xx], wait: 1s, backoff: 2}");
    let late = Reply::Answer { after: ms(100), status: 503, body: String::new() };
    let (played, tasks) = play(run.answering(first(vec![Reply::status(429), late])));
    assert_eq!(played.times_of("POST /order"), [secs(0), secs(1), ms(3100)]);
    assert_eq!(played.times_of("GET /after"), [ms(3100)]);
    let books = played.totals.accounting();
    assert_eq!((books.started, books.ok, books.failures()), (4, 2, 2));
    assert_eq!(tasks.failures(), 0, "the call ended well");
    let slowest = played.measured(crate::metrics::Measure::ResponseFailed, "").max();
    assert_eq!(slowest, Some(100e6), "no pause is part of a time");
}

#[test]
fn a_call_ends_as_its_last_try_does() {
    let run = calling("retry: {times: 2, on: [429], wait: 1s}");
    let (played, tasks) = play(run.answering(first(vec![Reply::status(429); 9])));
    assert_eq!(played.times_of("POST /order"), [secs(0), secs(1), secs(2)]);
    assert!(played.times_of("GET /after").is_empty());
    assert_eq!((played.totals.accounting().failures(), tasks.failures()), (3, 1));
}

#[test]
fn what_is_not_named_is_not_tried_again() {
    for (call, reply) in [
        ("retry: {times: 2, on: [429, connect]}", Reply::status(500)),
        ("retry: {times: 2, on: [429, timeout]}", Reply::Close { after: secs(0) }),
        ("retry: {times: 0, on: [429]}", Reply::status(429)),
    ] {
        let (played, _) = play(calling(call).answering(first(vec![reply])));
        assert_eq!(played.times_of("POST /order").len(), 1, "{call}");
    }
}

#[test]
fn a_connection_that_is_refused_and_one_that_is_closed_are_tried_again() {
    let accepts = |connection, _| if connection == 0 { Accept::Never } else { Accept::After(Duration::ZERO) };
    let (played, _) = play(calling("retry: {times: 1, on: connect, wait: 2s}").accepting(accepts));
    assert_eq!(played.times_of("POST /order"), [secs(2)]);
    let run = calling("retry: {times: 1, on: reset, wait: 2s}");
    let (played, _) = play(run.answering(first(vec![Reply::Close { after: secs(0) }])));
    assert_eq!(played.times_of("POST /order"), [secs(0), secs(2)]);
    assert_eq!(played.times_of("GET /after"), [secs(2)]);
}

#[test]
fn names_bound_for_a_call_stay_through_its_tries_and_all_else_is_new() {
    let run = calling("retry: {times: 1, on: [503], wait: 1s}");
    let (played, _) = play(run.answering(first(vec![Reply::status(503)])));
    let bodies: Vec<(&str, &str)> =
        played.received.iter().filter_map(|received| received.body.split_once(' ')).collect();
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0].0, bodies[1].0);
    assert_ne!(bodies[0].1, bodies[1].1);
}

#[test]
fn an_answer_is_waited_for_as_long_as_it_asks_within_bounds() {
    let asked = |retry: &str, header: &str| {
        let (played, _) = play(calling(retry).answering(first(vec![busy(header)])));
        played.times_of("POST /order")
    };
    let honored = "retry: {times: 1, on: [429], wait: 1s, honor_retry_after: true, max_wait: 30s}";
    for (header, second) in [
        ("7", 7),
        ("0", 1),
        ("-3", 1),
        ("soon", 1),
        ("99999999999999999999", 30),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 1),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 30),
    ] {
        assert_eq!(asked(honored, header), [secs(0), secs(second)], "{header}");
    }
    assert_eq!(asked("retry: {times: 1, on: [429], wait: 1s}", "7"), [secs(0), secs(1)]);
}

#[test]
fn an_expected_status_is_tried_again_and_no_failure() {
    let plan = "
endpoints: {order: {post: /order, expect: {status: [200, 429]}}}
users: {u: {tasks: {t: {steps: [{call: {endpoint: order, retry: {times: 5, on: [429], wait: 1s}}}]}}}}
shape: {iterations: {users: 1, each: 1, within: 100s}}
";
    let (played, tasks) = play(VirtualRun::of(plan).answering(first(vec![Reply::status(429); 2])));
    let books = played.totals.accounting();
    assert_eq!((books.ok, books.failures(), tasks.failures()), (3, 0, 0));
}

#[test]
fn a_pause_between_tries_ends_when_the_user_is_told_to_stop() {
    let run = calling("retry: {times: 1000, on: [429], wait: 20s}").answering(first(vec![Reply::status(429); 2000]));
    let (played, tasks) = play(run.stopped(secs(5), Phase::Draining));
    assert_eq!(played.times_of("POST /order"), [secs(0)]);
    assert_eq!((played.ended.as_secs(), tasks.aborted, tasks.failures()), (5, 1, 0));
}

#[test]
fn calls_at_once_are_tried_again_each_for_itself() {
    let plan = "
endpoints: {order: {post: /order}, after: {get: /after}}
users: {u: {tasks: {t: {steps: [
  {parallel: [{endpoint: order, retry: {times: 2, on: [503], wait: 3s}}, after]}, after]}}}}
shape: {iterations: {users: 1, each: 1, within: 100s}}
";
    let (played, _) = play(VirtualRun::of(plan).answering(first(vec![Reply::status(503)])));
    assert_eq!(played.times_of("POST /order"), [secs(0), secs(3)]);
    assert_eq!(played.times_of("GET /after"), [secs(0), secs(3)]);
}
