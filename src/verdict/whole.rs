use super::judge::{Judged, Status};
use crate::sample::RunGauge;
use crate::threshold::{Aggregate, Rule, Subject};
use crate::units::Shard;

/// Whether a rule asks for something that only the whole run has: how much there was in all. A shard has its part of
/// that. Shares, quantiles and means are of the same kind in a part and in the whole.
#[must_use]
pub fn is_of_the_whole(rule: &Rule) -> bool {
    let in_all = match rule.require.aggregate {
        Aggregate::Count | Aggregate::Rate | Aggregate::Errors | Aggregate::Dropped | Aggregate::Bytes => true,
        Aggregate::ErrorRate
        | Aggregate::Share
        | Aggregate::Min
        | Aggregate::Avg
        | Aggregate::Max
        | Aggregate::Stddev
        | Aggregate::Quantile(_) => false,
    };
    let of_the_run = |name: &String| RunGauge::named(name).is_some();
    in_all || matches!(&rule.require.subject, Subject::Declared(name) if of_the_run(name))
}

/// What a rule comes to on one shard: what only the whole run can answer is left to the merge, and so is what the shard
/// has no data for, which another may have.
#[must_use]
pub fn on_shard(shard: Shard, rule: &Rule, judged: Judged) -> Judged {
    let left = shard.is_part() && (is_of_the_whole(rule) || judged.status == Status::NoData);
    if left { Judged { status: Status::Deferred, ..judged } } else { judged }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::threshold::Threshold;

    fn rule(text: &str) -> Rule {
        Rule::new(Threshold::parse(text).unwrap(), text)
    }

    #[test]
    fn what_is_counted_in_all_is_of_the_whole_and_what_is_shared_or_measured_is_not() {
        for whole in [
            "count > 1",
            "count(found) == 3",
            "rate >= 50/s",
            "rate{tag=read} > 1/s",
            "errors < 3",
            "dropped == 0",
            "bytes < 1MB",
            "max(concurrent_users) >= 100",
            "min(total_rps) > 50",
            "avg(total_rps) > 50 over 10s",
        ] {
            assert!(is_of_the_whole(&rule(whole)), "{whole}");
        }
        for part in ["error_rate < 1%", "share{tag=read} > 60%", "p95 < 1s", "avg(found) > 0", "max < 1s over 5s"] {
            assert!(!is_of_the_whole(&rule(part)), "{part}");
        }
    }

    #[test]
    fn a_shard_neither_fails_nor_passes_what_it_cannot_know() {
        let part = Shard { index: 1, count: 8 };
        let status =
            |shard, text, status| on_shard(shard, &rule(text), Judged { measured: None, status, broke: None }).status;
        for known in [Status::Held, Status::Broken, Status::NoData] {
            assert_eq!(status(part, "count > 1", known), Status::Deferred);
            assert_eq!(status(Shard::WHOLE, "count > 1", known), known);
        }
        assert_eq!(status(part, "p95 < 1s", Status::Broken), Status::Broken);
        assert_eq!(status(part, "p95{user=rare} < 1s", Status::NoData), Status::Deferred);
        assert_eq!(status(Shard::WHOLE, "p95{user=rare} < 1s", Status::NoData), Status::NoData);
    }
}
