use crate::journal::{Level, MinimumLevel};
use crate::sample::StageId;
use crate::threshold::Rule;
use crate::verdict::{Finding, Judged, MissedLevel};

/// Where the figures of a search's levels come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Figures {
    /// The run kept what was measured of each of its thresholds at the level's end.
    Kept,
    /// Other thresholds are judged on all that ended in the level's stage.
    Anew,
}

/// The level that was tried in a stage, with the result of each threshold on it.
#[must_use]
pub fn level(stage: StageId, (level, height): (String, f64), judged: &[Judged], rules: &[Rule], dropped: u64) -> Level {
    let broken = rules.iter().zip(judged).filter(|(_, judged)| !judged.status.holds()).map(|(rule, judged)| {
        let measured = judged.measured.map_or_else(|| "no data".to_owned(), |amount| rule.require.show(amount));
        format!("{}: {measured}", rule.text)
    });
    Level {
        stage,
        level,
        height,
        broken: broken.collect(),
        dropped,
        measured: judged.iter().map(|judged| judged.measured).collect(),
    }
}

/// The level that had to hold, where none as high did.
pub(super) fn missed(levels: &[Level], asked: Option<&MinimumLevel>) -> Option<MissedLevel> {
    let asked = asked?;
    let highest = highest_held(levels);
    // levels are made by adding up and halving: one that is as high but for rounding is as high
    let reached = highest.is_some_and(|level| level.height >= asked.height * (1.0 - 1e-9));
    let missed = MissedLevel { asked: asked.level.clone(), held: highest.map(|level| level.level.clone()) };
    (!reached).then_some(missed)
}

/// The highest level that held.
fn highest_held(levels: &[Level]) -> Option<&Level> {
    levels.iter().filter(|level| level.held()).max_by(|a, b| a.height.total_cmp(&b.height))
}

/// Judges a search, or a staircase to failure, on the highest level that held, or on the first where none did: such a
/// run asks for what breaks.
pub(super) fn on_levels(
    findings: &mut [Finding],
    rules: &[Rule],
    (levels, figures): (&[Level], Figures),
    anew: impl Fn(&Rule, StageId) -> Judged,
) {
    let Some(level) = highest_held(levels).or_else(|| levels.first()) else { return };
    for (index, (finding, rule)) in findings.iter_mut().zip(rules).enumerate() {
        finding.judged = match level.measured.get(index).filter(|_| figures == Figures::Kept) {
            Some(measured) => Judged::of(rule, *measured),
            None => anew(rule, level.stage),
        };
    }
}
