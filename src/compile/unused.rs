use std::collections::BTreeSet;

use crate::compile::endpoints::CompiledEndpoint;
use crate::compile::globals::CompiledGlobals;
use crate::compile::names::NameUse;
use crate::compile::steps::SetupTeardown;
use crate::compile::users::CompiledUser;
use crate::diagnostic::{Problem, Sources, Span};
use crate::plan::{At, Named, Plan, Step};

/// Warnings about what a plan defines and nothing uses. Only of what stands in the plan's own file: what is included may
/// serve other plans.
pub(super) struct Unused<'a> {
    pub(super) plan: &'a Plan,
    pub(super) globals: &'a CompiledGlobals,
    pub(super) endpoints: &'a [Option<CompiledEndpoint>],
    pub(super) users: &'a [CompiledUser],
    pub(super) once: &'a SetupTeardown,
    pub(super) sources: &'a Sources,
}

impl Unused<'_> {
    /// Endpoints, vars, data sets, metrics and captures that nothing uses. A plan that could not be read whole may use
    /// more than is known, and so may one whose sections a profile has replaced.
    pub(super) fn warnings(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        if !self.is_read() || has_profile(self.plan) {
            return found;
        }
        let mut warn = |name: &At<String>, message: String, help: &str| {
            if self.sources.is_first(name.span) && !self.is_in_profile(&name.value) {
                found.push(Problem::at(name.span, message).help(help).warning());
            }
        };
        let (called, extended) = (self.called(), self.extended());
        for (index, (name, _)) in self.plan.endpoints.iter().flat_map(|endpoints| &endpoints.0).enumerate() {
            if !called.contains(&index) && !extended.contains(&*name.value) {
                let message = format!("nothing calls the endpoint `{}`", name.value);
                warn(name, message, "call it in a task, or remove it");
            }
        }
        let used = self.used();
        let secret: BTreeSet<&str> = self.plan.secrets.iter().flatten().map(|secret| &*secret.value).collect();
        for (name, _) in self.plan.vars.iter().flat_map(Named::iter) {
            if !used.contains(name.value.as_str()) && !secret.contains(&*name.value) {
                warn(
                    name,
                    format!("nothing uses the var `{}`", name.value),
                    "write `{{ … }}` with its name, or remove it",
                );
            }
        }
        let fed: BTreeSet<&str> = self
            .plan
            .users
            .iter()
            .flat_map(Named::iter)
            .flat_map(|(_, user)| user.feed.iter().flat_map(Named::iter))
            .map(|(_, feed)| feed.from.value.as_str())
            .collect();
        for (name, _) in self.plan.data.iter().flat_map(Named::iter) {
            if !used.contains(name.value.as_str()) && !fed.contains(name.value.as_str()) {
                let message = format!("nothing uses the data set `{}`", name.value);
                warn(name, message, "feed a user type from it, or draw from it with `choice(…)`");
            }
        }
        let taken: BTreeSet<&str> = steps_taking(self.plan).collect();
        for (name, _) in self.plan.shared.iter().flat_map(Named::iter) {
            if !used.contains(name.value.as_str()) && !taken.contains(name.value.as_str()) {
                let message = format!("nothing uses the shared `{}`", name.value);
                warn(name, message, "write `{{ … }}` with its name, or `take` from it, or remove it");
            }
        }
        let endpoints = || self.plan.endpoints.iter().flat_map(Named::iter).map(|(_, endpoint)| endpoint);
        let recorded: BTreeSet<&str> =
            endpoints().flat_map(|endpoint| endpoint.record.iter().flat_map(Named::names)).collect();
        for (name, _) in self.plan.metrics.iter().flat_map(Named::iter) {
            if !recorded.contains(name.value.as_str()) {
                let message = format!("nothing records the metric `{}`", name.value);
                warn(name, message, "record it in an endpoint's `record`, or remove it");
            }
        }
        for (name, _) in endpoints().flat_map(|endpoint| endpoint.capture.iter().flat_map(Named::iter)) {
            if !used.contains(name.value.as_str()) && !secret.contains(name.value.as_str()) {
                let message = format!("nothing uses what `{}` captures", name.value);
                warn(name, message, "write `{{ … }}` with its name, or check the answer with `expect`");
            }
        }
        found
    }

    /// Whether everything that may use something could be read.
    fn is_read(&self) -> bool {
        fn read<T>(named: Option<&Named<T>>) -> bool {
            named.is_none_or(|named| named.0.iter().all(|(_, thing)| thing.is_some()))
        }
        let Plan { endpoints, users, .. } = self.plan;
        read(endpoints.as_ref()) && read(users.as_ref()) && self.endpoints.iter().all(Option::is_some)
    }

    /// Every name that some expression has.
    fn used(&self) -> BTreeSet<&str> {
        let of_endpoints = self.endpoints.iter().flatten().flat_map(|endpoint| &endpoint.uses);
        let of_users = self.users.iter().flat_map(|user| &user.uses);
        let uses: Vec<&NameUse> =
            of_endpoints.chain(of_users).chain(&self.once.uses).chain(&self.globals.uses).collect();
        uses.into_iter().flat_map(|used| used.names.iter().map(String::as_str)).collect()
    }

    /// The endpoints that are called, by their place in the plan.
    fn called(&self) -> BTreeSet<usize> {
        let of_users = self.users.iter().flat_map(|user| &user.calls);
        of_users.chain(&self.once.calls).map(|call| call.endpoint.index()).collect()
    }

    /// The endpoints that others are made of.
    fn extended(&self) -> BTreeSet<&str> {
        let endpoints = self.plan.endpoints.iter().flat_map(Named::iter);
        endpoints.filter_map(|(_, endpoint)| endpoint.extends.as_ref().map(|base| &*base.value)).collect()
    }

    /// Whether some profile may use a name.
    fn is_in_profile(&self, name: &str) -> bool {
        profiles(self.plan).any(|profile| self.sources.text(profile).contains(name))
    }
}

/// The pools that steps take from.
fn steps_taking(plan: &Plan) -> impl Iterator<Item = &str> {
    plan.all_steps().into_iter().filter_map(|step| match &step.value {
        Step::Take(take) => Some(take.from.value.as_str()),
        _ => None,
    })
}

fn profiles(plan: &Plan) -> impl Iterator<Item = Span> {
    plan.profiles.iter().flat_map(Named::iter).map(|(_, profile)| profile.span)
}

/// Whether a profile's sections are in the place of the plan's own.
pub(super) fn has_profile(plan: &Plan) -> bool {
    fn first<T>(named: Option<&Named<T>>) -> Option<Span> {
        named?.0.first().map(|(name, _)| name.span)
    }
    let sections = [
        first(plan.users.as_ref()),
        first(plan.vars.as_ref()),
        first(plan.data.as_ref()),
        first(plan.scenarios.as_ref()),
        plan.shape.as_ref().map(|shape| shape.span),
        plan.target.as_ref().map(|target| target.span),
    ];
    profiles(plan).any(|profile| sections.iter().flatten().any(|section| profile.holds(*section)))
}
