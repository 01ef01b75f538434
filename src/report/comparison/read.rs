use std::io::{Read, Seek};
use std::path::Path;
use std::time::Duration;

use super::differences::{differences, flaws};
use super::document::RunSide;
use crate::journal::{End, Entry, Header, NotRead, Reader, Tail};
use crate::report::retell::limits;
use crate::units::Offset;
use crate::verdict::GeneratorHealth;
use crate::verdict::compare::{Fold, Span, Trace, Window};

/// A run read for a comparison.
#[derive(Debug)]
pub struct RunTrace {
    /// What a document says of it.
    pub side: RunSide,
    /// Its numbers.
    pub trace: Trace,
    pub(super) header: Header,
    pub(super) end: Option<End>,
    pub(super) tail: Tail,
    /// How the generator fared.
    pub(super) generator: GeneratorHealth,
}

/// Both runs, and what is to be said of them before any word.
#[derive(Debug)]
pub struct Pair {
    /// The run that is compared with.
    pub base: RunTrace,
    /// The run that is judged.
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
    let open = |path: &Path, until| Reader::open(path).map(|mut reader| trace(&mut reader, path, until));
    let (mut one, mut other) = (open(base, None)?, open(new, None)?);
    let mut warnings = flaws("base", &one);
    warnings.extend(flaws("new", &other));
    warnings.extend(differences(&one.header, &other.header));
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
fn trace<S: Read + Seek>(reader: &mut Reader<S>, path: &Path, until: Option<Offset>) -> RunTrace {
    let header = reader.header().clone();
    let spans = header.stages.iter().map(|stage| Span { start: stage.start, end: stage.end, purpose: stage.purpose });
    let window = Window::of(&spans.collect::<Vec<_>>());
    let mut fold = Fold::new(&header.catalog, window);
    let mut generator = GeneratorHealth::new(limits(&header));
    let mut reached = Duration::ZERO;
    let mut end = None;
    for entry in reader.by_ref() {
        match entry {
            Entry::Second(interval) => {
                generator.hear(&interval);
                reached = Duration::from_secs(u64::from(interval.second) + 1);
                if until.is_none_or(|until| Offset::from(Duration::from_secs(interval.second.into())) < until) {
                    fold.add(&interval);
                }
            }
            Entry::Annotation(_) => {}
            Entry::End(told) => end = Some(told),
        }
    }
    let elapsed = Offset::from(end.as_ref().map_or(reached, |end| end.elapsed));
    let trace = fold.close(until.unwrap_or(elapsed).min(elapsed));
    let side = RunSide {
        file: path.display().to_string(),
        plan: header.plan.name.clone(),
        sha256: header.plan.sha256.to_string(),
        target: header.plan.target.clone(),
        began: humantime::format_rfc3339_millis(header.began).to_string(),
        seconds: trace.seconds(),
        seed: header.seed.value(),
    };
    RunTrace { side, trace, end, tail: reader.tail().clone(), generator, header }
}
