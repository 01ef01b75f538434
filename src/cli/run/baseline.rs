use std::path::Path;

use crate::cli::terminal::talk;
use crate::journal::Reader;
use crate::report::visible;
use crate::results::baseline;
use crate::threshold::{Rule, Was};
use crate::verdict::Exit;

/// Gives the rules that compare with a baseline what it measured. It is read before load starts, so that a file that
/// cannot be read costs no run.
pub(super) fn resolve(path: Option<&Path>, rules: &mut [Rule]) -> Result<(), Exit> {
    let Some(path) = path else {
        for rule in rules.iter().filter(|rule| rule.require.limit.is_baseline()) {
            talk(&visible(&format!(
                "warning: `{}` has no baseline to compare with, and counts as no data\n  = help: name an earlier run \
                 with `--baseline results/load_test_….journal`; `no_data: pass` lets it pass until then\n",
                rule.require
            )));
        }
        return Ok(());
    };
    let mut reader = Reader::open(path).map_err(|error| {
        talk(&visible(&format!(
            "error: {error}\n  = help: name the journal of an earlier run: results/load_test_….journal\n"
        )));
        Exit::Usage
    })?;
    let measured = baseline(&mut reader, rules);
    if !reader.tail().is_whole() {
        talk(&visible(&format!("warning: the baseline `{}` is {}\n", path.display(), reader.tail())));
    }
    for (rule, measured) in rules.iter_mut().zip(measured).filter(|(rule, _)| rule.require.limit.is_baseline()) {
        match measured {
            Some(measured) => rule.require.limit = rule.require.limit.against(Was::Known(measured)),
            None => talk(&visible(&format!("warning: the baseline has no data for `{}`\n", rule.require))),
        }
    }
    Ok(())
}
