//! Plimsoll reads a YAML plan, makes the load it describes, and says whether the service held.
//!
//! The house has floors; `ARCHITECTURE.md` draws them and `tests/floors.rs` holds them. Its rooms are private, so that
//! the compiler names what nobody uses.

mod analysis;
pub mod cli;
mod compile;
mod diagnostic;
mod disk;
mod engine;
mod expression;
mod headers;
mod http;
mod import;
mod journal;
mod live;
mod load;
mod markup;
mod memory;
mod metrics;
mod plan;
mod report;
mod results;
mod rows;
mod run;
mod runs;
mod sample;
mod secrets;
#[cfg(test)]
mod simulation;
mod spool;
mod target;
mod threshold;
mod timer;
mod units;
mod verdict;

/// What the tests, the benchmarks and the fuzzers of this package use; nobody else depends on it.
#[doc(hidden)]
pub mod test_api {
    pub mod analysis {
        pub use crate::analysis::{
            CompanionCsvs, Examined, conclude, of_report, page, read_exceptions, read_failures, read_history,
            read_stats,
        };
    }
    pub mod compile {
        pub use crate::compile::{BodyBuffer, CompileOptions, Filter, Program, RecordValue, Shape, compile};
    }
    pub mod diagnostic {
        pub use crate::diagnostic::{Problems, Sources, Style, render};
    }
    pub mod engine {
        pub use crate::engine::{Asked, CookieJar, Moment, Options, Platform, Redirect, Start, redirect};
    }
    pub mod expression {
        pub use crate::expression::{
            Answered, Globals, JsonPath, Scope, ScopeRng, ScopeUser, Template, Value, json_to_value, read_json,
            to_number,
        };
    }
    pub mod http {
        pub use crate::http::{
            AnswerDecoder, AnswerMemory, Broken, Client, Content, Ending, Fed, Keep, Origin, Outgoing, Settings,
            SharedBuffer, Transport, Verify, decode,
        };
    }
    pub mod import {
        pub use crate::import::{DocumentSource, from_curl, from_openapi};
    }
    pub mod journal {
        pub use crate::journal::{
            Annotation, Closing, End, Entry, Environment, Fingerprint, Header, Mark, PlanText, Reader, RunId, Shard,
            Tail, Writer,
        };
    }
    pub mod load {
        pub use crate::load::UserCurve;
    }
    pub mod markup {
        pub use crate::markup::{Document, Selector, XPath};
    }
    pub mod memory {
        pub use crate::memory::MemoryBudget;
    }
    pub mod metrics {
        pub use crate::metrics::{
            Accounting, Counts, Distribution, Health, Interval, Measure, Recorder, Scale, SeriesCount, SeriesKey,
            SeriesRef, SparseHistogram, Tally, TaskCounts, TaskKey, Totals,
        };
    }
    pub mod plan {
        pub use crate::plan::{Aim, Overrides, read, read_text};
    }
    pub mod report {
        pub use crate::report::{
            ComparisonReport, Format, HistoryRows, Seconds, annotations, comparison_junit, comparison_page, exceptions,
            failures,
        };
    }
    pub mod results {
        pub use crate::results::{Report, Results, replay};
    }
    pub mod rows {
        pub use crate::rows::{CsvDialect, Format, Table};
    }
    pub mod run {
        pub use crate::run::{Interrupts, Job, PlanSource, conduct, header};
    }
    pub mod sample {
        pub use crate::sample::{
            Catalog, EndpointId, FailureKind, MetricId, Outcome, Phases, Sample, ServiceId, StageId, TaskFailure,
            TaskId, TaskOutcome, Timing, Transmission, UserTypeId,
        };
    }
    pub mod secrets {
        pub use crate::secrets::Secrets;
    }
    pub mod target {
        pub use crate::target::{Behaviour, Delay, Target};
    }
    pub mod threshold {
        pub use crate::threshold::Threshold;
    }
    pub mod units {
        pub use crate::units::{
            DurationRange, Offset, Rate, Ratio, Scale, Seed, Shard, Size, parse_duration, show_duration,
        };
    }
}
