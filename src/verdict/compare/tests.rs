use std::time::Duration;

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;

use super::student::normal;
use super::*;
use crate::metrics::{Counts, Health, Interval, Measure, Recorder, Scale, SeriesCount, SeriesKey};
use crate::sample::{Catalog, EndpointEntry, EndpointId, StageEntry, StageId, StagePurpose, TaskId, UserTypeId};
use crate::units::{Offset, Ratio, Seed};

const DEMAND: fn() -> Demand = || Demand {
    tolerance: Ratio::parse("5%").unwrap(),
    floor: Duration::from_micros(500),
    error_floor: Ratio::parse("0.1%").unwrap(),
};

/// A made-up service: how many answers in a second, how their level moves, how heavy the tail is.
struct Service {
    seconds: u32,
    /// Requests a second, of each endpoint, at a place of the run.
    rate: fn(f64) -> f64,
    /// The median in milliseconds at a place of the run.
    level: fn(f64) -> f64,
    /// The spread of the logarithm.
    sigma: f64,
    /// How far the level wanders by itself, and over how many seconds.
    wander: (f64, f64),
    /// A share of answers that take up to a hundred times as long (Pareto, 1.2).
    tail: f64,
    /// How much slower the first endpoint answers.
    slow: [f64; 3],
    fails: f64,
    slow_noise: f64,
}

impl Default for Service {
    fn default() -> Self {
        Self {
            seconds: 60,
            rate: |_| 25.0,
            level: |_| 20.0,
            sigma: 0.5,
            wander: (0.0, 1.0),
            tail: 0.0,
            slow: [1.0; 3],
            fails: 0.0,
            slow_noise: 0.0,
        }
    }
}

fn gauss(dice: &mut Xoshiro256PlusPlus) -> f64 {
    normal(dice.random_range(1e-12..1.0))
}

fn catalog() -> Catalog {
    let endpoint = |name: &str| EndpointEntry { name: name.into(), method: "GET".into(), tags: Vec::new() };
    let stage = |name: &str, purpose| StageEntry { name: name.into(), scenario: "".into(), purpose };
    Catalog {
        endpoints: vec![endpoint("a"), endpoint("b"), endpoint("c")],
        stages: vec![stage("all", StagePurpose::Measured)],
        ..Catalog::default()
    }
}

impl Service {
    fn run(&self, seed: u64) -> Trace {
        let catalog = catalog();
        let length = Offset::from(Duration::from_secs(self.seconds.into()));
        let span = Span { start: Offset::ZERO, end: length, purpose: StagePurpose::Measured };
        let mut fold = Fold::new(&catalog, Window::of(&[span]));
        self.seconds(seed, |interval| fold.add(interval));
        fold.close(length)
    }

    fn seconds(&self, seed: u64, mut take: impl FnMut(&Interval)) {
        let mut dice = Seed::new(seed).derive(77).generator();
        let (far, long) = self.wander;
        let keep = (-1.0 / long).exp();
        let mut wander = far * gauss(&mut dice);
        let shift = self.slow_noise * gauss(&mut dice);
        for second in 0..self.seconds {
            wander = wander * keep + far * (1.0 - keep * keep).sqrt() * gauss(&mut dice);
            let place = f64::from(second) / f64::from(self.seconds);
            let mut interval = Interval::empty(second);
            interval.health = Health::default();
            for (index, slow) in self.slow.iter().enumerate() {
                let rate = (self.rate)(place);
                let count = (rate + rate.sqrt() * gauss(&mut dice)).round().max(0.0) as u64;
                let mut recorder = Recorder::new(Scale::Time);
                let mut counts = Counts::default();
                for _ in 0..count {
                    let mut ms = (self.level)(place) * slow * (self.sigma * gauss(&mut dice) + wander + shift).exp();
                    if dice.random::<f64>() < self.tail {
                        ms *= dice.random_range(1e-3_f64..1.0).powf(-1.0 / 1.2);
                    }
                    recorder.record(ms * 1e6);
                    if dice.random::<f64>() < self.fails { counts.failed[0] += 1 } else { counts.ok += 1 }
                }
                let key = SeriesKey {
                    endpoint: EndpointId(index as u32),
                    name: ["/a", "/b", "/c"][index].into(),
                    user: UserTypeId(0),
                    task: TaskId(0),
                    stage: StageId(0),
                    status: Some(200),
                };
                interval.series.push(SeriesCount { key, counts, times: vec![(Measure::ResponseOk, recorder.take())] });
            }
            take(&interval);
        }
    }
}

#[derive(Default, Debug)]
struct Tally {
    same: u32,
    improved: u32,
    regressed: u32,
    lacking: u32,
    all: u32,
    slowed: u32,
    p50: f64,
    reach50: f64,
    reach99: f64,
}

fn trials(base: &Service, new: &Service, count: u64) -> Tally {
    let mut tally = Tally::default();
    for trial in 0..count {
        let comparison = compare(&base.run(trial * 2), &new.run(trial * 2 + 1), &DEMAND(), Seed::new(1));
        match comparison.word {
            Word::Same => tally.same += 1,
            Word::Improved => tally.improved += 1,
            Word::Regressed => tally.regressed += 1,
            Word::NotEnoughData => tally.lacking += 1,
        }
        tally.all += u32::from(comparison.all.word == Word::Regressed);
        tally.slowed += u32::from(comparison.rows[0].word == Word::Regressed);
        let p50 = comparison.all.changes[2];
        tally.p50 += p50.change.unwrap() / count as f64;
        let reach = |change: &Change| change.interval.map_or(f64::NAN, |(low, high)| (high - low) / 2.0);
        tally.reach50 += reach(&p50) / count as f64;
        tally.reach99 += reach(&comparison.all.changes[5]) / count as f64;
    }
    tally
}

#[test]
fn explore() {
    let n = 100;
    let cases: Vec<(&str, fn() -> Service)> = vec![
        ("iid 60", || Service::default()),
        ("iid 60x50", || Service { rate: |_| 50.0, ..Service::default() }),
        ("iid 30x33", || Service { rate: |_| 33.0, seconds: 30, ..Service::default() }),
        ("ar 5%", || Service { wander: (0.05, 10.0), ..Service::default() }),
        ("ar 5% 180", || Service { wander: (0.05, 10.0), seconds: 180, ..Service::default() }),
    ];
    for (name, make) in cases {
        println!("{name:12} same: {:?}", trials(&make(), &make(), n));
        let slow = Service { slow: [1.1; 3], ..make() };
        println!("{name:12} all slow: {:?}", trials(&make(), &slow, n));
    }
}
