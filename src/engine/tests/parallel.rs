use super::{Played, Received, Reply, VirtualRun, ms, secs};
use crate::engine::Phase;
use crate::metrics::TaskCounts;

fn doing(steps: &str) -> VirtualRun {
    VirtualRun::of(&format!(
        "
endpoints:
  asset: {{get: '/asset/{{{{ id }}}}', name: asset, capture: {{got: $.n}}}}
  other: {{get: /other}}
  left: {{get: '/left/{{{{ got }}}}', name: left}}
users: {{u: {{state: {{got: 0, id: 99}}, tasks: {{t: {{steps: {steps}}}}}}}}}
shape: {{iterations: {{users: 1, each: 1, within: 100s}}}}
"
    ))
}

fn play(run: VirtualRun) -> (Played, TaskCounts) {
    let played = run.play();
    played.totals.accounting().balance().unwrap();
    let mut tasks = TaskCounts::default();
    played.totals.tasks().iter().for_each(|(_, counts)| tasks.merge(counts));
    (played, tasks)
}

/// Each asset takes as many milliseconds as its number, and says it.
fn numbered(got: &Received) -> Reply {
    let number: u64 = got.line.rsplit('/').next().and_then(|number| number.parse().ok()).unwrap_or(0);
    Reply::Answer { after: ms(number), status: 200, body: format!("{{\"n\": {number}}}") }
}

fn assets(played: &Played) -> Vec<(u64, &str)> {
    let of_assets = played.received.iter().filter(|received| received.line.starts_with("GET /asset/"));
    of_assets.map(|received| (received.at.as_millis() as u64, &received.line["GET /asset/".len()..])).collect()
}

#[test]
fn so_many_calls_are_under_way_at_once_and_whoever_is_free_takes_the_next() {
    let each = "{parallel: {each: id, of: '[30, 10, 10, 20, 5]', call: asset, at_most: 2}}";
    let (played, tasks) = play(doing(&format!("[{each}, left, asset]")).answering(numbered));
    assert_eq!(assets(&played), [(0, "30"), (0, "10"), (10, "10"), (20, "20"), (30, "5"), (60, "99")]);
    // what came last is the user's, and the item is nobody's any more
    assert_eq!(played.times_of("GET /left/20"), [ms(40)]);
    assert_eq!((tasks.failures(), played.totals.accounting().ok), (0, 7));
    let slowest = played.measured(crate::metrics::Measure::ResponseOk, "asset").max();
    assert_eq!(slowest, Some(99e6), "a call is due when it may begin");
}

#[test]
fn six_at_once_are_usual_and_none_is_none() {
    let (played, _) =
        play(doing("[{parallel: {each: id, of: '[5, 5, 5, 5, 5, 5, 5, 5]', call: asset}}]").answering(numbered));
    assert_eq!(assets(&played).iter().filter(|(at, _)| *at == 0).count(), 6);
    let (played, tasks) = play(doing("[{parallel: {each: id, of: '[]', call: asset}}, other]").answering(numbered));
    assert_eq!((played.received.len(), tasks.failures()), (1, 0));
    let (_, tasks) = play(doing("[{parallel: {each: id, of: 'got', call: asset}}, other]").answering(numbered));
    assert_eq!(tasks.failures(), 1, "a number is no list");
}

#[test]
fn all_are_made_where_some_fail_and_the_task_fails() {
    let failing = |got: &Received| if got.line == "GET /asset/1" { Reply::status(500) } else { numbered(got) };
    let each = |more: &str| format!("[{{parallel: {{each: id, of: '[1, 2, 3]', at_most: 1, call: {more}}}}}, other]");
    let (played, tasks) = play(doing(&each("asset")).answering(failing));
    assert_eq!((assets(&played).len(), played.times_of("GET /other").len(), tasks.failures()), (3, 0, 1));
    let (played, tasks) = play(doing(&each("{endpoint: asset, on_failure: continue}")).answering(failing));
    assert_eq!((assets(&played).len(), played.times_of("GET /other").len(), tasks.failures()), (3, 1, 0));
}

#[test]
fn a_user_that_is_told_to_stop_begins_no_more_of_them() {
    let each = "[{parallel: {each: id, of: '[2000, 2000, 2000, 2000]', at_most: 1, call: asset}}]";
    let (played, tasks) = play(doing(each).answering(numbered).stopped(secs(3), Phase::Draining));
    assert_eq!((assets(&played).len(), tasks.aborted, tasks.failures()), (2, 1, 0));
}

#[test]
fn a_call_at_once_sets_back_nothing_that_another_has_captured() {
    let both = "[{parallel: [{endpoint: asset, with: {id: 7}}, other]}, left]";
    let (played, _) = play(doing(both).answering(numbered));
    assert_eq!(played.times_of("GET /left/7").len(), 1);
}
