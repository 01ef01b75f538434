use std::io;
use std::time::Duration;

use clap::Args;

use super::findings::{Grain, HighestRate, MachineLimit, Selftest, TriedRate, accuracy, busy, conclude, limit, wrongs};
use super::page::page;
use super::runs::{NoReport, Runner, at_full_speed, at_rate, of_delays};
use crate::cli::memory::MemoryArgs;
use crate::cli::terminal::{self, Reader, complain, detach, document, talk};
use crate::live::restore_terminal;
use crate::results::Report;
use crate::run::{Connections, Held, Ports, Signals, raise};
use crate::target::{Behaviour, Delay, Target, excess};
use crate::units::{DurationRange, InvalidValue, parse_duration, show_duration};
use crate::verdict::Exit;

/// Tests this machine, and Plimsoll on it, against targets of its own: how right quantiles are, which rate it can make
/// honestly, and what limits it.
///
/// It ends with 0 only if each quantile is within 0.1 % of what was programmed, and the grain of this machine's timers; with
/// 1 if one is not; and with 4 if the machine was too busy to tell.
#[derive(Debug, Args)]
pub(in crate::cli) struct SelftestArgs {
    /// How long it takes, about.
    #[arg(long = "for", value_name = "TIME", default_value = "30s", value_parser = length)]
    length: Duration,

    /// Prints a document of JSON.
    #[arg(long)]
    json: bool,

    /// Says nothing on the way.
    #[arg(long)]
    quiet: bool,

    #[command(flatten)]
    memory: MemoryArgs,
}

/// In less nothing can be seen.
const SHORTEST: Duration = Duration::from_secs(3);

fn length(text: &str) -> Result<Duration, InvalidValue> {
    let length = parse_duration(text)?;
    if length < SHORTEST {
        let (given, shortest) = (show_duration(length), show_duration(SHORTEST));
        return Err(InvalidValue::new(format!("{given} is too short"), format!("give it {shortest} or more")));
    }
    Ok(length)
}

/// The delays that targets are programmed with, in milliseconds.
const DELAYS: [u64; 4] = [2, 10, 50, 100];
/// Arrivals a second against them: enough for a 99th percentile, and little work.
const RATE: u32 = 200;
/// The delay that the machine's grain is seen by.
const GRAIN_OF: Duration = Duration::from_millis(2);
/// Users who never pause.
const USERS: u32 = 32;
/// The shares of the ceiling that are tried as rates.
const SHARES: [f64; 6] = [0.9, 0.7, 0.5, 0.35, 0.2, 0.1];
/// Connections that may be open at once, with those of the targets.
const OPEN: u64 = 1200;

/// What ended the test early.
enum Stopped {
    Interrupted,
    NotStarted(String),
}

impl From<NoReport> for Stopped {
    fn from(NoReport(why): NoReport) -> Self {
        Self::NotStarted(why)
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::NotStarted(format!("the embedded target: {error}"))
    }
}

pub(in crate::cli) fn run(args: &SelftestArgs) -> Exit {
    detach(Reader::MayStall);
    let found = match selftest(args) {
        Ok(found) => found,
        Err(Stopped::Interrupted) => {
            talk("interrupted: nothing was found out\n");
            return Exit::Interrupted;
        }
        Err(Stopped::NotStarted(why)) => {
            complain(why, "look at open files (`ulimit -n`), and try again");
            return Exit::NotStarted;
        }
    };
    let exit = [Exit::Passed, Exit::Failed, Exit::Invalid].into_iter().find(|exit| exit.code() == found.exit_code);
    let shown = match args.json {
        true => serde_json::to_string_pretty(&found).map_or(Err(Exit::Bug), |json| document(&format!("{json}\n"))),
        false => terminal::page(&page(&found)),
    };
    shown.err().or(exit).unwrap_or(Exit::Bug)
}

fn selftest(args: &SelftestArgs) -> Result<Selftest, Stopped> {
    let say = |what: &str| {
        if !args.quiet {
            talk(&format!("{what}\n"));
        }
    };
    let part = |share: f64| args.length.mul_f64(share);
    raise(Connections { most: OPEN, held: Held::Kept }).map_err(|error| Stopped::NotStarted(error.to_string()))?;
    let runner = Runner { signals: Signals::of_process(restore_terminal), memory: args.memory.budget() };

    say("how much this machine itself adds to a delay…");
    let before = grain(part(0.035))?;
    say("how right quantiles are…");
    let mut targets = Vec::new();
    for delay in DELAYS.map(Duration::from_millis) {
        targets.push((delay, target(delay)?));
    }
    let measured = report(&runner, &of_delays(&targets, RATE, part(0.33)))?;
    // what came in between would else be taken for the generator's error
    let grain = before.max(grain(part(0.035))?);
    let times = |index: usize| {
        let name = format!("e{index}");
        let row = measured.requests.iter().find(|row| row.name == name);
        row.and_then(|row| row.response_time.as_ref())
    };
    let accuracy: Vec<_> =
        targets.iter().enumerate().map(|(index, (delay, _))| accuracy(*delay, times(index), grain)).collect();
    drop(targets);

    say("how much it can make…");
    let target = Target::start(Behaviour::default(), ([127, 0, 0, 1], 0).into())?;
    let ceiling = report(&runner, &at_full_speed(&target, USERS, part(0.12)))?.total.rate;
    let rate = highest_rate(&runner, &target, ceiling, part(0.08))?;
    let busy = busy(grain, &measured);
    let (text, exit) = conclude(&accuracy, &busy);
    Ok(Selftest {
        version: 1,
        plimsoll: env!("CARGO_PKG_VERSION").to_owned(),
        passed: exit == Exit::Passed,
        text,
        exit_code: exit.code(),
        cores: measured.generator.cores,
        grain,
        accuracy,
        rate,
        limits: limits(&measured),
        busy,
    })
}

/// The report of a run that came to its end.
fn report(runner: &Runner, plan: &str) -> Result<Report, Stopped> {
    let report = runner.report(plan)?;
    if report.run.ended == "asked" { Err(Stopped::Interrupted) } else { Ok(report) }
}

fn target(delay: Duration) -> io::Result<Target> {
    let delay = Delay::Range(DurationRange { from: delay, to: delay });
    Target::start(Behaviour { delay, ..Behaviour::default() }, ([127, 0, 0, 1], 0).into())
}

/// Asks a target for about so long by a bare socket.
fn grain(time: Duration) -> io::Result<Grain> {
    let target = target(GRAIN_OF)?;
    let times = (time.as_secs_f64() / GRAIN_OF.as_secs_f64()).clamp(50.0, 2000.0) as usize;
    let excess = excess(target.address(), GRAIN_OF, times)?;
    let at = |share: f64| excess[((share * excess.len() as f64) as usize).min(excess.len() - 1)].as_secs_f64() * 1e3;
    Ok(Grain { p50: at(0.5), p99: at(0.99) })
}

/// Tries shares of the ceiling as rates of arrivals, from the highest, until one is honest.
fn highest_rate(runner: &Runner, target: &Target, ceiling: f64, each: Duration) -> Result<HighestRate, Stopped> {
    let (mut tried, mut honest, mut lateness) = (Vec::new(), None, None);
    for share in SHARES {
        let rate = ((ceiling * share) as u64).max(1);
        let report = report(runner, &at_rate(target, rate, each))?;
        let wrong = wrongs(&report);
        let is_honest = wrong.is_empty();
        tried.push(TriedRate { rate, wrong });
        if is_honest {
            (honest, lateness) = (Some(rate as f64), Some(report.generator.lateness));
            break;
        }
    }
    let (limited_by, fix) = limit(&tried);
    Ok(HighestRate { ceiling, honest, lateness, tried, limited_by, fix })
}

/// What this machine has of files and ports.
fn limits(report: &Report) -> Vec<MachineLimit> {
    let files = report.generator.open_files_limit.map(|there| MachineLimit {
        what: "open files",
        there,
        means: "as many users at once, less some".to_owned(),
        fix: "`ulimit -n`; in a container, `--ulimit nofile=…`",
    });
    let ports = Ports::of_this_machine().map(|ports| MachineLimit {
        what: "ports",
        there: ports.count,
        means: format!(
            "as many users with a connection each to one address of a service, or {:.0} new connections a second",
            ports.count as f64 / ports.rest.as_secs_f64()
        ),
        fix: "keep connections, more `source_addresses`, or a wider `net.ipv4.ip_local_port_range`",
    });
    files.into_iter().chain(ports).collect()
}
