use std::sync::Arc;

use crate::compile::act::{Action, Rhythm, Task, TaskOrder, UserType};
use crate::compile::bindings::bindings;
use crate::compile::feeds::{self, Tables};
use crate::compile::names::{Names, Need};
use crate::compile::pauses;
use crate::compile::steps::{CallSite, Callable, Steps};
use crate::compile::templates::Templates;
use crate::compile::{Pause, Share};
use crate::diagnostic::{Problem, Problems, did_you_mean};
use crate::plan::{self, At, CallMap, Named};
use crate::sample::{TaskId, UserTypeId};

/// A compiled user type with what it needs and leaves behind.
pub(super) struct CompiledUser {
    pub(super) user: UserType,
    pub(super) tags: Vec<Arc<str>>,
    /// Tags of `on_start`, of each task, and of `on_stop`.
    pub(super) task_tags: Vec<Vec<Arc<str>>>,
    /// Names its state, feeds, `set`s and captures define.
    pub(super) defines: Names,
    pub(super) needs: Vec<Need>,
    pub(super) calls: Vec<CallSite>,
}

/// Hands out task ids, one after another over the whole program.
#[derive(Default)]
pub(super) struct TaskIds(u16);

impl TaskIds {
    fn next(&mut self) -> TaskId {
        let id = TaskId(self.0);
        self.0 = self.0.saturating_add(1);
        id
    }
}

pub(super) fn compile(
    id: UserTypeId,
    (name, written): (&At<String>, &At<plan::User>),
    callable: &Callable,
    tables: &Tables,
    ids: &mut TaskIds,
    texts: &mut Templates,
) -> CompiledUser {
    let mut steps = Steps {
        callable,
        tasks: written.tasks.iter().map(|(name, _)| name.value.as_str()).collect(),
        needs: Vec::new(),
        calls: Vec::new(),
        defines: Names::default(),
        texts,
    };
    let state = bindings(written.state.as_ref(), steps.texts, &mut steps.needs);
    steps.defines.add(written.state.iter().flat_map(Named::names));
    steps.defines.add(written.feed.iter().flat_map(Named::names));
    let feeds = feeds::compile(written.feed.as_ref(), tables, steps.texts.problems);
    steps.define(&written.all_steps());
    let on_start_task = ids.next();
    let on_start = steps.list(written.on_start.as_deref().unwrap_or_default());
    let mut tasks = Vec::new();
    let mut task_tags = vec![Vec::new()];
    for (task_name, task) in written.tasks.iter() {
        tasks.push(steps.task(ids.next(), task_name, task));
        task_tags.push(tags(task.tags.as_deref()));
    }
    let on_stop_task = ids.next();
    let on_stop = steps.list(written.on_stop.as_deref().unwrap_or_default());
    task_tags.push(Vec::new());
    let span = name.span;
    if written.tasks.0.is_empty() {
        let problem = Problem::at(span, format!("user type `{}` has no tasks", name.value));
        steps.texts.problems.push(problem.help("give it one: `tasks: {first: {call: …}}`"));
    } else if written.sequence.is_none() && !tasks.is_empty() && tasks.iter().all(|task| task.weight == 0.0) {
        let problem = Problem::at(span, format!("every task of user type `{}` has weight 0", name.value));
        steps.texts.problems.push(problem.help("give at least one task a weight above 0"));
    }
    let order = order(written, &tasks, steps.texts.problems);
    circles(&tasks, written, steps.texts.problems);
    let rhythm = rhythm(written, steps.texts.problems);
    let share = share(written, steps.texts.problems);
    let Steps { needs, calls, defines, .. } = steps;
    let user = UserType {
        id,
        name: name.value.as_str().into(),
        share,
        rhythm,
        state,
        feeds,
        on_start,
        on_start_task,
        on_stop,
        on_stop_task,
        tasks,
        order,
    };
    CompiledUser { user, tags: tags(written.tags.as_deref()), task_tags, defines, needs, calls }
}

fn share(written: &plan::User, problems: &mut Problems) -> Share {
    match (&written.weight, &written.count) {
        (Some(_), Some(count)) => {
            let problem = Problem::at(count.span, "a user type has `weight` or `count`, not both");
            problems.push(problem.help("take one away"));
            Share::Weight(1.0)
        }
        (None, Some(count)) => Share::Count(u32::try_from(count.value.0).unwrap_or(u32::MAX)),
        (weight, None) => Share::Weight(weight.as_ref().map_or(1.0, |weight| weight.0)),
    }
}

fn order(written: &plan::User, tasks: &[Task], problems: &mut Problems) -> TaskOrder {
    let Some(sequence) = &written.sequence else { return TaskOrder::Weighted };
    let mut order = Vec::new();
    for name in &sequence.0 {
        match tasks.iter().position(|task| *task.name == *name.value) {
            Some(index) => order.push(index),
            None if written.tasks.has(&name.value) => {}
            None => {
                let problem = Problem::at(name.span, format!("unknown task `{}`", name.value));
                problems.push(problem.help_if(did_you_mean(&name.value, written.tasks.names())));
            }
        }
    }
    for (name, task) in written.tasks.iter() {
        if let Some(weight) = &task.weight {
            let problem = Problem::at(weight.span, "a weight has no effect in a `sequence`");
            problems.push(problem.help("take it away, or take `sequence` away"));
        }
        let used = sequence.0.iter().any(|word| word.value == name.value) || runs(tasks, &name.value);
        if !used {
            let problem = Problem::at(name.span, format!("task `{}` is not in the `sequence`", name.value));
            problems.push(problem.help("put it there, or take it away"));
        }
    }
    TaskOrder::Sequence(order)
}

/// Whether some task runs this one.
fn runs(tasks: &[Task], name: &str) -> bool {
    let index = tasks.iter().position(|task| *task.name == *name);
    tasks.iter().any(|task| index.is_some_and(|index| runs_of(task).contains(&index)))
}

/// The tasks a task runs.
fn runs_of(task: &Task) -> Vec<usize> {
    let mut open: Vec<_> = task.steps.iter().collect();
    let mut runs = Vec::new();
    while let Some(step) = open.pop() {
        open.extend(step.action.inner());
        if let Action::Run(index) = &step.action {
            runs.push(*index);
        }
    }
    runs
}

/// Tells tasks that run themselves, over others or not.
fn circles(tasks: &[Task], written: &plan::User, problems: &mut Problems) {
    for (start, task) in tasks.iter().enumerate() {
        let (mut open, mut seen) = (runs_of(task), Vec::new());
        while let Some(next) = open.pop() {
            if next == start {
                let place = written.tasks.iter().find(|(name, _)| *name.value == *task.name);
                if let Some((name, _)) = place {
                    let problem = Problem::at(name.span, format!("task `{}` runs itself", task.name));
                    problems.push(problem.help("use `repeat` to do steps again"));
                }
                break;
            }
            if !seen.contains(&next) {
                seen.push(next);
                open.extend(tasks.get(next).into_iter().flat_map(runs_of));
            }
        }
    }
}

fn rhythm(written: &plan::User, problems: &mut Problems) -> Rhythm {
    if let (Some(_), Some(pacing)) = (&written.think_time, &written.pacing) {
        let problem = Problem::at(pacing.span, "a user type has `think_time` or `pacing`, not both");
        problems.push(problem.help("take one away"));
    }
    match (&written.pacing, &written.think_time) {
        (Some(pacing), _) if pacing.value.0.is_zero() => {
            let problem = Problem::at(pacing.span, "a pacing of 0 is none");
            problems.push(problem.help("take it away: without a pause tasks follow each other at once"));
            Rhythm::Pacing(pacing.value.0)
        }
        (Some(pacing), _) => Rhythm::Pacing(pacing.value.0),
        (None, Some(pause)) => Rhythm::ThinkTime(pauses::compile(&pause.value, pause.span, problems)),
        (None, None) => Rhythm::ThinkTime(Pause::NONE),
    }
}

pub(super) fn tags(written: Option<&[At<String>]>) -> Vec<Arc<str>> {
    written.unwrap_or_default().iter().map(|tag| Arc::from(tag.value.as_str())).collect()
}

impl Steps<'_, '_, '_> {
    fn task(&mut self, id: TaskId, name: &At<String>, task: &At<plan::Task>) -> Task {
        let when = task.when.as_ref().and_then(|when| self.expr(when));
        let steps = match (&task.call, &task.steps) {
            (Some(call), None) => {
                let map = CallMap { endpoint: call.clone(), with: None, on_failure: None };
                self.call(&map).into_iter().map(|action| self.step(Action::Call(action), call.span)).collect()
            }
            (None, Some(steps)) => self.list(&steps.0),
            (Some(call), Some(_)) => {
                let problem = Problem::at(call.span, format!("task `{}` has both `call` and `steps`", name.value));
                self.texts.problems.push(problem.help("make the call a step: `- call: …`"));
                Vec::new()
            }
            (None, None) => {
                let problem = Problem::at(name.span, format!("task `{}` does nothing", name.value));
                self.texts.problems.push(problem.help("give it `call: endpoint` or `steps: […]`"));
                Vec::new()
            }
        };
        let weight = task.weight.as_ref().map_or(1.0, |weight| weight.0);
        Task { id, name: name.value.as_str().into(), weight, when, steps, place: self.texts.place(name.span) }
    }
}
