use crate::threshold::{Rule, Threshold};

/// What a memory service's API is to hold, where no plan says otherwise.
const API: [&str; 6] = [
    "rate >= 50000/min",
    "p50 < 50ms",
    "p95 < 200ms",
    "p99 < 500ms",
    "error_rate < 1%",
    "max(concurrent_users) >= 1000",
];
/// Sixty reads to forty writes, as far as chance leaves it, where requests are known as one or the other.
const MIX: [&str; 2] = ["share{tag=read} >= 58%", "share{tag=write} >= 38%"];

/// The targets of an API; `tags` are those by which the run's requests are known.
#[must_use]
pub fn targets(tags: &[String]) -> Vec<Rule> {
    let known = |tag: &str| tags.iter().any(|known| known == tag);
    let mix: &[&str] = if known("read") && known("write") { &MIX } else { &[] };
    API.iter().chain(mix).filter_map(|text| rule(text)).collect()
}

fn rule(text: &str) -> Option<Rule> {
    Some(Rule::new(Threshold::parse(text).ok()?, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_a_threshold() {
        let tags = ["read".to_owned(), "write".to_owned()];
        assert_eq!(targets(&tags).len(), API.len() + MIX.len());
        assert_eq!(targets(&tags[..1]).len(), API.len());
    }
}
