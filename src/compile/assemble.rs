use std::path::Path;
use std::sync::Arc;

use crate::compile::endpoints::{self, Compiled, Shared};
use crate::compile::filter::Filter;
use crate::compile::globals;
use crate::compile::names::Names;
use crate::compile::program::{Endpoint, Program, Target, UserType};
use crate::compile::rules;
use crate::compile::shapes;
use crate::compile::targets;
use crate::compile::texts::Texts;
use crate::compile::users::{self, Callable, CompiledUser, TaskIds};
use crate::diagnostic::{Problem, Problems, Sources};
use crate::plan::{self, At, Metric, Named, Plan, Task, User};
use crate::sample::{
    Catalog, EndpointEntry, EndpointId, MetricEntry, MetricKind, StageEntry, TaskEntry, UserEntry, UserTypeId,
};
use crate::units::Seed;

/// What a plan is compiled with besides itself.
pub struct Setting<'a> {
    /// The folder its data files are relative to.
    pub base: &'a Path,
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
    let (globals, global_names) = globals::compile(plan, setting.base, setting.seed, setting.sources, problems);
    let secrets = secrets(plan, &globals, problems);
    let target = target(plan, whole, problems);
    let shape = shape(plan, whole, problems);
    let mut catalog = Catalog { metrics: metrics(plan), ..Catalog::default() };

    let mut texts = Texts {
        sources: setting.sources,
        problems,
        globals: globals::scope_of(globals.clone(), setting.seed),
        hidden: hidden(plan),
    };
    let endpoints = endpoints(plan, target.as_ref(), &catalog, &mut texts);
    if endpoints.is_empty() && whole {
        let problem = Problem::new("the plan has no endpoints");
        texts.problems.push(problem.help("say what to call: `endpoints: {health: {get: /health}}`"));
    }
    let names: Vec<String> = plan.endpoints.iter().flat_map(Named::names).map(str::to_owned).collect();
    let callable = Callable { names: &names, endpoints: &endpoints };
    let users = users(plan, &callable, &mut texts);
    check_names(&users, &endpoints, &global_names, &mut texts);
    catalog_of(&mut catalog, plan, &names, &endpoints, &users, shape.as_ref().map(|(_, stages)| stages));
    let (rules, rules_from) = rules::compile(plan, &catalog, setting.sources, problems);

    let mut users: Vec<UserType> = users.into_iter().map(|compiled| compiled.user).collect();
    setting.filter.apply(&mut users, &catalog, problems);
    if !users.is_empty() && users.iter().all(|user| user.weight == 0.0) && problems.errors() == 0 {
        problems.push(Problem::new("every user type has weight 0").help("give at least one a weight above 0"));
    }
    if problems.errors() > 0 {
        return None;
    }
    let endpoints: Vec<Endpoint> = endpoints.into_iter().map(|c| c.map(|c| c.endpoint)).collect::<Option<_>>()?;
    Some(Program {
        name: plan.name.as_ref().map_or(setting.name, |name| name.value.as_str()).into(),
        description: plan.description.clone().unwrap_or_default(),
        target: target?,
        globals,
        endpoints,
        users,
        shape: shape?.0,
        rules,
        rules_from,
        catalog: Arc::new(catalog),
        seed: setting.seed,
        secrets,
    })
}

fn secrets(plan: &Plan, globals: &crate::expression::Globals, problems: &mut Problems) -> Vec<String> {
    let mut secrets = Vec::new();
    for name in plan.secrets.iter().flatten() {
        if !plan.vars.as_ref().is_some_and(|vars| vars.has(&name.value)) {
            let problem = Problem::at(name.span, format!("unknown var `{}` in `secrets`", name.value));
            let known = plan.vars.iter().flat_map(Named::names);
            problems.push(problem.help_if(crate::diagnostic::did_you_mean(&name.value, known)));
        }
        let value = globals.value(&name.value).map(|value| value.to_string());
        secrets.extend(value.filter(|value| !value.is_empty()));
    }
    secrets
}

fn target(plan: &Plan, whole: bool, problems: &mut Problems) -> Option<Target> {
    match &plan.target {
        Some(target) => targets::compile(&target.value.0, problems),
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

fn shape(plan: &Plan, whole: bool, problems: &mut Problems) -> Option<(crate::compile::Shape, Vec<StageEntry>)> {
    match &plan.shape {
        Some(shape) => shapes::compile(shape, problems),
        None => {
            if whole {
                let problem = Problem::new("the plan has no `shape`");
                problems.push(problem.help("say how much load: `shape: {constant: {users: 10, for: 30s}}`"));
            }
            None
        }
    }
}

fn metrics(plan: &Plan) -> Vec<MetricEntry> {
    let declared = plan.metrics.iter().flat_map(|metrics| &metrics.0);
    let entries = declared.map(|(name, metric)| {
        let (kind, unit) = match metric.as_ref().map(|metric| &metric.value) {
            Some(Metric::Counter(unit)) => (MetricKind::Counter, unit.unit.as_deref()),
            Some(Metric::Gauge(unit)) => (MetricKind::Gauge, unit.unit.as_deref()),
            Some(Metric::Trend(unit)) => (MetricKind::Trend, unit.unit.as_deref()),
            None => (MetricKind::Trend, None),
        };
        MetricEntry { name: name.value.as_str().into(), kind, unit: unit.map(Arc::from) }
    });
    entries.collect()
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
        for step in user.all_steps() {
            match &step.value {
                plan::Step::Set(names) => hidden.add(names.names()),
                plan::Step::Call(call) => hidden.add(call.0.with.iter().flat_map(Named::names)),
                plan::Step::Append(append) => hidden.add([append.to.value.as_str()]),
                plan::Step::When(_) | plan::Step::Think(_) => {}
            }
        }
    }
    hidden
}

fn endpoints(plan: &Plan, target: Option<&Target>, catalog: &Catalog, texts: &mut Texts) -> Vec<Option<Compiled>> {
    let nowhere = Target {
        origin: String::new(),
        prefix: String::new(),
        timeout: endpoints::TIMEOUT,
        connect_timeout: endpoints::TIMEOUT,
        ready: None,
    };
    let headers = plan.target.as_ref().and_then(|target| target.value.0.headers.as_ref());
    let shared = Shared { target: target.unwrap_or(&nowhere), headers, catalog };
    let written = plan.endpoints.iter().flat_map(|endpoints| &endpoints.0).enumerate();
    let compiled = written.map(|(index, (name, endpoint))| {
        let id = EndpointId(u32::try_from(index).unwrap_or(u32::MAX));
        endpoints::compile(id, name, endpoint.as_ref()?, &shared, texts)
    });
    compiled.collect()
}

fn users(plan: &Plan, callable: &Callable, texts: &mut Texts) -> Vec<CompiledUser> {
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
            users::compile(id, name, user, callable, &mut ids, texts)
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
    let user = User { weight: None, think_time: None, pacing: None, state: None, on_start: None, tags: None, tasks };
    let name = At { value: "user".to_owned(), span };
    Named(vec![(name, Some(At { value: user, span }))])
}

/// Tells every name that whoever needs it cannot know.
fn check_names(users: &[CompiledUser], endpoints: &[Option<Compiled>], globals: &Names, texts: &mut Texts) {
    let always = Names::built_in().with(globals);
    let mut called = vec![false; endpoints.len()];
    for compiled in users {
        let known = always.with(&compiled.defines);
        for need in &compiled.needs {
            need.check(&known, None, texts);
        }
        for call in &compiled.calls {
            let Some(Some(endpoint)) = endpoints.get(call.endpoint.index()) else { continue };
            called[call.endpoint.index()] = true;
            let mut here = known.with(&endpoint.binds);
            here.add(call.binds.iter().map(|(name, _)| name.as_str()));
            let who = format!("user type `{}`", compiled.user.name);
            for need in &endpoint.needs {
                let who = (users.len() > 1).then_some(who.as_str());
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
}

fn catalog_of(
    catalog: &mut Catalog,
    plan: &Plan,
    names: &[String],
    endpoints: &[Option<Compiled>],
    users: &[CompiledUser],
    stages: Option<&Vec<StageEntry>>,
) {
    for (name, compiled) in names.iter().zip(endpoints) {
        let written = plan.endpoints.iter().flat_map(Named::iter).find(|(known, _)| known.value == *name);
        catalog.endpoints.push(EndpointEntry {
            name: name.as_str().into(),
            method: compiled.as_ref().map_or("", |compiled| compiled.endpoint.method.as_str()).into(),
            tags: users::tags(written.and_then(|(_, endpoint)| endpoint.tags.as_deref())),
        });
    }
    for compiled in users {
        let user = compiled.user.id;
        catalog.users.push(UserEntry { name: compiled.user.name.clone(), tags: compiled.tags.clone() });
        let on_start = std::iter::once((Arc::from("on_start"), compiled.user.on_start_task));
        let tasks = on_start.chain(compiled.user.tasks.iter().map(|task| (task.name.clone(), task.id)));
        for ((name, _), tags) in tasks.zip(&compiled.task_tags) {
            catalog.tasks.push(TaskEntry { name, user, tags: tags.clone() });
        }
    }
    catalog.stages.extend(stages.into_iter().flatten().cloned());
}
