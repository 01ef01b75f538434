//! What tests ask of a report.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::folder::only_file;
use super::repository::valid;

/// The report a run left in a folder, valid by its schema.
pub fn report_in(folder: &Path) -> Value {
    valid(&fs::read_to_string(only_file(folder, "json")).unwrap(), "report")
}

/// A number of the accounting: `started`, `never_sent`.
pub fn accounting(report: &Value, entry: &str) -> u64 {
    report["books"][entry].as_u64().unwrap()
}

/// Both equations of the accounting.
pub fn assert_adds_up(report: &Value) {
    let n = |entry| accounting(report, entry);
    assert_eq!(n("scheduled"), n("started") + n("dropped"), "{:#}", report["books"]);
    assert_eq!(n("started"), n("ok") + n("failed") + n("aborted"), "{:#}", report["books"]);
    assert_eq!(report["books"]["balanced"], true);
}

/// The row of the requests with a name.
pub fn request<'a>(report: &'a Value, method: &str, name: &str) -> &'a Value {
    let rows = report["requests"].as_array().unwrap();
    rows.iter().find(|row| row["method"] == method && row["name"] == name).unwrap()
}

/// The row of a user type.
pub fn user_type<'a>(report: &'a Value, name: &str) -> &'a Value {
    by_name(&report["users"], name)
}

/// The row of a metric.
pub fn metric<'a>(report: &'a Value, name: &str) -> &'a Value {
    by_name(&report["metrics"], name)
}

fn by_name<'a>(rows: &'a Value, name: &str) -> &'a Value {
    let found = rows.as_array().unwrap().iter().find(|row| row["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {rows:#}"))
}

/// How each threshold stands, in the plan's order.
pub fn threshold_states(report: &Value) -> Vec<&str> {
    report["thresholds"].as_array().unwrap().iter().map(|threshold| threshold["state"].as_str().unwrap()).collect()
}
