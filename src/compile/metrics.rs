use std::sync::Arc;

use crate::compile::assemble::all_steps;
use crate::diagnostic::{Problem, Problems};
use crate::plan::{self, At, Metric, Plan};
use crate::sample::{CatalogMetric, MetricKind, RunGauge};

/// Those a plan declares, then one for each of its transactions, then those every run measures by itself.
pub(super) fn compile(plan: &Plan, problems: &mut Problems) -> Vec<CatalogMetric> {
    let entries = declared_names(plan).map(|(name, metric)| {
        let (kind, unit) = match metric.as_ref().map(|metric| &metric.value) {
            Some(Metric::Counter(unit)) => (MetricKind::Counter, unit.unit.as_deref()),
            Some(Metric::Gauge(unit)) => (MetricKind::Gauge, unit.unit.as_deref()),
            Some(Metric::Trend(unit)) => (MetricKind::Trend, unit.unit.as_deref()),
            None => (MetricKind::Trend, None),
        };
        CatalogMetric { name: name.value.as_str().into(), kind, unit: unit.map(Arc::from) }
    });
    let mut entries: Vec<CatalogMetric> = entries.collect();
    for (name, _) in declared_names(plan) {
        if RunGauge::named(&name.value).is_some() {
            let problem = Problem::at(name.span, format!("`{}` is measured by itself", name.value));
            problems.push(problem.help("take the declaration away: thresholds may ask for it as it is"));
        }
    }
    let declared = entries.len();
    // each transaction is a metric of its own
    for step in all_steps(plan) {
        let plan::Step::Transaction(transaction) = &step.value else { continue };
        let name = &transaction.name;
        if RunGauge::named(&name.value).is_some() {
            let problem = Problem::at(name.span, format!("`{}` is measured by itself", name.value));
            problems.push(problem.help("give the transaction another name"));
            continue;
        }
        match entries.iter().position(|entry| *entry.name == *name.value) {
            Some(index) if index < declared => {
                let problem = Problem::at(name.span, format!("`{}` is a metric and a transaction", name.value));
                problems.push(problem.help("give the transaction another name: it is measured without a metric"));
            }
            Some(_) => {}
            None => entries.push(CatalogMetric {
                name: name.value.as_str().into(),
                kind: MetricKind::Time,
                unit: Some("ms".into()),
            }),
        }
    }
    entries.extend(RunGauge::ALL.iter().map(|gauge| gauge.entry()));
    entries
}

fn declared_names(plan: &Plan) -> impl Iterator<Item = &(At<String>, Option<At<Metric>>)> {
    plan.metrics.iter().flat_map(|metrics| &metrics.0)
}
