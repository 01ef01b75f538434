use crate::compile::endpoints::CompiledEndpoint;
use crate::compile::globals::CompiledGlobals;
use crate::compile::names::{NameUse, Names};
use crate::compile::program::BodyUse;
use crate::compile::steps::SetupTeardown;
use crate::compile::users::CompiledUser;
use crate::diagnostic::{Problem, Problems, Sources, did_you_mean};
use crate::plan::{self, At, Named, Plan};

/// Every name that something of the plan defines for users and calls, vars and data too, where it stands.
pub(super) fn defined_names(plan: &Plan) -> Vec<&At<String>> {
    fn of<T>(named: Option<&Named<T>>) -> impl Iterator<Item = &At<String>> {
        named.into_iter().flat_map(|named| named.0.iter().map(|(name, _)| name))
    }
    let mut names: Vec<&At<String>> = of(plan.vars.as_ref()).chain(of(plan.data.as_ref())).collect();
    for (_, endpoint) in plan.endpoints.iter().flat_map(Named::iter) {
        names.extend(of(endpoint.with.as_ref()).chain(of(endpoint.capture.as_ref())));
    }
    for (_, user) in plan.users.iter().flat_map(Named::iter) {
        names.extend(of(user.state.as_ref()).chain(of(user.feed.as_ref())));
    }
    for step in plan.all_steps() {
        match &step.value {
            plan::Step::Set(set) => names.extend(of(Some(set))),
            plan::Step::Call(call) => names.extend(of(call.0.with.as_ref())),
            plan::Step::Parallel(parallel) => {
                names.extend(parallel.calls().into_iter().flat_map(|call| of(call.with.as_ref())));
                if let plan::Parallel::Each(each) = parallel {
                    names.push(&each.each);
                }
            }
            plan::Step::Append(append) => names.push(&append.to),
            plan::Step::ForEach(each) => names.push(&each.item),
            plan::Step::Take(take) => names.push(&take.name),
            _ => {}
        }
    }
    names
}

/// The same without the data sets, which a feed may name without an expression.
pub(super) fn names_for_expressions(plan: &Plan) -> Vec<&At<String>> {
    let vars = plan.vars.iter().flat_map(|vars| &vars.0).count();
    let data = plan.data.iter().flat_map(|data| &data.0).count();
    let mut names = defined_names(plan);
    names.drain(vars..vars + data);
    names
}

/// Names that hide a var or a data set of the same name, somewhere in the plan.
pub(super) fn shadowing_names(plan: &Plan) -> Names {
    let mut names = Names::built_in();
    let of_globals =
        plan.vars.iter().flat_map(|vars| &vars.0).count() + plan.data.iter().flat_map(|data| &data.0).count();
    names.add(defined_names(plan).into_iter().skip(of_globals).map(|name| name.value.as_str()));
    names
}

/// Where names are used and where they come from.
pub(super) struct NameCheck<'a> {
    pub(super) globals: &'a CompiledGlobals,
    pub(super) endpoints: &'a [Option<CompiledEndpoint>],
    pub(super) users: &'a [CompiledUser],
    pub(super) once: &'a SetupTeardown,
    /// Whether a profile's sections are in the place of the plan's own: its users may leave endpoints uncalled.
    pub(super) profiled: bool,
}

impl NameCheck<'_> {
    /// Reports every name that is not known where it is used, and every override that has no effect.
    pub(super) fn check(&self, sources: &Sources, problems: &mut Problems) {
        let Self { globals, endpoints, users, once, profiled } = self;
        let always = Names::built_in().with(&globals.names).with(&once.defines);
        let mut called = vec![false; endpoints.len()];
        let of_users = users
            .iter()
            .map(|user| (Some(format!("user type `{}`", user.user.name)), &user.defines, &user.uses, &user.calls));
        let of_plan = std::iter::once((None, &once.defines, &once.uses, &once.calls));
        for (who, defines, uses, calls) in of_plan.chain(of_users) {
            let known = always.with(defines);
            for used in uses {
                used.check(&known, None, sources, problems);
            }
            for call in calls {
                let Some(Some(endpoint)) = endpoints.get(call.endpoint.index()) else { continue };
                called[call.endpoint.index()] = true;
                let mut here = known.with(&endpoint.binds);
                here.add(call.binds.iter().map(|(name, _)| name.as_str()));
                for used in &endpoint.uses {
                    let who = who.as_deref().filter(|_| users.len() > 1);
                    used.check(&here, who, sources, problems);
                }
                for (name, span) in &call.binds {
                    let is_used =
                        endpoint.binds.has(name) || endpoint.uses.iter().any(|used| used.names.contains(name));
                    if !is_used {
                        let message = format!("endpoint `{}` uses no name `{name}`", endpoint.endpoint.name);
                        let usable = endpoint
                            .binds
                            .iter()
                            .chain(endpoint.uses.iter().flat_map(|used| used.names.iter().map(String::as_str)));
                        let help = did_you_mean(name, usable.filter(|name| !always.has(name)));
                        let help = help.or_else(|| Some("remove it: the endpoint's texts use no names".into()));
                        problems.push(Problem::at(*span, message).help_if(help));
                    }
                }
            }
        }
        // an endpoint that nobody calls is checked against all names that any user type has
        let mut everybody = users.iter().fold(always, |all, user| all.with(&user.defines));
        if *profiled {
            everybody.open();
        }
        for (endpoint, _) in endpoints.iter().zip(&called).filter(|(_, called)| !**called) {
            let Some(endpoint) = endpoint else { continue };
            for used in &endpoint.uses {
                used.check(&everybody.with(&endpoint.binds), None, sources, problems);
            }
        }
        let of_endpoints = endpoints.iter().flatten().flat_map(|endpoint| &endpoint.uses);
        let uses = users.iter().flat_map(|user| &user.uses).chain(&once.uses).chain(of_endpoints);
        for used in uses {
            used.check_size(&globals.large, sources, problems);
        }
    }
}

/// Keeps the bodies of answers to the calls of those whose steps look into answers.
pub(super) fn keep_bodies(users: &[CompiledUser], once: &SetupTeardown, endpoints: &mut [Option<CompiledEndpoint>]) {
    let of_users = users.iter().map(|user| (&user.uses, &user.calls));
    for (uses, calls) in of_users.chain(std::iter::once((&once.uses, &once.calls))) {
        if !uses.iter().any(NameUse::reads_body) {
            continue;
        }
        for call in calls {
            if let Some(Some(called)) = endpoints.get_mut(call.endpoint.index()) {
                called.endpoint.body_use = BodyUse::Read;
            }
        }
    }
}
