use std::collections::HashSet;
use std::sync::Arc;

use crate::compile::globals::Tables;
use crate::compile::names::{NameUse, Names};
use crate::compile::program::{Action, Feed, Pause, RowOrder, Task, TaskOrder, UserType, WaitTime};
use crate::compile::steps::{CallSite, Callable, Steps, pause};
use crate::compile::task_runs::{check_runs, runs_of};
use crate::compile::templates::Templates;
use crate::diagnostic::{Problem, Problems, did_you_mean};
use crate::expression::Shape;
use crate::load::Share;
use crate::plan::{self, At, AtEnd, CallMap, Named, OrderWord, Plan, RowPer, Visitor};
use crate::sample::{TaskId, UserTypeId};

/// A compiled user type with what the later passes must know about it.
pub(super) struct CompiledUser {
    pub(super) user: UserType,
    pub(super) tags: Vec<Arc<str>>,
    /// Tags of `on_start`, of each task, and of `on_stop`.
    pub(super) task_tags: Vec<Vec<Arc<str>>>,
    /// Names its state, feeds, `set`s and captures define.
    pub(super) defines: Names,
    pub(super) uses: Vec<NameUse>,
    pub(super) calls: Vec<CallSite>,
}

/// The plan's user types, by id.
pub(super) fn compile(
    plan: &Plan,
    callable: &Callable,
    tables: &Tables,
    templates: &mut Templates,
) -> Vec<CompiledUser> {
    let caller_of_all;
    let written = match &plan.users {
        Some(users) => users,
        None => {
            caller_of_all = one_user_for_all(plan);
            &caller_of_all
        }
    };
    if plan.users.as_ref().is_some_and(|users| users.0.is_empty()) {
        templates.problems.push(Problem::new("the plan has no users").help("remove `users`, or give it a user type"));
    }
    let mut users = Users { callable, tables, next_task: TaskId(0) };
    let compiled = written.iter().enumerate().map(|(index, (name, user))| {
        let id = UserTypeId(u16::try_from(index).unwrap_or(u16::MAX));
        users.user(id, name, user, templates)
    });
    compiled.collect()
}

/// The user type of a plan without users: it calls each endpoint by its weight.
fn one_user_for_all(plan: &Plan) -> Named<At<plan::User>> {
    let tasks = plan.endpoints.iter().flat_map(Named::iter).map(|(name, endpoint)| {
        let weight = endpoint.weight.clone();
        let task =
            plan::Task { weight, when: None, call: Some(name.clone()), steps: None, tags: endpoint.tags.clone() };
        (name.clone(), Some(At::plain(task, name.span)))
    });
    let tasks = Named(tasks.collect());
    let Some(span) = tasks.0.first().map(|(name, _)| name.span) else { return Named::default() };
    let user = plan::User {
        extends: None,
        weight: None,
        count: None,
        think_time: None,
        pacing: None,
        state: None,
        feed: None,
        refresh: None,
        visitor: None,
        on_start: None,
        on_stop: None,
        tags: None,
        tasks,
        sequence: None,
    };
    let name = At::plain("user".to_owned(), span);
    Named(vec![(name, Some(At::plain(user, span)))])
}

/// Compiles user types. Task ids follow one another over the whole program.
struct Users<'a> {
    callable: &'a Callable<'a>,
    tables: &'a Tables,
    next_task: TaskId,
}

impl Users<'_> {
    fn next_task(&mut self) -> TaskId {
        let next = TaskId(self.next_task.0.saturating_add(1));
        std::mem::replace(&mut self.next_task, next)
    }

    fn user(
        &mut self,
        id: UserTypeId,
        name: &At<String>,
        written: &At<plan::User>,
        templates: &mut Templates,
    ) -> CompiledUser {
        let tasks: Vec<&str> = written.tasks.iter().map(|(name, _)| name.value.as_str()).collect();
        let unread = written.tasks.names().filter(|name| !tasks.contains(name)).collect();
        let mut steps = Steps::new(self.callable, tasks, templates);
        steps.unread = unread;
        if steps.templates.problems.has_error_in(written.span) {
            // what could not be read may define names
            steps.defines.open();
        }
        let state = steps.templates.bindings(written.state.as_ref());
        steps.defines.add(written.state.iter().flat_map(Named::names));
        for (name, feed) in written.feed.iter().flat_map(|feeds| &feeds.0) {
            let table = feed.as_ref().and_then(|feed| self.tables.get(&feed.from.value)?.as_ref());
            steps.defines.add_shaped(&name.value, table.map_or(Shape::Any, |table| table.shape().clone()));
        }
        let feeds = feeds(written.feed.as_ref(), self.tables, steps.templates.problems);
        steps.define(&written.all_steps());
        let on_start_task = self.next_task();
        let on_start = steps.list(written.on_start.as_deref().unwrap_or_default());
        let mut tasks = Vec::new();
        let mut task_tags = vec![Vec::new()];
        for (task_name, task) in written.tasks.iter() {
            tasks.push(steps.task(self.next_task(), task_name, task));
            task_tags.push(tags(task.tags.as_deref()));
        }
        let on_stop_task = self.next_task();
        let on_stop = steps.list(written.on_stop.as_deref().unwrap_or_default());
        task_tags.push(Vec::new());
        let refresh = written.refresh.as_ref().and_then(|written| steps.refresh(written));
        let span = name.span;
        if written.tasks.0.is_empty() {
            let problem = Problem::at(span, format!("user type `{}` has no tasks", name.value));
            steps.templates.problems.push(problem.help("give it one: `tasks: {first: {call: …}}`"));
        } else if written.sequence.is_none() && !tasks.is_empty() && tasks.iter().all(|task| task.weight == 0.0) {
            let problem = Problem::at(span, format!("every task of user type `{}` has weight 0", name.value));
            steps.templates.problems.push(problem.help("give at least one task a weight above 0"));
        }
        let order = order(written, &tasks, steps.templates.problems);
        check_runs(&tasks, written, steps.templates.problems);
        let wait_time = wait_time(written, steps.templates.problems);
        let share = share(written, steps.templates.problems);
        let Steps { calls, defines, .. } = steps;
        let uses = std::mem::take(&mut templates.uses);
        let user = UserType {
            id,
            name: name.value.as_str().into(),
            share,
            wait_time,
            state,
            feeds,
            on_start,
            on_start_task,
            on_stop,
            on_stop_task,
            tasks,
            order,
            refresh,
            visitor: written.visitor.unwrap_or(Visitor::Returning),
        };
        CompiledUser { user, tags: tags(written.tags.as_deref()), task_tags, defines, uses, calls }
    }
}

fn feeds(written: Option<&Named<At<plan::Feed>>>, tables: &Tables, problems: &mut Problems) -> Vec<Feed> {
    let entries = written.into_iter().flat_map(Named::iter);
    entries.filter_map(|(name, feed)| self::feed(name, feed, tables, problems)).collect()
}

fn feed(name: &At<String>, written: &plan::Feed, tables: &Tables, problems: &mut Problems) -> Option<Feed> {
    let Some(table) = tables.get(&written.from.value) else {
        let problem = Problem::at(written.from.span, format!("unknown data set `{}`", written.from.value));
        problems.push(problem.help_if(did_you_mean(&written.from.value, tables.keys().map(String::as_str))));
        return None;
    };
    let word = written.order.as_ref().map_or(OrderWord::Sequential, |order| order.value);
    let at_end = written.at_end.as_ref().map(|at_end| at_end.value);
    if let (OrderWord::Random, Some(at_end)) = (word, &written.at_end) {
        let problem = Problem::at(at_end.span, "`at_end` has no effect in random order, which has no end");
        problems.push(problem.help("remove it, or choose another order"));
    }
    let at_end = match (word, at_end) {
        (OrderWord::Unique, Some(AtEnd::Repeat)) => {
            let span = written.at_end.as_ref().map_or(name.span, |at_end| at_end.span);
            let problem = Problem::at(span, "rows in `unique` order never repeat");
            problems.push(problem.help("write `at_end: stop` or `stop_run`, or use `order: sequential`"));
            AtEnd::Stop
        }
        (_, Some(AtEnd::StopRun)) => AtEnd::StopRun,
        (_, Some(AtEnd::Stop)) | (OrderWord::Unique, None) => AtEnd::Stop,
        (_, Some(AtEnd::Repeat) | None) => AtEnd::Repeat,
    };
    Some(Feed {
        name: name.value.as_str().into(),
        table: table.clone()?,
        order: match word {
            OrderWord::Sequential | OrderWord::Unique => RowOrder::Sequential,
            OrderWord::Random => RowOrder::Random,
            OrderWord::Shuffle => RowOrder::Shuffle,
        },
        per: written.per.as_ref().map_or(RowPer::Iteration, |per| per.value),
        at_end,
    })
}

fn share(written: &plan::User, problems: &mut Problems) -> Share {
    match (&written.weight, &written.count) {
        (Some(_), Some(count)) => {
            let problem = Problem::at(count.span, "a user type has `weight` or `count`, not both");
            problems.push(problem.help("remove one of them"));
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
    let run = tasks.iter().flat_map(runs_of).filter_map(|index| tasks.get(index)).map(|task| &*task.name);
    let used: HashSet<&str> = sequence.0.iter().map(|word| word.value.as_str()).chain(run).collect();
    for (name, task) in written.tasks.iter() {
        if let Some(weight) = &task.weight {
            let problem = Problem::at(weight.span, "a weight has no effect in a `sequence`");
            problems.push(problem.help("remove it, or remove `sequence`"));
        }
        let used = used.contains(name.value.as_str());
        if !used {
            let problem = Problem::at(name.span, format!("task `{}` is not in the `sequence`", name.value));
            problems.push(problem.help("put it there, or remove it"));
        }
    }
    TaskOrder::Sequence(order)
}

fn wait_time(written: &plan::User, problems: &mut Problems) -> WaitTime {
    if let (Some(_), Some(pacing)) = (&written.think_time, &written.pacing) {
        let problem = Problem::at(pacing.span, "a user type has `think_time` or `pacing`, not both");
        problems.push(problem.help("remove one of them"));
    }
    match (&written.pacing, &written.think_time) {
        (Some(pacing), _) if pacing.value.0.is_zero() => {
            let problem = Problem::at(pacing.span, "a pacing of 0 is no pacing");
            problems.push(problem.help("remove it: without a pause tasks follow each other at once"));
            WaitTime::Pacing(pacing.value.0)
        }
        (Some(pacing), _) => WaitTime::Pacing(pacing.value.0),
        (None, Some(think_time)) => WaitTime::ThinkTime(pause(&think_time.value, think_time.span, problems)),
        (None, None) => WaitTime::ThinkTime(Pause::NONE),
    }
}

pub(super) fn tags(written: Option<&[At<String>]>) -> Vec<Arc<str>> {
    written.unwrap_or_default().iter().map(|tag| Arc::from(tag.value.as_str())).collect()
}

impl Steps<'_, '_, '_> {
    fn task(&mut self, id: TaskId, name: &At<String>, task: &At<plan::Task>) -> Task {
        let when = task.when.as_ref().and_then(|when| self.expr(when));
        let steps = match (&task.call, &task.steps) {
            (Some(call), None) => self
                .call(&CallMap::of(call.clone()))
                .into_iter()
                .map(|action| self.step(Action::Call(action), call.span))
                .collect(),
            (None, Some(steps)) => self.list(&steps.0),
            (Some(call), Some(_)) => {
                let problem = Problem::at(call.span, format!("task `{}` has both `call` and `steps`", name.value));
                self.templates.problems.push(problem.help("make the call a step: `- call: …`"));
                Vec::new()
            }
            (None, None) => {
                let problem = Problem::at(name.span, format!("task `{}` does nothing", name.value));
                self.templates.problems.push(problem.help("give it `call: endpoint` or `steps: […]`"));
                Vec::new()
            }
        };
        let weight = task.weight.as_ref().map_or(1.0, |weight| weight.0);
        Task { id, name: name.value.as_str().into(), weight, when, steps, place: self.templates.place(name.span) }
    }
}
