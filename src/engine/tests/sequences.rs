use std::collections::BTreeSet;

use super::VirtualRun;
use crate::units::Shard;

const PLAN: &str = "
endpoints:
  order: {post: /order, text: \"{{ sequence('orders') }}\"}
users: {buyer: {think_time: 10ms..30ms, tasks: {t: {call: order}}}}
shape: {constant: {users: 8, for: 3s}}
";

#[test]
fn a_number_of_a_sequence_comes_once_on_all_workers_and_shards() {
    let mut all = BTreeSet::new();
    let mut count = 0;
    for index in 0..3 {
        let played = VirtualRun::of(PLAN).workers(3).shard(Shard { index, count: 3 }).play();
        let numbers: Vec<u64> = played.received.iter().map(|got| got.body.parse().unwrap()).collect();
        assert!(numbers.iter().all(|number| number % 3 == u64::from(index + 1) % 3), "{numbers:?}");
        count += numbers.len();
        all.extend(numbers);
    }
    assert!(count > 100 && all.len() == count, "{count} numbers, {} of them different", all.len());
}

#[test]
fn the_same_seed_gives_the_same_numbers_to_the_same_users() {
    let received = || VirtualRun::of(PLAN).workers(2).play().received;
    assert_eq!(received(), received());
}
