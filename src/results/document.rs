use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};

use crate::units::Shard;
use crate::verdict::Status;

/// The version of the report's form. It changes when a field changes its meaning or goes away, not when one comes.
pub const VERSION: u32 = 1;

/// All results of one run. Times are in milliseconds unless the name says otherwise; a number that could not be
/// had is `null`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The version of this form.
    pub version: u32,
    /// The version of Plimsoll that wrote it.
    pub plimsoll: String,
    /// What was run.
    pub plan: PlanEntry,
    /// When and how it was run.
    pub run: RunEntry,
    /// The verdict.
    pub verdict: VerdictEntry,
    /// Each threshold with what was measured.
    pub thresholds: Vec<ThresholdEntry>,
    /// Thresholds of the plan that say nothing of this run, and why; absent where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOutEntry>,
    /// Levels that were tried, of a search or a staircase to failure; empty in other runs.
    pub levels: Vec<LevelEntry>,
    /// The least level that had to hold: `100 users`, `50/s`; absent where none was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<String>,
    /// All requests together, those of a warm-up among them.
    pub total: RequestEntry,
    /// All requests but those of the warm-up: what thresholds are of that name no stage. Absent in a run without a warm-up,
    /// where it would be the total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<RequestEntry>,
    /// Requests by method and name.
    pub requests: Vec<RequestEntry>,
    /// Requests by the user type that made them, and by its tasks.
    pub users: Vec<UserEntry>,
    /// The same requests by what else they have in common.
    #[serde(default)]
    pub breakdown: BreakdownEntry,
    /// Declared metrics, and what every run measures of itself: `concurrent_users`, `total_rps`.
    pub metrics: Vec<MetricEntry>,
    /// Failed requests in groups, the most frequent first.
    pub failures: Vec<FailureEntry>,
    /// Mistakes of the plan that showed at run time, with the plan's line.
    pub exceptions: Vec<FailureEntry>,
    /// What went wrong in the plan's teardown.
    pub teardown: Vec<String>,
    /// What became of what was sent elsewhere while the run was under way; absent where nothing was to be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exports: Vec<ExportEntry>,
    /// Where every request went.
    pub books: BooksEntry,
    /// Where every task went, and which users did not start; absent where the run's journal is of before they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks: Option<TasksEntry>,
    /// How the generator itself fared.
    pub generator: GeneratorEntry,
    /// The run second by second; in a long run, in longer steps.
    pub history: Vec<SecondEntry>,
}

/// What became of what a run sent to one place while it was under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExportEntry {
    /// The exporter, by its flag: `prometheus`.
    pub by: String,
    /// Where it sent to.
    pub to: String,
    /// How much arrived: seconds, and the end.
    pub delivered: u64,
    /// How much did not.
    pub lost: u64,
    /// Why; absent where nothing was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl ExportEntry {
    /// What there is to say where anything was lost.
    #[must_use]
    pub fn loss(&self) -> Option<String> {
        let Self { by, to, delivered, lost, why } = self;
        let all = delivered + lost;
        let why = why.as_deref().unwrap_or("nobody knows why");
        (*lost > 0).then(|| format!("`--{by}` to {to}: {lost} of {all} were lost: {why}"))
    }
}

/// What was run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanEntry {
    /// The plan's name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The file it was read from.
    pub file: String,
    /// The profile that was chosen.
    pub profile: Option<String>,
    /// The service it was aimed at.
    pub target: String,
    /// The stages of its shape: name, users, length in seconds.
    pub stages: Vec<StageEntry>,
}

/// A stage of the shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageEntry {
    /// Its name.
    pub name: String,
    /// The scenario it belongs to; empty where the plan has none.
    pub scenario: String,
    /// The number of users it moves to; `null` where it is a rate, or found out in the run.
    pub users: Option<u32>,
    /// The rate of arrivals it moves to, a second; `null` where it is a number of users, or found out in the run.
    pub rate: Option<f64>,
    /// How long it lasts, in seconds.
    pub seconds: f64,
    /// Whether it is left out of thresholds that name no stage.
    pub warm_up: bool,
}

/// A level that was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LevelEntry {
    /// Its stage's name.
    pub name: String,
    /// How high it is: `100 users`, `50/s`.
    pub level: String,
    /// Whether every threshold held, and nothing was dropped.
    pub held: bool,
    /// The thresholds that did not hold, with what was measured.
    pub broken: Vec<String>,
    /// Arrivals that were dropped in it.
    pub dropped: u64,
}

/// When and how a plan was run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunEntry {
    /// What a person called it; absent where nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What a person noted about it; absent where nobody did.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The part of the plan's users, rates and times that it was made with, of a rehearsal; absent in others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<f64>,
    /// When it began (RFC 3339, UTC).
    pub began: String,
    /// For how many seconds load was made.
    pub seconds: f64,
    /// The seconds that rates are over, where requests that ended after the load make it longer; absent elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_seconds: Option<f64>,
    /// Why it ended: `complete`, `asked`, `threshold` or `plan`; `cut_off` where its journal breaks off.
    pub ended: String,
    /// What ended it before its time, in words: a threshold, a person, the plan; absent elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
    /// The number all chance derived from.
    pub seed: u64,
    /// Which part of a run it was, of a run that several machines made; `null` for a whole one.
    pub shard: Option<ShardEntry>,
    /// How many worker threads made load.
    pub workers: u32,
    /// The most users there were at once.
    pub users: u64,
    /// How many bytes the run could hold for what it counted and for what it kept of answers; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_budget: Option<u64>,
    /// Limits that were met: what was counted as `other` and why, and whether there was room for every secret; absent where
    /// none was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folded: Vec<String>,
    /// What a person changed of the load by a key while it was made, and when; absent where nobody did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steered: Vec<String>,
}

/// One part of a run that several machines made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShardEntry {
    /// Which, from 1.
    pub number: u32,
    /// Of how many.
    pub count: u32,
}

/// How a run ended whose journal breaks off.
pub(super) const CUT_OFF: &str = "cut_off";

impl RunEntry {
    /// Whether its journal breaks off: it is under way, or was killed.
    #[must_use]
    pub fn is_cut_off(&self) -> bool {
        self.ended == CUT_OFF
    }
}

impl ShardEntry {
    /// Of a shard; `None` of a run that is made in one place.
    #[must_use]
    pub fn of(shard: Shard) -> Option<Self> {
        shard.is_part().then(|| Self { number: shard.number(), count: shard.count })
    }
}

/// The verdict of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictEntry {
    /// Whether everything that was asked for held.
    pub passed: bool,
    /// The verdict in words.
    pub text: String,
    /// The exit code that follows from it.
    pub exit_code: u8,
}

/// One threshold with what was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThresholdEntry {
    /// Its name, where the plan gives one.
    pub name: Option<String>,
    /// The condition, as it is written; of a rehearsal, as it is for that.
    pub require: String,
    /// The condition as the plan has it, where a rehearsal has another; absent elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unscaled: Option<String>,
    /// Where it stands in the plan; empty for the default.
    pub place: String,
    /// What was measured, as a person reads it; `no data` without samples.
    pub measured: String,
    /// What was measured, as a number.
    pub value: Option<f64>,
    /// What `value`, `limit` and `baseline` count: `s` (seconds), `/s`, `share` (of 1), `number` or `bytes`; empty where nothing
    /// of it is known.
    #[serde(default)]
    pub unit: String,
    /// What it was compared with, as the same kind of number; `null` where it is the baseline's and not known.
    pub limit: Option<f64>,
    /// What the baseline measured, as the same kind of number; `null` where the threshold has nothing to do with one.
    pub baseline: Option<f64>,
    /// The limit as a person reads it, where the baseline makes it; `null` elsewhere.
    pub against: Option<String>,
    /// Whether it held.
    pub state: ThresholdState,
    /// Whether failed requests are in it, each as no quicker than its timeout.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed_as_timeout: bool,
    /// When it broke, in seconds from the start: of one with a window the first time, of one over the whole run the last time,
    /// after which it did not hold again. `null` where it held, and where only the whole run was judged.
    pub broke_at: Option<f64>,
    /// Of one with a window that held: when the worst window was over, in seconds from the start. That is what was measured.
    /// Absent elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst_at: Option<f64>,
    /// Of a quantile over the whole run: how many samples stand behind it, where these are few. Absent elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub few_samples: Option<u64>,
    /// Whether it may be judged as it is only because the generator was at its ceiling: the service is not known to be the
    /// reason. Absent elsewhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub decided_by_ceiling: bool,
    /// Whether it is about how much was asked, in a run whose load a person changed. Absent elsewhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub load_changed: bool,
    /// What was measured second by second; in a long run, in longer steps.
    pub history: Vec<ThresholdPoint>,
}

/// A threshold of the plan that says nothing of this run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOutEntry {
    /// Its name, where the plan gives one.
    pub name: Option<String>,
    /// The condition, as it is written.
    pub require: String,
    /// Where it stands in the plan.
    pub place: String,
    /// Why it is left out.
    pub why: String,
}

/// What is said of a run at a scale, wherever it is shown.
#[must_use]
pub fn rehearsal(scale: f64) -> String {
    format!("a rehearsal at scale {scale}: users, rates and times are {scale} of the plan's")
}

/// One step of a threshold's history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThresholdPoint {
    /// Its first second.
    pub second: u32,
    /// How many seconds it stands for.
    pub length: u32,
    /// What was measured at its end, or where it was broken; `null` without data.
    pub value: Option<f64>,
    /// Whether it was broken in any of its seconds.
    pub broken: bool,
}

/// Whether a threshold held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ThresholdState {
    /// It held.
    Held,
    /// It did not.
    Broken,
    /// There was nothing to judge, or nothing to compare with, which breaks it.
    NoData,
    /// Deferred to the merge: one shard cannot know.
    Left,
}

impl From<Status> for ThresholdState {
    fn from(status: Status) -> Self {
        match status {
            Status::Held => Self::Held,
            Status::Broken => Self::Broken,
            Status::NoData => Self::NoData,
            Status::Deferred => Self::Left,
        }
    }
}

/// Requests that share a method and a name, or all of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequestEntry {
    /// The method; empty for all together.
    pub method: String,
    /// The name; `all` for all together.
    pub name: String,
    /// How many were answered or failed.
    pub requests: u64,
    /// How many were answered as expected.
    pub ok: u64,
    /// Of those, how many were redirected and followed: they are requests, and no calls of their own.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub redirected: u64,
    /// How many failed.
    pub failed: u64,
    /// How many were cut off by the run's end; they are in none of the other numbers.
    pub aborted: u64,
    /// Failures by kind.
    pub failed_by_kind: BTreeMap<String, u64>,
    /// Answers by status.
    pub status: BTreeMap<u16, u64>,
    /// Requests a second, over the time load was made, or to the end of the last that ended after it.
    pub rate: f64,
    /// The share of calls that failed; `null` without calls.
    pub error_rate: Option<f64>,
    /// Bytes written.
    pub bytes_out: u64,
    /// Bytes read.
    pub bytes_in: u64,
    /// Of those, bytes of the answers' bodies, as they came: without heads, still compressed where they were.
    pub content_bytes: u64,
    /// From when a request was due to its end. The headline: what a user of the service feels.
    pub response_time: Option<TimeEntry>,
    /// From when it was sent to its end: what the service took.
    pub service_time: Option<TimeEntry>,
    /// Response times of those that were ok.
    pub response_time_ok: Option<TimeEntry>,
    /// Response times of those that failed.
    pub response_time_failed: Option<TimeEntry>,
    /// The parts of the service time: `dns`, `connect`, `tls`, `first_byte`, `receive`; those that happened.
    pub phases: BTreeMap<String, TimeEntry>,
}

/// Requests of one user type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UserEntry {
    /// Its name.
    pub name: String,
    /// How many were answered or failed.
    pub requests: u64,
    /// How many failed.
    pub failed: u64,
    /// Requests a second, over the time load was made, or to the end of the last that ended after it.
    pub rate: f64,
    /// Its part of all requests; `null` where there were none.
    pub share: Option<f64>,
    /// Of its requests, those to endpoints with a tag.
    pub tags: BTreeMap<String, u64>,
    /// From when a request was due to its end.
    pub response_time: Option<TimeEntry>,
    /// Its requests by task; those of `on_start` and `on_stop` belong to none.
    pub tasks: Vec<TaskEntry>,
}

/// Requests of one task of a user type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskEntry {
    /// Its name.
    pub name: String,
    /// How many were answered or failed.
    pub requests: u64,
    /// How many failed.
    pub failed: u64,
}

/// All requests of a run, parted in several ways.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct BreakdownEntry {
    /// By the stage they began in; their rates are over its time.
    pub stages: Vec<GroupEntry>,
    /// By user type.
    pub users: Vec<GroupEntry>,
    /// By task, named `user type / task`.
    pub tasks: Vec<GroupEntry>,
    /// By service; none where the plan has one target.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<GroupEntry>,
    /// By status; those without one are `no answer`.
    pub statuses: Vec<GroupEntry>,
}

/// Requests that have something in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GroupEntry {
    /// What they have in common.
    pub name: String,
    /// How many were answered or failed.
    pub requests: u64,
    /// How many failed.
    pub failed: u64,
    /// Requests a second.
    pub rate: f64,
    /// The share of calls that failed; `null` without calls.
    pub error_rate: Option<f64>,
    /// Bytes read.
    pub bytes_in: u64,
    /// Bytes written.
    pub bytes_out: u64,
    /// From when a request was due to its end.
    pub response_time: Option<TimeEntry>,
    /// From when it was sent to its end.
    pub service_time: Option<TimeEntry>,
}

/// A distribution of times, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimeEntry {
    /// How many samples.
    pub count: u64,
    /// The shortest.
    pub min: f64,
    /// The mean.
    pub mean: f64,
    /// The standard deviation.
    pub stddev: f64,
    /// The median.
    pub p50: f64,
    /// The 66th percentile.
    pub p66: f64,
    /// The 75th percentile.
    pub p75: f64,
    /// The 80th percentile.
    pub p80: f64,
    /// The 90th percentile.
    pub p90: f64,
    /// The 95th percentile.
    pub p95: f64,
    /// The 98th percentile.
    pub p98: f64,
    /// The 99th percentile.
    pub p99: f64,
    /// The 99.9th percentile.
    pub p999: f64,
    /// The 99.99th percentile.
    pub p9999: f64,
    /// The longest.
    pub max: f64,
    /// Samples beyond an hour, which count as an hour in the percentiles.
    pub beyond: u64,
}

/// A declared metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricEntry {
    /// Its name.
    pub name: String,
    /// `trend`, `counter`, `gauge` or `transaction`.
    pub kind: String,
    /// The word behind its numbers.
    pub unit: Option<String>,
    /// How many samples.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The smallest.
    pub min: Option<f64>,
    /// The mean.
    pub mean: Option<f64>,
    /// The median.
    pub p50: Option<f64>,
    /// The 95th percentile.
    pub p95: Option<f64>,
    /// The 99th percentile.
    pub p99: Option<f64>,
    /// The largest.
    pub max: Option<f64>,
    /// The last.
    pub last: Option<f64>,
    /// Samples that were no finite numbers and are in nothing else.
    pub refused: u64,
    /// Of a transaction: how many failed. They have no sample.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failed: u64,
}

/// A group of failures or exceptions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FailureEntry {
    /// The method; empty where it belongs to no request.
    pub method: String,
    /// The request's name, or the task's where it belongs to no request.
    pub name: String,
    /// Where it failed.
    pub kind: String,
    /// What was said.
    pub message: String,
    /// How many.
    pub count: u64,
    /// When the first ended, in seconds from the start.
    pub first: f64,
    /// When the last ended, in seconds from the start.
    pub last: f64,
    /// The beginning of what was answered to one of them; absent where nothing was answered or it was not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    /// The command that makes such a request once and shows it; absent where it belongs to no request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_by: Option<String>,
}

/// Where every request went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BooksEntry {
    /// Requests the plan wanted.
    pub scheduled: u64,
    /// Of those, not begun because nobody was free to.
    pub dropped: u64,
    /// Of those, begun.
    pub started: u64,
    /// Of the begun, answered as expected.
    pub ok: u64,
    /// Of the begun, failed.
    pub failed: u64,
    /// Of the begun, cut off by the end of the run.
    pub aborted: u64,
    /// Of the begun, not over where the journal of a run breaks off; 0 for one that has ended.
    pub under_way: u64,
    /// Of the begun, those of which no byte was sent.
    pub never_sent: u64,
    /// Failures by kind.
    pub failed_by_kind: BTreeMap<String, u64>,
    /// Whether scheduled = started + dropped and started = ok + failed + aborted + under way.
    pub balanced: bool,
}

/// Where every task went. Those of `on_start` are in the numbers of users, and in none of the others.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct TasksEntry {
    /// Tasks that were begun.
    pub started: u64,
    /// Of those, done to their end.
    pub completed: u64,
    /// Of those, ended by an error.
    pub failed: u64,
    /// Of those, cut short because their user was to leave.
    pub aborted: u64,
    /// Of those, not over where the journal of a run breaks off; 0 for one that has ended.
    pub under_way: u64,
    /// Failures by kind: `call`, `step`, `rows`.
    pub failed_by_kind: BTreeMap<String, u64>,
    /// The share of tasks that failed; `null` without any.
    pub error_rate: Option<f64>,
    /// Users that began.
    pub users: u64,
    /// Of those, users that did not start: their `on_start`, their state or their rows failed.
    pub users_not_started: u64,
    /// Tasks by user type and name, `on_start` and `on_stop` among them.
    pub by_task: Vec<TaskCountEntry>,
}

/// One task of a user type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskCountEntry {
    /// The user type.
    pub user: String,
    /// Its name; empty for tasks that failed before it was known which they are.
    pub name: String,
    /// How many were begun.
    pub started: u64,
    /// How many were done to their end.
    pub completed: u64,
    /// How many an error ended.
    pub failed: u64,
    /// How many were cut short because their user was to leave.
    pub aborted: u64,
    /// Failures by kind: `call`, `step`, `rows`.
    pub failed_by_kind: BTreeMap<String, u64>,
}

/// How the generator itself fared, at its worst.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GeneratorEntry {
    /// The longest a worker woke later than it asked to, in milliseconds.
    pub worker_lag: f64,
    /// The most of a second that a worker could not run although it wanted to, in milliseconds.
    pub stalled: f64,
    /// The longest a request was sent after it could have been, in milliseconds: it was due, and its user was free.
    pub lateness: f64,
    /// How long after it could have been half of the requests were sent at most, in milliseconds; absent where that is not
    /// known: in old journals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lateness_p50: Option<f64>,
    /// The same of 99 in 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lateness_p99: Option<f64>,
    /// How many requests were sent over 10 ms late.
    pub late: u64,
    /// The most CPU it used in a second, in cores.
    pub cpu_cores: f64,
    /// The cores it may use; `null` where that is not known.
    pub cores: Option<f64>,
    /// The most files and sockets it had open.
    pub open_files: u64,
    /// How many it may have open; `null` where that is not known.
    pub open_files_limit: Option<u64>,
    /// The most memory it held, in bytes.
    pub memory: u64,
    /// The memory it may use, in bytes; `null` where that is not known.
    pub memory_limit: Option<u64>,
    /// How many whole seconds after its end a second of the run was put together, at most.
    pub backlog: u64,
    /// The most of a second that the busiest worker was on a CPU, in milliseconds; absent where the system did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker_cpu: Option<f64>,
    /// The most of a second that a worker was ready to run and had no CPU, in milliseconds; absent where the system did not
    /// say, and only stand-ins for it were watched: `worker_lag`, `stalled` and `lateness`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_wait: Option<f64>,
    /// The most of a second that the control group had no CPU time left, in milliseconds; absent where it has no quota, or
    /// the system did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled: Option<f64>,
    /// The most of a second that the host of a virtual machine kept its CPUs from it, in milliseconds; absent where the
    /// system did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stolen: Option<f64>,
    /// Whether the generator was at its ceiling: users who never pause kept it busy all the time, in more than a fifth of the
    /// run. Throughput is then the most that the generator could make, and times include the waiting for it. Absent
    /// elsewhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ceiling: bool,
    /// Seconds that it was at its ceiling in; none of them is suspect.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ceiling_seconds: u64,
    /// Seconds coloured by the generator itself; with more than a fifth of them a run is not valid.
    pub suspect_seconds: u64,
    /// Those seconds by what was wrong: `throttled`, `stolen`, `starved`, `stalled`, `late`, `cpu`, `open_files`, `memory`,
    /// `backlog`.
    pub suspect_by: BTreeMap<String, u64>,
}

/// One step of the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SecondEntry {
    /// Its first second.
    pub second: u32,
    /// How many seconds it stands for.
    pub length: u32,
    /// The most users there were.
    pub users: u64,
    /// Their mean over its time; absent where their number did not change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users_mean: Option<f64>,
    /// The fewest users there were; absent where their number did not change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users_min: Option<u64>,
    /// Requests begun.
    pub started: u64,
    /// Requests answered as expected.
    pub ok: u64,
    /// Requests failed.
    pub failed: u64,
    /// The median of the response times of requests that ended in it; absent where none ended. This and the two below are of
    /// single seconds: of a longer step, the slowest second's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50: Option<f64>,
    /// Their 95th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95: Option<f64>,
    /// Their 99th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
    /// Whether the generator was at its ceiling in it. Absent elsewhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_ceiling: bool,
    /// Whether the generator coloured it.
    pub suspect: bool,
    /// With what: `throttled`, `stolen`, `starved`, `stalled`, `late`, `cpu`, `open_files`, `memory`, `backlog`.
    #[serde(rename = "strains")]
    pub health_issues: Vec<String>,
}

/// What most runs do not have is left out, so that the reports of old journals are what they were.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The schema of reports, draft-07.
#[must_use]
pub fn report_schema() -> serde_json::Value {
    document_schema::<Report>("Plimsoll report")
}

/// The schema of a document under a title, draft-07.
#[must_use]
pub fn document_schema<T: JsonSchema>(title: &str) -> serde_json::Value {
    let mut schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<T>().to_value();
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".into(), serde_json::json!(title));
    }
    schema
}
