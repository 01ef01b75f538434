use std::cell::Cell;
use std::time::Duration;

use super::{Played, Received, Reply, VirtualRun, ms, secs};
use crate::metrics::TaskCounts;

/// A user whose token is over after some uses, or after a time.
fn client(refresh: &str, steps: &str) -> VirtualRun {
    VirtualRun::of(&format!(
        "
endpoints:
  login: {{post: /login, capture: {{token: $.token}}}}
  look: {{get: '/look/{{{{ token }}}}', name: look, with: {{n: '{{{{ token }}}}'}}, headers: {{x: '{{{{ n }}}}'}}}}
users:
  u: {{state: {{token: 0, expires_in: 2}}, on_start: login, refresh: {{{refresh}}}, tasks: {{t: {{steps: {steps}}}}}}}
shape: {{iterations: {{users: 1, each: 1, within: 100s}}}}
"
    ))
}

/// A service whose tokens are numbers, each good for some requests; a login takes 10 ms.
fn tokens(good_for: u64) -> impl Fn(&Received) -> Reply {
    let (token, uses) = (Cell::new(0), Cell::new(0));
    move |got| {
        if got.line == "POST /login" {
            token.set(token.get() + 1);
            uses.set(0);
            let body = format!("{{\"token\": {}}}", token.get());
            return Reply::Answer { after: ms(10), status: 200, body };
        }
        uses.set(uses.get() + 1);
        let good = got.line == format!("GET /look/{}", token.get()) && uses.get() <= good_for;
        Reply::status(if good { 200 } else { 401 })
    }
}

fn play(run: VirtualRun) -> (Played, TaskCounts) {
    let catalog = run.program.catalog.clone();
    let played = run.play();
    played.totals.accounting().balance().unwrap();
    let mut tasks = TaskCounts::default();
    let work = played.totals.tasks().iter().filter(|(key, _)| catalog.role(key.task) == crate::sample::TaskRole::Work);
    work.for_each(|(_, counts)| tasks.merge(counts));
    (played, tasks)
}

fn lines(played: &Played) -> String {
    let short = |received: &Received| received.line.rsplit('/').next().unwrap_or_default().replace("login", "in");
    played.received.iter().map(short).collect::<Vec<_>>().join(" ")
}

const THREE: &str = "[look, look, look]";

#[test]
fn a_call_whose_token_is_over_is_made_again_with_a_new_one() {
    let (played, tasks) = play(client("when: status == 401, steps: login", THREE).answering(tokens(2)));
    assert_eq!(lines(&played), "in 1 1 1 in 2");
    let books = played.totals.accounting();
    assert_eq!((books.started, books.failures(), tasks.failures(), tasks.completed), (6, 1, 0, 1));
}

#[test]
fn it_is_made_again_once_and_then_ends_as_it_does() {
    let (played, tasks) = play(client("when: status == 401, steps: login", THREE).answering(tokens(0)));
    assert_eq!(lines(&played), "in 1 in 2");
    assert_eq!((played.totals.accounting().failures(), tasks.failures()), (2, 1));
}

#[test]
fn a_call_that_is_not_made_again_stays_as_it_ended() {
    let steps = "[{call: {endpoint: look, on_failure: continue}}, {call: {endpoint: look, on_failure: continue}}]";
    let (played, tasks) = play(client("when: status == 401, steps: login, then: continue", steps).answering(tokens(0)));
    assert_eq!((lines(&played).as_str(), tasks.failures()), ("in 1 in 2 in", 0));
}

#[test]
fn what_is_too_old_is_refreshed_before_the_next_call() {
    let steps = "[look, {think: 1s}, look, {think: 1500ms}, look, look]";
    for age in ["2s", "\"{{ expires_in }}s\""] {
        let (played, tasks) = play(client(&format!("max_age: {age}, steps: login"), steps).answering(tokens(9)));
        assert_eq!(lines(&played), "in 1 1 in 2 2", "{age}");
        // the call is due when its token is there
        assert_eq!(played.times_of("GET /look/2"), [ms(2520), ms(2520)], "{age}");
        assert_eq!((played.totals.accounting().failures(), tasks.failures()), (0, 0), "{age}");
    }
}

#[test]
fn a_refresh_that_fails_fails_the_task() {
    let refused = |got: &Received| match got.line.as_str() {
        "POST /login" if got.at == Duration::ZERO => {
            Reply::Answer { after: secs(0), status: 200, body: "{\"token\": 1}".into() }
        }
        "POST /login" => Reply::status(500),
        _ => Reply::Answer { after: ms(5), status: 401, body: String::new() },
    };
    let (played, tasks) = play(client("when: status == 401, steps: login", THREE).answering(refused));
    assert_eq!((lines(&played).as_str(), tasks.failures()), ("in 1 in", 1));
    let undefined = client("max_age: \"{{ nothing_yet }}s\", steps: [login, {set: {nothing_yet: 1}}]", THREE);
    let (played, tasks) = play(undefined.answering(tokens(9)));
    assert_eq!((lines(&played).as_str(), tasks.failures()), ("in", 1));
}

#[test]
fn calls_at_once_share_one_refresh() {
    for steps in ["[look, {parallel: [look, look]}]", "[look, {parallel: {each: i, of: [1, 2], call: look}}]"] {
        let (played, tasks) = play(client("when: status == 401, steps: login", steps).answering(tokens(1)));
        // the second token is good for one of them alone
        assert_eq!(lines(&played), "in 1 1 1 in 2 2", "{steps}");
        assert_eq!((played.totals.accounting().failures(), tasks.failures()), (3, 1), "{steps}");
        let (played, tasks) = play(client("when: status == 401, steps: login", steps).answering(tokens(2)));
        assert_eq!(lines(&played), "in 1 1 1 in 2", "{steps}");
        assert_eq!((played.totals.accounting().failures(), tasks.failures()), (1, 0), "{steps}");
    }
}
