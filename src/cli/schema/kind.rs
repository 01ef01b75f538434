use clap::ValueEnum;
use serde_json::{Map, Value, json};

use crate::analysis::analysis_schema;
use crate::plan::{plan_schema, suite_schema};
use crate::report::{comparison_schema, suite_report_schema};
use crate::results::report_schema;
use crate::runs::runs_schema;

/// What there is a schema of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Kind {
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

impl Kind {
    /// Its file's name; `None` of the reference, which is no schema.
    pub(super) const fn file(self) -> Option<&'static str> {
        Some(match self {
            Self::Plan => "plan.schema.json",
            Self::Suite => "suite.schema.json",
            Self::SuiteReport => "suite_report.schema.json",
            Self::Report => "report.schema.json",
            Self::Analysis => "analysis.schema.json",
            Self::Comparison => "comparison.schema.json",
            Self::Runs => "runs.schema.json",
            Self::Reference => return None,
        })
    }

    /// The schema as a document, with the address at which this version of it stays; `None` of the reference.
    pub(super) fn text(self) -> Option<String> {
        let schema = match self {
            Self::Plan => plan_schema(),
            Self::Suite => suite_schema(),
            Self::SuiteReport => suite_report_schema(),
            Self::Report => report_schema(),
            Self::Analysis => analysis_schema(),
            Self::Comparison => comparison_schema(),
            Self::Runs => runs_schema(),
            Self::Reference => return None,
        };
        let mut whole = Map::new();
        let first = |key: &str| schema.get(key).map(|value| (key.to_owned(), value.clone()));
        whole.extend(first("$schema"));
        whole.insert("$id".to_owned(), json!(address(self.file()?)));
        whole.extend(first("title"));
        if let Value::Object(entries) = schema {
            for (key, value) in entries {
                whole.entry(key).or_insert(value);
            }
        }
        Some(format!("{:#}\n", Value::Object(whole)))
    }

    /// Whether a text is such a schema, of whatever version.
    pub(super) fn is_held_by(self, text: &str) -> bool {
        let title = |text: &str| {
            let schema: Value = serde_json::from_str(text).ok()?;
            schema.get("title").cloned()
        };
        title(text).is_some_and(|held| self.text().and_then(|own| title(&own)) == Some(held))
    }
}

/// Where the schemas of this version stay.
fn address(file: &str) -> String {
    format!("{}/raw/v{}/schemas/{file}", env!("CARGO_PKG_REPOSITORY"), env!("CARGO_PKG_VERSION"))
}
