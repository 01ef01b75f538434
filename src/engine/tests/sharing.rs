use super::{Played, Received, Reply, VirtualRun, ms, secs};
use crate::engine::Phase;
use crate::metrics::TaskCounts;

/// Makers put ids into a pool, takers take them.
fn makers_and_takers(take: &str) -> VirtualRun {
    VirtualRun::of(&format!(
        "
shared: {{ids: {{pool: {{keep: 3}}}}, token: {{value: none yet}}}}
endpoints:
  make: {{post: /make, capture: {{id: $.id}}}}
  use: {{get: '/use/{{{{ id }}}}', name: use}}
  look: {{get: '/look/{{{{ token }}}}', name: look}}
users:
  maker: {{count: 1, pacing: 1s, tasks: {{t: [make, {{put: {{ids: '{{{{ id }}}}', token: 't{{{{ id }}}}'}}}}]}}}}
  taker: {{count: 1, pacing: 1s, tasks: {{t: [{{think: 500ms}}, {{take: {{from: ids, as: id{take}}}}}, use, look]}}}}
shape: {{constant: {{users: 2, for: 5s}}}}
"
    ))
}

/// Makes ids from 1.
fn numbered() -> impl Fn(&Received) -> Reply {
    let next = std::cell::Cell::new(0);
    move |got| {
        if got.line == "POST /make" {
            next.set(next.get() + 1);
        }
        Reply::Answer { after: ms(0), status: 200, body: format!("{{\"id\": {}}}", next.get()) }
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

fn used(played: &Played, of: &str) -> Vec<String> {
    let lines = played.received.iter().filter_map(|received| received.line.strip_prefix(of));
    lines.map(str::to_owned).collect()
}

#[test]
fn what_one_user_puts_another_takes_whichever_worker_it_is_of() {
    for workers in [1, 2] {
        let (played, tasks) = play(makers_and_takers("").workers(workers).answering(numbered()));
        assert_eq!(used(&played, "GET /use/"), ["1", "2", "3", "4", "5"], "{workers} workers");
        assert_eq!(used(&played, "GET /look/"), ["t1", "t2", "t3", "t4", "t5"], "{workers} workers");
        assert_eq!(tasks.failures(), 0);
    }
}

const ALONE: &str = "
shared: {ids: {pool: {}}}
endpoints: {use: {get: '/use/{{ id }}', name: use}}
";

fn alone(steps: &str) -> VirtualRun {
    let shape = "shape: {iterations: {users: 1, each: 1, within: 100s}}\n";
    VirtualRun::of(&format!("{ALONE}users: {{u: {{tasks: {{t: {steps}}}}}}}\n{shape}"))
}

#[test]
fn an_empty_pool_fails_the_step_ends_the_task_or_gives_nothing() {
    for (take, failed, lines) in [
        ("{from: ids, as: id}", 1, ""),
        ("{from: ids, as: id, within: 3s}", 1, ""),
        ("{from: ids, as: id, when_empty: stop_task}", 0, ""),
        ("{from: ids, as: id, when_empty: continue}", 0, "null"),
    ] {
        let (played, tasks) = play(alone(&format!("[{{take: {take}}}, use]")));
        assert_eq!((tasks.failures(), used(&played, "GET /use/").join(" ").as_str()), (failed, lines), "{take}");
        assert_eq!(played.ended.as_secs(), if take.contains("within") { 3 } else { 0 }, "{take}");
    }
}

#[test]
fn who_waits_for_a_pool_is_served_when_something_comes() {
    let plan = format!(
        "{ALONE}
users:
  taker: {{count: 2, tasks: {{t: [{{take: {{from: ids, as: id, within: 60s}}}}, use]}}}}
  maker: {{count: 1, tasks: {{t: [{{think: 2s}}, {{put: {{ids: a}}}}, {{think: 1s}}, {{put: {{ids: b}}}}]}}}}
shape: {{iterations: {{users: 3, each: 1, within: 100s}}}}
"
    );
    for workers in [1, 3] {
        let (played, tasks) = play(VirtualRun::of(&plan).workers(workers));
        assert_eq!((played.times_of("GET /use/a"), played.times_of("GET /use/b")), (vec![secs(2)], vec![secs(3)]));
        assert_eq!(tasks.failures(), 0);
    }
    let waiting = "[{take: {from: ids, as: id, within: 60s}}, use]";
    let (played, tasks) = play(alone(waiting).stopped(secs(4), Phase::Draining));
    assert_eq!((played.ended.as_secs(), tasks.aborted), (4, 1));
}

#[test]
fn a_pool_keeps_so_many_and_expressions_see_how_many_it_has() {
    let steps = "[{repeat: {times: 12000, steps: [{put: {ids: '{{ ids }}'}}]}}, {set: {id: '{{ ids }}'}}, use, {take: {from: ids, as: id}}, use]";
    let (played, tasks) = play(alone(steps));
    // ten thousand are kept; the first of those that are left was put when there were two thousand
    assert_eq!(used(&played, "GET /use/"), ["10000", "2000"]);
    assert_eq!(tasks.failures(), 0);
}

#[test]
fn what_has_no_room_is_a_failed_step_and_the_run_goes_on() {
    let steps = "[{repeat: {times: 3, steps: [{put: {ids: '{{ random_string(900000) }}'}}]}}, {set: {id: 1}}, use]";
    let run = alone(steps);
    let played = run.with_memory(4 << 20).play();
    let messages: Vec<String> =
        played.seconds.iter().flat_map(|second| &second.errors).map(|error| error.key.message.to_string()).collect();
    assert!(
        messages.iter().any(|message| message.contains("`ids` cannot be shared: the run's memory is used up")),
        "{messages:?}"
    );
}
