use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::memory::MemoryBudget;
use crate::sample::{
    EndpointId, FailureKind, MetricId, Outcome, Phases, Sample, StageId, TaskId, Timing, Transmission, UserTypeId,
};
use crate::units::Offset;

fn key(name: &str) -> SeriesKey {
    SeriesKey {
        endpoint: EndpointId(0),
        name: Arc::from(name),
        user: UserTypeId(0),
        task: TaskId(0),
        stage: StageId(0),
        status: Some(200),
    }
}

fn sample(scheduled_ms: u64, sent_ms: u64, ended_ms: u64, outcome: Outcome) -> Sample {
    let at = |ms| Offset::from(Duration::from_millis(ms));
    Sample {
        timing: Timing::new(at(scheduled_ms), at(scheduled_ms), at(sent_ms), at(ended_ms)),
        phases: Phases::default(),
        outcome,
        transmission: Transmission::Sent,
        bytes_out: 100,
        bytes_in: 200,
        content: 90,
    }
}

fn distribution(scale: Scale, samples: &[f64]) -> Distribution {
    let mut recorder = Recorder::new(scale);
    samples.iter().for_each(|sample| recorder.record(*sample));
    let mut distribution = Distribution::new(scale);
    distribution.add(&recorder.take());
    distribution
}

/// The definition, by sorting.
fn exact(samples: &[f64], p: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = ((p * sorted.len() as f64 - 1e-9).ceil() as usize).clamp(1, sorted.len());
    sorted[rank - 1]
}

fn assert_quantiles(samples: &[f64]) {
    let distribution = distribution(Scale::Time, samples);
    for p in [0.0, 0.01, 0.5, 0.66, 0.9, 0.95, 0.99, 0.999, 1.0] {
        let (found, exact) = (distribution.quantile(p).unwrap(), exact(samples, p));
        let allowed = (exact * 0.001).max(512.0);
        assert!((found - exact).abs() <= allowed, "p{p}: {found} is not {exact}");
    }
}

proptest! {
    #[test]
    fn quantiles_are_those_of_the_sorted_samples(samples in prop::collection::vec(1_000_u64..60_000_000_000, 1..500)) {
        let samples: Vec<f64> = samples.into_iter().map(|sample| sample as f64).collect();
        assert_quantiles(&samples);
    }

    #[test]
    fn the_order_of_merging_does_not_matter(
        samples in prop::collection::vec((0_usize..4, 0_u64..10_000_000_000), 1..300),
    ) {
        let mut recorders = vec![Recorder::new(Scale::Time); 4];
        samples.iter().for_each(|(worker, sample)| recorders[*worker].record(*sample as f64));
        let taken: Vec<SparseHistogram> = recorders.iter_mut().map(Recorder::take).collect();
        let merged = |order: [usize; 4]| {
            let mut all = SparseHistogram::empty(Scale::Time);
            order.iter().for_each(|worker| all.merge(&taken[*worker]));
            all
        };
        let (forth, back) = (merged([0, 1, 2, 3]), merged([3, 1, 0, 2]));
        prop_assert_eq!(&forth.buckets, &back.buckets);
        prop_assert_eq!(forth.moments.count, samples.len() as u64);
        prop_assert!((forth.moments.mean - back.moments.mean).abs() <= back.moments.mean.abs() * 1e-9 + 1e-6);
        prop_assert_eq!(forth.moments.min, back.moments.min);
    }

    #[test]
    fn a_sliding_distribution_is_that_of_its_last_seconds(
        seconds in prop::collection::vec((1_u32..4, prop::collection::vec(0.0_f64..1e12, 0..20)), 1..30),
        length in 1_u32..10,
    ) {
        let mut sliding = SlidingDistribution::new(Scale::Time, length);
        let mut heard: Vec<(u32, SparseHistogram)> = Vec::new();
        let mut at = 0;
        for (gap, samples) in seconds {
            at += gap;
            let mut recorder = Recorder::new(Scale::Time);
            samples.iter().for_each(|sample| recorder.record(*sample));
            let samples = recorder.take();
            heard.push((at, samples.clone()));
            sliding.add(at, &samples);
            let mut anew = Distribution::new(Scale::Time);
            heard.iter().filter(|(second, _)| second + length > at).for_each(|(_, samples)| anew.add(samples));
            let slid = sliding.distribution();
            prop_assert_eq!(slid.moments(), anew.moments());
            for p in [0.0, 0.1, 0.5, 0.9, 0.99, 1.0] {
                prop_assert_eq!(slid.quantile(p), anew.quantile(p));
            }
        }
    }

    #[test]
    fn samples_merged_in_pairs_are_all_of_them(parts in prop::collection::vec(prop::collection::vec(0.0_f64..1e9, 0..9), 0..12)) {
        let parts: Vec<SparseHistogram> = parts.iter().map(|samples| {
            let mut recorder = Recorder::new(Scale::Time);
            samples.iter().for_each(|sample| recorder.record(*sample));
            recorder.take()
        }).collect();
        let mut one_by_one = SparseHistogram::empty(Scale::Time);
        parts.iter().for_each(|part| one_by_one.merge(part));
        let all = SparseHistogram::all(Scale::Time, parts.iter());
        prop_assert_eq!(all.buckets(), one_by_one.buckets());
        prop_assert_eq!(all.moments().count, one_by_one.moments().count);
    }

    #[test]
    fn every_ended_request_is_counted_once(ends in prop::collection::vec(0_u8..4, 0..200)) {
        let mut tally = Tally::new();
        let mut totals = Totals::new();
        let series = tally.series(&key("a"));
        for (index, end) in ends.iter().enumerate() {
            let outcome = match end {
                0 => Outcome::Ok,
                1 => Outcome::Failed(FailureKind::Timeout),
                2 => Outcome::Aborted,
                _ => {
                    tally.drop_due();
                    continue;
                }
            };
            tally.start();
            tally.record(series, &sample(0, 0, 5, outcome));
            if index % 17 == 0 {
                totals.add(&tally.take(index as u32, 1, Health::default()));
            }
        }
        totals.add(&tally.take(1000, 1, Health::default()));
        prop_assert_eq!(totals.accounting().balance(), Ok(()));
        prop_assert_eq!(totals.accounting().scheduled, ends.len() as u64);
    }
}

#[test]
fn quantiles_of_adversarial_samples_are_right() {
    assert_quantiles(&[20e6; 1000]);
    assert_quantiles(&[1_000.0, 3.6e12]);
    assert_quantiles(&[5e6]);
    let heavy: Vec<f64> = (1..10_000).map(|n| 1e5 * (1.0 / (1.0 - f64::from(n) / 10_000.0)).powf(1.5)).collect();
    assert_quantiles(&heavy);
    let two_humps: Vec<f64> = (0..1000).map(|n| if n % 10 == 0 { 200e6 } else { 5e6 }).collect();
    assert_quantiles(&two_humps);
}

#[test]
fn without_samples_there_is_no_quantile() {
    let none = Distribution::new(Scale::Time);
    assert_eq!((none.quantile(0.5), none.mean(), none.max()), (None, None, None));
    assert_eq!((none.deviation(), none.min(), none.count()), (None, None, 0));
}

#[test]
fn whole_numbers_of_a_metric_come_back_exactly() {
    let numbers = distribution(Scale::Number, &[5.0, 5.0, 7.0, 20.0]);
    assert_eq!(numbers.quantile(0.5), Some(5.0));
    assert_eq!(numbers.quantile(0.75), Some(7.0));
    assert_eq!(numbers.mean(), Some(9.25));
    let odd = distribution(Scale::Number, &[-3.0, f64::NAN, 0.5]);
    assert_eq!((odd.min(), odd.moments().clipped, odd.moments().refused), (Some(-3.0), 1, 1));
}

#[test]
fn a_time_beyond_an_hour_counts_as_the_largest_and_is_reported() {
    let long = distribution(Scale::Time, &[1e9, 7.2e12]);
    assert_eq!(long.moments().clipped, 1);
    assert_eq!(long.max(), Some(7.2e12));
}

#[test]
fn mean_and_deviation_are_exact_over_merges() {
    let mut all = Distribution::new(Scale::Time);
    for chunk in [[1e6, 2e6], [3e6, 4e6]] {
        let mut recorder = Recorder::new(Scale::Time);
        chunk.iter().for_each(|sample| recorder.record(*sample));
        all.add(&recorder.take());
    }
    assert_eq!(all.mean(), Some(2.5e6));
    assert!((all.deviation().unwrap() - 1.118_033_988_749_895e6).abs() < 1.0);
}

#[test]
fn names_without_end_fold_into_other() {
    let mut tally = Tally::new();
    for number in 0..5_000 {
        let series = tally.series(&key(&format!("/item/{number}")));
        tally.start();
        tally.record(series, &sample(0, 0, 1, Outcome::Ok));
    }
    let interval = tally.take(0, 0, Health::default());
    assert_eq!(interval.series.len(), 1001);
    // a name that is known stays itself, whatever else its series differ in
    let known = SeriesKey { status: Some(500), ..key("/item/7") };
    let series = tally.series(&known);
    tally.record(series, &sample(0, 0, 1, Outcome::Ok));
    assert_eq!(tally.take(1, 0, Health::default()).series[0].key, known);
    let other = interval.series.iter().find(|count| &*count.key.name == "other").unwrap();
    assert_eq!(other.counts.ok, 4000);
}

#[test]
fn a_plan_that_has_more_series_than_memory_still_counts_every_request() {
    let mut tally = Tally::within(&MemoryBudget::new(64 << 10));
    for endpoint in 0..200 {
        for status in 100..600 {
            let key = SeriesKey { endpoint: EndpointId(endpoint), status: Some(status), ..key("fixed") };
            let series = tally.series(&key);
            assert_eq!(tally.series(&key), series, "it is found again");
            tally.start();
            tally.record(series, &sample(0, 0, 1, Outcome::Ok));
        }
    }
    let interval = tally.take(0, 0, Health::default());
    assert!(interval.series.len() < 3000, "{}", interval.series.len());
    assert_eq!(interval.series.iter().map(|count| count.counts.ok).sum::<u64>(), 100_000);
    assert_eq!(tally.folds().collect::<Vec<_>>(), [Fold::Memory]);
    assert_eq!(tally.folds().count(), 0, "it is told once");
}

#[test]
fn what_series_take_is_known_and_linear_in_them() {
    let of = |names: u32, samples: u64| {
        let (mut tally, mut totals) = (Tally::new(), Totals::new());
        for name in 0..names {
            let series = tally.series(&key(&format!("/{name}")));
            for number in 0..samples {
                tally.record(series, &sample(0, 0, 1 + number * number, Outcome::Ok));
            }
        }
        totals.add(&tally.take(0, 0, Health::default()));
        totals.bytes()
    };
    let one = of(1, 1);
    assert_eq!(of(500, 1), 500 * one);
    assert!(one < 4096, "{one}");
    // a bucket takes a few bytes, however many samples it holds
    assert!(of(1, 1000) < one + 2 * 1000 * 6, "{}", of(1, 1000));
}

#[test]
fn errors_without_end_fold_into_one_and_lose_none() {
    let mut totals = Totals::new();
    for second in 0..20 {
        let mut tally = Tally::new();
        let series = tally.series(&key("a"));
        for number in 0..500 {
            tally.error(
                series,
                FailureKind::Check,
                &format!("{second} {number} {}", "x".repeat(1000)),
                Offset::ZERO,
                || None,
            );
        }
        totals.add(&tally.take(second, 0, Health::default()));
    }
    let errors = totals.errors();
    assert!(errors.len() <= 1001, "{}", errors.len());
    assert_eq!(errors.iter().map(|error| error.count).sum::<u64>(), 10_000);
    assert!(errors.iter().all(|error| error.key.message.chars().count() <= 301));
}

#[test]
fn a_taken_second_starts_anew_and_series_stay_valid() {
    let mut tally = Tally::new();
    let series = tally.series(&key("a"));
    tally.start();
    tally.record(series, &sample(0, 2, 12, Outcome::Ok));
    tally.metric(MetricId(3), series, 7.0);
    let first = tally.take(0, 5, Health::default());
    assert_eq!((first.series.len(), first.metrics.len(), first.users), (1, 1, 5));
    assert_eq!(first.health.lateness, Duration::from_millis(2));
    assert!(tally.take(1, 5, Health::default()).series.is_empty());
    tally.start();
    tally.record(series, &sample(0, 0, 12, Outcome::Ok));
    assert_eq!(tally.take(2, 5, Health::default()).series[0].counts.ok, 1);
}

#[test]
fn response_time_counts_from_when_it_was_due_and_service_time_from_when_it_was_sent() {
    let mut tally = Tally::new();
    let series = tally.series(&key("a"));
    tally.record(series, &sample(0, 300, 310, Outcome::Ok));
    let mut totals = Totals::new();
    totals.add(&tally.take(0, 1, Health::default()));
    let (_, total) = totals.series().next().unwrap();
    assert_eq!(total.time(Measure::ResponseOk).unwrap().max(), Some(310e6));
    assert_eq!(total.time(Measure::ServiceOk).unwrap().max(), Some(10e6));
}

#[test]
fn a_long_run_keeps_a_bounded_history() {
    let mut totals = Totals::new();
    for second in 0..100_000 {
        let mut interval = Interval::empty(second);
        interval.accounting.started = 1;
        totals.add(&interval);
    }
    assert!(totals.history().len() <= 7200, "{}", totals.history().len());
    assert_eq!(totals.history().iter().map(|second| second.started).sum::<u64>(), 100_000);
}

#[test]
fn merging_workers_adds_counts_and_keeps_the_worst_health() {
    let mut tallies = [Tally::new(), Tally::new()];
    let mut seconds = tallies.iter_mut().map(|tally| {
        let series = tally.series(&key("a"));
        tally.start();
        tally.record(series, &sample(0, 0, 3, Outcome::Ok));
        tally.metric(MetricId(0), series, 1.0);
        tally.error(series, FailureKind::Check, "same", Offset::ZERO, || Some("what was answered".into()));
        tally.take(4, 10, Health { worker_lag: Duration::from_millis(7), ..Health::default() })
    });
    let mut merged = seconds.next().unwrap();
    merged.merge(seconds.next().unwrap());
    assert_eq!((merged.series.len(), merged.series[0].counts.ok, merged.users), (1, 2, 20));
    assert_eq!((merged.metrics.len(), merged.metrics[0].samples.moments().count), (1, 2));
    assert_eq!((merged.errors.len(), merged.errors[0].count), (1, 2));
    assert_eq!(merged.health.worker_lag, Duration::from_millis(7));
}

/// Counts whose fields are all different, from a number on.
fn counts(from: u64) -> (Counts, TaskCounts, Accounting) {
    fn failed<const N: usize>(from: u64) -> [u64; N] {
        std::array::from_fn(|place| from + place as u64)
    }
    let (ok, redirected, aborted, never_sent) = (from + 20, from + 2, from + 3, from + 4);
    (
        Counts {
            ok,
            failed: failed(from + 30),
            redirected,
            aborted,
            never_sent,
            bytes_out: from + 5,
            bytes_in: from + 6,
            content: from + 7,
        },
        TaskCounts { started: from + 8, completed: from + 9, failed: failed(from + 40), aborted: from + 10 },
        Accounting {
            scheduled: from + 11,
            dropped: from + 12,
            started: from + 13,
            ok: from + 14,
            failed: failed(from + 50),
            aborted: from + 15,
            never_sent: from + 16,
        },
    )
}

#[test]
fn what_several_counted_is_added_up_in_every_figure() {
    let (mut requests, mut tasks, mut books) = counts(100);
    let (more_requests, more_tasks, more_books) = counts(1000);
    requests.merge(&more_requests);
    tasks.merge(&more_tasks);
    books.merge(&more_books);
    // every figure is its number and what it began with: of two, twice that number and both beginnings
    let (of_both, tasks_of_both, books_of_both) = counts(0);
    let both = |number: u64| 2 * number + 1100;
    let figures = |counts: &Counts| {
        let Counts { ok, failed, redirected, aborted, never_sent, bytes_out, bytes_in, content } = *counts;
        [&[ok, redirected, aborted, never_sent, bytes_out, bytes_in, content][..], &failed].concat()
    };
    assert_eq!(figures(&requests), figures(&of_both).into_iter().map(both).collect::<Vec<_>>());
    let figures = |counts: &TaskCounts| {
        let TaskCounts { started, completed, failed, aborted } = *counts;
        [&[started, completed, aborted][..], &failed].concat()
    };
    assert_eq!(figures(&tasks), figures(&tasks_of_both).into_iter().map(both).collect::<Vec<_>>());
    let figures = |books: &Accounting| {
        let Accounting { scheduled, dropped, started, ok, failed, aborted, never_sent } = *books;
        [&[scheduled, dropped, started, ok, aborted, never_sent][..], &failed].concat()
    };
    assert_eq!(figures(&books), figures(&books_of_both).into_iter().map(both).collect::<Vec<_>>());
}

#[test]
fn the_bytes_of_requests_are_added_up() {
    let mut tally = Tally::new();
    let series = tally.series(&key("/"));
    for _ in 0..3 {
        tally.start();
        tally.record(series, &sample(0, 0, 1, Outcome::Ok));
    }
    let counts = tally.take(0, 0, Health::default()).series[0].counts;
    assert_eq!((counts.bytes_out, counts.bytes_in, counts.content), (300, 600, 270));
}

#[test]
fn a_quantile_of_times_is_at_least_the_time_that_it_stands_for() {
    for time in [1_000.0, 123_456.0, 7_654_321.0, 98_765_432_100.0] {
        let distribution = distribution(Scale::Time, &[time, time * 0.5, time * 2.0, time * 2.0]);
        let found = distribution.quantile(0.5).unwrap();
        assert!(found >= time && found <= time * 1.002 + 1024.0, "{time}: {found}");
    }
}

#[test]
fn the_sum_of_samples_has_no_digits_that_come_of_the_arithmetic() {
    for (samples, sum) in [(&[0.1, 0.2, 0.3][..], 0.6), (&[1e6, 2.5, -3.5], 999_999.0), (&[], 0.0)] {
        assert_eq!(distribution(Scale::Number, samples).moments().sum(), sum, "{samples:?}");
    }
}

#[test]
fn what_is_raised_to_a_floor_has_the_mean_and_the_spread_of_what_it_became() {
    let samples: Vec<f64> = (1..=200).map(|number| f64::from(number) * 1e6).collect();
    let raised = distribution(Scale::Time, &samples).at_least(50e6);
    let became: Vec<f64> = samples.iter().map(|sample| sample.max(50e6)).collect();
    let exact = distribution(Scale::Time, &became);
    let near = |one: Option<f64>, other: Option<f64>| (one.unwrap() - other.unwrap()).abs() <= other.unwrap() * 0.002;
    assert!(near(raised.mean(), exact.mean()), "{:?} {:?}", raised.mean(), exact.mean());
    assert!(near(raised.deviation(), exact.deviation()), "{:?} {:?}", raised.deviation(), exact.deviation());
    assert_eq!((raised.count(), raised.min(), raised.max()), (200, Some(50e6), Some(200e6)));
}

#[test]
fn a_sample_counted_many_times_at_once_is_as_one_counted_one_by_one() {
    let (mut at_once, mut one_by_one) = (Recorder::new(Scale::Number), Recorder::new(Scale::Number));
    for (sample, times) in [(7.0, 3), (2.0, 1), (9.0, 0), (4.0, 1000)] {
        at_once.record_times(sample, times);
        (0..times).for_each(|_| one_by_one.record(sample));
    }
    let (at_once, one_by_one) = (at_once.take(), one_by_one.take());
    let figures = |all: &SparseHistogram| {
        let Moments { count, min, max, last, .. } = *all.moments();
        (all.buckets().to_vec(), count, (min, max, last), all.moments().sum())
    };
    assert_eq!(figures(&at_once), figures(&one_by_one));
}

#[test]
fn a_request_is_late_that_is_sent_later_than_ten_milliseconds_after_it_could_be() {
    let mut tally = Tally::new();
    let series = tally.series(&key("/"));
    for (second, (sent, late)) in (0..).zip([(10, 0), (11, 1), (500, 1)]) {
        tally.start();
        tally.record(series, &sample(0, sent, 600, Outcome::Ok));
        let health = tally.take(second, 0, Health::default()).health;
        assert_eq!((health.late, health.lateness), (late, Duration::from_millis(sent)), "sent after {sent} ms");
    }
}
