use std::sync::Arc;
use std::time::Duration;

use crate::compile::bindings::{bindings, leaf_needs};
use crate::compile::endpoints::Compiled;
use crate::compile::names::{Names, Need};
use crate::compile::program::{Action, Rhythm, Step, Task, UserType};
use crate::compile::texts::Texts;
use crate::diagnostic::{Problem, Problems, Span, did_you_mean};
use crate::plan::{self, At, Named};
use crate::sample::{EndpointId, TaskId, UserTypeId};
use crate::units::DurationRange;

/// A compiled user type with what it needs and leaves behind.
pub(super) struct CompiledUser {
    pub(super) user: UserType,
    pub(super) tags: Vec<Arc<str>>,
    pub(super) task_tags: Vec<Vec<Arc<str>>>,
    /// Names its state, `set`s and captures define.
    pub(super) defines: Names,
    pub(super) needs: Vec<Need>,
    pub(super) calls: Vec<CallSite>,
}

/// One place an endpoint is called from.
pub(super) struct CallSite {
    pub(super) endpoint: EndpointId,
    pub(super) binds: Vec<(String, Span)>,
}

/// What steps are compiled against.
pub(super) struct Callable<'a> {
    /// All endpoint names of the plan, readable or not, in id order as far as they are readable.
    pub(super) names: &'a [String],
    /// The readable ones.
    pub(super) endpoints: &'a [Option<Compiled>],
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
    name: &At<String>,
    written: &At<plan::User>,
    callable: &Callable,
    ids: &mut TaskIds,
    texts: &mut Texts,
) -> CompiledUser {
    let mut steps = Steps { callable, needs: Vec::new(), calls: Vec::new(), defines: Names::default(), texts };
    let state = bindings(written.state.as_ref(), steps.texts, &mut steps.needs);
    steps.defines.add(written.state.iter().flat_map(Named::names));
    // which task runs first is chance: a name that any of them sets is known to all
    for step in written.all_steps() {
        if let plan::Step::Set(names) = &step.value {
            steps.defines.add(names.names());
        }
    }
    let on_start = steps.list(written.on_start.as_deref().unwrap_or_default());
    let on_start_task = ids.next();
    let mut tasks = Vec::new();
    let mut task_tags = vec![Vec::new()];
    for (task_name, task) in written.tasks.iter() {
        tasks.push(steps.task(ids.next(), task_name, task));
        task_tags.push(tags(task.tags.as_deref()));
    }
    let span = name.span;
    if written.tasks.0.is_empty() {
        let problem = Problem::at(span, format!("user type `{}` has no tasks", name.value));
        steps.texts.problems.push(problem.help("give it one: `tasks: {first: {call: …}}`"));
    } else if !tasks.is_empty() && tasks.iter().all(|task| task.weight == 0.0) {
        let problem = Problem::at(span, format!("every task of user type `{}` has weight 0", name.value));
        steps.texts.problems.push(problem.help("give at least one task a weight above 0"));
    }
    let rhythm = rhythm(written, steps.texts.problems);
    let Steps { needs, calls, defines, .. } = steps;
    let user = UserType {
        id,
        name: name.value.as_str().into(),
        weight: written.weight.as_ref().map_or(1.0, |weight| weight.0),
        rhythm,
        state,
        on_start,
        on_start_task,
        tasks,
    };
    CompiledUser { user, tags: tags(written.tags.as_deref()), task_tags, defines, needs, calls }
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
        (None, Some(range)) => Rhythm::ThinkTime(range.value),
        (None, None) => Rhythm::ThinkTime(DurationRange { from: Duration::ZERO, to: Duration::ZERO }),
    }
}

pub(super) fn tags(written: Option<&[At<String>]>) -> Vec<Arc<str>> {
    written.unwrap_or_default().iter().map(|tag| Arc::from(tag.value.as_str())).collect()
}

struct Steps<'a, 'b, 'c> {
    callable: &'a Callable<'a>,
    needs: Vec<Need>,
    calls: Vec<CallSite>,
    defines: Names,
    texts: &'b mut Texts<'c>,
}

impl Steps<'_, '_, '_> {
    fn task(&mut self, id: TaskId, name: &At<String>, task: &At<plan::Task>) -> Task {
        let when = task.when.as_ref().and_then(|when| self.expr(when));
        let steps = match (&task.call, &task.steps) {
            (Some(call), None) => {
                self.call(call, None).into_iter().map(|action| self.step(action, call.span)).collect()
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

    fn list(&mut self, steps: &[At<plan::Step>]) -> Vec<Step> {
        steps.iter().filter_map(|step| self.action(step).map(|action| self.step(action, step.span))).collect()
    }

    fn step(&self, action: Action, span: Span) -> Step {
        Step { action, place: self.texts.place(span) }
    }

    fn action(&mut self, step: &At<plan::Step>) -> Option<Action> {
        match &step.value {
            plan::Step::Call(call) => self.call(&call.0.endpoint, call.0.with.as_ref()),
            plan::Step::Set(names) => Some(Action::Set(bindings(Some(names), self.texts, &mut self.needs))),
            plan::Step::Append(append) => self.append(append),
            plan::Step::Think(range) => Some(Action::Think(*range)),
            plan::Step::When(when) => {
                let that = self.expr(&when.that);
                let then = self.list(&when.then);
                let otherwise = self.list(when.otherwise.as_deref().unwrap_or_default());
                Some(Action::When { that: that?, then, otherwise })
            }
        }
    }

    fn expr(&mut self, text: &At<String>) -> Option<crate::expression::Expr> {
        let expr = self.texts.expr(&text.value, text.span)?;
        self.needs.push(Need { names: expr.names(), text: text.value.clone(), span: text.span });
        Some(expr)
    }

    fn call(&mut self, name: &At<String>, with: Option<&Named<At<plan::Any>>>) -> Option<Action> {
        let Some(index) = self.callable.names.iter().position(|known| *known == name.value) else {
            if self.callable.names.is_empty() {
                return None;
            }
            let problem = Problem::at(name.span, format!("unknown endpoint `{}`", name.value));
            let known = self.callable.names.iter().map(String::as_str);
            self.texts.problems.push(problem.help_if(did_you_mean(&name.value, known)));
            return None;
        };
        let endpoint = EndpointId(u32::try_from(index).unwrap_or(u32::MAX));
        let binds = with.map(|with| with.iter().map(|(name, _)| (name.value.clone(), name.span)).collect());
        let with = bindings(with, self.texts, &mut self.needs);
        if let Some(Some(compiled)) = self.callable.endpoints.get(index) {
            self.defines.add(compiled.leaves.iter());
        }
        self.calls.push(CallSite { endpoint, binds: binds.unwrap_or_default() });
        Some(Action::Call { endpoint, with })
    }

    fn append(&mut self, append: &plan::Append) -> Option<Action> {
        if !self.defines.has(&append.to.value) {
            let problem = Problem::at(append.to.span, format!("unknown list `{}`", append.to.value));
            let near = did_you_mean(&append.to.value, self.defines.iter());
            let declare = format!("declare it in the user's state: `state: {{{}: []}}`", append.to.value);
            self.texts.problems.push(problem.help_if(near).help(declare));
        }
        leaf_needs(&append.value.value.0, &mut self.needs);
        let value = self.texts.blueprint(&append.value)?;
        const KEPT: u64 = 1000;
        const MOST: u64 = 1_000_000;
        let keep = append.keep.as_ref().map_or(KEPT, |keep| keep.value.0.min(MOST));
        if keep == 0 {
            let span = append.keep.as_ref().map_or(append.to.span, |keep| keep.span);
            self.texts.problems.push(Problem::at(span, "`keep: 0` keeps nothing").help("keep at least 1"));
        }
        Some(Action::Append {
            to: append.to.value.as_str().into(),
            value,
            keep: usize::try_from(keep).unwrap_or(usize::MAX),
        })
    }
}
