use std::time::Duration;

use super::{Conducted, conduct_steered};
use crate::engine::tests::{Received, Reply, VirtualRun, ms, secs};
use crate::journal::{Closing, Mark};
use crate::run::Steer::{self, Cut, End, FewerUsers, MoreUsers, Note, Pause, PauseOrResume, Resume, Users};
use crate::units::Rate;

fn steered(shape: &str, steers: &[(Duration, Steer)]) -> Conducted {
    steered_against(ms(5), shape, steers)
}

fn steered_against(answer: Duration, shape: &str, steers: &[(Duration, Steer)]) -> Conducted {
    let run = VirtualRun::of(&format!(
        "
endpoints: {{root: {{get: /}}}}
users: {{u: {{pacing: 1s, tasks: {{ask: {{call: root}}}}}}}}
shape: {shape}
"
    ));
    let service = move |_: &Received| Reply::after(answer);
    conduct_steered(run.answering(service).workers(2), &[], steers).unwrap()
}

/// How many requests came in each ten seconds.
fn tens(conducted: &Conducted) -> Vec<usize> {
    let mut tens = vec![0; 6];
    conducted.received.iter().for_each(|got| tens[(got.at.as_secs() / 10) as usize] += 1);
    tens
}

#[test]
fn a_pause_makes_no_load_and_what_follows_is_due_when_it_is_sent() {
    let pause = [(ms(9_500), PauseOrResume), (ms(29_500), PauseOrResume)];
    for shape in ["{constant: {users: 4, for: 1m}}", "{arrivals: {rate: 4/s, for: 1m}}"] {
        let conducted = steered(shape, &pause);
        let tens = tens(&conducted);
        assert!((36..=40).contains(&tens[0]) && tens[1] == 0, "{shape}: {tens:?}");
        assert!(tens[2] <= 4 && tens[3..] == [40, 40, 40], "{shape}: {tens:?}");
        // nobody was late: there was nothing to be late for
        assert!(conducted.report.total.response_time.unwrap().max < 10.0, "{shape}");
        assert_eq!(conducted.report.books.dropped, 0);
        let told = [(ms(9_500), "the load was paused"), (ms(29_500), "the load was resumed")];
        assert_eq!(conducted.marks(Mark::Steered), told);
        assert_eq!(conducted.report.run.steered, ["at 9.5s: the load was paused", "at 29.5s: the load was resumed"]);
        assert_eq!(conducted.end.closing, Closing::Complete);
        conducted.books();
    }
}

#[test]
fn users_come_and_go_by_a_tenth_and_at_least_by_one() {
    let steers = [(secs(10), MoreUsers), (ms(19_500), FewerUsers), (ms(29_500), FewerUsers)];
    let conducted = steered("{constant: {users: 20, for: 1m}}", &steers);
    assert_eq!(tens(&conducted), [200, 220, 200, 180, 180, 180]);
    let told = ["users were set to 22, where the plan has 20", "users were set back to the plan's 20"];
    assert_eq!(conducted.marks(Mark::Steered).iter().take(2).map(|(_, text)| *text).collect::<Vec<_>>(), told);
    assert!(conducted.report.total.response_time.unwrap().max < 10.0);
    // the last one stays
    let steers: Vec<_> = (1..9).map(|at| (secs(at), FewerUsers)).collect();
    let conducted = steered("{constant: {users: 3, for: 1m}}", &steers);
    assert_eq!(tens(&conducted)[1..], [10; 5]);
    assert_eq!(conducted.marks(Mark::Steered).len(), 2);
}

#[test]
fn a_key_that_stops_does_so_once_and_cuts_nothing_off() {
    let conducted = steered("{constant: {users: 2, for: 1m}}", &[(ms(5_500), End), (ms(5_501), End)]);
    assert_eq!((conducted.end.closing, conducted.end.elapsed), (Closing::Asked, ms(5_500)));
    assert_eq!(conducted.marks(Mark::StopAsked), [(secs(5), "the run was asked to end, by a key")]);
    assert_eq!((conducted.marks(Mark::Cut).len(), conducted.report.books.aborted), (0, 0));
}

#[test]
fn a_shape_that_is_no_constant_is_made_as_it_is_planned() {
    let steers = [(secs(5), PauseOrResume), (secs(6), MoreUsers), (secs(7), FewerUsers)];
    for shape in [
        "{stages: [{users: 2, for: 30s}, {users: 4, for: 30s}]}",
        "{iterations: {users: 2, total: 20, within: 1m}}",
        "{search: {rate: {from: 1/s, to: 2/s}, each: 5s, precision: 1/s}}",
    ] {
        let plain = steered(shape, &[]);
        let conducted = steered(shape, &steers);
        assert_eq!(conducted.received.len(), plain.received.len(), "{shape}");
        assert!(conducted.marks(Mark::Steered).is_empty() && conducted.report.run.steered.is_empty());
    }
}

#[test]
fn users_that_are_still_under_way_keep_their_places_when_the_load_goes_on() {
    // each press of the key lets all go; none of the calls under way is over by then
    let presses: Vec<_> = (0..20).map(|press| (ms(10_100 + 30 * press), PauseOrResume)).collect();
    let conducted = steered_against(secs(8), "{constant: {users: 4, for: 1m}}", &presses);
    let under_way =
        |at: Duration| conducted.received.iter().filter(|got| got.at <= at && at < got.at + secs(8)).count();
    let most = conducted.received.iter().map(|got| under_way(got.at)).max();
    assert_eq!(most, Some(4));
    assert!(conducted.received.iter().any(|got| got.at > secs(20)), "they come again");
    conducted.books();
}

#[test]
fn a_rate_is_set_at_once_and_what_was_due_before_stays_as_it_was() {
    let rate = |count: f64| Steer::Rate(Rate::per_second(count));
    for shape in ["{arrivals: {rate: 4/s, for: 1m}}", "{arrivals: {rate: 4/s, for: 1m, spacing: poisson}}"] {
        let steers = [(ms(9_900), rate(8.0)), (ms(29_900), rate(1.0)), (ms(49_900), rate(4.0))];
        let conducted = steered(shape, &steers);
        let tens = tens(&conducted);
        let about = |tens: &[usize], each: usize| tens.iter().all(|count| count.abs_diff(each) <= 4 * each.isqrt());
        let exactly = |tens: &[usize], each: usize| tens.iter().all(|count| count.abs_diff(each) <= 1);
        let is_so = if shape.contains("poisson") { &about as &dyn Fn(&[usize], usize) -> bool } else { &exactly };
        assert!(is_so(&tens[..1], 40) && is_so(&tens[1..3], 80), "{shape}: {tens:?}");
        assert!(is_so(&tens[3..5], 10) && is_so(&tens[5..], 40), "{shape}: {tens:?}");
        assert_eq!(conducted.report.books.dropped, 0);
        assert!(conducted.report.total.response_time.unwrap().max < 10.0, "{shape}: nobody was late");
        let told = [
            (ms(9_900), "the rate was set to 8/s, where the plan has 4/s"),
            (ms(29_900), "the rate was set to 1/s, where the plan has 4/s"),
            (ms(49_900), "the rate was set back to the plan's 4/s"),
        ];
        assert_eq!(conducted.marks(Mark::Steered), told);
        conducted.books();
    }
}

#[test]
fn a_rate_that_is_lowered_to_nearly_nothing_and_raised_again_loses_no_arrival() {
    let rate = |at, count: f64| (ms(at), Steer::Rate(Rate::per_second(count)));
    let conducted = steered("{arrivals: {rate: 4/s, for: 1m}}", &[rate(9_900, 0.01), rate(19_900, 4.0)]);
    let tens = tens(&conducted);
    assert!(tens[1] <= 1 && tens[2..].iter().all(|count| count.abs_diff(40) <= 1), "{tens:?}");
    // the arrivals of all workers have their numbers once: none came twice, and none was left out
    assert!(conducted.received.len().abs_diff(200) <= 1, "{}", conducted.received.len());
}

#[test]
fn a_changed_load_is_said_by_thresholds_about_how_much_was_asked() {
    let plan = "
endpoints: {root: {get: /}}
users: {u: {pacing: 1s, tasks: {ask: {call: root}}}}
shape: {constant: {users: 4, for: 20s}}
thresholds: [rate > 1/s, count > 10, p95 < 1s]
";
    let run = VirtualRun::of(plan).answering(|_: &Received| Reply::after(ms(5)));
    let conducted = conduct_steered(run, &[], &[(secs(5), Users(6))]).unwrap();
    let said: Vec<bool> = conducted.report.thresholds.iter().map(|threshold| threshold.load_changed).collect();
    assert_eq!(&said[..3], [true, true, false]);
    let run = VirtualRun::of(plan).answering(|_: &Received| Reply::after(ms(5)));
    let conducted = conduct_steered(run, &[], &[(secs(5), Note("deployed v2".to_owned()))]).unwrap();
    assert!(conducted.report.thresholds.iter().all(|threshold| !threshold.load_changed), "a note changes nothing");
    assert_eq!(conducted.marks(Mark::Note), [(secs(5), "deployed v2")]);
}

#[test]
fn pause_and_resume_are_done_once_and_a_cut_ends_the_run_at_once() {
    let steers = [(ms(9_500), Resume), (ms(9_600), Pause), (ms(9_700), Pause), (ms(29_500), Resume)];
    let conducted = steered("{constant: {users: 4, for: 1m}}", &steers);
    assert_eq!(conducted.marks(Mark::Steered).len(), 2);
    let conducted = steered_against(secs(8), "{constant: {users: 4, for: 1m}}", &[(ms(10_100), Cut)]);
    assert_eq!((conducted.end.closing, conducted.end.elapsed), (Closing::Asked, ms(10_100)));
    assert_eq!(conducted.marks(Mark::StopAsked)[0].1, "the run was asked to end, by a key");
    assert_eq!(conducted.marks(Mark::Cut).len(), 1);
    let [_, _, _, aborted] = conducted.books();
    assert_eq!(aborted, 4);
}
