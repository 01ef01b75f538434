use std::time::Duration;

use super::{Played, VirtualRun, ms, secs};
use crate::units::Shard;

/// Users that say when they come and when they go, and do nothing in between.
const USERS: &str = "
endpoints:
  hello: {get: /hello}
  bye: {get: /bye}
users:
  u:
    think_time: 1h
    on_start: [{call: hello}]
    on_stop: [{call: bye}]
    tasks: {wait: {when: 1 > 2, call: hello}}
";

fn play(shape: &str) -> Played {
    VirtualRun::of(&format!("{USERS}{shape}")).play()
}

fn hellos(played: &Played) -> Vec<Duration> {
    played.times_of("GET /hello")
}

fn byes(played: &Played) -> Vec<Duration> {
    played.times_of("GET /bye")
}

#[test]
fn a_constant_number_of_users_is_there_from_the_first_moment_to_the_last() {
    let played = play("shape: {constant: {users: 5, for: 10m}}");
    assert_eq!(hellos(&played), [secs(0); 5]);
    assert_eq!(byes(&played), [secs(600); 5]);
    assert_eq!(played.users()[..600], [5; 600]);
}

#[test]
fn users_come_at_the_spawn_rate_one_by_one() {
    let played = play("shape: {constant: {users: 7, for: 10s, spawn_rate: 4/s}}");
    assert_eq!(hellos(&played), [0, 250, 500, 750, 1000, 1250, 1500].map(ms));
    assert_eq!(byes(&played), [secs(10); 7]);
    assert_eq!(played.users()[..10], [5, 7, 7, 7, 7, 7, 7, 7, 7, 7]);
}

#[test]
fn a_ramp_up_takes_users_in_and_a_ramp_down_lets_them_go_the_last_come_first() {
    let played =
        play("shape: {stages: [{users: 4, for: 4s, ramp: 2s}, {users: 1, for: 4s, ramp: 3s}, {users: 3, for: 2s}]}");
    assert_eq!(hellos(&played), [0, 500, 1000, 1500, 8000, 8000].map(ms));
    assert_eq!(byes(&played), [4, 5, 6, 10, 10, 10].map(secs));
    let gone: Vec<usize> =
        played.received.iter().filter(|got| got.line == "GET /bye").map(|got| got.connection).collect();
    assert_eq!(gone[..3], [3, 2, 1]);
    // a second's users are those at its end, the ones who just leave included
    assert_eq!(played.users()[..10], [3, 4, 4, 4, 3, 2, 1, 3, 3, 3]);
}

#[test]
fn a_staircase_adds_its_users_step_by_step() {
    let played = play("shape: {steps: {users: 2, add: 2, every: 3s, for: 9s, spawn_rate: 4/s}}");
    assert_eq!(hellos(&played), [0, 250, 3000, 3250, 6000, 6250].map(ms));
    assert_eq!(byes(&played), [secs(9); 6]);
}

#[test]
fn scenarios_have_users_and_times_of_their_own() {
    let played = VirtualRun::of(
        "
endpoints:
  hello: {get: '/hello/{{ user.type }}/{{ user.id }}'}
  bye: {get: '/bye/{{ user.type }}'}
users:
  early: {think_time: 1h, on_start: [{call: hello}], on_stop: [{call: bye}], tasks: {wait: {when: 1 > 2, call: bye}}}
  late: {extends: early}
scenarios:
  a: {users: [early], shape: {constant: {users: 2, for: 4s}}}
  b: {users: [late], start: 2500ms, shape: {constant: {users: 1, for: 3s}}}
",
    )
    .play();
    for (line, times) in [
        ("GET /hello/early/1", vec![ms(0)]),
        ("GET /hello/early/2", vec![ms(0)]),
        ("GET /hello/late/3", vec![ms(2500)]),
        ("GET /bye/early", vec![secs(4); 2]),
        ("GET /bye/late", vec![ms(5500)]),
    ] {
        assert_eq!(played.times_of(line), times, "{line}");
    }
    assert_eq!(played.users(), [2, 2, 3, 3, 1, 0]);
}

#[test]
fn several_workers_and_several_shards_make_the_run_that_one_makes() {
    let shape = "shape: {stages: [{users: 11, for: 5s, spawn_rate: 3/s}, {users: 2, for: 5s, ramp: 4s}]}";
    let run = || VirtualRun::of(&format!("{USERS}{shape}"));
    let one = run().play();
    let three = run().workers(3).play();
    assert_eq!((hellos(&three), byes(&three), three.users()), (hellos(&one), byes(&one), one.users()));
    let mut shards: Vec<Duration> = Vec::new();
    for index in 0..2 {
        let played = run().workers(2).shard(Shard { index, count: 2 }).play();
        shards.extend(hellos(&played));
    }
    shards.sort();
    assert_eq!(shards, hellos(&one));
}
