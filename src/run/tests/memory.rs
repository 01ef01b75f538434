use super::{Conducted, conduct_virtually};
use crate::engine::tests::{Received, Reply, VirtualRun};
use crate::journal::Mark;
use crate::secrets::Told;

fn conduct(run: VirtualRun) -> Conducted {
    conduct_virtually(run, &[]).unwrap()
}

/// Ten users, each of whose requests has a name of its own.
fn names() -> VirtualRun {
    VirtualRun::of(
        r#"
endpoints: {item: {get: /item, name: "/item/{{ user.id }}/{{ iteration }}"}}
users: {u: {pacing: 100ms, tasks: {ask: {call: item}}}}
shape: {constant: {users: 10, for: 8s}}
"#,
    )
}

/// A small answer that becomes large once it is read.
fn large_once_read(_: &Received) -> Reply {
    let Reply::Answer { after, status, .. } = Reply::ok() else { unreachable!() };
    Reply::Answer { after, status, body: format!("[{}1]", "[],".repeat(20_000)) }
}

fn capturing() -> VirtualRun {
    VirtualRun::of(
        "
endpoints: {list: {get: /list, capture: {all: $}}}
users: {u: {pacing: 1s, tasks: {ask: {call: list}}}}
shape: {constant: {users: 10, for: 3s}}
",
    )
    .answering(large_once_read)
}

#[test]
fn names_beyond_the_memory_fold_into_other_which_is_told_once() {
    let conducted = conduct(names().workers(2).with_memory(1 << 20));
    let told = conducted.marks(Mark::Folded);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].1.contains("`--memory`") && told[0].1.contains("counted as `other`"), "{told:?}");
    assert_eq!(conducted.report.run.folded, [told[0].1]);
    assert_eq!(conducted.books(), [800, 800, 0, 0]);
    let rows = &conducted.report.requests;
    let other = rows.iter().find(|row| row.name == "other").unwrap();
    assert!((10..400).contains(&rows.len()) && other.requests > 400, "{} rows", rows.len());
    assert_eq!(rows.iter().map(|row| row.requests).sum::<u64>(), 800, "none is lost");
}

#[test]
fn with_enough_memory_every_name_is_kept_apart() {
    let conducted = conduct(names().workers(2));
    assert_eq!(conducted.marks(Mark::Folded), []);
    assert_eq!(conducted.report.requests.len(), 800);
}

#[test]
fn a_name_too_many_for_an_endpoint_is_told_with_the_endpoint() {
    let run = VirtualRun::of(
        r#"
endpoints: {item: {get: /item, name: "/item/{{ user.id }}/{{ iteration }}"}}
users: {u: {pacing: 100ms, tasks: {ask: {call: item}}}}
shape: {constant: {users: 110, for: 1s}}
"#,
    );
    let conducted = conduct(run);
    let told: Vec<&str> = conducted.marks(Mark::Folded).into_iter().map(|(_, text)| text).collect();
    assert_eq!(told, ["`item` goes by more than 1000 names on one worker: what is new is counted as `other`"]);
}

#[test]
fn answers_beyond_the_memory_fail_their_captures_and_the_run_goes_on() {
    let conducted = conduct(capturing().with_memory(32 << 20));
    let [started, ok, failed, aborted] = conducted.books();
    assert_eq!((started, aborted), (30, 0));
    assert!(ok > 0 && failed > 0, "{ok} ok, {failed} failed");
    assert!(conducted.report.failures.iter().all(|failure| failure.message.contains("`--memory`")));
    assert_eq!(conduct(capturing()).books(), [30, 30, 0, 0]);
}

#[test]
fn bodies_under_way_are_held_until_their_requests_are_over() {
    let plan = "
endpoints: {save: {post: /save, text: \"{{ 'x' * 100000 }}{{ user.id }}\"}}
users: {u: {pacing: 10s, tasks: {ask: {call: save}}}}
shape: {constant: {users: 30, for: 30s}}
";
    let slow = |_: &Received| Reply::after(std::time::Duration::from_secs(2));
    let conducted = conduct(VirtualRun::of(plan).answering(slow).with_memory(2 << 20));
    // ten of them are as much as there is room for, and those that are answered make room for the next
    assert_eq!(conducted.books(), [90, 30, 60, 0]);
    let [failure] = &conducted.report.exceptions[..] else { panic!("{:?}", conducted.report.exceptions) };
    assert_eq!((failure.kind.as_str(), failure.count), ("template", 60));
    assert!(failure.message.contains("the body: the run's memory is used up"), "{}", failure.message);
    assert_eq!(conduct(VirtualRun::of(plan).answering(slow)).books(), [90, 90, 0, 0]);
}

#[test]
fn a_run_that_meets_more_secrets_than_it_keeps_says_so_once() {
    let run = VirtualRun::of(
        "
endpoints: {root: {get: /}}
users: {u: {pacing: 1s, tasks: {ask: {call: root}}}}
shape: {constant: {users: 1, for: 3s}}
",
    );
    (0..50_001).for_each(|number| run.program.secrets.learn(&format!("secret-{number}"), Told::Declared));
    let conducted = conduct(run);
    let told = "the run met more secrets than are kept: those that came later are hidden by their looks alone";
    assert_eq!(conducted.marks(Mark::Folded).len(), 1);
    assert_eq!(conducted.report.run.folded, [told]);
}

#[test]
fn what_users_keep_is_held_for_as_long_as_they_keep_it() {
    let plan = |keep: usize| {
        format!(
            "
endpoints: {{root: {{get: /}}}}
users: {{u: {{state: {{all: []}}, pacing: 100ms, tasks: {{ask: {{steps: [{{append: {{to: all, value: \"{{{{ 'x' * 20000 }}}}\", keep: {keep}}}}}, \
             {{call: root}}]}}}}}}}}
shape: {{constant: {{users: 1, for: 60s}}}}
"
        )
    };
    let few = conduct(VirtualRun::of(&plan(20)).with_memory(4 << 20));
    assert_eq!(few.report.exceptions.len(), 0, "{:?}", few.report.exceptions);
    let many = conduct(VirtualRun::of(&plan(1000)).with_memory(4 << 20));
    assert!(many.report.exceptions.iter().all(|error| error.message.contains("too large to be kept")));
    assert!(!many.report.exceptions.is_empty());
}
