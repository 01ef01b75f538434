//! What is to be known of two runs before their numbers are compared.

use super::read::RunTrace;
use crate::journal::{Closing, Header, Stage, Tail};

/// What a run lacks, in words.
pub(super) fn flaws(word: &str, run: &RunTrace) -> Vec<String> {
    let mut flaws = Vec::new();
    let closing = run.results.end().map(|end| end.closing);
    match (&run.tail, closing) {
        (Tail::Corrupt { .. }, _) => flaws.push(format!("the {word} run's journal is damaged: it is {}", run.tail)),
        (Tail::CutOff { .. }, _) | (Tail::Whole, None) => {
            flaws.push(format!("the {word} run was cut off, or is still under way"));
        }
        (Tail::Whole, Some(Closing::Asked)) => flaws.push(format!("the {word} run was interrupted")),
        (Tail::Whole, Some(Closing::Threshold(_))) => {
            flaws.push(format!("the {word} run was ended by a threshold before its time"));
        }
        (Tail::Whole, Some(Closing::Complete | Closing::Plan)) => {}
    }
    if let Err(doubt) = run.results.generator().validity() {
        flaws.push(format!("the {word} run is not valid: {doubt}, and its times may be the generator's own"));
    }
    if let Some(ceiling) = run.results.generator().ceiling() {
        flaws.push(format!("{ceiling} of the {word} run: its throughput and its times include the generator's own"));
    }
    if run.results.end().is_some_and(|end| end.broken_workers > 0) {
        flaws.push(format!("workers of the {word} run broke down"));
    }
    flaws
}

/// What differs in how the runs were made, in words.
pub(super) fn differences(base: &Header, new: &Header) -> Vec<String> {
    let mut found = Vec::new();
    let mut say = |differs: bool, what: String| {
        if differs {
            found.push(what);
        }
    };
    let (mine, theirs) = (&base.plan, &new.plan);
    let other_text = mine.sha256 != theirs.sha256;
    say(other_text, "the runs are of different plans, or of one that was changed in between".to_owned());
    let profile = |profile: &Option<String>| profile.as_ref().map_or("none".to_owned(), |name| format!("`{name}`"));
    let profiles = (profile(&mine.profile), profile(&theirs.profile));
    say(profiles.0 != profiles.1, format!("the runs have different profiles: {} and {}", profiles.0, profiles.1));
    let scale = |header: &Header| header.scale.unwrap_or(1.0);
    let scales = (scale(base), scale(new));
    say(scales.0 != scales.1, format!("the runs have different scales: {} and {}", scales.0, scales.1));
    let targets = (service(&mine.target), service(&theirs.target));
    say(targets.0 != targets.1, format!("the runs have different targets: {} and {}", mine.target, theirs.target));
    let shapes = shapes(&base.stages) != shapes(&new.stages);
    say(shapes, "the runs have different shapes: throughput and times may differ for that alone".to_owned());
    let effective = without(&mine.effective, &mine.target) != without(&theirs.effective, &theirs.target);
    say(
        effective && !other_text && !shapes && scales.0 == scales.1 && profiles.0 == profiles.1,
        "the plans were run differently: something that is included, or set on the command line, has changed"
            .to_owned(),
    );
    let makers = (&base.plimsoll, &new.plimsoll);
    say(makers.0 != makers.1, format!("the runs were made by Plimsoll {} and {}", makers.0, makers.1));
    let machine = |header: &Header| {
        let place = &header.environment;
        format!("{} {}, {} cores, {} workers", place.os, place.arch, place.cores, header.workers)
    };
    let machines = (machine(base), machine(new));
    say(machines.0 != machines.1, format!("the runs were made on different machines: {}; {}", machines.0, machines.1));
    let shards = (base.shard, new.shard);
    let part = |header: &Header| format!("{} of {}", header.shard.index + 1, header.shard.count);
    say(shards.0 != shards.1, format!("the runs are different parts of a whole: {} and {}", part(base), part(new)));
    found
}

type Shape<'a> = (&'a str, &'a str, crate::units::Offset, crate::units::Offset, Option<u32>, Option<f64>, bool);

/// The stages, but for when the last one ends: runs of one shape may be of different lengths.
fn shapes(stages: &[Stage]) -> Vec<Shape<'_>> {
    let mut shapes: Vec<Shape> = stages.iter().map(shape).collect();
    if let Some(last) = shapes.last_mut() {
        last.3 = crate::units::Offset::ZERO;
    }
    shapes
}

fn shape(stage: &Stage) -> Shape<'_> {
    (&stage.name, &stage.scenario, stage.start, stage.end, stage.users, stage.rate, stage.purpose.is_measured())
}

/// What tells one target from another; the service within the process has another port each time.
fn service(target: &str) -> &str {
    const EMBEDDED: &str = "the embedded service at ";
    if target.starts_with(EMBEDDED) { EMBEDDED } else { target }
}

/// A plan's text without the place of its target, which is compared on its own.
fn without(effective: &str, target: &str) -> String {
    let url = target.rsplit(' ').next().unwrap_or(target);
    let origin_end = url.find("://").and_then(|scheme| url[scheme + 3..].find('/').map(|end| scheme + 3 + end));
    let origin = &url[..origin_end.unwrap_or(url.len())];
    if origin.is_empty() { effective.to_owned() } else { effective.replace(origin, "") }
}
