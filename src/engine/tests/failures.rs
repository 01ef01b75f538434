use super::{Played, Received, Reply, VirtualRun, ms, secs};
use crate::engine::Phase;
use crate::metrics::TaskCounts;
use crate::sample::{TaskFailure, TaskRole};

const ENDPOINTS: &str = "
endpoints:
  look: {get: /}
  order: {post: /order, json: {}}
  log_in: {post: /login, capture: {token: $.token}}
";

/// Two users for two seconds.
const TWO: &str = "{constant: {users: 2, for: 2s}}";

fn run(user: &str, shape: &str) -> VirtualRun {
    VirtualRun::of(&format!("{ENDPOINTS}users: {{u: {{{user}}}}}\nshape: {shape}\n"))
}

/// What users did first, and what they did then; each adds up.
fn play(run: VirtualRun) -> (Played, TaskCounts, TaskCounts) {
    let catalog = run.program.catalog.clone();
    let played = run.play();
    played.totals.accounting().balance().unwrap();
    let (mut starts, mut tasks) = (TaskCounts::default(), TaskCounts::default());
    for (key, counts) in played.totals.tasks() {
        let role = catalog.role(key.task);
        if role == TaskRole::Start { starts.merge(counts) } else { tasks.merge(counts) }
    }
    for counts in [starts, tasks] {
        assert_eq!(counts.started, counts.completed + counts.failures() + counts.aborted, "{counts:?}");
    }
    (played, starts, tasks)
}

fn answer(body: &str) -> Reply {
    Reply::Answer { after: secs(0), status: 200, body: body.to_owned() }
}

fn refused(got: &Received) -> Reply {
    if got.line == "POST /login" { Reply::status(401) } else { answer("{}") }
}

/// A user that looks, does a step, and orders, once a second.
fn doing(step: &str) -> VirtualRun {
    let steps = format!("[{{call: look}}, {step}, {{call: order}}]");
    run(&format!("think_time: 1s, state: {{ids: []}}, tasks: {{t: {{steps: {steps}}}}}"), TWO)
        .answering(|_| answer(r#"{"ok": true}"#))
}

fn by(counts: &TaskCounts, kind: TaskFailure) -> u64 {
    counts.failed[kind as usize]
}

#[test]
fn a_task_that_throws_is_a_failed_task_whatever_its_step() {
    for step in [
        r#"{set: {id: "{{ json.items[0].id }}"}}"#,
        r#"{append: {to: ids, value: "{{ json.items[0].id }}"}}"#,
        "{when: {that: 'json.items[0].id == 1', then: [{call: order}]}}",
        "{switch: {on: 'json.items[0].id', cases: {a: [{call: order}]}}}",
        r#"{repeat: {times: "{{ json.items[0].n }}", steps: [{call: order}]}}"#,
        r#"{repeat: {times: "{{ json.ok ~ 'x' }}", steps: [{call: order}]}}"#,
        "{repeat: {until: 'json.items[0].done', steps: [{set: {a: 1}}]}}",
        "{repeat: {until: json.ok == 2, max: 3, steps: [{set: {a: 1}}]}}",
        r#"{for_each: {item: i, of: "{{ json.ok ~ 'a text' }}", steps: [{call: order}]}}"#,
        r#"{log: "{{ json.items[0].id }}"}"#,
        r#"{transaction: {name: buy, steps: [{set: {id: "{{ json.items[0].id }}"}}]}}"#,
        r#"{choose: [{steps: [{set: {id: "{{ json.items[0].id }}"}}]}]}"#,
    ] {
        let (played, starts, tasks) = play(doing(step));
        assert_eq!((tasks.started, by(&tasks, TaskFailure::Step), tasks.failures()), (4, 4, 4), "{step}");
        assert_eq!((starts.started, starts.completed), (2, 2), "{step}");
        assert!(played.times_of("POST /order").is_empty(), "{step}");
        assert_eq!(played.totals.accounting().failures(), 0, "{step}");
    }
}

#[test]
fn a_condition_of_a_task_that_throws_fails_it_and_one_that_does_not_hold_is_no_task() {
    let tasks = |when: &str| {
        let user =
            format!("think_time: 1s, state: {{no: {{}}}}, tasks: {{t: {{when: {when}, steps: [{{call: order}}]}}}}");
        play(run(&user, TWO)).2
    };
    let threw = tasks("no.a.b == 1");
    assert_eq!((threw.started, by(&threw, TaskFailure::Step)), (4, 4));
    assert_eq!(tasks("iteration == 0"), TaskCounts::default());
    let held = tasks("iteration > 0");
    assert_eq!((held.started, held.completed), (4, 4));
}

#[test]
fn a_task_within_a_task_that_throws_fails_the_one_it_is_a_part_of() {
    let inner = r#"{weight: 0, steps: [{call: look}, {set: {id: "{{ json.a.b }}"}}]}"#;
    let user = format!("think_time: 1s, tasks: {{t: {{steps: [{{run: inner}}, {{call: order}}]}}, inner: {inner}}}");
    let (_, _, tasks) = play(run(&user, TWO).answering(|_| answer("{}")));
    assert_eq!((tasks.started, by(&tasks, TaskFailure::Step)), (4, 4));
}

#[test]
fn a_task_that_a_failed_call_ends_is_failed_by_it_and_one_that_goes_on_is_completed() {
    for (on_failure, completed, failed) in [("stop_task", 0, 4), ("continue", 4, 0), ("stop_user", 0, 2)] {
        let steps = format!("[{{call: {{endpoint: look, on_failure: {on_failure}}}}}, {{call: order}}]");
        let user = format!("think_time: 1s, tasks: {{t: {{steps: {steps}}}}}");
        let broken = |got: &Received| if got.line == "GET /" { Reply::status(500) } else { Reply::ok() };
        let (_, _, tasks) = play(run(&user, TWO).answering(broken));
        let counted = (tasks.completed, by(&tasks, TaskFailure::Call), tasks.failures());
        assert_eq!(counted, (completed, failed, failed), "{on_failure}");
    }
}

#[test]
fn a_step_that_stops_its_task_or_user_completes_it() {
    for (stop, started) in [("task", 4), ("user", 2)] {
        let (_, _, tasks) = play(doing(&format!("{{stop: {stop}}}")));
        assert_eq!((tasks.started, tasks.completed), (started, started), "{stop}");
    }
}

#[test]
fn a_user_whose_start_fails_sends_no_tasks() {
    for (start, kind) in [
        ("on_start: [{call: log_in}]", TaskFailure::Call),
        ("on_start: [{call: {endpoint: log_in, on_failure: stop_user}}]", TaskFailure::Call),
        ("on_start: [{transaction: {name: start, steps: [{call: log_in}]}}]", TaskFailure::Call),
        (r#"on_start: [{call: look}, {set: {token: "{{ json.a.b }}"}}]"#, TaskFailure::Step),
        (r#"state: {no: {}, token: "{{ no.a.b }}"}"#, TaskFailure::Step),
    ] {
        for shape in ["{constant: {users: 3, for: 5s}}", "{iterations: {users: 3, each: 2, within: 5s}}"] {
            let user = format!("{start}, on_stop: [{{call: order}}], think_time: 1s, tasks: {{t: {{call: order}}}}");
            let (played, starts, tasks) = play(run(&user, shape).answering(refused));
            let counted = (starts.started, by(&starts, kind), starts.failures());
            assert_eq!(counted, (3, 3, 3), "{start} {shape}");
            assert_eq!(tasks, TaskCounts::default(), "{start} {shape}");
            assert!(played.times_of("POST /order").is_empty(), "{start} {shape}");
        }
    }
}

#[test]
fn a_user_goes_on_where_the_plan_says_so() {
    for start in ["{call: {endpoint: log_in, on_failure: continue}}", "{stop: task}"] {
        let user = format!("on_start: [{start}], think_time: 1s, tasks: {{t: {{call: look}}}}");
        let (_, starts, tasks) = play(run(&user, TWO).answering(refused));
        assert_eq!((starts.completed, tasks.completed), (2, 4), "{start}");
    }
}

#[test]
fn an_arrival_for_a_user_that_does_not_start_is_dropped() {
    let user = "on_start: [{call: log_in}], tasks: {t: {call: look}}";
    let (played, starts, tasks) = play(run(user, "{arrivals: {rate: 5/s, for: 2s, max_users: 50}}").answering(refused));
    let books = played.totals.accounting();
    assert_eq!((books.dropped, books.failures(), starts.failures(), tasks.started), (10, 10, 10, 0));
}

#[test]
fn a_transaction_in_which_something_fails_is_a_failed_one() {
    let transactions = |steps: &str, status: u16| {
        let steps = format!("[{{transaction: {{name: buy, steps: [{steps}]}}}}]");
        let user = format!("think_time: 1s, tasks: {{t: {{steps: {steps}}}}}");
        let reply = move |_: &Received| Reply::Answer { after: secs(0), status, body: "{}".to_owned() };
        let (played, ..) = play(run(&user, TWO).answering(reply));
        let metrics = played.seconds.iter().flat_map(|second| &second.metrics);
        metrics.fold((0, 0), |(ok, failed), count| (ok + count.samples.moments().count, failed + count.failed))
    };
    assert_eq!(transactions("{call: look}", 200), (4, 0));
    assert_eq!(transactions("{call: look}", 500), (0, 4));
    assert_eq!(transactions("{call: {endpoint: look, on_failure: continue}}", 500), (0, 4));
    assert_eq!(transactions("{parallel: [{endpoint: look, on_failure: continue}, order]}", 500), (0, 4));
    assert_eq!(transactions(r#"{call: look}, {set: {a: "{{ json.a.b }}"}}"#, 200), (0, 4));
    // it was left on the plan's word
    assert_eq!(transactions("{call: look}, {stop: task}", 200), (0, 0));
}

#[test]
fn tasks_add_up_wherever_a_run_is_cut() {
    let user = "think_time: 1s, on_start: [{call: log_in}], on_stop: [{call: order}], \
                tasks: {t: {steps: [{call: look}, {think: 300ms}, {call: look}]}}";
    for at in [0, 900, 1500, 2500] {
        for phase in [Phase::Draining, Phase::Cutting] {
            let slow = |_: &Received| Reply::Answer { after: ms(400), status: 200, body: r#"{"token": 1}"#.to_owned() };
            let run = run(user, "{constant: {users: 4, for: 3s, spawn_rate: 2/s}}").answering(slow);
            play(run.stopped(ms(at), phase).workers(2));
        }
    }
}

#[test]
fn a_connection_that_closes_as_a_request_goes_out_sends_it_once_and_counts_it_as_what_it_is() {
    // a request is due every 10 ms; the connection closes before, in the very moment, and after
    for (close, fails) in [(0, false), (9, false), (10, true), (11, true), (15, true)] {
        for workers in [1, 2] {
            let plan = "
endpoints: {look: {get: '/{{ user.id }}/{{ iteration }}', name: look}}
users: {u: {pacing: 10ms, tasks: {t: {call: look}}}}
shape: {constant: {users: 3, for: 1s}}
thresholds: [error_rate <= 100%]
";
            let played =
                VirtualRun::of(plan).workers(workers).answering(move |_| Reply::Last { close: ms(close) }).play();
            let books = played.totals.accounting();
            assert_eq!((books.started, books.balance()), (300, Ok(())), "{close}");
            let mut lines: Vec<&str> = played.received.iter().map(|got| got.line.as_str()).collect();
            let all = lines.len();
            lines.sort_unstable();
            lines.dedup();
            assert_eq!(lines.len(), all, "{close}: a request was sent twice");
            // one that met the close was on the wire, and is no answer
            assert_eq!(books.never_sent, 0, "{close}");
            assert_eq!((books.ok, books.failures()), (all as u64, 300 - all as u64), "{close}");
            assert_eq!(books.failures() > 0, fails, "{close}: {books:?}");
            let messages = played.seconds.iter().flat_map(|second| &second.errors).map(|error| &*error.key.message);
            for message in messages {
                assert!(message.ends_with("on a connection that was used before"), "{close}: {message}");
            }
        }
    }
}
