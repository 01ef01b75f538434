use super::header::{Header, Threshold};

/// The first thing in which two journals differ and may not, if they are shards of one run.
pub(super) fn difference(one: &Header, other: &Header) -> Option<&'static str> {
    let same = [
        (one.plan.sha256 == other.plan.sha256, "the plan is not the same"),
        (one.plan.effective == other.plan.effective, "the plan was overridden in another way"),
        (one.plan.profile == other.plan.profile, "the profile is not the same"),
        (one.plan.target == other.plan.target, "the target is not the same"),
        (one.seed == other.seed, "the seed is not the same"),
        (one.shard.count == other.shard.count, "the run was split into another number of shards"),
        (one.run == other.run, "the run's id is not the same: another `--start-at`, other tasks, or another run"),
        (one.catalog == other.catalog, "the plan's names are not the same"),
        (alike(&one.thresholds, &other.thresholds), "the thresholds are not the same"),
        (one.stages == other.stages, "the stages are not the same"),
    ];
    same.into_iter().find(|(same, _)| !same).map(|(_, what)| what)
}

/// Whether thresholds are the same, wherever each machine keeps the plan's file.
fn alike(one: &[Threshold], other: &[Threshold]) -> bool {
    let placeless = |threshold: &Threshold| Threshold { place: String::new(), ..threshold.clone() };
    one.iter().map(placeless).eq(other.iter().map(placeless))
}
