use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::capped::MaskedTexts;
use super::figure_families::Families;
use super::figures::{Family, Figures, RunNames, SecondNow};
use crate::journal::Header;
use crate::metrics::{Health, Interval};
use crate::results::{Results, Snapshot};
use crate::secrets::Secrets;
use crate::verdict::{HealthIssue, SecondHealth};

/// Makes the figures of a run, once a second, of what its results have come to. Whatever is said in them is without secrets.
#[derive(Debug)]
pub(super) struct Collector {
    texts: MaskedTexts,
    families: Families,
    names: Arc<RunNames>,
    /// The second before, for what is not looked at every second.
    before: Option<Arc<Figures>>,
    health: Health,
}

/// Series are put together every second only where there are no more than these …
const MANY_SERIES: usize = 2000;
/// … and beyond in each so many seconds.
const SELDOM: u32 = 10;

impl Collector {
    pub(super) fn new(header: &Header, secrets: Secrets) -> Self {
        let texts = MaskedTexts::new(secrets);
        let text = |text: &str| texts.text(text);
        let shard = header.shard;
        let names = RunNames {
            run: header.run.to_string(),
            name: header.name.as_deref().map(text),
            plan: text(&header.plan.name),
            target: text(&header.plan.target),
            labels: header.labels.iter().map(|(key, value)| (text(key), text(value))).collect(),
            shard: shard.is_part().then(|| format!("{}/{}", shard.number(), shard.count)),
            host: header.environment.host.as_deref().map(text).unwrap_or_default(),
            version: header.plimsoll.clone(),
            began: header.began,
        };
        Self { families: Families::new(), texts, names: Arc::new(names), before: None, health: Health::default() }
    }

    pub(super) fn names(&self) -> Arc<RunNames> {
        self.names.clone()
    }

    pub(super) fn text(&self, text: &str) -> String {
        self.texts.text(text)
    }

    /// The figures behind a second, which the results have heard.
    pub(super) fn second(&mut self, interval: &Interval, results: &Results) -> Arc<Figures> {
        self.health = interval.health;
        let second = self.second_now(interval, results);
        let seldom = results.totals().series().nth(MANY_SERIES).is_some() && !interval.second.is_multiple_of(SELDOM);
        let families = match self.before.as_ref().filter(|_| seldom) {
            Some(before) => before.families.clone(),
            None => self.families.of(results, (&self.names, &second, &self.health), &mut self.texts),
        };
        let at = self.names.began + Duration::from_secs(u64::from(interval.second) + 1);
        self.told(at, second, families)
    }

    /// The figures at the end of the run.
    pub(super) fn end(&mut self, results: &Results) -> Arc<Figures> {
        let before = self.before.as_ref().map(|before| (before.at, before.second.clone()));
        let (at, second) = before.unwrap_or_else(|| (self.names.began, SecondNow::default()));
        // what is over has no users and makes no requests
        let second = SecondNow { users: 0, stages: Vec::new(), suspect: Vec::new(), ..second };
        let families = self.families.of(results, (&self.names, &second, &self.health), &mut self.texts);
        // nothing can be told twice of one moment
        self.told(at + Duration::from_millis(1), second, families)
    }

    fn told(&mut self, at: SystemTime, second: SecondNow, families: Vec<Family>) -> Arc<Figures> {
        let figures = Arc::new(Figures { names: self.names.clone(), at, second, families });
        self.before = Some(figures.clone());
        figures
    }

    fn second_now(&self, interval: &Interval, results: &Results) -> SecondNow {
        let snapshot = Snapshot::of(interval, results);
        let header = results.header();
        let at = Duration::from_secs(u64::from(interval.second));
        let under_way = header.stages.iter().filter(|stage| stage.start <= at.into() && stage.end > at.into());
        let accounting = &interval.accounting;
        let times = interval.response_times();
        let quantile = |share| times.quantile(share).map(|nanos| nanos / 1e9);
        let quantiles = match [0.5, 0.95, 0.99].map(quantile) {
            [Some(p50), Some(p95), Some(p99)] => Some([p50, p95, p99]),
            _ => None,
        };
        let suspect = match results.generator().judge(&interval.health, snapshot.ended) {
            SecondHealth::Suspect(issues) => issues.into_iter().map(HealthIssue::name).collect(),
            SecondHealth::Sound | SecondHealth::AtCeiling => Vec::new(),
        };
        let so_far = results.totals().accounting();
        let mut thresholds = snapshot.thresholds;
        thresholds.iter_mut().for_each(|threshold| threshold.require = self.texts.text(&threshold.require));
        SecondNow {
            number: interval.second,
            stages: under_way.map(|stage| self.texts.text(&stage.name)).collect(),
            users: interval.users,
            started: accounting.started,
            ok: accounting.ok,
            failed: accounting.failures(),
            dropped: accounting.dropped,
            quantiles,
            thresholds,
            suspect,
            ended_so_far: so_far.ok + so_far.failures(),
            failed_so_far: so_far.failures(),
        }
    }
}
