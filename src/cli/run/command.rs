use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::args::RunArgs;
use super::baseline::resolve;
use super::web::web_view;
use super::write_results::{Lost, ResultsWriter, Written};
use super::{baseline, write_results};
use crate::cli;
use crate::cli::env_file::Variables;
use crate::cli::plan_file::{Foreseen, PlanFile, find};
use crate::cli::runtime::block_on;
use crate::cli::suite::{requested, run_suite};
use crate::cli::terminal::{Reader, complain, data, detach, page, screen, secrets, settle, take_stdout, talk};
use crate::diagnostic::Unset;
use crate::disk::Disk;
use crate::engine::{NotReady, Options, Platform, Start};
use crate::journal::{End, Entry, Label, Labels};
use crate::live::{
    Destination, Exporters, Hands, NotADestination, Surroundings, Talk, Terminal, WebView, restore_terminal,
};
use crate::plan::node_as_written;
use crate::report::{NewRun, ResultFiles, run_page, visible};
use crate::results::{Report, Results, rehearsal};
use crate::run::{
    Connections, Event, Interrupts, Job, JournalRecorder, Misfit, NotStarted, PlanSource, Steerable, conduct, dry_run,
    fits, header, probe, raise, timely,
};
use crate::secrets::Told;
use crate::target::Target;
use crate::units::Shard;
use crate::verdict::Exit;

/// How long workers get to be ready before the run's zero.
const LEAD: Duration = Duration::from_millis(50);

/// Runs the command.
pub(in crate::cli) fn run(args: &RunArgs) -> Exit {
    match requested(args) {
        Ok(Some(suite)) => run_suite(args, &suite),
        Ok(None) => {
            let interrupts = || Interrupts::of_process(restore_terminal);
            let arguments = std::env::args().skip(1).collect();
            make(args, &Part { arguments, interrupts: &interrupts, tells_job: TellsJob::Yes }).exit
        }
        Err(exit) => exit,
    }
}

/// What a run is part of: a suite, or nothing more than itself.
pub(in crate::cli) struct Part<'a> {
    /// The command line after the program's name that makes this run.
    pub(in crate::cli) arguments: Vec<String>,
    /// Who hears that it is to end.
    pub(in crate::cli) interrupts: &'a dyn Fn() -> Interrupts,
    pub(in crate::cli) tells_job: TellsJob,
}

/// Whether a run adds itself to the summary of GitHub's job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum TellsJob {
    Yes,
    /// The suite does, for all of its runs.
    No,
}

/// A run that has ended, or did not begin.
pub(in crate::cli) struct Ended {
    pub(in crate::cli) exit: Exit,
    /// Why it did not begin; empty where it did.
    pub(in crate::cli) why: String,
    pub(in crate::cli) report: Option<Report>,
    /// What its files' names begin with.
    pub(in crate::cli) stem: Option<String>,
}

/// A run that cannot go on: the exit code, and why in words, where they are its own.
#[derive(Debug)]
pub(super) struct Stopped {
    exit: Exit,
    why: String,
}

impl From<Exit> for Stopped {
    fn from(exit: Exit) -> Self {
        Self { exit, why: String::new() }
    }
}

/// Makes a run.
pub(in crate::cli) fn make(args: &RunArgs, part: &Part<'_>) -> Ended {
    stages(args, part).unwrap_or_else(|Stopped { exit, why }| Ended { exit, why, report: None, stem: None })
}

/// From the plan to the exit code, one stage after another; a stage that cannot go on says why, and gives the code.
fn stages(args: &RunArgs, part: &Part<'_>) -> Result<Ended, Stopped> {
    if !args.dry_run {
        detach(Reader::MayStall);
    }
    let destinations = args
        .export
        .destinations()
        .map_err(|NotADestination { why, help }| misfit(Misfit { why, help: help.to_owned() }))?;
    let labels = labels(&args.label)?;
    let args = &args.with_baseline_found()?;
    let options = options(args);
    options.memory.of_this_thread();
    timely(options.start, SystemTime::now()).map_err(misfit)?;
    let target = embedded(args)?;
    let aim = target.as_ref().map(cli::embedded::aim);
    let path = find(args.plan());
    let variables = Variables::read(args.env_file.as_deref(), Unset::Wrong)?;
    let mut file = PlanFile::open(&path, &args.flags.overrides(aim), &args.flags.filter(), &variables);
    file.foresee(options.shard, Foreseen::Ports);
    file.print_problems(&path);
    let mut program = file.program.take().ok_or(Exit::Usage)?;
    let secrets = program.secrets.clone();
    program.rules.iter_mut().for_each(|rule| rule.mask(&secrets));
    if let Some(scale) = program.scale.smaller().filter(|_| !args.quiet && !args.dry_run) {
        talk(&format!("{}\n", rehearsal(scale)));
    }
    resolve(args.baseline.as_deref(), &mut program.rules)?;
    fits(args.shard, &program, file.seed).map_err(misfit)?;
    let effective = file.tree.as_ref().map(|tree| node_as_written(tree, &secrets)).unwrap_or_default();
    if args.dry_run {
        data(&visible(&dry_run(&effective, &program, args.shard)))?;
        return Ok(Ended { exit: Exit::Passed, why: String::new(), report: None, stem: None });
    }
    let name = args.name.as_ref();
    if let Some(name) = name.filter(|name| secrets.mask(name.as_str()) != name.as_str()) {
        let why = format!("the name `{name}` holds a secret, and the files' names would show it");
        return Err(misfit(Misfit { why, help: "choose another with `--name NAME`".to_owned() }));
    }
    raise(Connections::of(options.shard, &program))
        .map_err(|error| refuse(&error.to_string(), "raise the limit with `ulimit -n`, or ask for fewer users"))?;
    // heard before there is any file
    let interrupts = (part.interrupts)();
    let folder = args.folder();
    let new_run = NewRun { folder: &folder, name, now: SystemTime::now() };
    let files = ResultFiles::open(&Disk::System, &new_run, &secrets).map_err(|error| {
        let place = folder.display();
        refuse(&format!("results cannot be written to {place}: {error}"), "choose another folder with `--results DIR`")
    })?;
    let exporters = exporters(&destinations, args.export.authorities())?;
    let source = PlanSource {
        file: &path,
        text: file.sources.first().map_or("", |source| &source.text),
        effective: &effective,
        profile: args.flags.profile.clone(),
        service: if args.embedded { "the embedded service at " } else { "" },
        arguments: part.arguments.clone(),
        filter: args.flags.filter().words(),
        name: name.map(ToString::to_string),
        labels,
        shard: args.shard,
    };
    let job = Job { header: header(&program, &source, &options), program: Arc::new(program), options };
    let made = block_on(conducted(args, job, &files, (interrupts, exporters)));
    let made = made.map_err(|error| refuse(&format!("no runtime could start: {error}"), "try again"))?;
    let Conducted { results, written, journal } = made?;
    let exit = Exit::of(&results.verdict(), results.integrity());
    let place = files.place().clone();
    let lost = Lost { journal, log: files.close().err().map(|error| error.to_string()) };
    let shown = page(&run_page(&written.report)).and_then(|()| settle());
    let kept = write_results::tell(&place, &written, lost, part.tells_job);
    let report = written.report;
    let compared = if kept.is_ok() { baseline::tell(args, written.compared, part.tells_job) } else { Ok(exit) };
    // a bug of ours outranks lost results, which outrank the rest; a regression counts where all else passed
    let not_sent = args.export.loss(&report.exports).then_some(Exit::Lost);
    let lost = kept.err().or(shown.err()).or(compared.err()).or(not_sent);
    let exit = if exit == Exit::Passed { compared.unwrap_or(exit) } else { exit };
    let exit = if exit == Exit::Bug { exit } else { lost.unwrap_or(exit) };
    let stem = place.path("").file_name().map(|stem| stem.to_string_lossy().into_owned());
    Ok(Ended { exit, why: String::new(), report: Some(report), stem })
}

/// The labels by their keys, each once. What stands under the name of a secret is one.
fn labels(given: &[Label]) -> Result<Labels, Stopped> {
    let wrong = |why: String, help: &str| misfit(Misfit { why, help: help.to_owned() });
    if given.len() > Label::MOST {
        let help = format!("give a run up to {}", Label::MOST);
        return Err(wrong(format!("{} labels are too many", given.len()), &help));
    }
    let mut labels = Labels::new();
    for Label { key, value } in given {
        if secrets().names_secret(key) {
            secrets().learn(value, Told::Inferred);
        }
        if labels.insert(key.clone(), value.clone()).is_some() {
            return Err(wrong(format!("the label `{key}` is given twice"), "give each label once"));
        }
    }
    Ok(labels)
}

fn options(args: &RunArgs) -> Options {
    Options {
        workers: std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1)),
        start: args.start_at.map_or(Start::In(LEAD), Start::At),
        shard: args.shard.unwrap_or(Shard::WHOLE),
        platform: Platform::System,
        memory: args.memory.budget(),
    }
}

fn embedded(args: &RunArgs) -> Result<Option<Target>, Stopped> {
    if !args.embedded {
        return Ok(None);
    }
    if args.shard.is_some_and(Shard::is_part) {
        return Err(misfit(Misfit {
            why: "`--embedded` would give each shard a service of its own, and none of them the whole load".to_owned(),
            help: "start one with `plimsoll target --port 8000`, and aim every shard at it with `--target URL`"
                .to_owned(),
        }));
    }
    cli::embedded::start().map(Some).map_err(|why| refuse(&why, "try again"))
}

/// Starts what takes figures out of the process while the run is under way.
fn exporters(destinations: &[Destination], authorities: Option<&Path>) -> Result<Exporters, Stopped> {
    let surroundings = Surroundings { secrets: secrets(), authorities, stdout: take_stdout };
    let exporters = Exporters::start(destinations, &surroundings)
        .map_err(|error| refuse(&error.to_string(), "name a file that is not there yet, or a port that is free"))?;
    if let Some(address) = exporters.served_at() {
        talk(&format!("metrics at http://{address}/metrics\n"));
        if !address.ip().is_loopback() {
            talk(
                "warning: whoever reaches this address can read them: names of requests, labels, the target's address\n",
            );
        }
    }
    Ok(exporters)
}

/// A run that is over.
pub(super) struct Conducted {
    pub(super) results: Results,
    pub(super) written: Written,
    /// What was lost of the journal.
    pub(super) journal: Option<String>,
}

/// Makes the run with those who listen to it.
pub(super) async fn conducted(
    args: &RunArgs,
    job: Job,
    files: &ResultFiles,
    (interrupts, mut exporters): (Interrupts, Exporters),
) -> Result<Conducted, Stopped> {
    let (steers, mut interrupts) = interrupts.with_steers();
    let mut web = web_view(args, &job, &steers)?;
    tokio::select! {
        biased;
        () = interrupts.next() => return Err(interrupted(&NotReady::Interrupted)),
        ready = ready(&job, args) => ready?,
    }
    let mut recorder = JournalRecorder::new(files.place().disk().clone(), files.place().path(".journal"));
    let hands = Hands {
        steerable: Steerable::of(&job.program, job.options.shard),
        // nobody listens any more where the run is over
        steer: Box::new(move |steer| {
            let _ = steers.send(steer.into());
        }),
    };
    let mut terminal = Terminal::new(files, Talk { print: talk, screen: screen(), quiet: args.quiet }, hands);
    let mut writer = ResultsWriter::new(args, files);
    let results = conduct(job, &mut interrupts, |event| {
        recorder.hear(&event);
        writer.hear(&event);
        exporters.hear(&event);
        terminal.hear(&event);
        web.iter_mut().for_each(|web| web.hear(&event));
    });
    let results = results.await;
    terminal.close();
    web.into_iter().for_each(WebView::close);
    let results = results.map_err(|error| match error {
        NotStarted::NotReady(why @ NotReady::Interrupted) => interrupted(&why),
        NotStarted::NotReady(NotReady::Late(_)) => {
            refuse(&error.to_string(), "give `--start-at` a later moment, on every machine the same")
        }
        error => refuse(&error.to_string(), "check the plan's target"),
    })?;
    let mut results = results;
    exporters.conclude(&results);
    // what is said here is true already: who hears it and comes at once sees the last figures
    if exporters.served_at().is_some() && !args.quiet {
        talk("waiting for somebody to fetch the last figures (Ctrl-C ends that)\n");
    }
    let exports = exporters.close(&mut interrupts).await;
    // what became of what was sent is known now, and the run's own results say so
    if let Some(end) = results.end().filter(|_| !exports.is_empty()).cloned() {
        let entry = Entry::End(End { exports, ..end });
        results.hear(&entry);
        let event = Event::Entry(&entry, &results);
        recorder.hear(&event);
        writer.hear(&event);
    }
    // every run that started has an end
    let written = writer.close().ok_or(Exit::Bug)?;
    Ok(Conducted { results, written, journal: recorder.close().map(|error| error.to_string()) })
}

/// Says that the run ended before it began.
fn interrupted(why: &NotReady) -> Stopped {
    talk(&format!("{why}: nothing was measured\n"));
    Stopped { exit: Exit::Interrupted, why: "nothing was measured".to_owned() }
}

/// Waits until the target is there.
async fn ready(job: &Job, args: &RunArgs) -> Result<(), Stopped> {
    let waiting = |why: &str| {
        if !args.quiet {
            talk(&visible(&format!("{why}\n")));
        }
    };
    let ready = probe(&job.program, &job.options.platform, waiting).await;
    ready.map_err(|error| refuse(&error.to_string(), error.help()))
}

/// Says what is wrong with the command line for this plan, and what to do.
pub(super) fn misfit(misfit: Misfit) -> Stopped {
    let Stopped { why, .. } = refuse(&misfit.why, &misfit.help);
    Stopped { exit: Exit::Usage, why }
}

/// Says why the run cannot start, and what to do.
pub(super) fn refuse(why: &str, help: &str) -> Stopped {
    complain(why, help);
    Stopped { exit: Exit::NotStarted, why: why.to_owned() }
}
