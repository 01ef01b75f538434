use std::sync::Arc;

use crate::compile::program::{Action, Endpoint, Scenario, Step, TaskOrder, UserType};
use crate::sample::{Catalog, CatalogTask, EndpointId, MetricId, RunGauge, TaskId};
use crate::threshold::{Aggregate, Field, LeftOut, Matcher, Rule, Subject};

/// What may happen in a run: each call, transaction and task that a user may come to.
pub(super) struct Reach<'a> {
    sites: Vec<Site>,
    endpoints: &'a [&'a Endpoint],
    catalog: &'a Catalog,
}

/// Something that may happen, and what is known of it before.
struct Site {
    scenario: Arc<str>,
    user: Arc<str>,
    task: TaskId,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    /// A task begins.
    Task,
    /// An endpoint is called.
    Call(EndpointId),
    /// A transaction is measured.
    Transaction(MetricId),
}

impl<'a> Reach<'a> {
    /// That of user types as they take part now. What they call is of `endpoints`.
    pub(super) fn of(
        scenarios: &[Scenario],
        users: &[UserType],
        endpoints: &'a [&'a Endpoint],
        catalog: &'a Catalog,
    ) -> Self {
        let mut sites = Vec::new();
        for scenario in scenarios {
            let kinds = scenario.kinds.iter().filter_map(|(id, _)| users.get(id.index()));
            for user in kinds.filter(|user| !user.is_idle()) {
                let mut walk = Walk { scenario: &scenario.name, user, sites: &mut sites };
                walk.task(user.on_start_task, &user.on_start);
                for (index, task) in user.tasks.iter().enumerate() {
                    let taken = match &user.order {
                        TaskOrder::Weighted => task.weight > 0.0,
                        TaskOrder::Sequence(order) => order.contains(&index),
                    };
                    if taken {
                        walk.task(task.id, &task.steps);
                    }
                }
                walk.task(user.on_stop_task, &user.on_stop);
            }
        }
        Self { sites, endpoints, catalog }
    }

    /// Whether anything that may happen is what a rule is of.
    fn has(&self, rule: &Rule) -> bool {
        let require = &rule.require;
        let metric = match &require.subject {
            Subject::Declared(name) if RunGauge::named(name).is_some() => return true,
            Subject::Declared(name) => self.catalog.metrics.iter().position(|metric| *metric.name == **name),
            _ => None,
        };
        let of_tasks = matches!(require.aggregate, Aggregate::TaskErrorRate | Aggregate::StartErrorRate);
        self.sites.iter().any(|site| {
            let is_of = match (&require.subject, &site.what) {
                (Subject::Declared(_), What::Call(id)) => {
                    let records = self.endpoints.get(id.index()).into_iter().flat_map(|endpoint| &endpoint.record);
                    records.into_iter().any(|record| Some(record.metric.index()) == metric)
                }
                (Subject::Declared(_), What::Transaction(id)) => Some(id.index()) == metric,
                (Subject::Declared(_), What::Task) => false,
                (_, What::Call(_)) => true,
                (_, What::Task) => of_tasks,
                (_, What::Transaction(_)) => false,
            };
            is_of && require.selector.iter().all(|matcher| self.may_match(matcher, site))
        })
    }

    fn may_match(&self, matcher: &Matcher, site: &Site) -> bool {
        let endpoint = match &site.what {
            What::Call(id) => self.endpoints.get(id.index()),
            What::Task | What::Transaction(_) => None,
        };
        match matcher.field {
            Field::User => matcher.takes(&site.user),
            Field::Scenario => matcher.takes(&site.scenario),
            Field::Task => self.task(site).is_some_and(|task| matcher.takes(&task.name)),
            Field::Service => endpoint.is_some_and(|endpoint| {
                let entry = self.catalog.endpoints.get(endpoint.id.index());
                matcher.takes(entry.and_then(|entry| entry.service.as_deref()).unwrap_or_default())
            }),
            Field::Endpoint => endpoint.is_some_and(|endpoint| matcher.takes(&endpoint.name)),
            Field::Name => {
                endpoint.is_some_and(|endpoint| endpoint.label.fixed().is_none_or(|name| matcher.takes(name)))
            }
            Field::Tag => {
                let task = self.task(site);
                let of_user = task.and_then(|task| self.catalog.users.get(task.user.index())).map(|user| &user.tags);
                let of_endpoint = endpoint.and_then(|endpoint| self.catalog.endpoints.get(endpoint.id.index()));
                let of_task = task.map(|task| &task.tags);
                let all = of_user.into_iter().chain(of_task).chain(of_endpoint.map(|entry| &entry.tags));
                matcher.takes_tags(all.flatten())
            }
            // known when it happens
            Field::Stage | Field::Status => true,
        }
    }

    fn task(&self, site: &Site) -> Option<&CatalogTask> {
        self.catalog.tasks.get(site.task.index())
    }
}

/// Gathers what a user may come to.
struct Walk<'a> {
    scenario: &'a Arc<str>,
    user: &'a UserType,
    sites: &'a mut Vec<Site>,
}

impl Walk<'_> {
    fn task(&mut self, task: TaskId, steps: &[Step]) {
        self.add(task, What::Task);
        // any call may have them done before it
        let refreshing = self.user.refresh.iter().flat_map(|refresh| &refresh.steps);
        let mut open: Vec<&Step> = steps.iter().chain(refreshing).collect();
        let mut run = Vec::new();
        while let Some(step) = open.pop() {
            step.action.calls().iter().for_each(|call| self.add(task, What::Call(call.endpoint)));
            match &step.action {
                Action::Transaction { metric, .. } => self.add(task, What::Transaction(*metric)),
                Action::Run(index) if !run.contains(index) => {
                    run.push(*index);
                    open.extend(self.user.tasks.get(*index).iter().flat_map(|task| &task.steps));
                }
                _ => {}
            }
            open.extend(step.action.inner());
        }
    }

    fn add(&mut self, task: TaskId, what: What) {
        self.sites.push(Site { scenario: self.scenario.clone(), user: self.user.name.clone(), task, what });
    }
}

/// Takes out of `rules` those of what took part before, and does not after; they come back with why.
pub(super) fn take_out(rules: &mut Vec<Rule>, before: &Reach<'_>, after: &Reach<'_>) -> Vec<LeftOut> {
    let mut left_out = Vec::new();
    rules.retain(|rule| {
        let kept = after.has(rule) || !before.has(rule);
        if !kept {
            left_out.push(left(rule, "what it is of was filtered away"));
        }
        kept
    });
    left_out
}

/// A rule that is left out.
pub(super) fn left(rule: &Rule, why: impl Into<String>) -> LeftOut {
    let text = rule.unscaled.as_ref().unwrap_or(&rule.text);
    LeftOut { require: text.trim().to_owned(), name: rule.name.clone(), place: rule.place.clone(), why: why.into() }
}
