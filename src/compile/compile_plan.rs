use std::sync::Arc;

use crate::compile::filter::Filter;
use crate::compile::left_out::{Reach, take_out};
use crate::compile::name_check::{NameCheck, keep_bodies, shadowing_names};
use crate::compile::program::{Endpoint, Program, UserType};
use crate::compile::scale::{scaled, thin_out};
use crate::compile::secrets::Declarations;
use crate::compile::steps::{Callable, SetupTeardown};
use crate::compile::templates::Templates;
use crate::compile::unbounded_names::UnboundedNames;
use crate::compile::unused::{Unused, has_profile};
use crate::compile::warnings::Warnings;
use crate::compile::{catalog, endpoints, globals, scenarios, shared, target, thresholds, unsayable_names, users};
use crate::diagnostic::{Problem, Problems, Sources};
use crate::expression::PlanWork;
use crate::plan::{Named, Plan};
use crate::sample::Catalog;
use crate::units::{Scale, Seed};

/// What a plan is compiled with besides itself.
pub struct CompileOptions<'a> {
    /// The name it goes by where it gives none.
    pub name: &'a str,
    /// The number all chance derives from.
    pub seed: Seed,
    /// Which tasks take part.
    pub filter: &'a Filter,
    /// Which part of its users, rates and times.
    pub scale: Scale,
    /// The texts its places point into.
    pub sources: &'a Sources,
}

/// Compiles a plan; `None` where it has errors, all of which are reported.
pub fn compile(plan: &Plan, options: &CompileOptions, problems: &mut Problems) -> Option<Program> {
    let plan = &*scaled(plan, options.scale);
    // a section that was written but could not be read has been reported already: it is not reported as missing too
    let whole = problems.is_whole();
    let _work = PlanWork::begin();
    let mut globals = globals::compile(plan, options.seed, options.sources, problems);
    globals.names = globals.names.with(&shared::names(plan));
    shared::report_hidden(plan, problems);
    unsayable_names::report(plan, problems);
    let of_plan = globals::scope_of(globals.values.clone(), options.seed);
    let shared = shared::compile(plan, &of_plan, options.sources, problems);
    let services = target::compile(plan, whole, options.sources, problems);
    let mut catalog = Catalog { metrics: catalog::metrics(plan, problems), ..Catalog::default() };

    let mut templates = Templates {
        shadowed: shadowing_names(plan),
        listed: Arc::new(std::mem::take(&mut globals.listed)),
        ..Templates::alone(options.sources, problems, globals::scope_of(globals.values.clone(), options.seed))
    };
    let prefixes: Vec<&str> =
        services.iter().map(|service| service.as_ref().map_or("", |service| service.prefix.as_str())).collect();
    let mut endpoints = endpoints::compile(plan, &prefixes, &catalog, &mut templates);
    if endpoints.is_empty() && whole {
        let problem = Problem::new("the plan has no endpoints");
        templates.problems.push(problem.help("say what to call: `endpoints: {health: {get: /health}}`"));
    }
    let names: Vec<String> = plan.endpoints.iter().flat_map(Named::names).map(str::to_owned).collect();
    let places = names.iter().enumerate().rev().map(|(place, name)| (name.as_str(), place)).collect();
    let callable = Callable {
        names: &names,
        places,
        written: plan.endpoints.as_ref(),
        catalog: &catalog,
        shared: plan.shared.as_ref(),
    };
    let once = SetupTeardown::compile(plan, &callable, &mut templates);
    let users = users::compile(plan, &callable, &globals.tables, &mut templates);
    let failing = std::mem::take(&mut templates.failing);
    NameCheck { globals: &globals, endpoints: &endpoints, users: &users, once: &once, profiled: has_profile(plan) }
        .check(options.sources, problems);
    failing.into_iter().for_each(|problem| problems.push_alone(problem));
    let unused =
        Unused { plan, globals: &globals, endpoints: &endpoints, users: &users, once: &once, sources: options.sources };
    let unused = unused.warnings();
    keep_bodies(&users, &once, &mut endpoints);
    let secrets = Declarations { plan, globals: &globals, users: &users, once: &once }.learn(problems);
    let (mut scenarios, stages) = scenarios::compile(plan, &users, whole, options.sources, problems);
    thin_out(&mut scenarios, options.scale);
    catalog.stages = stages;
    catalog::add_names(&mut catalog, plan, &mut endpoints, &users);
    let (mut rules, mut left_out) = thresholds::compile(plan, (&catalog, &users), options, problems);

    let mut users: Vec<UserType> = users.into_iter().map(|compiled| compiled.user).collect();
    let callable: Vec<&Endpoint> = endpoints.iter().flatten().map(|compiled| &compiled.endpoint).collect();
    let before = Reach::of(&scenarios, &users, &callable, &catalog);
    options.filter.apply(&mut users, &catalog, problems);
    for (id, share) in scenarios.iter_mut().flat_map(|scenario| &mut scenario.kinds) {
        *share = users.get(id.index()).map_or(*share, |user| user.share);
    }
    if !options.filter.takes_all() && problems.errors() == 0 {
        let after = Reach::of(&scenarios, &users, &callable, &catalog);
        left_out.extend(take_out(&mut rules, &before, &after));
    }
    if !users.is_empty() && users.iter().all(UserType::is_idle) && problems.errors() == 0 {
        problems.push(Problem::new("every user type has weight 0").help("give at least one a weight above 0"));
    }
    let warnings = Warnings { plan, scenarios: &scenarios, users: &users, catalog: &catalog, sources: options.sources };
    warnings.pauses_without_effect(problems);
    warnings.beyond_the_end(&rules, problems);
    if problems.errors() > 0 {
        return None;
    }
    unused.into_iter().for_each(|warning| problems.push(warning));
    UnboundedNames { plan, scenarios: &scenarios, users: &users, sources: options.sources }.warn(problems);
    let endpoints: Vec<Endpoint> = endpoints.into_iter().map(|c| c.map(|c| c.endpoint)).collect::<Option<_>>()?;
    let scope = globals::scope_of(globals.values.clone(), options.seed);
    warnings.unreachable_rates(&rules, &endpoints.iter().collect::<Vec<_>>(), &scope, problems);
    Some(Program {
        name: plan.name.as_ref().map_or(options.name, |name| name.value.as_str()).into(),
        description: plan.description.clone().unwrap_or_default(),
        services: services.into_iter().collect::<Option<_>>()?,
        globals: globals.values,
        shared,
        endpoints,
        users,
        scenarios,
        setup: once.setup,
        teardown: once.teardown,
        rules,
        left_out,
        scale: options.scale,
        catalog: Arc::new(catalog),
        seed: options.seed,
        secrets,
    })
}
