use std::sync::Arc;

use crate::compile::max_rate::MaxRate;
use crate::compile::program::{Endpoint, Pause, Scenario, UserType, WaitTime};
use crate::diagnostic::{Problem, Problems, Sources, Span};
use crate::expression::Scope;
use crate::plan::{Named, Plan, Visitor};
use crate::sample::Catalog;
use crate::threshold::{Amount, OnBreak, Rule};
use crate::units::{Rate, show_duration};

/// Warnings about a plan that can run.
pub(super) struct Warnings<'a> {
    pub(super) plan: &'a Plan,
    pub(super) scenarios: &'a [Scenario],
    pub(super) users: &'a [UserType],
    pub(super) catalog: &'a Catalog,
    pub(super) sources: &'a Sources,
}

impl Warnings<'_> {
    /// Warns of pauses between tasks where arrivals decide when a task begins. Only of those in the plan's own file:
    /// what is included may serve other plans, whose users do pause.
    pub(super) fn pauses_without_effect(&self, problems: &mut Problems) {
        let open = self.scenarios.iter().filter(|scenario| scenario.shape.is_open());
        let kinds = open.flat_map(|scenario| scenario.kinds.iter().map(move |(id, _)| (scenario, id)));
        for (scenario, id) in kinds {
            let Some(user) = self.users.get(id.index()) else { continue };
            // a new visitor pauses within its sequence
            let is_new = user.visitor == Visitor::New || scenario.shape.visitor() == Some(Visitor::New);
            if user.wait_time == WaitTime::ThinkTime(Pause::NONE) || (is_new && user.order.flow() > 1) {
                continue;
            }
            let written = self.plan.users.iter().flat_map(Named::iter).find(|(name, _)| *name.value == *user.name);
            let span = written.and_then(|(_, user)| {
                user.think_time.as_ref().map(|pause| pause.span).or(user.pacing.as_ref().map(|pacing| pacing.span))
            });
            let Some(span) = span.filter(|span| self.sources.is_first(*span)) else { continue };
            let message = format!("user type `{}` pauses between tasks, and arrivals do not wait for that", user.name);
            let problem = Problem::at(span, message);
            problems.push(problem.help("remove the pause, or make it a step: `- think: 1s`").warning());
        }
    }

    /// Warns of thresholds that look at more time than the run has, or that abort it after its end.
    pub(super) fn beyond_the_end(&self, rules: &[Rule], problems: &mut Problems) {
        let ends = self.scenarios.iter().map(|scenario| scenario.start + scenario.shape.length());
        let Some(length) = ends.max().filter(|length| !length.is_zero()) else { return };
        let shown = show_duration(length);
        for rule in rules {
            let at = |problem: Problem| Problem { span: self.span(rule), ..problem };
            if let Some(window) = rule.require.window.filter(|window| *window > length) {
                let message =
                    format!("the window of {} is longer than the run, which takes {shown}", show_duration(window));
                problems.push(at(Problem::new(message)).help("give a shorter window, or leave `over …` out").warning());
            }
            if rule.on_break == OnBreak::Abort && rule.after >= length {
                let message =
                    format!("the run is over after {shown}: `after: {}` aborts nothing", show_duration(rule.after));
                problems.push(at(Problem::new(message)).help("give an earlier `after`, or remove `abort`").warning());
            }
        }
    }

    /// Warns of thresholds that ask for more requests than the plan can send.
    pub(super) fn unreachable_rates(
        &self,
        rules: &[Rule],
        endpoints: &[&Endpoint],
        scope: &Arc<Scope>,
        problems: &mut Problems,
    ) {
        let max_rate = MaxRate {
            scenarios: self.scenarios,
            users: self.users,
            endpoints: endpoints.to_vec(),
            catalog: self.catalog,
            scope,
        };
        for rule in rules {
            let Some(short) = max_rate.shortfall(&rule.require) else { continue };
            let most = rule.require.show(Amount::Rate(short.most));
            let (message, help) = match short.users {
                Some(users) => {
                    let enough = (f64::from(users) * short.times).ceil();
                    let rate = Rate::per_second((short.most.as_per_second() * short.times).ceil());
                    (
                        format!("`{}` is out of reach: {users} users send at most {most}", rule.require),
                        format!(
                            "take {enough} users, a shorter think time, or arrivals: `arrivals: {{rate: {rate}, …}}`"
                        ),
                    )
                }
                None => (
                    format!("`{}` is out of reach: the plan sends at most {most}", rule.require),
                    "raise the rate of arrivals, or ask for less".to_owned(),
                ),
            };
            problems.push(Problem { span: self.span(rule), ..Problem::new(message) }.help(help).warning());
        }
    }

    fn span(&self, rule: &Rule) -> Option<Span> {
        let written =
            self.plan.thresholds.iter().flat_map(|rules| &rules.0).map(|written| written.value.0.require.span);
        written.into_iter().find(|span| self.sources.place(*span) == rule.place)
    }
}
