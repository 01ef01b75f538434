use std::time::Duration;

use super::{Received, Reply, VirtualRun, ms, secs};
use crate::metrics::Measure;

/// One user that sends bodies of so many bytes over a line of a byte a millisecond.
fn plan(bytes: usize, tasks: usize) -> String {
    format!(
        "target: {{url: 'http://service.test', http: {{bandwidth: 8kbit/s}}}}\n\
         endpoints: {{send: {{post: /send, text: \"{}\"}}}}\n\
         users: {{u: {{think_time: 1s, tasks: {{t: {{call: send}}}}}}}}\n\
         shape: {{iterations: {{users: 1, total: {tasks}, within: 60s}}}}\n",
        "x".repeat(bytes)
    )
}

#[test]
fn a_request_and_its_answer_take_as_long_as_the_line_needs_for_their_bytes() {
    let answer = |_: &Received| Reply::Answer { after: secs(2), status: 200, body: "y".repeat(700) };
    let played = VirtualRun::of(&plan(1000, 1)).answering(answer).play();
    let series = || played.seconds.iter().flat_map(|second| &second.series);
    let out: u64 = series().map(|series| series.counts.bytes_out).sum();
    let back: u64 = series().map(|series| series.counts.bytes_in).sum();
    assert!(out > 1000 && back > 700, "{out} {back}");
    // the service has the last byte when the line has carried all of them
    assert_eq!(played.received[0].at, ms(out));
    let took = played.measured(Measure::ServiceOk, "").max().unwrap() / 1e6;
    assert_eq!(took, (out + 2000 + back) as f64);
}

/// What a call of that plan fails with that may take so long.
fn message(plan: &str, timeout: &str) -> String {
    let plan = plan.replace("target: {", &format!("target: {{timeout: {timeout}, "));
    let played = VirtualRun::of(&plan).play();
    played.totals.most_frequent_error().map(|(error, _)| error.message.to_string()).unwrap_or_default()
}

#[test]
fn a_timeout_while_the_body_is_sent_says_how_much_of_it_was() {
    let none = "no answer from service.test:80 within";
    assert_eq!(message(&plan(10_000, 1), "3500ms"), format!("{none} 3.5s: 30% of the body was sent"));
    assert_eq!(message(&plan(10_000, 1), "500ms"), format!("{none} 500ms: less than 10% of the body was sent"));
}

#[test]
fn a_line_that_lets_nothing_through_is_no_connection_that_is_missing() {
    let line = plan(10, 1).replace("8kbit/s", "1bit/s");
    let through = "nothing came through to service.test:80 within 2s: `bandwidth` is too low";
    assert_eq!(message(&line, "2s"), through);
}

#[test]
fn a_line_that_was_not_used_for_a_while_is_no_quicker_after_that() {
    let played = VirtualRun::of(&plan(300, 3)).play();
    let at: Vec<Duration> = played.received.iter().map(|got| got.at).collect();
    assert_eq!(at[1] - at[0], at[2] - at[1], "{at:?}");
    assert!(at[1] - at[0] > ms(1000 + 300), "{at:?}");
}
