use crate::engine::Mask;
use crate::threshold::{Rule, Threshold};

/// Takes secrets out of rules before anything is judged by them: what the run, its journal and its files say of a
/// threshold is then the same. A rule that is none without what looks like a secret (`p95` where a secret is `95`) has
/// none in it.
pub(super) fn hush(rules: &mut [Rule], mask: &Mask) {
    for rule in rules {
        let hidden = mask.hide_known(&rule.text);
        if hidden != rule.text
            && let Ok(require) = Threshold::parse(&hidden)
        {
            (rule.require, rule.text) = (require, hidden);
        }
        rule.name = rule.name.as_ref().map(|name| mask.hide_known(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::Secrets;

    #[test]
    fn a_secret_is_taken_out_of_a_threshold_and_a_threshold_is_left_that_has_none() {
        let texts = ["hunter2x", "95"].map(str::to_owned).to_vec();
        let mask = Mask::new(&Secrets { texts, names: Vec::new() });
        let texts = ["max{name=\"k hunter2x\"} < 1s", "p95 < 1s"];
        let mut rules = texts.map(|text| Rule::new(Threshold::parse(text).unwrap(), text));
        hush(&mut rules, &mask);
        assert_eq!(rules[0].text, "max{name=\"k ***\"} < 1s");
        assert_eq!(rules[0].require.to_string(), "max{name=k ***} < 1s");
        assert_eq!(rules[1].text, "p95 < 1s");
    }
}
