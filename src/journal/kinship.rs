use super::header::Header;

/// The first thing in which two journals differ and may not, if they are shards of one run.
pub(super) fn difference(one: &Header, other: &Header) -> Option<&'static str> {
    let same = [
        (one.plan.sha256 == other.plan.sha256, "the plan is not the same"),
        (one.plan.effective == other.plan.effective, "the plan was overridden in another way"),
        (one.plan.profile == other.plan.profile, "the profile is not the same"),
        (one.plan.target == other.plan.target, "the target is not the same"),
        (one.seed == other.seed, "the seed is not the same"),
        (one.shard.count == other.shard.count, "the run was split into another number of shards"),
        (one.run == other.run, "the run's id is not the same"),
        (one.catalog == other.catalog, "the plan's names are not the same"),
        (one.thresholds == other.thresholds, "the thresholds are not the same"),
        (one.stages == other.stages, "the stages are not the same"),
    ];
    same.into_iter().find(|(same, _)| !same).map(|(_, what)| what)
}
