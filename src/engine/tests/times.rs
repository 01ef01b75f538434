use std::time::Duration;

use super::{Accept, Played, Received, Reply, VirtualRun, ms, secs};
use crate::metrics::Measure;
use crate::sample::FailureKind;

fn run(endpoint: &str, pacing: &str, length: &str) -> VirtualRun {
    VirtualRun::of(&format!(
        "
endpoints: {{root: {{get: /, name: 'request {{{{ iteration }}}}'{endpoint}}}}}
users: {{u: {{pacing: {pacing}, tasks: {{ask: {{call: root}}}}}}}}
shape: {{constant: {{users: 1, for: {length}}}}}
"
    ))
}

/// One request's time, in milliseconds.
fn time(played: &Played, measure: Measure, request: u64) -> Option<f64> {
    let times = played.measured(measure, &format!("request {request}"));
    assert!(times.count() <= 1);
    times.max().map(|nanos| nanos / 1e6)
}

fn failed(played: &Played, kind: FailureKind) -> u64 {
    played.totals.accounting().failed[kind as usize]
}

#[test]
fn a_stall_shows_in_response_time_and_not_in_service_time() {
    // the 21st request, due after 2 s, takes 1 s: ten more fall due meanwhile
    let stall = |got: &Received| Reply::after(if got.at == secs(2) { secs(1) } else { Duration::ZERO });
    let played = run("", "100ms", "10s").answering(stall).play();
    assert_eq!(played.received.len(), 100, "no request is left out because the user was waiting");
    for request in 1..=100 {
        let (response, service) = match request {
            21 => (1000.0, 1000.0),
            // due while the user waited: sent all at once when the answer is there
            22..=30 => (f64::from(31 - request) * 100.0, 0.0),
            _ => (0.0, 0.0),
        };
        let request = u64::from(request as u32);
        assert_eq!(time(&played, Measure::ResponseOk, request), Some(response), "request {request}");
        assert_eq!(time(&played, Measure::ServiceOk, request), Some(service), "request {request}");
    }
    // a tenth of all requests waited, for 100 ms and more; the histogram is right within a thousandth
    for (measure, p, expected) in [
        (Measure::ServiceOk, 0.99, 0.0),
        (Measure::ServiceOk, 1.0, 1000.0),
        (Measure::ResponseOk, 0.90, 0.0),
        (Measure::ResponseOk, 0.91, 100.0),
        (Measure::ResponseOk, 1.0, 1000.0),
    ] {
        let found = played.measured(measure, "").quantile(p).unwrap() / 1e6;
        assert!((found - expected).abs() <= f64::max(expected / 1000.0, 0.001), "{measure:?} p{p}: {found}");
    }
}

#[test]
fn every_quantile_is_the_programmed_delay_within_the_histograms_thousandth() {
    let delays = |got: &Received| Reply::after(ms(if (got.at.as_millis() / 500) % 10 == 9 { 200 } else { 5 }));
    let played = run("", "500ms", "500s").answering(delays).play();
    for measure in [Measure::ResponseOk, Measure::ServiceOk, Measure::FirstByte] {
        let times = played.measured(measure, "");
        assert_eq!((times.count(), times.min(), times.max()), (1000, Some(5e6), Some(200e6)));
        assert_eq!(times.mean().map(f64::round), Some(24.5e6));
        for (p, delay) in [(0.01, 5e6), (0.5, 5e6), (0.9, 5e6), (0.901, 200e6), (0.95, 200e6), (0.99, 200e6)] {
            let found = times.quantile(p).unwrap();
            assert!((found - delay).abs() <= delay / 1000.0, "p{p}: {found}");
        }
    }
}

#[test]
fn a_timeout_ends_a_request_exactly_at_its_limit() {
    let answers = |got: &Received| match got.at.as_secs() {
        0 => Reply::after(ms(299)),
        1 => Reply::after(ms(301)),
        2 => Reply::Silence,
        _ => Reply::ok(),
    };
    let played = run(", timeout: 300ms", "1s", "4s").answering(answers).play();
    assert_eq!(played.times(), [0, 1000, 2000, 3000].map(ms));
    assert_eq!(time(&played, Measure::ResponseOk, 1), Some(299.0));
    for request in [2, 3] {
        assert_eq!(time(&played, Measure::ResponseFailed, request), Some(300.0));
        assert_eq!(time(&played, Measure::ServiceFailed, request), Some(300.0));
    }
    assert_eq!((failed(&played, FailureKind::Timeout), played.totals.accounting().ok), (2, 2));
    // each timeout cost its connection
    let connections: Vec<usize> = played.received.iter().map(|got| got.connection).collect();
    assert_eq!(connections, [0, 0, 1, 2]);
}

#[test]
fn a_limit_counts_from_when_a_request_is_sent_and_its_lateness_on_top() {
    let played = run(", timeout: 700ms", "500ms", "2s").answering(|_| Reply::Silence).play();
    assert_eq!(played.times(), [0, 700, 1400, 2100][..3].iter().map(|at| ms(*at)).collect::<Vec<_>>());
    for (request, response) in [(1, 700.0), (2, 900.0), (3, 1100.0)] {
        assert_eq!(time(&played, Measure::ResponseFailed, request), Some(response));
        assert_eq!(time(&played, Measure::ServiceFailed, request), Some(700.0));
    }
}

#[test]
fn making_a_connection_is_part_of_the_first_request_alone() {
    let played =
        run("", "1s", "3s").accepting(|_, _| Accept::After(ms(120))).answering(|_| Reply::after(ms(30))).play();
    assert_eq!(played.times(), [120, 1000, 2000].map(ms));
    assert_eq!(time(&played, Measure::ServiceOk, 1), Some(150.0));
    assert_eq!(time(&played, Measure::Connect, 1), Some(120.0));
    assert_eq!(time(&played, Measure::FirstByte, 1), Some(30.0));
    assert_eq!(time(&played, Measure::ServiceOk, 2), Some(30.0));
    assert_eq!(time(&played, Measure::Connect, 2), None);
}

#[test]
fn a_connection_that_is_refused_fails_at_its_real_time_and_one_that_is_not_taken_at_its_limit() {
    let played = VirtualRun::of(
        "
target: {url: http://service.test, connect_timeout: 400ms}
endpoints: {root: {get: /, name: 'request {{ iteration }}'}}
users: {u: {pacing: 1s, tasks: {ask: {call: root}}}}
shape: {constant: {users: 1, for: 4s}}
",
    )
    .accepting(|number, _| match number {
        0 => Accept::Never,
        1 => Accept::After(secs(9)),
        _ => Accept::After(Duration::ZERO),
    })
    .play();
    assert_eq!(played.times(), [2000, 3000].map(ms));
    assert_eq!(time(&played, Measure::ResponseFailed, 1), Some(0.0));
    assert_eq!(time(&played, Measure::ResponseFailed, 2), Some(400.0));
    assert_eq!(failed(&played, FailureKind::Connect), 2);
    let messages: Vec<String> = played.totals.errors().into_iter().map(|error| error.key.message.to_string()).collect();
    assert_eq!(messages, ["connection refused by service.test:80", "no connection to service.test:80 within 400ms"]);
    assert_eq!(played.totals.accounting().never_sent, 2);
}

#[test]
fn a_connection_that_breaks_fails_its_request_when_it_breaks() {
    let breaks = |got: &Received| match got.at.as_secs() {
        1 => Reply::Close { after: ms(50) },
        2 => Reply::status(503),
        _ => Reply::ok(),
    };
    let played = run("", "1s", "4s").answering(breaks).play();
    assert_eq!(time(&played, Measure::ResponseFailed, 2), Some(50.0));
    assert_eq!(failed(&played, FailureKind::Reset), 1);
    assert_eq!(failed(&played, FailureKind::Check), 1);
    assert_eq!(played.totals.accounting().ok, 2);
}

/// The most that the generator itself added to a request.
fn lateness(played: &Played) -> Duration {
    played.seconds.iter().map(|second| second.health.lateness).max().unwrap_or_default()
}

#[test]
fn what_keeps_a_user_from_an_arrival_is_no_lateness_of_the_generator() {
    for (steps, pool) in [
        ("[{call: root}]", "visitor: new"),
        ("[{call: root}, {think: 700ms}]", "visitor: new"),
        ("[{call: root}, {think: 700ms}]", "visitor: returning"),
        ("[{think: 700ms}, {call: root}]", "visitor: returning"),
        ("[{call: root}, {repeat: {times: 3, every: 400ms, steps: [{set: {a: 1}}]}}]", "visitor: returning"),
    ] {
        for start in ["", "on_start: [{think: 900ms}], ", "on_start: [{call: root}, {think: 900ms}], "] {
            let played = VirtualRun::of(&format!(
                "
endpoints: {{root: {{get: /}}}}
users: {{u: {{{start}tasks: {{t: {{steps: {steps}}}}}}}}}
shape: {{arrivals: {{rate: 5/s, for: 3s, max_users: 2, when_busy: late, {pool}}}}}
"
            ))
            .answering(|_| Reply::after(ms(300)))
            .play();
            assert!(played.received.len() >= 2, "{start}{steps} {pool}");
            assert_eq!(lateness(&played), Duration::ZERO, "{start}{steps} {pool}");
        }
    }
}

#[test]
fn a_pause_that_takes_longer_than_the_pace_allows_makes_nothing_late() {
    for steps in [
        "[{think: 350ms}, {call: root}]",
        "[{call: root}, {think: 350ms}]",
        "[{call: root}, {repeat: {times: 3, every: 150ms, steps: [{call: root}]}}, {think: 100ms}]",
        "[{parallel: [root, root]}, {think: 900ms}]",
    ] {
        let plan = format!(
            "
endpoints: {{root: {{get: /}}}}
users: {{u: {{pacing: 200ms, tasks: {{t: {{steps: {steps}}}}}}}}}
shape: {{constant: {{users: 3, for: 3s}}}}
"
        );
        let played = VirtualRun::of(&plan).answering(|_| Reply::after(ms(10))).play();
        assert!(played.received.len() >= 6, "{steps}");
        assert_eq!(lateness(&played), Duration::ZERO, "{steps}");
    }
}
