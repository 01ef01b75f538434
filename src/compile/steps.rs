use std::collections::HashMap;
use std::sync::Arc;

use crate::compile::names::{NameUse, Names};
use crate::compile::program::{
    Action, Call, CallEach, LoopPart, Pause, Refresh, Repeat, RepeatCount, Step, StepPause, ValueTemplate,
};
use crate::compile::retries::retry;
use crate::compile::templates::{Templates, filled_source, source};
use crate::diagnostic::{Problem, Problems, Span, did_you_mean};
use crate::expression::{Expr, Template, is_list};
use crate::plan::{self, AfterRefresh, At, LoopExit, Named, OnFailure, Plan, Spread};
use crate::sample::{Catalog, EndpointId, MetricId};

/// One place an endpoint is called from.
pub(super) struct CallSite {
    pub(super) endpoint: EndpointId,
    pub(super) binds: Vec<(String, Span)>,
}

/// What steps may call and measure.
pub(super) struct Callable<'a> {
    /// All endpoint names of the plan, readable or not, in id order as far as they are readable.
    pub(super) names: &'a [String],
    /// Where each of them is.
    pub(super) places: HashMap<&'a str, usize>,
    /// The same as written.
    pub(super) written: Option<&'a Named<At<plan::Endpoint>>>,
    pub(super) catalog: &'a Catalog,
    /// What all users share, as written.
    pub(super) shared: Option<&'a Named<At<plan::Shared>>>,
}

/// Compiles steps, and gathers what they call and define.
pub(super) struct Steps<'a, 'b, 'c> {
    pub(super) callable: &'a Callable<'a>,
    /// The tasks that `run` may name.
    tasks: Vec<&'a str>,
    /// Tasks that could not be read: whoever runs one is not at fault.
    pub(super) unread: Vec<&'a str>,
    pub(super) calls: Vec<CallSite>,
    pub(super) defines: Names,
    /// How many loops the steps being compiled lie in.
    loops: usize,
    pub(super) templates: &'b mut Templates<'c>,
}

/// The steps done once before and once after the load.
pub(super) struct SetupTeardown {
    pub(super) setup: Vec<Step>,
    pub(super) teardown: Vec<Step>,
    /// Names that they leave to every user.
    pub(super) defines: Names,
    pub(super) uses: Vec<NameUse>,
    pub(super) calls: Vec<CallSite>,
}

impl SetupTeardown {
    pub(super) fn compile(plan: &Plan, callable: &Callable, templates: &mut Templates) -> Self {
        let mut steps = Steps::new(callable, Vec::new(), templates);
        let written = plan.setup.iter().flatten().chain(plan.teardown.iter().flatten());
        steps.define(&plan::Step::with_inner(written));
        let setup = steps.list(plan.setup.as_deref().unwrap_or_default());
        let teardown = steps.list(plan.teardown.as_deref().unwrap_or_default());
        let Steps { calls, defines, .. } = steps;
        Self { setup, teardown, defines, uses: std::mem::take(&mut templates.uses), calls }
    }
}

impl<'a, 'b, 'c> Steps<'a, 'b, 'c> {
    pub(super) fn new(callable: &'a Callable<'a>, tasks: Vec<&'a str>, templates: &'b mut Templates<'c>) -> Self {
        // of an endpoint that could not be compiled
        templates.uses.clear();
        Self { callable, tasks, unread: Vec::new(), calls: Vec::new(), defines: Names::default(), loops: 0, templates }
    }

    /// Makes the names that steps define known: which of them runs first is chance.
    pub(super) fn define(&mut self, steps: &[&At<plan::Step>]) {
        for step in steps {
            match &step.value {
                plan::Step::Set(names) => self.defines.add(names.names()),
                plan::Step::Take(take) => self.defines.add([take.name.value.as_str()]),
                plan::Step::ForEach(each) => self.defines.add([each.item.value.as_str()]),
                plan::Step::Parallel(plan::Parallel::Each(each)) => self.defines.add([each.each.value.as_str()]),
                _ => {}
            }
        }
    }

    pub(super) fn list(&mut self, steps: &[At<plan::Step>]) -> Vec<Step> {
        steps.iter().filter_map(|step| self.action(step).map(|action| self.step(action, step.span))).collect()
    }

    /// Steps that a condition may leave out.
    fn guarded(&mut self, steps: &[At<plan::Step>]) -> Vec<Step> {
        let outer = std::mem::replace(&mut self.templates.guarded, true);
        let list = self.list(steps);
        self.templates.guarded = outer;
        list
    }

    /// Steps of a loop, which may leave it.
    fn round(&mut self, steps: &[At<plan::Step>]) -> Vec<Step> {
        self.loops += 1;
        let list = self.list(steps);
        self.loops -= 1;
        list
    }

    pub(super) fn step(&self, action: Action, span: Span) -> Step {
        Step { action, place: self.templates.place(span) }
    }

    pub(super) fn expr(&mut self, text: &At<String>) -> Option<Expr> {
        self.templates.expr(source(text), text.span)
    }

    pub(super) fn call(&mut self, call: &plan::CallMap) -> Option<Call> {
        let name = &call.endpoint;
        let Some(index) = self.callable.places.get(name.value.as_str()).copied() else {
            if self.callable.names.is_empty() {
                return None;
            }
            let problem = Problem::at(name.span, format!("unknown endpoint `{}`", name.value));
            let known = self.callable.names.iter().map(String::as_str);
            self.templates.problems.push(problem.help_if(did_you_mean(&name.value, known)));
            return None;
        };
        let endpoint = EndpointId(u32::try_from(index).unwrap_or(u32::MAX));
        let binds = call.with.iter().flat_map(Named::iter).map(|(name, _)| (name.value.clone(), name.span)).collect();
        let with = self.templates.bindings(call.with.as_ref());
        match self.callable.written.and_then(|written| written.0.get(index)) {
            Some((_, Some(written))) => self.defines.add(written.capture.iter().flat_map(Named::names)),
            // what it captures is not known
            _ => self.defines.open(),
        }
        self.calls.push(CallSite { endpoint, binds });
        let on_failure = call.on_failure.unwrap_or(OnFailure::StopTask);
        let retry = call.retry.as_ref().map(|written| Box::new(retry(written, self.templates.problems)));
        Some(Call { endpoint, with, on_failure, retry })
    }

    fn action(&mut self, step: &At<plan::Step>) -> Option<Action> {
        match &step.value {
            plan::Step::Call(call) => self.call(&call.0).map(Action::Call),
            plan::Step::Parallel(plan::Parallel::Calls(calls)) => {
                let calls: Vec<_> = calls.0.iter().map(|call| self.call(&call.value.0)).collect();
                calls.into_iter().collect::<Option<_>>().map(Action::Parallel)
            }
            plan::Step::Parallel(plan::Parallel::Each(each)) => self.call_each(each).map(Action::ParallelEach),
            plan::Step::Set(names) => Some(Action::Set(self.templates.bindings(Some(names)))),
            plan::Step::Append(append) => self.append(append),
            plan::Step::Put(values) => self.put(values),
            plan::Step::Take(take) => self.take(take),
            plan::Step::Think(pause) => self.pause(pause, step.span).map(Action::Think),
            plan::Step::When(when) => {
                let that = self.expr(&when.that);
                let then = self.guarded(&when.then);
                let otherwise = self.guarded(when.otherwise.as_deref().unwrap_or_default());
                Some(Action::When { that: that?, then, otherwise })
            }
            plan::Step::Switch(switch) => {
                let on = self.expr(&switch.on);
                let cases = switch.cases.iter().map(|(name, steps)| (name.value.as_str().into(), self.guarded(steps)));
                let cases = cases.collect();
                let default = self.guarded(switch.default.as_deref().unwrap_or_default());
                Some(Action::Switch { on: on?, cases, default })
            }
            plan::Step::Choose(branches) => self.choose(&branches.0, step.span),
            plan::Step::Repeat(repeat) => self.repeat(repeat, step.span),
            plan::Step::ForEach(each) => {
                let of = self.list_of("for_each", &each.of);
                let steps = self.round(&each.steps.0);
                Some(Action::ForEach { item: each.item.value.as_str().into(), of: of?, steps })
            }
            plan::Step::Break(exit) => self.leave(LoopPart::Loop, exit, step.span),
            plan::Step::Continue(exit) => self.leave(LoopPart::Round, exit, step.span),
            plan::Step::Run(task) => self.run(task),
            plan::Step::Transaction(transaction) => {
                let name = transaction.name.value.as_str();
                let index = self.callable.catalog.metrics.iter().position(|metric| *metric.name == *name)?;
                let metric = MetricId(u16::try_from(index).ok()?);
                let steps = self.list(&transaction.steps.0);
                Some(Action::Transaction { metric, name: name.into(), steps })
            }
            plan::Step::Stop(scope) => Some(Action::Stop(*scope)),
            plan::Step::Log(text) => self.templates.text(text).map(Action::Log),
        }
    }

    fn pause(&mut self, written: &plan::StepPause, span: Span) -> Option<StepPause> {
        self.pause_of(written, span, StepPause::of_text)
    }

    fn pause_of(
        &mut self,
        written: &plan::StepPause,
        span: Span,
        of_text: fn(&str) -> Result<StepPause, String>,
    ) -> Option<StepPause> {
        match written {
            plan::StepPause::Drawn(drawn) => Some(StepPause::Drawn(pause(drawn, span, self.templates.problems))),
            plan::StepPause::Filled(text) => {
                let template = self.templates.text(text)?;
                // vars alone may make it: it is the same each time
                match self.templates.known_text(&template, source(text).text, text.span) {
                    None => Some(StepPause::Filled(template)),
                    Some(known) => {
                        let pause = of_text(&known);
                        pause.map_err(|why| self.templates.problems.push(Problem::at(text.span, why))).ok()
                    }
                }
            }
        }
    }

    fn call_each(&mut self, written: &plan::ParallelEach) -> Option<CallEach> {
        const USUAL: u64 = 6;
        const MOST: u64 = 256;
        let of = self.list_of("parallel", &written.of);
        let call = self.call(&written.call.0);
        let at_most = written.at_most.as_ref().map_or(USUAL, |most| most.value.0);
        if let Some(most) = written.at_most.as_ref().filter(|most| !(1..=MOST).contains(&most.value.0)) {
            let problem = Problem::at(most.span, format!("a user has 1 to {MOST} calls at once"));
            self.templates.problems.push(problem.help("write `at_most: 6`, as browsers have it, or leave it out"));
        }
        let item = written.each.value.as_str().into();
        Some(CallEach { item, of: of?, call: call?, at_most: usize::try_from(at_most).unwrap_or(1).max(1) })
    }

    /// What gets a user a new token.
    pub(super) fn refresh(&mut self, written: &At<plan::Refresh>) -> Option<Box<Refresh>> {
        let when = written.when.as_ref().map(|when| self.expr(when));
        let max_age = written.max_age.as_ref().map(|age| self.pause_of(age, age.span, StepPause::of_length));
        let steps = self.list(&written.steps.0);
        if written.when.is_none() && written.max_age.is_none() {
            let problem = Problem::at(written.span, "`refresh` does not say when");
            let problem = problem.help("give it `when: status == 401`, for answers that say so");
            self.templates.problems.push(problem.help("or `max_age: 50m`, to be early"));
        }
        if let (None, Some(then)) = (&written.when, &written.then) {
            let problem = Problem::at(then.span, "`then` has no effect without `when`");
            self.templates.problems.push(problem.help("remove it: before a call there is nothing to make again"));
        }
        let then = written.then.as_ref().map_or(AfterRefresh::Retry, |then| then.value);
        let place = self.templates.place(written.span);
        let read = |part: Option<Option<_>>| part.map_or(Some(None), |part| part.map(Some));
        let max_age = max_age.map_or(Some(None), |age| age.map(Some));
        Some(Box::new(Refresh { when: read(when)?, max_age: max_age?, steps, then, place }))
    }

    fn leave(&mut self, what: LoopPart, exit: &LoopExit, span: Span) -> Option<Action> {
        let word = match what {
            LoopPart::Loop => "break",
            LoopPart::Round => "continue",
        };
        let when = match exit {
            LoopExit::Where(condition) => Some(self.expr(condition)?),
            LoopExit::Always => None,
        };
        if when.is_none() && self.callable.places.contains_key(word) {
            let problem = Problem::at(span, format!("`{word}` is a step, and an endpoint has its name"));
            let problem = problem.help(format!("write `call: {word}` to call the endpoint"));
            self.templates.problems.push(problem.help(format!("write `{word}: true` for the step")));
            return None;
        }
        if self.loops == 0 {
            let problem = Problem::at(span, format!("`{word}` stands in no loop"));
            let problem = problem.help("put it among the steps of `repeat` or `for_each`");
            self.templates.problems.push(problem.help("`stop: task` ends a task"));
            return None;
        }
        Some(Action::Leave { what, when })
    }

    fn choose(&mut self, branches: &[At<plan::Branch>], span: Span) -> Option<Action> {
        let ways: Vec<_> = branches
            .iter()
            .map(|branch| (branch.weight.as_ref().map_or(1.0, |weight| weight.0), self.list(&branch.steps)))
            .collect();
        if ways.iter().all(|(weight, _)| *weight == 0.0) {
            let problem = Problem::at(span, "every branch has weight 0");
            self.templates.problems.push(problem.help("give at least one branch a weight above 0"));
            return None;
        }
        Some(Action::Choose(ways))
    }

    fn repeat(&mut self, repeat: &plan::Repeat, span: Span) -> Option<Action> {
        const MOST: u64 = 1000;
        let count = match (&repeat.times, &repeat.until) {
            (Some(times), None) => {
                let max = repeat.max.as_ref().map(|max| ("max", max.span));
                let fail_after = repeat.fail_after.as_ref().map(|limit| ("fail_after", limit.span));
                for (key, span) in max.into_iter().chain(fail_after) {
                    let problem = Problem::at(span, format!("`{key}` has no effect without `until`"));
                    self.templates.problems.push(problem.help("remove it: `times` says how many"));
                }
                self.times(times).map(RepeatCount::Times)
            }
            (None, Some(until)) => {
                let fail_after = repeat.fail_after.as_ref().map(|limit| limit.value.0);
                let usual = if fail_after.is_some() { u64::MAX } else { MOST };
                let most = repeat.max.as_ref().map_or(usual, |max| max.value.0);
                self.expr(until).map(|until| RepeatCount::Until { until, most, fail_after })
            }
            (Some(_), Some(until)) => {
                let problem = Problem::at(until.span, "`repeat` has `times` or `until`, not both");
                self.templates.problems.push(problem.help("remove one of them"));
                None
            }
            (None, None) => {
                let problem = Problem::at(span, "`repeat` does not say how often");
                self.templates.problems.push(problem.help("give it `times: 3` or `until: status == 200`"));
                None
            }
        };
        let every = repeat.every.as_ref().map(|every| self.pause(every, every.span));
        let steps = self.round(&repeat.steps.0);
        Some(Action::Repeat(Repeat { count: count?, every: every.map_or(Some(None), |every| every.map(Some))?, steps }))
    }

    fn times(&mut self, times: &At<plan::Any>) -> Option<ValueTemplate> {
        if let plan::Data::Number(number) = &times.value.0.value
            && number.as_u64().is_none()
        {
            let problem = Problem::at(times.span, format!("`{number}` is not a whole number ≥ 0"));
            self.templates.problems.push(problem.help("write a whole number, such as `3`, or an expression"));
            return None;
        }
        self.expression_or_value(times)
    }

    /// The list that a step goes over; what is known to be none is reported.
    fn list_of(&mut self, step: &str, any: &At<plan::Any>) -> Option<ValueTemplate> {
        let of = self.expression_or_value(any)?;
        let known = self.templates.known_value(&of).filter(|_| !self.templates.guarded);
        if let Some(known) = known.filter(|known| !is_list(known)) {
            let problem = Problem::at(any.span, format!("`{step}` needs a list, not a {}", known.kind()));
            let as_list = known.as_usize().filter(|number| *number <= 100_000);
            self.templates.problems.push(problem.help(match as_list {
                Some(number) => format!("write the items, or `range({number})` for the numbers from 0 on"),
                None => "write the items, or an expression that gives a list".to_owned(),
            }));
            return None;
        }
        Some(of)
    }

    /// A value that is written as an expression, with or without braces, or as itself.
    fn expression_or_value(&mut self, any: &At<plan::Any>) -> Option<ValueTemplate> {
        let node = &any.value.0;
        let source = node.text().map(|text| filled_source(text, any.filling.as_deref()));
        match source {
            Some(source) if !source.masked().contains("{{") => {
                self.templates.expr(source, any.span).map(|expr| ValueTemplate::Text(Template::of(expr)))
            }
            _ => self.templates.value(&any.value),
        }
    }

    fn run(&mut self, task: &At<String>) -> Option<Action> {
        match self.tasks.iter().position(|known| *known == task.value) {
            Some(index) => Some(Action::Run(index)),
            None if self.unread.contains(&task.value.as_str()) => None,
            None => {
                let problem = Problem::at(task.span, format!("unknown task `{}`", task.value));
                let help = did_you_mean(&task.value, self.tasks.iter().copied());
                let help = help.or_else(|| Some("`run` names a task of the same user type".into()));
                self.templates.problems.push(problem.help_if(help));
                None
            }
        }
    }

    fn append(&mut self, append: &plan::Append) -> Option<Action> {
        if !self.defines.has(&append.to.value) {
            let problem = Problem::at(append.to.span, format!("unknown list `{}`", append.to.value));
            let near = did_you_mean(&append.to.value, self.defines.iter());
            let declare = format!("declare it in the user's state: `state: {{{}: []}}`", append.to.value);
            self.templates.problems.push(problem.help_if(near).help(declare));
        }
        let value = self.templates.value(&append.value.value)?;
        const KEPT: u64 = 1000;
        const MOST: u64 = 1_000_000;
        let keep = append.keep.as_ref().map_or(KEPT, |keep| keep.value.0.min(MOST));
        if keep == 0 {
            let span = append.keep.as_ref().map_or(append.to.span, |keep| keep.span);
            self.templates.problems.push(Problem::at(span, "`keep: 0` keeps nothing").help("keep at least 1"));
        }
        let to: Arc<str> = append.to.value.as_str().into();
        Some(Action::Append { to, value, keep: usize::try_from(keep).unwrap_or(usize::MAX) })
    }
}

/// A pause as it is drawn.
pub(super) fn pause(written: &plan::Pause, span: Span, problems: &mut Problems) -> Pause {
    match written {
        plan::Pause::Range(range) => Pause::Even(*range),
        plan::Pause::Spread(Spread::Exponential(exponential)) => {
            let mean = exponential.mean.value.0;
            if mean.is_zero() {
                let problem = Problem::at(exponential.mean.span, "a mean of 0 is no pause");
                problems.push(problem.help("give a mean such as `2s`, or remove the pause"));
            }
            Pause::Exponential(mean)
        }
        plan::Pause::Spread(Spread::Normal(normal)) => {
            let (mean, deviation) = (normal.mean.value.0, normal.deviation.value.0);
            if mean.is_zero() {
                problems.push(Problem::at(span, "a mean of 0 is no pause").help("give a mean such as `2s`"));
            }
            Pause::Normal { mean, deviation }
        }
    }
}
