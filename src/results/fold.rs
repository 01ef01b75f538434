use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::few_samples::has_few_samples;
use super::levels::{Figures, missed, on_levels};
use super::rules::{Unreadable, rules};
use crate::journal::{Annotation, Closing, End, Entry, Header, Level, Mark};
use crate::metrics::Totals;
use crate::sample::{Catalog, StageId, TaskRole};
use crate::threshold::{Aggregate, Amount, Rule};
use crate::units::{Offset, Size, show_duration};
use crate::verdict::{
    Achievement, AtCeiling, Elapsed, Finding, GeneratorHealth, Integrity, Judged, Limits, ThresholdEvaluator, Timeline,
    Trust, Verdict, conclude, decided_by_ceiling, judge_stage,
};

/// What a run has come to so far. It hears the entries of a run in their order, live or from a journal, and answers at
/// any second; its memory is a function of the plan.
pub struct Results {
    header: Header,
    rules: Arc<[Rule]>,
    catalog: Arc<Catalog>,
    timeline: Timeline,
    evaluator: ThresholdEvaluator,
    generator: GeneratorHealth,
    totals: Totals,
    /// Where the figures of a search's levels come from.
    levels: Figures,
    /// What was counted as `other`, in words.
    folded: Vec<String>,
    /// What a person changed of the load, in words.
    steered: Vec<String>,
    /// Who wanted the run to end, in words.
    stop_asked: Option<String>,
    end: Option<End>,
}

/// How many changes by a person are kept.
const STEERED: usize = 100;
/// How many reasons why something is counted as `other` are kept.
const FOLDED: usize = 20;

impl Results {
    /// Results of a run that has heard nothing yet, judged by the run's own thresholds.
    ///
    /// # Errors
    /// A threshold in the header that this version does not read.
    pub fn new(header: Header) -> Result<Self, Unreadable> {
        let rules = rules(&header.thresholds)?;
        Ok(Self::with(header, rules, Figures::Kept))
    }

    /// The same, judged by other rules than the run's own.
    #[must_use]
    pub fn against(header: Header, rules: Vec<Rule>) -> Self {
        Self::with(header, rules, Figures::Anew)
    }

    fn with(header: Header, rules: Vec<Rule>, levels: Figures) -> Self {
        let (rules, catalog) = (Arc::<[Rule]>::from(rules), Arc::new(header.catalog.clone()));
        let timeline = Timeline::new(header.stages.iter().map(|stage| (&*stage.scenario, stage.start, stage.end)));
        let limits = Limits {
            cores: header.environment.cores as f64,
            open_files: header.environment.open_files,
            memory: header.environment.memory.map(Size::from_bytes),
        };
        Self {
            evaluator: ThresholdEvaluator::new(rules.clone(), catalog.clone(), timeline.clone(), header.shard),
            generator: GeneratorHealth::new(limits, header.pace),
            totals: Totals::new(),
            folded: Vec::new(),
            steered: Vec::new(),
            stop_asked: None,
            end: None,
            header,
            rules,
            catalog,
            timeline,
            levels,
        }
    }

    /// Says when the run began, of one whose header was made before.
    pub fn begin(&mut self, at: SystemTime) {
        self.header.began = at;
    }

    /// Takes the next entry of the run.
    pub fn hear(&mut self, entry: &Entry) {
        match entry {
            Entry::Second(interval) => {
                self.evaluator.hear(interval);
                self.generator.hear(interval);
                self.totals.add(interval);
            }
            Entry::Annotation(Annotation { mark: Mark::Folded, text, .. }) => {
                // shards of one run may say the same
                if self.folded.len() < FOLDED && !self.folded.contains(text) {
                    self.folded.push(text.clone());
                }
            }
            Entry::Annotation(Annotation { mark: Mark::Steered, at, text }) => {
                if self.steered.len() < STEERED {
                    self.steered.push(format!("at {}: {text}", show_duration(at.since(Offset::ZERO))));
                }
            }
            Entry::Annotation(Annotation { mark: Mark::StopAsked, text, .. }) => {
                self.stop_asked.get_or_insert_with(|| text.clone());
            }
            Entry::Annotation(_) => {}
            Entry::End(end) => self.end = Some(end.clone()),
        }
    }

    /// What the journal of the run says before its seconds.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The thresholds it is judged by.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Everything that was counted so far.
    #[must_use]
    pub const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// What was counted as `other` so far, and why.
    pub(super) fn folded(&self) -> &[String] {
        &self.folded
    }

    /// What a person changed of the load so far.
    pub(super) fn steered(&self) -> &[String] {
        &self.steered
    }

    /// Who wanted the run to end.
    pub(super) fn stop_asked(&self) -> Option<&str> {
        self.stop_asked.as_deref()
    }

    /// How the generator has fared so far.
    #[must_use]
    pub const fn generator(&self) -> &GeneratorHealth {
        &self.generator
    }

    /// The end of the run; `None` while it is under way, or where its journal breaks off.
    #[must_use]
    pub const fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// How long load is to be made for.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.header.stages.iter().map(|stage| stage.end.since(Offset::ZERO)).max().unwrap_or_default()
    }

    /// How long load was made for; of a run without an end, as far as its seconds reach.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.end.as_ref().map_or_else(|| self.reached().min(self.length()), |end| end.elapsed)
    }

    /// The same, of a run without an end with what came while requests under way still ended.
    #[must_use]
    pub fn heard(&self) -> Duration {
        self.end.as_ref().map_or_else(|| self.reached(), |end| end.elapsed)
    }

    /// The time that rates are over: to the end of the load, or to the end of the last request that ended after it.
    #[must_use]
    pub fn measured_time(&self) -> Duration {
        let last = self.totals.last_ended().latest().map_or(Duration::ZERO, |last| last.since(Offset::ZERO));
        self.elapsed().max(last)
    }

    /// What of each stage figures are about: to the end of the load, or of what it left under way.
    pub(super) fn span(&self) -> Elapsed {
        self.timeline.measured(Offset::from(self.elapsed()), self.totals.last_ended())
    }

    /// The time of what is judged where no stage is named: without warm-ups.
    pub(super) fn judged_time(&self) -> Duration {
        self.span().time(|stage| self.catalog.is_measured(stage))
    }

    /// The stage under way at a moment, of the first scenario that has one.
    #[must_use]
    pub fn stage_at(&self, at: Offset) -> Option<StageId> {
        let index = self.header.stages.iter().position(|stage| stage.start <= at && at < stage.end)?;
        u16::try_from(index).ok().map(StageId)
    }

    /// The first threshold that wants the run to stop now.
    #[must_use]
    pub fn fatal(&self) -> Option<usize> {
        self.evaluator.fatal()
    }

    /// What was found of each threshold in the last second that it was judged in.
    pub fn latest(&self) -> impl Iterator<Item = Option<Judged>> {
        self.evaluator.latest()
    }

    /// How many samples stand behind each threshold that is a quantile over the whole run, where these are few.
    pub(super) fn few_samples(&self) -> Vec<Option<u64>> {
        let of_levels = self.end.as_ref().is_some_and(|end| !end.levels.is_empty());
        let few = |(rule, samples): (&Rule, u64)| match rule.require.aggregate {
            Aggregate::Quantile(p) if rule.require.window.is_none() && !of_levels => {
                has_few_samples(samples, p.0 / 100.0).then_some(samples)
            }
            _ => None,
        };
        self.rules.iter().zip(self.evaluator.samples()).map(few).collect()
    }

    /// Each threshold judged on one stage alone, as far as that has come by a moment.
    #[must_use]
    pub fn judge_stage(&self, stage: StageId, now: Offset) -> Vec<Judged> {
        let elapsed = self.timeline.elapsed(now);
        let judge = |rule| judge_stage(rule, &self.totals, &self.catalog, &elapsed, stage);
        self.rules.iter().map(judge).collect()
    }

    /// What was measured of each threshold over all that was heard; `None` without data.
    #[must_use]
    pub fn measured(&self) -> Vec<Option<Amount>> {
        let findings = self.evaluator.findings(Offset::from(self.heard()), None);
        findings.into_iter().map(|finding| finding.judged.measured).collect()
    }

    /// Each threshold judged, as things stand.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let elapsed = Offset::from(self.elapsed());
        let mut findings = self.evaluator.findings(elapsed, self.closing());
        let levels = self.end.as_ref().map_or(&[][..], |end| &end.levels);
        let measured = self.span();
        on_levels(&mut findings, &self.rules, (levels, self.levels), |rule, stage| {
            judge_stage(rule, &self.totals, &self.catalog, &measured, stage)
        });
        findings
    }

    /// The verdict, as things stand.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.verdict_on(&self.findings())
    }

    /// Whether the run's own counts and workers are in order. Of a run without an end nobody can know: requests are
    /// under way.
    #[must_use]
    pub fn integrity(&self) -> Integrity {
        let broken = |end: &End| end.broken_workers > 0 || self.totals.accounting().balance().is_err();
        if self.end.as_ref().is_some_and(broken) { Integrity::Broken } else { Integrity::Sound }
    }

    /// Why the run ended; `None` where that is not known.
    pub(super) fn closing(&self) -> Option<Closing> {
        self.end.as_ref().map(|end| match end.closing {
            // a file may say anything
            Closing::Threshold(index) => Closing::Threshold(index.min(self.rules.len().saturating_sub(1))),
            other => other,
        })
    }

    /// The verdict on thresholds that were judged.
    pub(super) fn verdict_on(&self, findings: &[Finding]) -> Verdict {
        conclude(self.closing(), findings, &self.achievement(), self.trust(findings))
    }

    /// What there is to say of the generator, for thresholds that were judged.
    fn trust(&self, findings: &[Finding]) -> Trust {
        if let Err(reason) = self.generator.validity() {
            return Trust::None(reason);
        }
        let Some(ceiling) = self.generator.ceiling() else { return Trust::Full };
        let doubtful = self.rules.iter().zip(findings).enumerate();
        let doubtful = doubtful.filter(|(_, (rule, finding))| self.is_decided_by_ceiling(rule, &finding.judged));
        Trust::ToCeiling(AtCeiling {
            ceiling,
            doubtful: doubtful.map(|(index, (rule, _))| (index, rule.text.trim().to_owned())).collect(),
            level_in_doubt: self.is_level_in_doubt(),
        })
    }

    /// Whether a threshold may be judged as it is only because the generator was at its ceiling.
    pub(super) fn is_decided_by_ceiling(&self, rule: &Rule, judged: &Judged) -> bool {
        let at_ceiling = self.generator.validity().is_ok() && self.generator.ceiling().is_some();
        at_ceiling && decided_by_ceiling(rule, (judged.measured, judged.status), &self.totals, &self.catalog)
    }

    /// Whether the highest level that held may be the generator's: where what broke the next was in doubt, and the plan
    /// does not say that what held is enough.
    fn is_level_in_doubt(&self) -> bool {
        let levels = self.end.as_ref().map_or(&[][..], |end| &end.levels);
        let enough = self.header.at_least.is_some() && missed(levels, self.header.at_least.as_ref()).is_none();
        let in_doubt = |level: &Level| {
            let judged =
                self.rules.iter().zip(&level.measured).map(|(rule, measured)| (rule, Judged::of(rule, *measured)));
            let mut broken = judged.filter(|(_, judged)| !judged.status.holds());
            broken.all(|(rule, judged)| self.is_decided_by_ceiling(rule, &judged))
        };
        !enough && levels.iter().filter(|level| !level.held()).any(in_doubt)
    }

    /// What was got done so far. Warm-ups are left out, as everything else that is judged leaves them out.
    fn achievement(&self) -> Achievement {
        let accounting = self.totals.accounting();
        let mut achievement = Achievement { ended: accounting.ok + accounting.failures(), ..Achievement::default() };
        let catalog = &self.catalog;
        for (_, total) in self.totals.series().filter(|(key, _)| catalog.is_measured(key.stage)) {
            achievement.calls += total.counts.calls();
            achievement.calls_ok += total.counts.calls_ok();
        }
        for (key, tasks) in self.totals.tasks().iter().filter(|(key, _)| catalog.is_measured(key.stage)) {
            let role = catalog.role(key.task);
            if role == TaskRole::Work {
                achievement.tasks_completed += tasks.completed;
                achievement.tasks_failed += tasks.failures();
            }
        }
        let levels = self.end.as_ref().map_or(&[][..], |end| &end.levels);
        achievement.levels = levels.len() as u64;
        achievement.levels_held = levels.iter().filter(|level| level.held()).count() as u64;
        achievement.missed = missed(levels, self.header.at_least.as_ref());
        achievement
    }

    fn reached(&self) -> Duration {
        Duration::from_secs(u64::from(self.totals.seconds()))
    }
}
