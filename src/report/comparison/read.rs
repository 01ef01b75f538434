use std::io::{Read, Seek};
use std::path::Path;
use std::time::Duration;

use super::differences::{differences, flaws};
use super::document::RunSide;
use crate::journal::{Entry, NotRead, Reader, Tail, Why};
use crate::results::{Results, TooLarge, replay};
use crate::units::Offset;
use crate::verdict::compare::{Accumulator, Span, Trace, Window};

/// A run read for a comparison.
pub struct RunTrace {
    /// What a document says of it.
    pub side: RunSide,
    /// Its numbers.
    pub trace: Trace,
    /// Its results.
    pub(super) results: Results,
    pub(super) tail: Tail,
}

/// Both runs, and what is to be said of them before any word.
pub struct Pair {
    /// The earlier run.
    pub base: RunTrace,
    /// The run that is compared with it.
    pub new: RunTrace,
    /// What differs between them, and what they lack.
    pub warnings: Vec<String>,
}

/// Reads two journals for a comparison, in memory that does not grow with them. Where both have the same stages and one
/// is shorter, as a run that was cut off is, both are read as far as that one goes.
///
/// # Errors
/// A file that cannot be read as a journal.
pub fn read_pair(base: &Path, new: &Path) -> Result<Pair, NotRead> {
    let open = |path: &Path, until| {
        let mut reader = Reader::open(path)?;
        trace(&mut reader, path, until).map_err(|TooLarge| NotRead { path: path.to_owned(), why: Why::NoRoom })
    };
    let (mut one, mut other) = (open(base, None)?, open(new, None)?);
    let mut warnings = flaws("base", &one);
    warnings.extend(flaws("new", &other));
    warnings.extend(differences(one.results.header(), other.results.header()));
    let (mine, theirs) = (one.trace.window().clone(), other.trace.window().clone());
    let end = mine.end().min(theirs.end());
    // runs of the same length end some milliseconds apart
    let apart = mine.end().max(theirs.end()).since(end) > Duration::from_millis(500);
    if mine.matches(&theirs) && apart {
        one = if mine.end() > end { open(base, Some(end))? } else { one };
        other = if theirs.end() > end { open(new, Some(end))? } else { other };
        warnings.push(format!("the runs are compared up to {:.0} s, where the shorter one ends", end.as_secs_f64()));
    }
    for (word, run) in [("base", &one), ("new", &other)] {
        if run.trace.unnamed() > 0 {
            let unnamed = run.trace.unnamed();
            warnings.push(format!(
                "{unnamed} requests of the {word} run have names beyond the first 200: they are in `all` alone"
            ));
        }
    }
    Ok(Pair { base: one, new: other, warnings })
}

/// Reads one run; of a longer one, what was over `until` then.
fn trace<S: Read + Seek>(reader: &mut Reader<S>, path: &Path, until: Option<Offset>) -> Result<RunTrace, TooLarge> {
    let header = reader.header().clone();
    let spans = header.stages.iter().map(|stage| Span { start: stage.start, end: stage.end, purpose: stage.purpose });
    let window = Window::of(&spans.collect::<Vec<_>>());
    let mut accumulator = Accumulator::new(&header.catalog, window);
    // a comparison asks for no thresholds
    let mut results = Results::against(header.clone(), Vec::new());
    replay(reader, &mut results, |entry, _| {
        if let Entry::Second(interval) = entry
            && until.is_none_or(|until| Offset::from(Duration::from_secs(interval.second.into())) < until)
        {
            accumulator.add(interval);
        }
    })?;
    let elapsed = Offset::from(results.heard());
    let last_ended = Offset::from(results.measured_time());
    let trace = match until {
        Some(until) if until < elapsed => accumulator.close(until, until),
        _ => accumulator.close(elapsed, last_ended),
    };
    let header = results.header();
    let side = RunSide {
        file: path.display().to_string(),
        plan: header.plan.name.clone(),
        sha256: header.plan.sha256.to_string(),
        target: header.plan.target.clone(),
        began: humantime::format_rfc3339_millis(header.began).to_string(),
        seconds: trace.seconds(),
        seed: header.seed.value(),
    };
    Ok(RunTrace { side, trace, tail: reader.tail().clone(), results })
}
