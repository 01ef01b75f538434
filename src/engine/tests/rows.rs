use std::collections::BTreeMap;

use super::{Played, Reply, VirtualRun, ms, secs};
use crate::units::Shard;

/// A hundred rows, 0 to 99, each used by users that need differently long for one.
fn hundred(feed: &str, users: u32) -> VirtualRun {
    let rows = (0..100).map(|row| row.to_string()).collect::<Vec<_>>().join(", ");
    VirtualRun::of(&format!(
        "
endpoints: {{ask: {{get: '/{{{{ row }}}}'}}, more: {{get: '/more/{{{{ row }}}}'}}}}
data: {{rows: {{list: [{rows}]}}}}
users: {{u: {{think_time: 100ms, feed: {{row: {{from: rows, {feed}}}}}, tasks: {{t: {{steps: [{{call: ask}}, {{call: more}}]}}}}}}}}
shape: {{constant: {{users: {users}, for: 1m}}}}
"
    ))
    .answering(|got| Reply::after(ms(if got.connection == 0 { 7 } else { 20 + 13 * got.connection as u64 })))
}

/// How often each row was asked for, and asked more of.
fn asked(played: &[Played]) -> (BTreeMap<String, u32>, BTreeMap<String, u32>) {
    let (mut first, mut second) = (BTreeMap::new(), BTreeMap::new());
    for got in played.iter().flat_map(|played| &played.received) {
        let row = got.line.rsplit('/').next().unwrap_or_default().to_owned();
        *if got.line.contains("/more/") { &mut second } else { &mut first }.entry(row).or_default() += 1;
    }
    (first, second)
}

fn each_once(played: &[Played]) {
    let (first, second) = asked(played);
    assert_eq!((first.len(), second.len()), (100, 100), "{first:?}");
    assert!(first.values().chain(second.values()).all(|times| *times == 1), "{first:?} {second:?}");
}

#[test]
fn each_row_is_used_once_and_to_its_end_whatever_the_workers() {
    for order in ["sequential", "shuffle", "unique"] {
        for at_end in ["stop", "stop_run"] {
            for workers in [1, 2, 3, 5] {
                let feed = format!("order: {order}, at_end: {at_end}");
                let played = hundred(&feed, 5).workers(workers).play();
                assert_eq!(played.ended < secs(60), at_end == "stop_run", "{feed} {workers}: {:?}", played.ended);
                each_once(&[played]);
            }
        }
    }
}

#[test]
fn each_row_is_used_once_by_all_shards_together() {
    let shards = (0..3).map(|index| {
        let shard = Shard { index, count: 3 };
        hundred("order: unique, at_end: stop_run", 7).workers(2).shard(shard).play()
    });
    each_once(&shards.collect::<Vec<_>>());
}

#[test]
fn a_row_for_each_user_is_used_before_the_run_ends() {
    for workers in [1, 2, 3] {
        let run = hundred("per: user, at_end: stop_run", 120).workers(workers);
        each_once(&[run.answering(|_| Reply::after(ms(10))).play()]);
    }
}

#[test]
fn a_sequence_keeps_its_row_for_all_of_its_tasks() {
    let play = |per: &str| {
        let played = VirtualRun::of(&format!(
            "
endpoints: {{a: {{get: '/a/{{{{ row }}}}'}}, b: {{get: '/b/{{{{ row }}}}'}}}}
data: {{rows: {{list: [1, 2, 3, 4, 5, 6]}}}}
users:
  u:
    think_time: 1s
    feed: {{row: {{from: rows, order: unique, at_end: stop_run{per}}}}}
    sequence: [a, b]
    tasks: {{a: {{call: a}}, b: {{call: b}}}}
shape: {{constant: {{users: 1, for: 1h}}}}
"
        ))
        .play();
        played.received.into_iter().map(|got| got.line.replace("GET ", "")).collect::<Vec<_>>()
    };
    assert_eq!(play("")[..6], ["/a/1", "/b/1", "/a/2", "/b/2", "/a/3", "/b/3"]);
    assert_eq!(play("").len(), 12);
    assert_eq!(play(", per: task"), ["/a/1", "/b/2", "/a/3", "/b/4", "/a/5", "/b/6"]);
}
