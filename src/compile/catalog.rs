use std::sync::Arc;

use crate::compile::endpoints::CompiledEndpoint;
use crate::compile::target;
use crate::compile::users::{self, CompiledUser};
use crate::diagnostic::{Problem, Problems};
use crate::plan::{self, At, Metric, Plan};
use crate::sample::{
    Catalog, CatalogEndpoint, CatalogMetric, CatalogTask, CatalogUserType, EndpointId, MetricKind, RunGauge, TaskRole,
};

/// The metrics a plan declares, then one for each of its transactions, then the built-in ones.
pub(super) fn metrics(plan: &Plan, problems: &mut Problems) -> Vec<CatalogMetric> {
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
            let problem = Problem::at(name.span, format!("`{}` is a built-in metric", name.value));
            problems.push(problem.help("remove the declaration: thresholds can use it as it is"));
        }
    }
    let declared = entries.len();
    // each transaction is a metric of its own
    for step in plan.all_steps() {
        let plan::Step::Transaction(transaction) = &step.value else { continue };
        let name = &transaction.name;
        if RunGauge::named(&name.value).is_some() {
            let problem = Problem::at(name.span, format!("`{}` is a built-in metric", name.value));
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

/// Adds the names of endpoints, users and tasks to a catalog.
pub(super) fn add_names(
    catalog: &mut Catalog,
    plan: &Plan,
    endpoints: &mut [Option<CompiledEndpoint>],
    users: &[CompiledUser],
) {
    let services = target::written(plan);
    let service = |compiled: &CompiledEndpoint| services.get(compiled.endpoint.service.index())?.0;
    let written = plan.endpoints.iter().flat_map(|endpoints| &endpoints.0);
    for ((name, written), compiled) in written.zip(&*endpoints) {
        catalog.endpoints.push(CatalogEndpoint {
            name: name.value.as_str().into(),
            method: compiled.as_ref().map_or("", |compiled| compiled.endpoint.method.as_str()).into(),
            service: compiled.as_ref().and_then(service).map(|name| name.value.as_str().into()),
            tags: users::tags(written.as_ref().and_then(|endpoint| endpoint.tags.as_deref())),
            timeout: compiled.as_ref().map(|compiled| compiled.endpoint.timeout),
        });
    }
    // a redirect may turn a request into another method, and tables are by method and name
    for compiled in endpoints.iter_mut().flatten() {
        let endpoint = &mut compiled.endpoint;
        if endpoint.redirects > 0
            && !matches!(endpoint.method, http::Method::GET | http::Method::HEAD)
            && let Some(own) = catalog.endpoints.get(endpoint.id.index()).cloned()
        {
            endpoint.redirected = EndpointId(u32::try_from(catalog.endpoints.len()).unwrap_or(u32::MAX));
            catalog.endpoints.push(CatalogEndpoint { method: http::Method::GET.as_str().into(), ..own });
        }
    }
    for compiled in users {
        let user = compiled.user.id;
        catalog.users.push(CatalogUserType { name: compiled.user.name.clone(), tags: compiled.tags.clone() });
        let on_start = std::iter::once((Arc::from("on_start"), TaskRole::Start));
        let tasks = on_start.chain(compiled.user.tasks.iter().map(|task| (task.name.clone(), TaskRole::Work)));
        let tasks = tasks.chain(std::iter::once((Arc::from("on_stop"), TaskRole::Stop)));
        for ((name, role), tags) in tasks.zip(&compiled.task_tags) {
            catalog.tasks.push(CatalogTask { name, user, tags: tags.clone(), role });
        }
    }
}
