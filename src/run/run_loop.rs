use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::collector::Collector;
use super::interrupts::{Asked, Hand, Interrupts, Steer, Wish, wait};
use super::level_controller::{LevelController, Next};
use super::masked_entries::mask_entry;
use super::preparation::Preparation;
use super::process_stats::ProcessStats;
use super::steerable::Steerable;
use crate::compile::Program;
use crate::engine::{CUT_GRACE, NotReady, Options, Phase, Run, Steering, Stop, WorkerMessage};
use crate::journal::{Annotation, Closing, End, Entry, Header, Level, Mark};
use crate::memory::{Held, Part};
use crate::metrics::{Fold, Health, Interval, NAMES, SERIES, add_run_gauges};
use crate::results::{Results, Unreadable};
use crate::secrets::Secrets;
use crate::units::{Offset, Rate};

/// A run to be made.
#[derive(Debug)]
pub struct Job {
    /// The program.
    pub program: Arc<Program>,
    /// How it is made.
    pub options: Options,
    /// What its journal says before its seconds; when it began is filled in.
    pub header: Header,
}

/// What a run emits while it is under way.
pub enum Event<'a> {
    /// Everything is ready, and the load is to begin at this time of day.
    Waiting(SystemTime),
    /// The load begins.
    Began(&'a Header),
    /// The next entry of the run; the results have heard it.
    Entry(&'a Entry, &'a Results),
    /// A person changed the load.
    Steered(Steering),
    /// The run is brought to its end before its time, for a reason in words; requests under way may still end.
    Stopping(Closing, &'a str),
    /// The load is over and the plan's teardown begins. The end that came before says so, and what was measured is complete.
    TearingDown,
    /// The load will not begin, and the plan's teardown takes away what its setup made.
    TakingBack,
}

/// A run that did not start.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    /// Something it needs is not there.
    #[error(transparent)]
    NotReady(#[from] NotReady),
    /// Its header cannot be read back.
    #[error(transparent)]
    Header(#[from] Unreadable),
}

/// Makes a run, from its setup to its teardown; `listener` hears each of its events. What a run has come to is only what
/// its entries say. Its end comes before the teardown, so that no teardown can cost the results, and once more after it.
///
/// # Errors
/// A run that could not start.
pub async fn conduct(
    job: Job,
    interrupts: &mut Interrupts,
    mut listener: impl FnMut(Event<'_>),
) -> Result<Results, NotStarted> {
    let Job { program, options, header } = job;
    options.memory.of_this_thread();
    // before anything is sent: what cannot be judged is not run
    let mut results = Results::new(header)?;
    let stop = Stop::new();
    let preparation = Preparation { program: &program, platform: &options.platform, shard: options.shard };
    let (globals, lines) = tokio::select! {
        biased;
        () = interrupts.next() => return Err(NotReady::Interrupted.into()),
        globals = preparation.set_up() => globals?,
    };
    let ready = match wait((options.start, &options.platform), interrupts, |at| listener(Event::Waiting(at))).await {
        Ok(()) => Run::start(&program, &globals, &options, &stop),
        Err(why) => Err(why),
    };
    let run = match ready {
        Ok(run) => run,
        Err(why) => {
            if preparation.has_teardown() {
                listener(Event::TakingBack);
            }
            preparation.tear_down(&globals, interrupts, drop).await;
            return Err(why.into());
        }
    };
    results.begin(run.began);
    listener(Event::Began(results.header()));
    let mut under_way = UnderWay {
        emitter: Emitter { results, listener, reached: Offset::ZERO, secrets: program.secrets.clone() },
        collector: Collector::new(options.workers.max(1)),
        levels: LevelController::of(&program),
        steerable: Steerable::of(&program, options.shard),
        steering: Steering::default(),
        process: ProcessStats::on(&options.platform),
        program: &program,
        stop,
        run,
        ended: None,
        cut: None,
        memory: options.memory.hold(Part::Series, 0).ok(),
        folds: Vec::new(),
        secrets_full: false,
    };
    for line in lines {
        under_way.emitter.annotate(Offset::ZERO, Mark::Line, &line);
    }
    under_way.load(interrupts).await;
    let missed = under_way.missed();
    under_way.review();
    let UnderWay { mut emitter, levels, run, ended, collector, .. } = under_way;
    let length = Offset::from(program.length());
    let done = || collector.done().unwrap_or_else(|| run.clock.now());
    let (closing, at) = ended.unwrap_or_else(|| (Closing::Complete, length.min(done())));
    let closing = match closing {
        // what was cut off might have failed
        Closing::Complete | Closing::Plan if missed => Closing::Asked,
        closing => closing,
    };
    let clock = run.clock;
    let mut end = End {
        closing,
        elapsed: at.min(length).since(Offset::ZERO),
        broken_workers: run.join().await,
        teardown: Vec::new(),
        levels: levels.map(|levels| levels.tried).unwrap_or_default(),
        exports: Vec::new(),
    };
    if preparation.has_teardown() {
        end.teardown.push(End::TEARDOWN_OPEN.to_owned());
        emitter.emit(Entry::End(end.clone()));
        (emitter.listener)(Event::TearingDown);
        let log = |line: String| emitter.annotate(clock.now(), Mark::Line, &line);
        end.teardown = preparation.tear_down(&globals, interrupts, log).await;
    }
    emitter.emit(Entry::End(end));
    Ok(emitter.results)
}

/// A run whose workers make load.
struct UnderWay<'a, L> {
    program: &'a Program,
    run: Run,
    stop: Stop,
    collector: Collector,
    process: Option<ProcessStats>,
    levels: Option<LevelController>,
    steerable: Steerable,
    steering: Steering,
    emitter: Emitter<L>,
    /// Why it was brought to its end, and when, where that was before its time.
    ended: Option<(Closing, Offset)>,
    /// When what was under way was cut off, where somebody had no time for it.
    cut: Option<Cut>,
    /// The memory of the results.
    memory: Option<Held>,
    /// What was folded into `other` and told.
    folds: Vec<Fold>,
    /// Whether it was told that there was no room for every secret.
    secrets_full: bool,
}

/// What was under way is cut off.
#[derive(Debug, Clone, Copy)]
struct Cut {
    at: Offset,
    /// How many requests had no outcome before.
    unmeasured: u64,
}

/// Beyond the times that workers have to end, so long may their last messages take.
const SLACK: Duration = Duration::from_secs(5);

/// In so long every worker has heard of a change.
const HEARD: Duration = Duration::from_millis(100);

/// Gives each entry to the results, and then to the listener.
struct Emitter<L> {
    results: Results,
    listener: L,
    /// When the last second was over.
    reached: Offset,
    /// What no entry may show.
    secrets: Secrets,
}

impl<L: FnMut(Event<'_>)> UnderWay<'_, L> {
    /// Collects what the workers count until all are over.
    async fn load(&mut self, interrupts: &mut Interrupts) {
        self.look_at_process();
        if let Some(rate) = self.levels.as_ref().and_then(LevelController::first) {
            self.run.levels.send_modify(|levels| levels.push(rate));
        }
        while !self.collector.is_over() {
            let last = self.last_message();
            let message = tokio::select! {
                biased;
                // one that comes after the cut is meant for what follows, and waits for it
                asked = interrupts.asked(self.stop.phase() < Phase::Cutting) => {
                    match asked {
                        Asked::End => self.interrupt(),
                        Asked::Wish(wish) => self.grant(wish),
                    }
                    continue;
                }
                message = self.run.messages.recv() => message,
                // a worker that does not come back is left behind, and counts as broken down
                () = tokio::time::sleep(last) => break,
            };
            // every sender is gone though not every worker reported its end: one broke down
            let Some(message) = message else { break };
            match &message {
                WorkerMessage::Line { at, text } => self.emitter.annotate(*at, Mark::Line, text),
                WorkerMessage::Stop { why } if self.stop.phase() == Phase::Running => {
                    self.end(Closing::Plan, Some((Mark::StopAsked, why)));
                }
                WorkerMessage::Folded(fold) => self.folded(*fold),
                _ => {}
            }
            for interval in self.collector.take(message) {
                self.second(interval);
            }
        }
        for interval in self.collector.rest() {
            self.emitter.second(interval);
        }
    }

    /// How long from now any worker may still have something to report.
    fn last_message(&self) -> Duration {
        let now = self.run.clock.now();
        let length = Offset::from(self.program.length());
        // who asks for an end that is near anyway does not put it off
        let ended = self.ended.map_or(length, |(_, at)| at.min(length)) + self.run.grace;
        let end = self.cut.map_or(ended, |cut| cut.at.min(ended));
        (end + CUT_GRACE + SLACK).since(now)
    }

    /// Says once, for all workers, that something is counted as `other`.
    fn folded(&mut self, fold: Fold) {
        if self.folds.contains(&fold) {
            return;
        }
        self.folds.push(fold);
        let why = match fold {
            Fold::Names(endpoint) => {
                let endpoint = self.program.endpoints.get(endpoint.index()).map_or("", |endpoint| &endpoint.name);
                format!("`{endpoint}` goes by more than {NAMES} names on one worker")
            }
            Fold::Series => format!("one worker counts more than {SERIES} series of requests"),
            Fold::Memory => "the memory for what is counted is used up (`--memory` gives it more)".to_owned(),
        };
        self.emitter.annotate(self.emitter.reached, Mark::Folded, &format!("{why}: what is new is counted as `other`"));
    }

    /// Ends the run at an interrupt, and cuts off what is under way at the next.
    fn interrupt(&mut self) {
        let now = self.run.clock.now();
        match self.stop.phase() {
            Phase::Running if now < Offset::from(self.program.length()) => {
                self.end(Closing::Asked, Some((Mark::StopAsked, "the run was asked to end")));
            }
            // workers whose time is over begin nothing new, told or not
            Phase::Running | Phase::Draining => {
                self.emitter.annotate(self.emitter.reached, Mark::Cut, "requests under way were cut off");
                self.cut = Some(Cut { at: now, unmeasured: self.unmeasured() });
                self.stop.advance(Phase::Cutting);
            }
            Phase::Cutting => {}
        }
    }

    /// Does what a person wants, and tells who asked what came of it.
    fn grant(&mut self, wish: Wish) {
        let Wish { steer, hand, answer } = wish;
        let done = self.steer(&steer, hand);
        if let Some(answer) = answer {
            // whoever asked may be gone
            drop(answer.send(done));
        }
    }

    /// Does what a person wants of the run; what was done, or why it was not.
    fn steer(&mut self, steer: &Steer, hand: Hand) -> Result<String, String> {
        let now = self.run.clock.now();
        let is_over = self.stop.phase() > Phase::Running || now >= Offset::from(self.program.length());
        let done = |text: &str| Ok(text.to_owned());
        match steer {
            Steer::Note(text) => {
                self.emitter.annotate(now, Mark::Note, text);
                done("it is noted")
            }
            Steer::Cut if self.stop.phase() < Phase::Cutting => {
                if !is_over {
                    self.end(Closing::Asked, Some((Mark::StopAsked, asked_to_end(hand))));
                }
                self.interrupt();
                done("requests under way are cut off")
            }
            Steer::Cut => Err("requests under way are cut off already".to_owned()),
            _ if is_over => Err("the load is over, and the run is ending".to_owned()),
            Steer::End => {
                self.end(Closing::Asked, Some((Mark::StopAsked, asked_to_end(hand))));
                done("the run ends: requests under way have their time")
            }
            Steer::Pause | Steer::Resume | Steer::PauseOrResume => self.pause_or_resume(steer),
            Steer::MoreUsers | Steer::FewerUsers | Steer::Users(_) => self.set_users(steer),
            Steer::Rate(rate) => self.set_rate(*rate),
        }
    }

    fn pause_or_resume(&mut self, steer: &Steer) -> Result<String, String> {
        if !self.steerable.pause {
            return Err(self.steerable.fixed.to_owned());
        }
        let paused = self.steering.paused;
        match steer {
            Steer::Pause if paused => return Err("the load is paused already".to_owned()),
            Steer::Resume if !paused => return Err("the load is not paused".to_owned()),
            _ => self.steering.paused = !paused,
        }
        Ok(self.steered(if paused { "the load was resumed" } else { "the load was paused" }))
    }

    fn set_users(&mut self, steer: &Steer) -> Result<String, String> {
        let Some((planned, most)) = self.steerable.users else {
            let why =
                if self.steerable.rate.is_some() { "the plan sets a rate of arrivals" } else { self.steerable.fixed };
            return Err(why.to_owned());
        };
        let current = self.steering.users.unwrap_or(planned);
        let step = (current / 10).max(1);
        let files = self.emitter.results.header().environment.open_files.unwrap_or(u64::MAX);
        let most = most.min(u32::try_from(files / 2).unwrap_or(u32::MAX)).max(planned);
        let next = match steer {
            Steer::Users(users) if !(1..=most).contains(users) => {
                return Err(format!("there may be from 1 to {most} users, and not {users}"));
            }
            Steer::Users(users) => *users,
            Steer::FewerUsers => current.saturating_sub(step).max(1),
            _ => current.saturating_add(step).min(most),
        };
        if next == current {
            return Err(format!("there are to be {current} users already"));
        }
        self.steering.users = Some(next).filter(|next| *next != planned);
        Ok(self.steered(&match next == planned {
            true => format!("users were set back to the plan's {planned}"),
            false => format!("users were set to {next}, where the plan has {planned}"),
        }))
    }

    fn set_rate(&mut self, rate: Rate) -> Result<String, String> {
        let Some((planned, most)) = self.steerable.rate else {
            let why =
                if self.steerable.users.is_some() { "the plan sets a number of users" } else { self.steerable.fixed };
            return Err(why.to_owned());
        };
        let shown = |rate: Rate| rate.to_string();
        if !(Rate::per_second(0.0) < rate && rate <= most) {
            return Err(format!("there may be up to {} arrivals, and not {}", shown(most), shown(rate)));
        }
        if rate == self.steering.rate.map_or(planned, |(rate, _)| rate) {
            return Err(format!("{} arrivals are to come already", shown(rate)));
        }
        self.steering.rate = Some((rate, self.run.clock.now() + HEARD));
        Ok(self.steered(&match rate == planned {
            true => format!("the rate was set back to the plan's {}", shown(planned)),
            false => format!("the rate was set to {}, where the plan has {}", shown(rate), shown(planned)),
        }))
    }

    /// Tells workers, the journal and whoever listens what a person has changed.
    fn steered(&mut self, text: &str) -> String {
        self.run.steering.send_replace(self.steering);
        self.emitter.annotate(self.run.clock.now(), Mark::Steered, text);
        (self.emitter.listener)(Event::Steered(self.steering));
        text.to_owned()
    }

    /// How many requests so far were cut off, or never begun for want of time.
    fn unmeasured(&self) -> u64 {
        let accounting = self.emitter.results.totals().accounting();
        accounting.aborted + accounting.dropped
    }

    /// Whether an interrupt kept requests that were under way, or due, from their outcome.
    fn missed(&self) -> bool {
        self.cut.is_some_and(|cut| self.unmeasured() > cut.unmeasured)
    }

    /// Brings the run to its end before its time; what there is to be noted of that.
    fn end(&mut self, closing: Closing, note: Option<(Mark, &str)>) {
        self.ended = Some((closing, self.run.clock.now()));
        if let Some((mark, why)) = note {
            self.emitter.annotate(self.emitter.reached, mark, why);
            (self.emitter.listener)(Event::Stopping(closing, why));
        }
        self.stop.advance(Phase::Draining);
    }

    /// Takes a second that is over on every worker, and looks whether the run goes on.
    fn second(&mut self, mut interval: Interval) {
        interval.health.merge(&self.look_at_process());
        let over = Offset::from(Duration::from_secs(u64::from(interval.second) + 1));
        interval.health.backlog = self.run.clock.now().since(over).as_secs();
        self.measure_run(&mut interval);
        self.emitter.second(interval);
        if let Some(memory) = &mut self.memory {
            memory.set(self.emitter.results.totals().bytes() as u64);
        }
        self.look_at_secrets();
        if self.stop.phase() > Phase::Running {
            return;
        }
        self.climb(over);
        if self.stop.phase() == Phase::Running
            && let Some(broken) = self.emitter.results.fatal()
        {
            let rule = self.emitter.results.header().thresholds.get(broken).map(|rule| rule.require.clone());
            self.end(Closing::Threshold(broken), Some((Mark::ThresholdBroke, &rule.unwrap_or_default())));
        }
    }

    /// Says once that there was no room for every secret.
    fn look_at_secrets(&mut self) {
        if !self.secrets_full && self.program.secrets.is_full() {
            self.secrets_full = true;
            let text = "the run met more secrets than are kept: those that came later are hidden by their looks alone";
            self.emitter.annotate(self.emitter.reached, Mark::Folded, text);
        }
    }

    fn look_at_process(&mut self) -> Health {
        let now = self.run.clock.now();
        self.process.as_mut().map(|process| process.look(now)).unwrap_or_default()
    }

    /// Adds what a second says of the run as a whole, as far as there was load in it.
    fn measure_run(&self, interval: &mut Interval) {
        let began = Offset::from(Duration::from_secs(u64::from(interval.second)));
        let end = self.ended.map(|(_, at)| at).or(self.collector.done());
        let end = end.unwrap_or_else(|| Offset::from(self.program.length()));
        let covered = end.since(began).min(Duration::from_secs(1));
        if let Some(stage) = self.emitter.results.stage_at(began)
            && !covered.is_zero()
        {
            add_run_gauges(interval, &self.program.catalog, stage, covered);
        }
    }

    /// Judges the levels that held once more, now that all their requests have ended.
    fn review(&mut self) {
        let now = self.run.clock.now();
        let broken = self.levels.as_mut().and_then(|levels| levels.review(now, &self.emitter.results));
        broken.into_iter().for_each(|level| self.emitter.tried(&level));
    }

    /// Judges the level under way where it is over, and begins the next.
    fn climb(&mut self, now: Offset) {
        let Some(levels) = &mut self.levels else { return };
        let Some((level, next)) = levels.look(now, self.program, &self.emitter.results) else { return };
        self.emitter.tried(&level);
        match next {
            Next::Level(rate) => self.run.levels.send_modify(|levels| levels.push(rate)),
            Next::Stage => {}
            Next::Nothing => self.end(Closing::Plan, None),
        }
    }
}

/// Who wanted the run to end, in words.
const fn asked_to_end(hand: Hand) -> &'static str {
    match hand {
        Hand::Keyboard => "the run was asked to end, by a key",
        Hand::Page => "the run was asked to end, in the web view",
    }
}

impl<L: FnMut(Event<'_>)> Emitter<L> {
    fn emit(&mut self, mut entry: Entry) {
        mask_entry(&mut entry, &self.secrets);
        self.results.hear(&entry);
        (self.listener)(Event::Entry(&entry, &self.results));
    }

    fn second(&mut self, interval: Interval) {
        self.reached = Offset::from(Duration::from_secs(u64::from(interval.second) + 1));
        self.emit(Entry::Second(Box::new(interval)));
    }

    fn annotate(&mut self, at: Offset, mark: Mark, text: &str) {
        self.emit(Entry::Annotation(Annotation { at, mark, text: text.to_owned() }));
    }

    fn tried(&mut self, level: &Level) {
        let stage = self.results.header().catalog.stages.get(level.stage.index());
        let name = stage.map_or("", |stage| &*stage.name);
        let word = if level.held() { "held" } else { "broke" };
        let text = format!("{name} ({}) {word}", level.level);
        self.annotate(self.reached, Mark::LevelTried, &text);
    }
}
