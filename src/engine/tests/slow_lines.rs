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

#[test]
fn a_line_that_was_not_used_for_a_while_is_no_quicker_after_that() {
    let played = VirtualRun::of(&plan(300, 3)).play();
    let at: Vec<Duration> = played.received.iter().map(|got| got.at).collect();
    assert_eq!(at[1] - at[0], at[2] - at[1], "{at:?}");
    assert!(at[1] - at[0] > ms(1000 + 300), "{at:?}");
}
