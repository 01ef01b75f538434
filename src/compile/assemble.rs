use std::sync::Arc;

use crate::compile::act::{Step, UserType};
use crate::compile::endpoints::{self, Compiled, Shared};
use crate::compile::feeds::Tables;
use crate::compile::filter::Filter;
use crate::compile::globals::{self, Known};
use crate::compile::metrics;
use crate::compile::names::{Names, Need};
use crate::compile::program::{BodyUse, Endpoint, Http, Program, Target};
use crate::compile::steps::{CallSite, Callable, Steps};
use crate::compile::templates::Templates;
use crate::compile::users::{self, CompiledUser, TaskIds};
use crate::compile::warnings::Warnings;
use crate::compile::{http, rules, scenarios, targets};
use crate::diagnostic::{Problem, Problems, Sources};
use crate::plan::{self, At, Named, Plan, Task, User};
use crate::sample::{Catalog, CatalogEndpoint, CatalogStage, CatalogTask, CatalogUserType, EndpointId, UserTypeId};
use crate::secrets::DeclaredSecrets;
use crate::units::Seed;

/// What a plan is compiled with besides itself.
pub struct Setting<'a> {
    /// The name it goes by where it gives none.
    pub name: &'a str,
    /// The number all chance derives from.
    pub seed: Seed,
    /// Which tasks take part.
    pub filter: &'a Filter,
    /// The texts its places point into.
    pub sources: &'a Sources,
}

/// Compiles a plan; `None` where it has errors, all of which are told.
pub fn compile(plan: &Plan, setting: &Setting, problems: &mut Problems) -> Option<Program> {
    // a section that was written but could not be read has been told already, and is not told to be missing
    let whole = problems.errors() == 0;
    let known = globals::compile(plan, setting.seed, setting.sources, problems);
    let target = target(plan, whole, setting.sources, problems);
    let mut catalog = Catalog { metrics: metrics::compile(plan, problems), ..Catalog::default() };

    let mut texts = Templates {
        sources: setting.sources,
        problems,
        globals: globals::scope_of(known.globals.clone(), setting.seed),
        hidden: hidden(plan),
    };
    let mut endpoints = endpoints(plan, target.as_ref(), &catalog, &mut texts);
    if endpoints.is_empty() && whole {
        let problem = Problem::new("the plan has no endpoints");
        texts.problems.push(problem.help("say what to call: `endpoints: {health: {get: /health}}`"));
    }
    let names: Vec<String> = plan.endpoints.iter().flat_map(Named::names).map(str::to_owned).collect();
    let callable = Callable { names: &names, endpoints: &endpoints, catalog: &catalog };
    let around = Around::compile(plan, &callable, &mut texts);
    let users = users(plan, &callable, &known.tables, &mut texts);
    check_names(&users, &around, &endpoints, &known, &mut texts);
    keep_bodies(&users, &around, &mut endpoints);
    let secrets = secrets(plan, &known, &users, &around, problems);
    let (mut scenarios, stages) = scenarios::compile(plan, &users, whole, setting.sources, problems);
    catalog_of(&mut catalog, plan, &names, &endpoints, &users, stages);
    let (rules, rules_from) = rules::compile(plan, &catalog, setting.sources, problems);

    let mut users: Vec<UserType> = users.into_iter().map(|compiled| compiled.user).collect();
    setting.filter.apply(&mut users, &catalog, problems);
    for (id, share) in scenarios.iter_mut().flat_map(|scenario| &mut scenario.kinds) {
        *share = users.get(id.index()).map_or(*share, |user| user.share);
    }
    if !users.is_empty() && users.iter().all(UserType::is_idle) && problems.errors() == 0 {
        problems.push(Problem::new("every user type has weight 0").help("give at least one a weight above 0"));
    }
    let warnings = Warnings { plan, scenarios: &scenarios, users: &users, catalog: &catalog, sources: setting.sources };
    warnings.pauses_without_effect(problems);
    if problems.errors() > 0 {
        return None;
    }
    let endpoints: Vec<Endpoint> = endpoints.into_iter().map(|c| c.map(|c| c.endpoint)).collect::<Option<_>>()?;
    let scope = globals::scope_of(known.globals.clone(), setting.seed);
    warnings.out_of_reach(&rules, &endpoints.iter().collect::<Vec<_>>(), &scope, problems);
    Some(Program {
        name: plan.name.as_ref().map_or(setting.name, |name| name.value.as_str()).into(),
        description: plan.description.clone().unwrap_or_default(),
        target: target?,
        globals: known.globals,
        endpoints,
        users,
        scenarios,
        setup: around.setup,
        teardown: around.teardown,
        rules,
        rules_from,
        catalog: Arc::new(catalog),
        seed: setting.seed,
        secrets,
    })
}

/// What is done once before and once after the load.
struct Around {
    setup: Vec<Step>,
    teardown: Vec<Step>,
    /// Names that it leaves to every user.
    leaves: Names,
    needs: Vec<Need>,
    calls: Vec<CallSite>,
}

impl Around {
    fn compile(plan: &Plan, callable: &Callable, texts: &mut Templates) -> Self {
        let mut steps = Steps {
            callable,
            tasks: Vec::new(),
            needs: Vec::new(),
            calls: Vec::new(),
            defines: Names::default(),
            texts,
        };
        let written = plan.setup.iter().flatten().chain(plan.teardown.iter().flatten());
        steps.define(&plan::Step::with_inner(written));
        let setup = steps.list(plan.setup.as_deref().unwrap_or_default());
        let teardown = steps.list(plan.teardown.as_deref().unwrap_or_default());
        Self { setup, teardown, leaves: steps.defines, needs: steps.needs, calls: steps.calls }
    }
}

fn secrets(
    plan: &Plan,
    known: &Known,
    users: &[CompiledUser],
    around: &Around,
    problems: &mut Problems,
) -> DeclaredSecrets {
    let mut secrets = DeclaredSecrets::default();
    for name in plan.secrets.iter().flatten() {
        let of_state = users.iter().any(|user| user.defines.has(&name.value)) || around.leaves.has(&name.value);
        let is_var = plan.vars.as_ref().is_some_and(|vars| vars.has(&name.value));
        if !is_var && !of_state {
            let problem = Problem::at(name.span, format!("unknown var `{}` in `secrets`", name.value));
            let known = plan.vars.iter().flat_map(Named::names);
            problems.push(problem.help_if(crate::diagnostic::did_you_mean(&name.value, known)));
        }
        if of_state {
            secrets.names.push(name.value.as_str().into());
        }
        let value = known.globals.value(&name.value).map(|value| value.to_string());
        secrets.values.extend(value.filter(|value| !value.is_empty()));
    }
    secrets
}

fn target(plan: &Plan, whole: bool, sources: &Sources, problems: &mut Problems) -> Option<Target> {
    match &plan.target {
        Some(target) => targets::compile(&target.value.0, sources, problems),
        None => {
            if whole {
                let problem = Problem::new("the plan has no `target`");
                problems
                    .push(problem.help("give it one, such as `target: http://127.0.0.1:8000`, or use `--target URL`"));
            }
            None
        }
    }
}

/// Every step of the plan, in no particular order.
pub(super) fn all_steps(plan: &Plan) -> Vec<&At<plan::Step>> {
    let around = plan.setup.iter().flatten().chain(plan.teardown.iter().flatten());
    let mut all = plan::Step::with_inner(around);
    all.extend(plan.users.iter().flat_map(Named::iter).flat_map(|(_, user)| user.all_steps()));
    all
}

/// Names that stand nearer than a var or a data set, somewhere in the plan.
fn hidden(plan: &Plan) -> Names {
    let mut hidden = Names::built_in();
    for (_, endpoint) in plan.endpoints.iter().flat_map(Named::iter) {
        hidden.add(endpoint.with.iter().flat_map(Named::names));
        hidden.add(endpoint.capture.iter().flat_map(Named::names));
    }
    for (_, user) in plan.users.iter().flat_map(Named::iter) {
        hidden.add(user.state.iter().flat_map(Named::names));
        hidden.add(user.feed.iter().flat_map(Named::names));
    }
    for step in all_steps(plan) {
        match &step.value {
            plan::Step::Set(names) => hidden.add(names.names()),
            plan::Step::Call(call) => hidden.add(call.0.with.iter().flat_map(Named::names)),
            plan::Step::Parallel(calls) => {
                calls.0.iter().for_each(|call| hidden.add(call.value.0.with.iter().flat_map(Named::names)));
            }
            plan::Step::Append(append) => hidden.add([append.to.value.as_str()]),
            plan::Step::ForEach(each) => hidden.add([each.item.value.as_str()]),
            _ => {}
        }
    }
    hidden
}

fn endpoints(plan: &Plan, target: Option<&Target>, catalog: &Catalog, texts: &mut Templates) -> Vec<Option<Compiled>> {
    let nowhere = Target {
        origin: String::new(),
        prefix: String::new(),
        timeout: endpoints::TIMEOUT,
        connect_timeout: endpoints::TIMEOUT,
        ready: None,
        http: Http::default(),
    };
    let map = plan.target.as_ref().map(|target| &target.value.0);
    let redirects = map.and_then(|map| map.http.as_ref()).and_then(|http| http.redirects.as_ref());
    let shared = Shared {
        target: target.unwrap_or(&nowhere),
        headers: map.and_then(|map| map.headers.as_ref()),
        auth: map.and_then(|map| map.auth.as_ref()),
        redirects: http::redirects(redirects, texts.problems).unwrap_or(0),
        catalog,
    };
    let written = plan.endpoints.iter().flat_map(|endpoints| &endpoints.0).enumerate();
    let compiled = written.map(|(index, (name, endpoint))| {
        let id = EndpointId(u32::try_from(index).unwrap_or(u32::MAX));
        endpoints::compile(id, name, endpoint.as_ref()?, &shared, texts)
    });
    compiled.collect()
}

fn users(plan: &Plan, callable: &Callable, tables: &Tables, texts: &mut Templates) -> Vec<CompiledUser> {
    let mut ids = TaskIds::default();
    let everyone;
    let written = match &plan.users {
        Some(users) => users,
        None => {
            everyone = one_user_for_all(plan);
            &everyone
        }
    };
    if plan.users.as_ref().is_some_and(|users| users.0.is_empty()) {
        texts.problems.push(Problem::new("the plan has no users").help("take `users` away, or give it a user type"));
    }
    let readable = written.iter().enumerate();
    readable
        .map(|(index, (name, user))| {
            let id = UserTypeId(u16::try_from(index).unwrap_or(u16::MAX));
            users::compile(id, (name, user), callable, tables, &mut ids, texts)
        })
        .collect()
}

/// The user type of a plan without users: it calls each endpoint by its weight.
fn one_user_for_all(plan: &Plan) -> Named<At<User>> {
    let tasks = plan.endpoints.iter().flat_map(Named::iter).map(|(name, endpoint)| {
        let weight = endpoint.weight.clone();
        let task = Task { weight, when: None, call: Some(name.clone()), steps: None, tags: endpoint.tags.clone() };
        (name.clone(), Some(At { value: task, span: name.span }))
    });
    let tasks = Named(tasks.collect());
    let Some(span) = tasks.0.first().map(|(name, _)| name.span) else { return Named::default() };
    let user = User {
        extends: None,
        weight: None,
        count: None,
        think_time: None,
        pacing: None,
        state: None,
        feed: None,
        on_start: None,
        on_stop: None,
        tags: None,
        tasks,
        sequence: None,
    };
    let name = At { value: "user".to_owned(), span };
    Named(vec![(name, Some(At { value: user, span }))])
}

/// Tells every name that whoever needs it cannot know.
/// Keeps the bodies of what is called by those whose steps look into answers.
fn keep_bodies(users: &[CompiledUser], around: &Around, endpoints: &mut [Option<Compiled>]) {
    let of_users = users.iter().map(|user| (&user.needs, &user.calls));
    for (needs, calls) in of_users.chain(std::iter::once((&around.needs, &around.calls))) {
        if !needs.iter().any(Need::reads_body) {
            continue;
        }
        for call in calls {
            if let Some(Some(called)) = endpoints.get_mut(call.endpoint.index()) {
                called.endpoint.body_use = BodyUse::Read;
            }
        }
    }
}

fn check_names(
    users: &[CompiledUser],
    around: &Around,
    endpoints: &[Option<Compiled>],
    known: &Known,
    texts: &mut Templates,
) {
    let always = Names::built_in().with(&known.names).with(&around.leaves);
    let mut called = vec![false; endpoints.len()];
    let of_users = users
        .iter()
        .map(|user| (Some(format!("user type `{}`", user.user.name)), &user.defines, &user.needs, &user.calls));
    let of_plan = std::iter::once((None, &around.leaves, &around.needs, &around.calls));
    for (who, defines, needs, calls) in of_plan.chain(of_users) {
        let known = always.with(defines);
        for need in needs {
            need.check(&known, None, texts);
        }
        for call in calls {
            let Some(Some(endpoint)) = endpoints.get(call.endpoint.index()) else { continue };
            called[call.endpoint.index()] = true;
            let mut here = known.with(&endpoint.binds);
            here.add(call.binds.iter().map(|(name, _)| name.as_str()));
            for need in &endpoint.needs {
                let who = who.as_deref().filter(|_| users.len() > 1);
                need.check(&here, who, texts);
            }
            for (name, span) in &call.binds {
                let used = endpoint.binds.has(name) || endpoint.needs.iter().any(|need| need.names.contains(name));
                if !used {
                    let message = format!("endpoint `{}` uses no name `{name}`", endpoint.endpoint.name);
                    let usable = endpoint
                        .binds
                        .iter()
                        .chain(endpoint.needs.iter().flat_map(|need| need.names.iter().map(String::as_str)));
                    let help = crate::diagnostic::did_you_mean(name, usable.filter(|name| !always.has(name)));
                    let help = help.or_else(|| Some("take it away: the endpoint's texts use no names".into()));
                    texts.problems.push(Problem::at(*span, message).help_if(help));
                }
            }
        }
    }
    // an endpoint nobody calls is checked against all that anybody could bring
    let everybody = users.iter().fold(always, |all, user| all.with(&user.defines));
    for (endpoint, _) in endpoints.iter().zip(&called).filter(|(_, called)| !**called) {
        let Some(endpoint) = endpoint else { continue };
        for need in &endpoint.needs {
            need.check(&everybody.with(&endpoint.binds), None, texts);
        }
    }
    let of_endpoints = endpoints.iter().flatten().flat_map(|endpoint| &endpoint.needs);
    let needs = users.iter().flat_map(|user| &user.needs).chain(&around.needs).chain(of_endpoints);
    for need in needs {
        need.check_size(&known.large, texts);
    }
}

fn catalog_of(
    catalog: &mut Catalog,
    plan: &Plan,
    names: &[String],
    endpoints: &[Option<Compiled>],
    users: &[CompiledUser],
    stages: Vec<CatalogStage>,
) {
    for (name, compiled) in names.iter().zip(endpoints) {
        let written = plan.endpoints.iter().flat_map(Named::iter).find(|(known, _)| known.value == *name);
        catalog.endpoints.push(CatalogEndpoint {
            name: name.as_str().into(),
            method: compiled.as_ref().map_or("", |compiled| compiled.endpoint.method.as_str()).into(),
            tags: users::tags(written.and_then(|(_, endpoint)| endpoint.tags.as_deref())),
        });
    }
    for compiled in users {
        let user = compiled.user.id;
        catalog.users.push(CatalogUserType { name: compiled.user.name.clone(), tags: compiled.tags.clone() });
        let on_start = std::iter::once((Arc::from("on_start"), compiled.user.on_start_task));
        let tasks = on_start.chain(compiled.user.tasks.iter().map(|task| (task.name.clone(), task.id)));
        let tasks = tasks.chain(std::iter::once((Arc::from("on_stop"), compiled.user.on_stop_task)));
        for ((name, _), tags) in tasks.zip(&compiled.task_tags) {
            catalog.tasks.push(CatalogTask { name, user, tags: tags.clone() });
        }
    }
    catalog.stages = stages;
}
