use crate::compile::program::RulesFrom;
use crate::diagnostic::{Problems, Sources};
use crate::plan::Plan;
use crate::plan::threshold::Rule;
use crate::sample::Catalog;

pub(super) fn compile(_: &Plan, _: &Catalog, _: &Sources, _: &mut Problems) -> (Vec<Rule>, RulesFrom) {
    (Vec::new(), RulesFrom::Default)
}
