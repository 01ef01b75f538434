use crate::results::{Report, ThresholdEntry, ThresholdState};

/// What GitHub's runner makes notes of on the run's page and beside the plan's lines, one a line: an error for each
/// threshold that did not hold, one for a run without requests, and a warning for one that says nothing because it was
/// interrupted or not valid.
///
/// Source of the form: "Workflow commands for GitHub Actions"; of the escapes: `ActionCommand.cs` of actions/runner.
#[must_use]
pub fn annotations(report: &Report) -> String {
    let is_broken = |state| matches!(state, ThresholdState::Broken | ThresholdState::NoData);
    let broken = report.thresholds.iter().filter(|threshold| is_broken(threshold.state));
    let mut lines: Vec<String> = broken.map(threshold).collect();
    let sound = report.verdict.exit_code < 2;
    if !report.verdict.passed && (lines.is_empty() || !sound) {
        let level = if sound { "error" } else { "warning" };
        let title = property(&report.plan.name);
        lines.push(format!("::{level} title={title}::{}\n", data(&report.verdict.text)));
    }
    lines.concat()
}

fn threshold(threshold: &ThresholdEntry) -> String {
    let title = threshold.name.as_deref().unwrap_or("threshold");
    let place = match place(&threshold.place) {
        Some((file, line, column)) => format!("file={},line={line},col={column},", property(file)),
        None => String::new(),
    };
    let text = format!("{}: {}", threshold.require, threshold.measured);
    format!("::error {place}title={}::{}\n", property(title), data(&text))
}

/// File, line and column of `plan.yaml:12:3`.
fn place(text: &str) -> Option<(&str, u32, u32)> {
    let mut parts = text.rsplitn(3, ':');
    let (column, line) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some((parts.next()?, line, column))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(name: &str, place: &str) -> ThresholdEntry {
        ThresholdEntry {
            failed_as_timeout: false,
            name: Some(name.to_owned()),
            require: "error_rate < 1%".to_owned(),
            unscaled: None,
            place: place.to_owned(),
            measured: "2%\n::set-output name=a::b".to_owned(),
            value: Some(0.02),
            limit: Some(0.01),
            unit: "share".to_owned(),
            baseline: None,
            against: None,
            few_samples: None,
            decided_by_ceiling: false,
            load_changed: false,
            worst_at: None,
            broke_at: None,
            history: Vec::new(),
            state: ThresholdState::Broken,
        }
    }

    #[test]
    fn a_name_cannot_become_a_command_of_its_own() {
        assert_eq!(
            threshold(&broken("a,file=x::error::\n::b", "plans/a:b,c.yaml:12:3")),
            "::error file=plans/a%3Ab%2Cc.yaml,line=12,col=3,title=a%2Cfile=x%3A%3Aerror%3A%3A%0A%3A%3Ab::\
             error_rate < 1%25: 2%25%0A::set-output name=a::b\n"
        );
        assert!(threshold(&broken("a", "")).starts_with("::error title=a::"));
    }
}
