//! Runs that chance makes up, to see how often a comparison is right.

use std::time::Duration;

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;

use super::standard_error::normal;
use super::*;
use crate::metrics::{Counts, Interval, Measure, Recorder, Scale, SeriesCount, SeriesKey};
use crate::sample::{Catalog, CatalogEndpoint, CatalogStage, EndpointId, StageId, StagePurpose, TaskId, UserTypeId};
use crate::units::{Offset, Ratio, Seed};

/// A service of three endpoints under load.
#[derive(Clone, Copy)]
pub(super) struct Service {
    pub(super) seconds: u32,
    /// Of those, how many warm up, from the first.
    pub(super) warm_up: u32,
    /// Where further stages begin, as shares of the run.
    pub(super) boundaries: &'static [f64],
    pub(super) endpoints: &'static [&'static str; 3],
    /// How many requests a second an endpoint gets, at a place of the run between 0 and 1.
    pub(super) rate: fn(f64) -> f64,
    /// The median of the response times in milliseconds, at a place of the run.
    pub(super) level: fn(f64) -> f64,
    /// How far the logarithm of the level wanders by itself, and for how many seconds: a first-order autoregression.
    pub(super) wander: (f64, f64),
    /// The share of answers that take longer by a factor from Pareto's law.
    pub(super) tail: f64,
    /// How many times slower each endpoint answers.
    pub(super) slow: [f64; 3],
    /// The share that fails.
    pub(super) fails: f64,
    /// A last second that holds nothing and stands elsewhere.
    pub(super) stray: Option<u32>,
}

impl Default for Service {
    fn default() -> Self {
        Self {
            seconds: 60,
            warm_up: 0,
            boundaries: &[],
            endpoints: &["/a", "/b", "/c"],
            rate: |_| 25.0,
            level: |_| 20.0,
            wander: (0.0, 1.0),
            tail: 0.0,
            slow: [1.0; 3],
            fails: 0.0,
            stray: None,
        }
    }
}

/// The spread of the response times' logarithm.
const SIGMA: f64 = 0.5;
/// The exponent of Pareto's law: a mean, but no variance.
const PARETO: f64 = 1.2;

pub(super) fn demand() -> Demand {
    Demand {
        tolerance: Ratio::parse("5%").unwrap(),
        floor: Duration::from_micros(500),
        error_floor: Ratio::parse("0.1%").unwrap(),
    }
}

impl Service {
    /// A run as chance makes it; the same seed makes the same.
    pub(super) fn run(&self, seed: u64) -> Trace {
        let catalog = catalog();
        let at = |second: f64| Offset::from(Duration::from_secs_f64(second));
        let (start, end) = (f64::from(self.warm_up), f64::from(self.seconds));
        let mut spans = vec![Span { start: Offset::ZERO, end: at(start), purpose: StagePurpose::WarmUp }];
        let boundaries = self.boundaries.iter().map(|boundary| boundary * end);
        let boundaries: Vec<f64> = std::iter::once(start).chain(boundaries).chain([end]).collect();
        spans.extend(boundaries.windows(2).map(|pair| Span {
            start: at(pair[0]),
            end: at(pair[1]),
            purpose: StagePurpose::Measured,
        }));
        let mut accumulator = Accumulator::new(&catalog, Window::of(&spans));
        let mut random = Seed::new(seed).derive(77).generator();
        let (far, long) = self.wander;
        let keep = (-1.0 / long).exp();
        let mut wander = far * gauss(&mut random);
        for second in 0..self.seconds {
            wander = wander * keep + far * (1.0 - keep * keep).sqrt() * gauss(&mut random);
            accumulator.add(&self.second(second, wander, &mut random));
        }
        if let Some(stray) = self.stray {
            accumulator.add(&Interval::empty(stray));
        }
        accumulator.close(at(end), at(end))
    }

    fn second(&self, second: u32, wander: f64, random: &mut Xoshiro256PlusPlus) -> Interval {
        let place = f64::from(second) / f64::from(self.seconds);
        let mut interval = Interval::empty(second);
        for (index, slow) in self.slow.iter().enumerate() {
            let rate = (self.rate)(place);
            let count = (rate + rate.sqrt() * gauss(random)).round().max(0.0) as u64;
            let (mut recorder, mut counts) = (Recorder::new(Scale::Time), Counts::default());
            for _ in 0..count {
                let mut ms = (self.level)(place) * slow * (SIGMA * gauss(random) + wander).exp();
                if random.random::<f64>() < self.tail {
                    ms *= random.random_range(1e-3_f64..1.0).powf(-1.0 / PARETO);
                }
                recorder.record(ms * 1e6);
                let fails = random.random::<f64>() < self.fails;
                counts.failed[0] += u64::from(fails);
                counts.ok += u64::from(!fails);
            }
            let key = SeriesKey {
                endpoint: EndpointId(0),
                name: self.endpoints[index].into(),
                user: UserTypeId(0),
                task: TaskId(0),
                stage: StageId(u16::from(second >= self.warm_up)),
                status: Some(200),
            };
            interval.series.push(SeriesCount { key, counts, times: vec![(Measure::ResponseOk, recorder.take())] });
        }
        interval
    }
}

fn gauss(random: &mut Xoshiro256PlusPlus) -> f64 {
    normal(random.random_range(1e-12..1.0))
}

fn catalog() -> Catalog {
    let stage = |name: &str, purpose| CatalogStage { name: name.into(), scenario: "".into(), purpose };
    Catalog {
        endpoints: vec![CatalogEndpoint {
            name: "any".into(),
            method: "GET".into(),
            service: None,
            tags: Vec::new(),
            timeout: None,
        }],
        stages: vec![stage("warm up", StagePurpose::WarmUp), stage("all", StagePurpose::Measured)],
        ..Catalog::default()
    }
}
