use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::cli::runtime::block_on;
use crate::cli::terminal::secrets;
use crate::compile::{CompileOptions, Filter, compile};
use crate::diagnostic::{Problems, Sources, Style, Unset, render};
use crate::engine::{Options, Platform, Start};
use crate::journal::Labels;
use crate::memory::MemoryBudget;
use crate::plan::read_text;
use crate::results::Report;
use crate::run::{Job, PlanSource, Signals, conduct, header};
use crate::target::Target;
use crate::units::{Scale, Seed, Shard};

/// Makes runs of plans that are texts, one after the other, with the engine that makes all others.
pub(super) struct Runner {
    pub(super) signals: Signals,
    pub(super) memory: MemoryBudget,
}

/// Why there is no report of a run.
#[derive(Debug)]
pub(super) struct NoReport(pub(super) String);

/// How long workers get to be ready before a run's zero.
const LEAD: Duration = Duration::from_millis(50);

impl Runner {
    /// The report of a plan's run.
    ///
    /// # Errors
    /// A plan that is none, which is a bug of ours, and a run that could not start.
    pub(super) fn report(&self, plan: &str) -> Result<Report, NoReport> {
        let options = Options {
            workers: std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1)),
            start: Start::In(LEAD),
            shard: Shard::WHOLE,
            platform: Platform::System,
            memory: self.memory.clone(),
        };
        let mut sources = Sources::default();
        let mut problems = Problems::with_unset(Unset::Wrong, secrets().clone());
        let file = Path::new("selftest.yaml");
        let read = read_text("selftest.yaml", plan, &|_| None, &mut sources, &mut problems);
        let filter = Filter::default();
        let setting = CompileOptions {
            name: "selftest",
            seed: Seed::new(1),
            filter: &filter,
            scale: Scale::WHOLE,
            sources: &sources,
        };
        let program = read.and_then(|plan| compile(&plan, &setting, &mut problems));
        let program = program.ok_or_else(|| NoReport(render(&problems, &sources, Style::Plain)))?;
        let source = PlanSource {
            file,
            text: plan,
            effective: &Value::Null,
            profile: None,
            service: "embedded targets at ",
            arguments: Vec::new(),
            filter: Vec::new(),
            name: None,
            labels: Labels::new(),
            shard: None,
        };
        let job = Job { header: header(&program, &source, &options), program: Arc::new(program), options };
        let mut interrupts = self.signals.interrupts();
        let results = block_on(conduct(job, &mut interrupts, |_| {})).map_err(|error| NoReport(error.to_string()))?;
        results.map(|results| results.report()).map_err(|error| NoReport(error.to_string()))
    }
}

/// Arrivals of calls that each of some targets gets as many of, for so long.
pub(super) fn of_delays(targets: &[(Duration, Target)], rate: u32, time: Duration) -> String {
    let all = |each: &dyn Fn(usize, &Target) -> String| {
        targets.iter().enumerate().map(|(index, (_, target))| each(index, target)).collect::<Vec<_>>().join(", ")
    };
    let services = all(&|index, target| format!("s{index}: {{url: 'http://{}/v1'}}", target.address()));
    let endpoints = all(&|index, _| format!("e{index}: {{service: s{index}, get: /health, name: e{index}}}"));
    let tasks = all(&|index, _| format!("t{index}: {{call: e{index}}}"));
    let order = all(&|index, _| format!("t{index}"));
    format!(
        "targets: {{{services}}}\nendpoints: {{{endpoints}}}\nusers: {{u: {{tasks: {{{tasks}}}, sequence: [{order}]}}}}\n\
         shape: {{arrivals: {{rate: {rate}/s, for: {}ms, max_users: 500}}}}\n",
        time.as_millis()
    )
}

/// Users who never pause.
pub(super) fn at_full_speed(target: &Target, users: u32, time: Duration) -> String {
    format!("{}shape: {{constant: {{users: {users}, for: {}ms}}}}\n", asking(target), time.as_millis())
}

/// Arrivals at a rate.
pub(super) fn at_rate(target: &Target, rate: u64, time: Duration) -> String {
    let shape = format!("{{rate: {rate}/s, for: {}ms, max_users: 500}}", time.as_millis());
    format!("{}shape: {{arrivals: {shape}}}\n", asking(target))
}

fn asking(target: &Target) -> String {
    format!(
        "target: http://{}/v1\nendpoints: {{ask: {{get: /health}}}}\nusers: {{u: {{tasks: {{t: {{call: ask}}}}}}}}\n",
        target.address()
    )
}
