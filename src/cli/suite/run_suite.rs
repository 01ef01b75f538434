use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::entries::SuitePlan;
use super::found::{FoundSuite, find_suite};
use super::index::{PAGE, SuiteIndex};
use crate::cli::env_file::Variables;
use crate::cli::plan_file::{PlanFile, counted, find};
use crate::cli::run::{Ended, Part, RunArgs, TellsJob, add_to_job, make};
use crate::cli::runtime::block_on;
use crate::cli::terminal::{Reader, complain, data, detach, page, refuse, secrets, settle, talk};
use crate::diagnostic::Unset;
use crate::disk::Disk;
use crate::journal::{Label, RunName};
use crate::live::restore_terminal;
use crate::plan::holds_suite;
use crate::report::{NewRun, Place, SuiteHead, SuiteOutcome, SuiteRun, suite_page, suite_report, visible};
use crate::run::{Interrupts, Signals};
use crate::units::{Scale, show_duration};
use crate::verdict::Exit;

/// How long a service rests between two plans where nobody says.
const REST: Duration = Duration::from_secs(10);
/// The label under which a run says of which suite it is.
const LABEL: &str = "suite";
/// No suite has more plans.
const MOST: usize = 1000;

/// Plans that were asked for together.
pub(in crate::cli) struct SuiteRequest {
    plans: Vec<SuitePlan>,
    /// What it is called, in its reports and its files' names.
    name: String,
    description: String,
    file: Option<PathBuf>,
    rest: Duration,
}

/// The suite that was asked for: several plans, or a file that holds a suite; `None` of one plan.
///
/// # Errors
/// [`Exit::Usage`], reported on stderr, for a suite with errors, and for flags that are of one run alone.
pub(in crate::cli) fn requested(args: &RunArgs) -> Result<Option<SuiteRequest>, Exit> {
    let mut plans = Vec::new();
    let mut suites: Vec<FoundSuite> = Vec::new();
    let mut variables: Option<Variables> = None;
    let mut broken = None;
    for typed in &args.plans {
        let path = find(typed);
        if !holds_suite(&path) {
            plans.push(SuitePlan::of_file(path));
            continue;
        }
        let variables = match &mut variables {
            Some(variables) => &*variables,
            // a plan reads them itself
            none => none.insert(Variables::read(args.env_file.as_deref(), Unset::Wrong)?),
        };
        match find_suite(&path, variables) {
            Ok(found) => {
                plans.extend(found.plans.iter().cloned());
                suites.push(found);
            }
            Err(exit) => broken = Some(exit),
        }
    }
    if let Some(exit) = broken {
        return Err(exit);
    }
    if args.plans.len() == 1 && suites.is_empty() {
        return match args.rest {
            Some(_) => Err(refuse("`--rest` has no effect: there is one plan", "name more plans, or remove it")),
            None => Ok(None),
        };
    }
    fits(args, plans.len())?;
    let one = match suites.as_slice() {
        [one] if args.plans.len() == 1 => Some(one),
        _ => None,
    };
    let rests = suites.iter().filter_map(|found| found.suite.rest.as_ref()).map(|rest| rest.value.0).max();
    let written = one.and_then(|one| one.suite.name.as_ref()).map(|name| name.value.clone());
    let stem = one.and_then(|one| one.path.file_stem()).map(|stem| stem.to_string_lossy().into_owned());
    Ok(Some(SuiteRequest {
        plans,
        name: args.name.as_ref().map(ToString::to_string).or(written).or(stem).unwrap_or_else(|| "suite".to_owned()),
        description: one.and_then(|one| one.suite.description.clone()).unwrap_or_default(),
        file: one.map(|one| one.path.clone()),
        rest: args.rest.or(rests).unwrap_or(REST),
    }))
}

/// Refuses what says something of one run alone.
fn fits(args: &RunArgs, plans: usize) -> Result<(), Exit> {
    let alone = [
        (args.shard.is_some(), "--shard", "run each plan by itself on every machine, and merge its shards"),
        (args.start_at.is_some(), "--start-at", "begin the suite at that moment with the system's own timer"),
        (args.export.has_stream(), "--stream", "run each plan by itself, or read the reports in the results"),
        (args.baseline.is_some(), "--baseline", "give each plan a `baseline` of its own in a suite's file"),
    ];
    if let Some((_, flag, help)) = alone.into_iter().find(|(given, ..)| *given) {
        return Err(refuse(format!("`{flag}` is of one run, and here are several plans"), help));
    }
    if plans > MOST {
        return Err(refuse(format!("{plans} plans are too many for one suite"), format!("a suite has at most {MOST}")));
    }
    Ok(())
}

/// Runs a suite: every plan is checked, then they are run one after another. The exit code is the worst.
pub(in crate::cli) fn run_suite(args: &RunArgs, request: &SuiteRequest) -> Exit {
    made(args, request).unwrap_or_else(|exit| exit)
}

fn made(args: &RunArgs, request: &SuiteRequest) -> Result<Exit, Exit> {
    let plans = named(args, request)?;
    check(args, &plans)?;
    if args.dry_run {
        return dry_run(&plans);
    }
    detach(Reader::MayStall);
    let signals = Signals::of_process(restore_terminal);
    let began = SystemTime::now();
    let folder = args.folder();
    let stem = args.name.clone().or_else(|| RunName::parse(&plain(&request.name)).ok());
    let new = NewRun { folder: &folder, name: stem.as_ref(), now: began };
    let place = Place::fresh(&Disk::System, &new, PAGE, secrets()).map_err(|error| {
        let why = format!("results cannot be written to {}: {error}", folder.display());
        complain(why, "choose another folder with `--results DIR`");
        Exit::NotStarted
    })?;
    let mut under_way = UnderWay {
        args,
        request,
        began,
        index: SuiteIndex::at(place),
        runs: plans.iter().map(waiting).collect(),
        lost: Vec::new(),
    };
    under_way.write();
    for (index, plan) in plans.iter().enumerate() {
        if index > 0 && under_way.rest(&signals) == Rested::Disturbed {
            break;
        }
        if !args.quiet {
            talk(&visible(&format!("\n── {} of {}: {} ──\n", index + 1, plans.len(), plan.shown())));
        }
        let interrupts = signals.clone();
        let interrupts = move || interrupts.interrupts();
        let part = Part { arguments: plan.arguments(), interrupts: &interrupts, tells_job: TellsJob::No };
        let Ended { exit, why, report, stem } = make(&plan.args, &part);
        if let Some(run) = under_way.runs.get_mut(index) {
            run.outcome = SuiteOutcome::Ended { exit, why, report: report.map(Box::new), stem };
        }
        // whoever ends a plan ends the suite: what comes next is as much in his way
        if exit == Exit::Interrupted || signals.have_come() {
            break;
        }
        under_way.write();
    }
    under_way.close()
}

/// A plan of a suite that is to be run, as it would be by itself.
struct Planned {
    args: RunArgs,
    plan: SuitePlan,
    name: RunName,
}

impl Planned {
    fn shown(&self) -> String {
        format!("{} ({})", self.name, self.plan.shown())
    }

    /// The command line that makes the same run by itself.
    fn arguments(&self) -> Vec<String> {
        [vec!["run".to_owned(), self.plan.file.display().to_string()], self.args.words()].concat()
    }
}

/// Each plan with what the command line says of all, and a name that no other has.
fn named(typed: &RunArgs, request: &SuiteRequest) -> Result<Vec<Planned>, Exit> {
    let mut planned: Vec<Planned> = Vec::new();
    for plan in &request.plans {
        let stem = plan.file.file_stem().map_or_else(|| "plan".into(), |stem| stem.to_string_lossy());
        let wanted = plan.name.clone().map_or_else(|| plain(&stem), |name| name.to_string());
        let taken = |name: &str| planned.iter().any(|known| known.name.as_str() == name);
        if plan.name.is_some() && taken(&wanted) {
            let help = "give each its own `name`: its files and reports are found by it";
            return Err(refuse(format!("two plans of the suite are called `{wanted}`"), help));
        }
        let mut numbers = std::iter::once(wanted.clone()).chain((2..).map(|number| format!("{wanted}-{number}")));
        let name = numbers.find(|name| !taken(name)).unwrap_or(wanted);
        let name = RunName::parse(&name).map_err(|wrong| refuse(wrong.message, wrong.help))?;
        let own = Label { key: LABEL.to_owned(), value: request.name.chars().take(64).collect() };
        let mut plan = plan.clone();
        // what is typed for all goes before what the suite says of one
        plan.flags = plan.flags.left_by(&typed.flags);
        if typed.embedded {
            plan.flags.target.clear();
        }
        planned.push(Planned { args: typed.of_plan(&plan, &name, own), plan, name });
    }
    Ok(planned)
}

/// A name as files may have it.
fn plain(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = text.chars().map(|c| if is_plain(c) { c } else { '_' }).take(60).collect();
    let name = name.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    match name {
        "" | crate::journal::LATEST => "plan".to_owned(),
        name => name.to_owned(),
    }
}

/// Checks every plan with its flags before the first is run: an error is found now, and not in the middle of the night.
fn check(args: &RunArgs, plans: &[Planned]) -> Result<(), Exit> {
    let variables = Variables::read(args.env_file.as_deref(), Unset::Wrong)?;
    let mut broken = 0;
    for plan in plans {
        let path = &plan.plan.file;
        if path.exists() && !path.is_file() {
            // a pipe can be read only once
            continue;
        }
        let file = PlanFile::open(path, &plan.args.flags.overrides(None), &plan.args.flags.filter(), &variables);
        if file.problems.errors() > 0 || file.program.is_none() {
            broken += 1;
            talk(&visible(&format!("{}:\n", plan.plan.placed())));
            file.print_problems(path);
        }
    }
    if broken == 0 {
        return Ok(());
    }
    let all = counted(plans.len(), "plan");
    talk(&format!("nothing was run: {broken} of {all} cannot be\n"));
    Err(Exit::Usage)
}

fn dry_run(plans: &[Planned]) -> Result<Exit, Exit> {
    let mut exit = Exit::Passed;
    for (index, plan) in plans.iter().enumerate() {
        data(&visible(&format!("── {} of {}: {} ──\n\n", index + 1, plans.len(), plan.shown())))?;
        let part = Part {
            arguments: plan.arguments(),
            interrupts: &|| Interrupts::of_process(restore_terminal),
            tells_job: TellsJob::No,
        };
        exit = exit.worse(make(&plan.args, &part).exit);
        data("\n")?;
    }
    Ok(exit)
}

fn waiting(plan: &Planned) -> SuiteRun {
    SuiteRun {
        name: plan.name.to_string(),
        file: plan.plan.file.display().to_string(),
        flags: plan.plan.words(),
        outcome: SuiteOutcome::Waiting,
    }
}

/// What a rest came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rested {
    Well,
    /// Somebody wants the suite to end.
    Disturbed,
}

/// A suite under way.
struct UnderWay<'a> {
    args: &'a RunArgs,
    request: &'a SuiteRequest,
    began: SystemTime,
    index: SuiteIndex,
    runs: Vec<SuiteRun>,
    /// Files that could not be written.
    lost: Vec<String>,
}

impl UnderWay<'_> {
    fn head(&self) -> SuiteHead {
        SuiteHead {
            name: self.request.name.clone(),
            description: self.request.description.clone(),
            file: self.request.file.as_ref().map(|path| path.display().to_string()),
            scale: self.args.flags.scale.and_then(Scale::smaller),
            began: self.began,
            took: self.began.elapsed().unwrap_or_default(),
            rest: self.pause(),
        }
    }

    /// How long it rests: a rehearsal as much less.
    fn pause(&self) -> Duration {
        self.args.flags.scale.map_or(self.request.rest, |scale| scale.moment(self.request.rest))
    }

    fn write(&mut self) {
        let written = self.index.write(&self.head(), &self.runs);
        self.lost = written.err().unwrap_or_default();
    }

    /// Lets the service come to rest.
    fn rest(&self, signals: &Signals) -> Rested {
        let pause = self.pause();
        if pause.is_zero() {
            return if signals.have_come() { Rested::Disturbed } else { Rested::Well };
        }
        if !self.args.quiet {
            talk(&format!("resting {}\n", show_duration(pause)));
        }
        let mut interrupts = signals.interrupts();
        let rested = block_on(async move {
            tokio::select! {
                biased;
                () = interrupts.next() => Rested::Disturbed,
                () = tokio::time::sleep(pause) => Rested::Well,
            }
        });
        rested.unwrap_or(Rested::Well)
    }

    /// Writes the last of it, and says what came of all.
    fn close(mut self) -> Result<Exit, Exit> {
        for run in self.runs.iter_mut().filter(|run| matches!(run.outcome, SuiteOutcome::Waiting)) {
            run.outcome = SuiteOutcome::NotRun;
        }
        self.write();
        let report = suite_report(&self.head(), &self.runs);
        let shown = suite_page(&report);
        data("\n")?;
        page(&shown)?;
        settle()?;
        let job = add_to_job(&shown.markdown()).err();
        let worst = self.runs.iter().fold(Exit::Passed, |worst, run| match &run.outcome {
            SuiteOutcome::Ended { exit, .. } => worst.worse(*exit),
            SuiteOutcome::NotRun => worst.worse(Exit::Interrupted),
            SuiteOutcome::Waiting => worst,
        });
        self.lost.extend(job);
        if self.lost.is_empty() {
            talk(&format!("suite in {}\n", self.index.page().display()));
            return Ok(worst);
        }
        complain(
            format_args!("files of the suite were lost: {}", self.lost.join("\n  and: ")),
            "make room; what each plan left is still there",
        );
        Ok(worst.worse(Exit::Lost))
    }
}
