use std::fmt;
use std::time::Duration;

use super::ceiling::Ceiling;
use crate::load::Pace;
use crate::metrics::{Health, Interval};
use crate::units::{Size, show_duration};

/// What the generator's figures make of a second's numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecondHealth {
    /// They are the service's.
    Sound,
    /// Nothing but that the generator had no CPU time to spare, in a run that has no schedule to be late for: the
    /// throughput is what the generator can make, and times include it.
    AtCeiling,
    /// They may be the generator's own.
    Suspect(Vec<HealthIssue>),
}

/// What the generator may use. A figure that the system does not report sets no limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Cores.
    pub cores: f64,
    /// Files and sockets.
    pub open_files: Option<u64>,
    /// Memory.
    pub memory: Option<Size>,
}

/// What makes a second's numbers the generator's own rather than the service's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HealthIssue {
    /// The control group's quota of CPU time was used up.
    Throttled,
    /// The host of a virtual machine kept its CPUs from it.
    Stolen,
    /// A worker could have run and had no CPU: others were on it.
    Starved,
    /// A worker could not run when it wanted to.
    Stalled,
    /// Requests were sent late although their users were free.
    Late,
    /// All cores were busy, or one worker was without a pause: whatever is its users' waited for it.
    Cpu,
    /// No more files could be opened.
    OpenFiles,
    /// Memory was nearly used up.
    Memory,
    /// Numbers came faster than they could be put together.
    Backlog,
}

/// Why a result cannot be trusted: the generator was the bottleneck in too many of its seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidReason {
    /// How many seconds were suspect.
    pub suspect: u64,
    /// Of how many.
    pub seconds: u64,
    /// What was wrong the most often, in words with its worst figure.
    pub why: String,
}

/// Watches the generator, second by second.
#[derive(Debug, Clone)]
pub struct GeneratorHealth {
    limits: Limits,
    pace: Pace,
    seconds: u64,
    suspect: u64,
    /// Seconds it was at its ceiling in; none of them is suspect.
    at_ceiling: u64,
    issue_seconds: [u64; HealthIssue::ALL.len()],
    worst: Health,
    last: Option<u32>,
}

/// A worker that wakes this much later than it asked to adds so much to what it measures; so does one that could not
/// run for so much of a second, in pieces.
const LAG: Duration = Duration::from_millis(100);
/// So much of a second ready to run and without a CPU, in pieces: of all moments at which something was to be sent or had
/// come so many were missed that the percentiles people ask for are the generator's. At ease it is 5 to 40 ms, beside a
/// test suite on two cores up to 50; with three programs on the same core that never pause it is 126 ms and more.
const WAITED: Duration = Duration::from_millis(75);
/// The same of what a quota or a host keeps from it, which are counted less finely.
const WITHHELD: Duration = Duration::from_millis(100);
/// With more than one request in so many sent late, quantiles that people ask for are the generator's.
const LATE_IN: u64 = 100;
/// Busier than this a core has no room to be on time.
const BUSY: f64 = 0.95;
/// The same of a worker, which has one core at a time, in a second.
const BUSY_WORKER: Duration = Duration::from_millis(950);
/// So near to the limit on open files the next connection may be refused.
const SPARE_FILES: u64 = 8;
/// Nearer to the limit than this the system begins to take memory away.
const FULL: f64 = 0.9;
/// So many seconds after its end a second of the run may be put together.
const BEHIND: u64 = 10;
/// Fewer seconds than these prove nothing.
const FEWEST: u64 = 5;
/// The result is not valid when more than one in so many seconds is suspect.
const ONE_IN: u64 = 5;

impl HealthIssue {
    /// Every issue, the one that explains most first.
    pub const ALL: [Self; 9] = [
        Self::Throttled,
        Self::Stolen,
        Self::Starved,
        Self::Stalled,
        Self::Late,
        Self::Cpu,
        Self::OpenFiles,
        Self::Memory,
        Self::Backlog,
    ];

    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Stolen => "stolen",
            Self::Starved => "starved",
            Self::Stalled => "stalled",
            Self::Late => "late",
            Self::Cpu => "cpu",
            Self::OpenFiles => "open_files",
            Self::Memory => "memory",
            Self::Backlog => "backlog",
        }
    }

    /// Whether a second shows it in which so many requests ended.
    fn shows(self, health: &Health, requests: u64, limits: &Limits) -> bool {
        match self {
            Self::Throttled => health.throttled > Some(WITHHELD),
            Self::Stolen => health.stolen > Some(WITHHELD),
            Self::Starved => health.cpu_wait > Some(WAITED),
            Self::Stalled => health.worker_lag > LAG || health.stalled > LAG,
            Self::Late => health.late.saturating_mul(LATE_IN) > requests,
            Self::Cpu => health.cpu_cores > limits.cores * BUSY || health.worker_cpu > Some(BUSY_WORKER),
            Self::OpenFiles => {
                limits.open_files.is_some_and(|most| health.open_files.saturating_add(SPARE_FILES) > most)
            }
            Self::Memory => {
                limits.memory.is_some_and(|most| health.memory.as_bytes() as f64 > most.as_bytes() as f64 * FULL)
            }
            Self::Backlog => health.backlog > BEHIND,
        }
    }

    fn describe(self, worst: &Health, limits: &Limits) -> String {
        let of_a_second =
            |time: Option<Duration>| format!("for up to {} of a second", show_duration(time.unwrap_or_default()));
        match self {
            Self::Throttled => {
                format!("its control group had no CPU time left {}", of_a_second(worst.throttled))
            }
            Self::Stolen => format!("the host kept its CPUs busy with others {}", of_a_second(worst.stolen)),
            Self::Starved => format!("a worker was ready to run and had no CPU {}", of_a_second(worst.cpu_wait)),
            Self::Stalled => format!(
                "a worker woke up to {} late and could not run for {} of a second",
                show_duration(worst.worker_lag),
                show_duration(worst.stalled)
            ),
            Self::Late => format!(
                "more than one request in {LATE_IN} was sent over {} late, up to {}",
                show_duration(Health::LATE),
                show_duration(worst.lateness)
            ),
            Self::Cpu if worst.worker_cpu > Some(BUSY_WORKER) => {
                format!("a worker was on its CPU {}", of_a_second(worst.worker_cpu))
            }
            Self::Cpu => format!("the process used {:.2} of {} cores", worst.cpu_cores, limits.cores),
            Self::OpenFiles => {
                format!("{} of {} files were open", worst.open_files, limits.open_files.unwrap_or_default())
            }
            Self::Memory => {
                format!("{} of {} of memory were in use", worst.memory, limits.memory.unwrap_or(worst.memory))
            }
            Self::Backlog => format!("a second was put together {} seconds after its end", worst.backlog),
        }
    }
}

impl GeneratorHealth {
    /// A generator that has seen nothing.
    #[must_use]
    pub fn new(limits: Limits, pace: Pace) -> Self {
        let issue_seconds = [0; HealthIssue::ALL.len()];
        let worst = Health::default();
        Self { limits, pace, seconds: 0, suspect: 0, at_ceiling: 0, issue_seconds, worst, last: None }
    }

    /// What a second's figures say of its numbers, with so many requests that ended in it.
    #[must_use]
    pub fn judge(&self, health: &Health, requests: u64) -> SecondHealth {
        let shows = |issue: &HealthIssue| issue.shows(health, requests, &self.limits);
        let issues: Vec<HealthIssue> = HealthIssue::ALL.into_iter().filter(shows).collect();
        match issues.as_slice() {
            [] => SecondHealth::Sound,
            // without the kernel's account nobody knows whether CPU time was wanted and not got
            [HealthIssue::Cpu] if self.pace == Pace::FullSpeed && health.cpu_wait.is_some() => SecondHealth::AtCeiling,
            _ => SecondHealth::Suspect(issues),
        }
    }

    /// Takes a second, which is later than all before. Seconds that are missing nobody was awake to count.
    pub fn hear(&mut self, interval: &Interval) {
        let missing = u64::from(interval.second.saturating_sub(self.last.map_or(0, |last| last.saturating_add(1))));
        self.last = Some(interval.second);
        self.seconds += 1 + missing;
        // a worker that slept through several seconds reports them in the one it woke in
        let slept = interval.health.worker_lag.as_secs().min(self.seconds - self.suspect - 1).max(missing);
        self.suspect += slept;
        self.issue_seconds[HealthIssue::Stalled as usize] += slept;
        match self.judge(&interval.health, interval.accounting.ok + interval.accounting.failures()) {
            SecondHealth::Sound => {}
            SecondHealth::AtCeiling => self.at_ceiling += 1,
            SecondHealth::Suspect(issues) => {
                issues.into_iter().for_each(|issue| self.issue_seconds[issue as usize] += 1);
                self.suspect += 1;
            }
        }
        self.worst.merge(&interval.health);
    }

    /// The figures at their worst.
    #[must_use]
    pub const fn worst(&self) -> &Health {
        &self.worst
    }

    /// What the generator may use.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Whether it was seen how long workers waited for a CPU. Where the system does not say, only stand-ins for it were
    /// watched: how late workers woke, and requests were sent.
    #[must_use]
    pub const fn saw_cpu_wait(&self) -> bool {
        self.worst.cpu_wait.is_some()
    }

    /// How many seconds were suspect.
    #[must_use]
    pub const fn suspect(&self) -> u64 {
        self.suspect
    }

    /// How many seconds it was at its ceiling in.
    #[must_use]
    pub const fn at_ceiling(&self) -> u64 {
        self.at_ceiling
    }

    /// In how much of the run the generator was at its ceiling, suspect seconds included, where that is too much of it to be
    /// left out of the verdict.
    #[must_use]
    pub const fn ceiling(&self) -> Option<Ceiling> {
        let at = self.at_ceiling + self.suspect;
        let told = self.at_ceiling > 0 && self.seconds >= FEWEST && at * ONE_IN > self.seconds;
        if told { Some(Ceiling { at, of: self.seconds }) } else { None }
    }

    /// Each issue that showed, with how many seconds showed it.
    pub fn issues(&self) -> impl Iterator<Item = (HealthIssue, u64)> {
        HealthIssue::ALL
            .into_iter()
            .map(|issue| (issue, self.issue_seconds[issue as usize]))
            .filter(|(_, count)| *count > 0)
    }

    /// Whether the results can be trusted.
    ///
    /// # Errors
    /// [`InvalidReason`], where more than a fifth of at least five seconds were suspect.
    pub fn validity(&self) -> Result<(), InvalidReason> {
        let Self { seconds, suspect, .. } = *self;
        if seconds < FEWEST || suspect * ONE_IN <= seconds {
            return Ok(());
        }
        // of those that showed equally often the first says the most
        let main = self.issues().fold((HealthIssue::Stalled, 0), |most, one| if one.1 > most.1 { one } else { most }).0;
        Err(InvalidReason { suspect, seconds, why: main.describe(&self.worst, &self.limits) })
    }
}

impl fmt::Display for InvalidReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the generator was the bottleneck in {} of {} seconds ({})", self.suspect, self.seconds, self.why)
    }
}
