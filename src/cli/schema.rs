use clap::{Args, ValueEnum};

use super::reference::reference;
use super::terminal::data;
use crate::analysis::analysis_schema;
use crate::plan::{plan_schema, suite_schema};
use crate::report::{comparison_schema, suite_report_schema};
use crate::results::report_schema;
use crate::runs::runs_schema;
use crate::verdict::Exit;

/// Prints a JSON schema: of plans and suites, for editors, of reports, analyses, comparisons or lists of runs; or the reference of the language.
#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Which schema.
    #[arg(value_enum, default_value = "plan")]
    of: Kind,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// What a plan may say (`schemas/plan.schema.json`).
    Plan,
    /// What a suite of plans may say (`schemas/suite.schema.json`).
    Suite,
    /// What a suite's report says (`schemas/suite_report.schema.json`).
    SuiteReport,
    /// What a report says (`schemas/report.schema.json`).
    Report,
    /// What an analysis says (`schemas/analysis.schema.json`).
    Analysis,
    /// What a comparison says (`schemas/comparison.schema.json`).
    Comparison,
    /// What a list of runs says (`schemas/runs.schema.json`).
    Runs,
    /// Every key, function and flag as Markdown (`docs/reference.md`).
    Reference,
}

pub(super) fn run(args: &SchemaArgs) -> Exit {
    let schema = match args.of {
        Kind::Plan => plan_schema(),
        Kind::Suite => suite_schema(),
        Kind::SuiteReport => suite_report_schema(),
        Kind::Report => report_schema(),
        Kind::Analysis => analysis_schema(),
        Kind::Comparison => comparison_schema(),
        Kind::Runs => runs_schema(),
        Kind::Reference => return data(&reference()).err().unwrap_or(Exit::Passed),
    };
    data(&format!("{schema:#}\n")).err().unwrap_or(Exit::Passed)
}
