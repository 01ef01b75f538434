use std::time::Duration;

use super::{Conducted, conduct_virtually};
use crate::engine::NotReady;
use crate::engine::tests::{Received, Reply, VirtualRun, ms, secs};
use crate::journal::{Closing, End, Entry, Mark};
use crate::results::{Report, Results};
use crate::run::NotStarted;

/// Two users, each with a request due every 100 ms, for a minute.
fn run(thresholds: &str) -> VirtualRun {
    VirtualRun::of(&format!(
        "
endpoints: {{root: {{get: /}}, slow: {{get: /slow, timeout: 20s}}}}
users: {{u: {{pacing: 100ms, tasks: {{ask: {{call: root}}}}}}}}
shape: {{constant: {{users: 2, for: 1m}}}}
thresholds: [{thresholds}]
"
    ))
}

/// A service that fails from a moment on.
fn failing_from(moment: Duration) -> impl Fn(&Received) -> Reply {
    move |got| if got.at >= moment { Reply::status(500) } else { Reply::after(ms(5)) }
}

fn conduct(run: VirtualRun) -> Conducted {
    conduct_virtually(run, &[]).unwrap()
}

#[test]
fn a_run_to_its_time_is_complete_and_passes() {
    let conducted =
        conduct(run("p95 < 10ms, error_rate < 1%, count >= 1200").answering(failing_from(secs(99))).workers(2));
    assert_eq!((conducted.end.closing, conducted.end.elapsed), (Closing::Complete, secs(60)));
    assert_eq!(conducted.books(), [1200, 1200, 0, 0]);
    assert_eq!((conducted.report.verdict.passed, conducted.report.verdict.exit_code), (true, 0));
    assert_eq!(conducted.report.total.requests, 1200);
    assert!(conducted.stopping.is_empty());
}

#[test]
fn a_threshold_that_aborts_does_so_when_its_time_is_over_and_not_before() {
    let run = run("{require: error_rate < 50%, abort: true, after: 10s}").answering(failing_from(secs(0)));
    let conducted = conduct(run);
    assert_eq!((conducted.end.closing, conducted.end.elapsed), (Closing::Threshold(0), secs(10)));
    assert_eq!(conducted.stopping, [(secs(10), "error_rate < 50%".to_owned())]);
    assert_eq!(conducted.marks(Mark::ThresholdBroke), [(secs(10), "error_rate < 50%")]);
    assert!(conducted.received.iter().all(|got| got.at <= secs(10)));
    assert!(conducted.over < ms(10_100), "{:?}", conducted.over);
    assert_eq!((conducted.report.verdict.exit_code, conducted.report.run.ended.as_str()), (1, "threshold"));
}

#[test]
fn a_threshold_over_a_window_aborts_with_the_second_that_breaks_it() {
    // from second 20 on every request fails: with it, half of the last two seconds has
    let run = run("{require: error_rate < 50% over 2s, abort: true}").answering(failing_from(secs(20)));
    let conducted = conduct(run);
    assert_eq!((conducted.end.closing, conducted.end.elapsed), (Closing::Threshold(0), secs(21)));
    assert_eq!(conducted.marks(Mark::ThresholdBroke), [(secs(21), "error_rate < 50% over 2s")]);
    // what falls due in the very moment of the break is still sent
    assert_eq!(conducted.received.iter().filter(|got| got.at >= secs(20) && got.at < secs(21)).count(), 20);
    assert!(conducted.received.iter().all(|got| got.at <= secs(21)));
}

#[test]
fn the_first_interrupt_drains_and_the_next_cuts() {
    let run = VirtualRun::of(
        "
endpoints: {slow: {get: /slow, timeout: 20s}, bye: {get: /bye}}
users: {u: {on_stop: [{call: bye}], tasks: {ask: {call: slow}}}}
shape: {constant: {users: 3, for: 10m}}
",
    );
    let slow = |got: &Received| if got.line == "GET /slow" { Reply::after(secs(4)) } else { Reply::Silence };
    let conducted = conduct_virtually(run.answering(slow).workers(2), &[ms(6500), ms(9250)]).unwrap();
    assert_eq!((conducted.end.closing, conducted.end.elapsed), (Closing::Asked, ms(6500)));
    assert_eq!(conducted.stopping, [(ms(6500), "the run was asked to end".to_owned())]);
    // what was under way from 4 s on ends at 8 s; the last steps are cut off
    assert_eq!(conducted.times_of("GET /slow"), [0, 0, 0, 4, 4, 4].map(secs));
    assert_eq!(conducted.times_of("GET /bye"), [secs(8); 3]);
    assert_eq!(conducted.books(), [9, 6, 0, 3]);
    assert_eq!(conducted.marks(Mark::Cut).len(), 1);
    assert!((ms(9250)..=ms(9252)).contains(&conducted.over), "{:?}", conducted.over);
    assert_eq!((conducted.report.verdict.exit_code, conducted.report.run.ended.as_str()), (5, "asked"));
}

/// Two users whose calls take four seconds, for ten; the last of them are under way when the time is over.
const DRAINING: &str = "
endpoints: {slow: {get: /slow, timeout: 20s}}
users: {u: {tasks: {ask: {call: slow}}}}
shape: {constant: {users: 2, for: 10s}}
";

#[test]
fn an_interrupt_when_the_load_is_over_cuts_off_what_is_under_way_and_the_run_is_interrupted() {
    let run = || VirtualRun::of(DRAINING).answering(|_| Reply::after(secs(4))).workers(2);
    let waited = conduct(run());
    assert_eq!((waited.end.closing, waited.books()), (Closing::Complete, [6, 6, 0, 0]));
    assert!((secs(12)..=ms(12_010)).contains(&waited.over), "{:?}", waited.over);
    let cut = conduct_virtually(run(), &[ms(10_500)]).unwrap();
    assert!((ms(10_500)..=ms(10_510)).contains(&cut.over), "{:?}", cut.over);
    assert_eq!((cut.books(), cut.marks(Mark::Cut).len()), ([6, 4, 0, 2], 1));
    // the whole load was made, but what was cut off might have failed
    assert_eq!((cut.end.closing, cut.end.elapsed), (Closing::Asked, secs(10)));
    assert_eq!((cut.report.verdict.exit_code, cut.stopping), (5, Vec::new()));
}

#[test]
fn an_interrupt_that_costs_nothing_leaves_a_complete_run_complete() {
    // the second call of each user ends with the load's time, and nothing is under way behind it
    let plan = DRAINING.replace("ask: {call: slow}", "ask: {steps: [{call: slow}, {think: 1s}]}");
    let run = || VirtualRun::of(&plan).answering(|_| Reply::after(secs(4)));
    let waited = conduct(run());
    let late = conduct_virtually(run(), &[secs(10)]).unwrap();
    assert_eq!((waited.end.closing, waited.books()), (Closing::Complete, [4, 4, 0, 0]));
    assert_eq!((late.end.closing, late.books()), (Closing::Complete, [4, 4, 0, 0]));
    assert_eq!((late.report.verdict.exit_code, late.end.elapsed), (0, secs(10)));
}

#[test]
fn arrivals_that_an_interrupt_keeps_from_being_served_are_missed() {
    let run = VirtualRun::of(
        "
endpoints: {slow: {get: /slow, timeout: 20s}}
users: {u: {tasks: {ask: {call: slow}}}}
shape: {arrivals: {rate: 2/s, for: 4s, max_users: 1, when_busy: late}}
",
    );
    let cut = conduct_virtually(run.answering(|_| Reply::after(secs(3))), &[ms(4500)]).unwrap();
    assert_eq!((cut.end.closing, cut.books()), (Closing::Asked, [2, 1, 0, 1]));
    assert_eq!(cut.report.books.dropped, 6);
}

#[test]
fn a_run_that_its_plan_ended_is_interrupted_where_somebody_cuts_off_the_rest() {
    let run = VirtualRun::of(
        "
endpoints: {slow: {get: /slow, timeout: 20s}}
users: {u: {tasks: {ask: {call: slow}}}, ender: {tasks: {end: {steps: [{think: 1s}, {stop: run}]}}}}
shape: {constant: {users: 2, for: 10s}}
",
    );
    let cut = conduct_virtually(run.answering(|_| Reply::after(secs(4))), &[secs(2)]).unwrap();
    assert_eq!((cut.end.closing, cut.books(), cut.end.elapsed), (Closing::Asked, [1, 0, 0, 1], secs(1)));
}

#[test]
fn a_third_interrupt_changes_nothing() {
    let conducted = conduct_virtually(run("count > 0"), &[secs(1), secs(1), secs(1)]).unwrap();
    assert_eq!((conducted.end.closing, conducted.end.elapsed), (Closing::Asked, secs(1)));
}

#[test]
fn a_plan_may_end_its_run_and_write_to_its_log() {
    let run = VirtualRun::of(
        "
endpoints: {root: {get: /}}
users:
  u:
    pacing: 500ms
    tasks: {ask: {steps: [{call: root}, {when: {that: iteration == 7, then: [{log: 'enough for {{ user.id }}'}, {stop: run}]}}]}}
shape: {constant: {users: 1, for: 1m}}
",
    );
    let conducted = conduct(run);
    assert_eq!((conducted.end.closing, conducted.end.elapsed), (Closing::Plan, secs(3)));
    assert_eq!(conducted.received.len(), 7);
    assert_eq!(conducted.marks(Mark::Line), [(secs(3), "enough for 1")]);
    assert!(conducted.marks(Mark::StopAsked)[0].1.starts_with("a step of the plan stops the run"));
}

/// A plan whose setup keeps what an answer brings, and whose teardown hands it back.
const PREPARED: &str = "
endpoints:
  open: {post: /open, capture: {ticket: $.ticket}}
  ask: {get: '/ask/{{ ticket }}'}
  close: {post: '/close/{{ ticket }}', expect: {status: 204}}
users: {u: {pacing: 1s, tasks: {ask: {call: ask}}}}
setup: [{call: open}]
teardown: [{call: close}]
shape: {constant: {users: 1, for: 3s}}
";

fn tickets(got: &Received) -> Reply {
    match got.line.as_str() {
        "POST /open" => Reply::Answer { after: secs(2), status: 200, body: r#"{"ticket": 7}"#.to_owned() },
        _ => Reply::after(ms(10)),
    }
}

#[test]
fn setup_and_teardown_enclose_the_load_and_count_in_no_statistic() {
    let conducted = conduct(VirtualRun::of(PREPARED).answering(tickets));
    // the load's zero is when the setup is over
    assert_eq!(conducted.times_of("POST /open"), [secs(0)]);
    assert_eq!(conducted.times_of("GET /ask/7"), [2, 3, 4].map(secs));
    assert_eq!(conducted.times_of("POST /close/7").len(), 1);
    assert!(conducted.times_of("POST /close/7")[0] >= secs(5));
    assert_eq!((conducted.books(), conducted.end.elapsed), ([3, 3, 0, 0], secs(3)));
    // the teardown expects another status than it gets
    assert_eq!(conducted.end.teardown.len(), 1);
    assert!(conducted.end.teardown[0].contains("expected status 204, got 200"), "{:?}", conducted.end.teardown);
}

#[test]
fn a_setup_that_fails_or_is_interrupted_starts_no_run() {
    let failed = conduct_virtually(VirtualRun::of(PREPARED).answering(|_| Reply::status(503)), &[]);
    assert!(matches!(failed, Err(NotStarted::NotReady(NotReady::Setup(_)))));
    let interrupted = conduct_virtually(VirtualRun::of(PREPARED).answering(tickets), &[ms(500)]);
    assert!(matches!(interrupted, Err(NotStarted::NotReady(NotReady::Interrupted))));
}

#[test]
fn a_run_whose_thresholds_cannot_be_read_back_sends_nothing_not_even_its_setup() {
    let asked = std::rc::Rc::new(std::cell::Cell::new(0));
    let count = asked.clone();
    let mut run = VirtualRun::of(
        "
endpoints: {root: {get: /}}
setup: [{call: root}]
users: {u: {pacing: 100ms, tasks: {ask: {call: root}}}}
shape: {constant: {users: 2, for: 1s}}
",
    )
    .answering(move |_: &Received| {
        count.set(count.get() + 1);
        Reply::after(ms(1))
    });
    std::sync::Arc::get_mut(&mut run.program).unwrap().rules[0].text = "error_rate < 1% over the moon".to_owned();
    assert!(matches!(conduct_virtually(run, &[]), Err(NotStarted::Header(_))));
    assert_eq!(asked.get(), 0);
}

#[test]
fn a_teardown_that_takes_too_long_is_ended_by_an_interrupt_and_the_results_stay() {
    let run = || {
        VirtualRun::of(
            "
endpoints: {root: {get: /}}
users: {u: {pacing: 1s, tasks: {ask: {call: root}}}}
teardown: [{think: 1h}, {call: root}]
shape: {constant: {users: 1, for: 3s}}
",
        )
    };
    let late = conduct_virtually(run(), &[secs(60)]).unwrap();
    assert!((secs(60)..=ms(60_010)).contains(&late.over), "{:?}", late.over);
    assert_eq!(late.end.teardown, ["interrupted before it was done"]);
    assert_eq!((late.end.closing, late.books(), late.report.verdict.exit_code), (Closing::Complete, [3, 3, 0, 0], 0));
    // what the first brought to its end, the second may end in its teardown
    let asked = conduct_virtually(run(), &[secs(2), secs(9)]).unwrap();
    assert!((secs(9)..=ms(9010)).contains(&asked.over), "{:?}", asked.over);
    assert_eq!((asked.end.closing, asked.report.verdict.exit_code), (Closing::Asked, 5));
}

#[test]
fn three_interrupts_in_one_moment_end_the_load_and_its_teardown() {
    let plan = "
endpoints: {slow: {get: /, timeout: 20s}}
users: {u: {tasks: {ask: {call: slow}}}}
teardown: [{think: 1h}, {call: slow}]
shape: {constant: {users: 2, for: 1m}}
";
    for moments in [[secs(3); 3], [secs(3), secs(3), ms(3001)], [secs(3), secs(5), secs(5)]] {
        let conducted = conduct_virtually(VirtualRun::of(plan).answering(|_| Reply::Silence), &moments).unwrap();
        assert!(conducted.over <= moments[2] + ms(10), "{moments:?}: {:?}", conducted.over);
        assert_eq!((conducted.end.closing, conducted.report.verdict.exit_code), (Closing::Asked, 5));
        assert_eq!(conducted.books()[3], 2);
    }
}

#[test]
fn what_was_measured_is_complete_before_the_teardown_begins() {
    let run = VirtualRun::of(
        "
endpoints: {root: {get: /}, close: {post: /close, expect: {status: 204}}}
users: {u: {pacing: 1s, tasks: {ask: {call: root}}}}
setup: [{log: opened}]
teardown: [{log: closing}, {think: 1m}, {log: closed}, {call: close}]
shape: {constant: {users: 1, for: 3s}}
",
    );
    let conducted = conduct(run);
    let ends: Vec<(usize, &End)> = conducted
        .entries
        .iter()
        .enumerate()
        .filter_map(|(place, entry)| match entry {
            Entry::End(end) => Some((place, end)),
            _ => None,
        })
        .collect();
    let [(first, before), (last, after)] = ends[..] else { panic!("{ends:?}") };
    assert_eq!(before.teardown, [End::TEARDOWN_OPEN]);
    assert_eq!((before.closing, before.elapsed), (after.closing, after.elapsed));
    assert!(after.teardown[0].contains("expected status 204, got 200"), "{:?}", after.teardown);
    // between the two stands what the teardown logged, and behind the last nothing
    let line = |at: Duration, text: &str| (at, text.to_owned());
    let lines: Vec<_> = conducted.marks(Mark::Line).into_iter().map(|(at, text)| line(at, text)).collect();
    assert_eq!(lines[0], line(secs(0), "opened"));
    assert_eq!(lines[1..].iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), ["closing", "closed"]);
    assert!(lines[2].0 >= lines[1].0 + secs(60), "{lines:?}");
    assert_eq!((last - first, last), (3, conducted.entries.len() - 1));
    // a report made of the first end says everything but how the teardown went
    let mut results = Results::new(conducted.header.clone()).unwrap();
    conducted.entries[..=first].iter().for_each(|entry| results.hear(entry));
    let told = Report { teardown: conducted.report.teardown.clone(), ..results.report() };
    assert_eq!(told, conducted.report);
}

#[test]
fn what_failed_in_a_teardown_is_told_though_somebody_ends_it() {
    let run = VirtualRun::of(
        "
endpoints: {root: {get: /}, close: {post: /close, expect: {status: 204}}}
users: {u: {pacing: 1s, tasks: {ask: {call: root}}}}
teardown: [{parallel: [close, root]}, {think: 1h}]
shape: {constant: {users: 1, for: 3s}}
",
    );
    let slow =
        |got: &Received| if got.line == "GET /" && got.at > secs(3) { Reply::Silence } else { Reply::after(ms(5)) };
    let late = conduct_virtually(run.answering(slow), &[secs(4)]).unwrap();
    assert_eq!(late.end.teardown.len(), 2, "{:?}", late.end.teardown);
    assert!(late.end.teardown[0].contains("expected status 204, got 200"), "{:?}", late.end.teardown);
    assert_eq!(late.end.teardown[1], "interrupted before it was done");
}
