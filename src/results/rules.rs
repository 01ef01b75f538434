use crate::journal::Threshold as Written;
use crate::threshold::{Rule, Threshold};

/// A journal whose thresholds cannot be read: only another version, or a damaged file, makes it so.
#[derive(Debug, thiserror::Error)]
#[error("the threshold `{0}` of the journal cannot be read: {1}")]
pub struct Unreadable(String, String);

/// The rules of a journal's header.
pub(super) fn rules(written: &[Written]) -> Result<Vec<Rule>, Unreadable> {
    if written.len() > Threshold::MOST {
        let first = written.first().map(|rule| rule.require.clone()).unwrap_or_default();
        let why = format!("it is one of {}, and a run has {} at most", written.len(), Threshold::MOST);
        return Err(Unreadable(first, why));
    }
    written.iter().map(rule).collect()
}

/// A rule as a journal's header keeps it.
#[must_use]
pub fn written(rule: &Rule) -> Written {
    Written {
        require: rule.text.clone(),
        unscaled: rule.unscaled.clone(),
        name: rule.name.clone(),
        on_break: rule.on_break,
        after: rule.after,
        no_data: rule.no_data,
        place: rule.place.clone(),
        baseline: rule.require.limit.baseline(),
    }
}

fn rule(written: &Written) -> Result<Rule, Unreadable> {
    let require = Threshold::parse(&written.require);
    let mut require = require.map_err(|error| Unreadable(written.require.clone(), error.message))?;
    if let Some(was) = written.baseline {
        if !require.takes(was) {
            return Err(Unreadable(written.require.clone(), "its baseline is of another kind".to_owned()));
        }
        require.limit = require.limit.against(was);
    }
    Ok(Rule {
        require,
        text: written.require.clone(),
        unscaled: written.unscaled.clone(),
        name: written.name.clone(),
        on_break: written.on_break,
        after: written.after,
        no_data: written.no_data,
        place: written.place.clone(),
    })
}
