use std::collections::HashSet;

use crate::compile::program::{Action, Step, Task};
use crate::diagnostic::{Problem, Problems};
use crate::plan;

/// Steps within steps, those of tasks that are run among them, go no deeper: each level takes a piece of a worker's stack.
const DEEPEST: usize = 64;

/// Reports tasks that run themselves, through others or not, and those that lead too deep.
pub(super) fn check_runs(tasks: &[Task], written: &plan::User, problems: &mut Problems) {
    let nested: Vec<Nested> = tasks.iter().map(Nested::of).collect();
    let mut report = |task: &Task, message: String, help: &str| {
        if let Some((name, _)) = written.tasks.iter().find(|(name, _)| *name.value == *task.name) {
            problems.push(Problem::at(name.span, message).help(help));
        }
    };
    let order = order(&nested);
    if order.len() < nested.len() {
        let ordered: HashSet<usize> = order.into_iter().collect();
        for (index, task) in tasks.iter().enumerate().filter(|(index, _)| !ordered.contains(index)) {
            if runs_itself(&nested, index) {
                report(task, format!("task `{}` runs itself", task.name), "use `repeat` to do steps again");
            }
        }
        return;
    }
    // what is run comes before what runs it
    let mut depths = vec![0; nested.len()];
    for index in order {
        let below = |(run, at): &(usize, usize)| at + depths.get(*run).copied().unwrap_or(0);
        depths[index] = nested[index].runs.iter().map(below).max().unwrap_or(0).max(nested[index].deepest);
    }
    let first_too_deep = tasks.iter().zip(&depths).find(|(_, depth)| **depth > DEEPEST);
    if let Some((task, depth)) = first_too_deep {
        let message = format!("task `{}` leads to steps within steps {depth} deep", task.name);
        report(task, message, &format!("at most {DEEPEST} are done: run fewer tasks from within each other"));
    }
}

/// The tasks that a task runs.
pub(super) fn runs_of(task: &Task) -> impl Iterator<Item = usize> {
    Nested::of(task).runs.into_iter().map(|(run, _)| run)
}

/// What a task's own steps come to.
struct Nested {
    /// How deep they lie in each other.
    deepest: usize,
    /// The tasks that it runs, and how deep in its steps.
    runs: Vec<(usize, usize)>,
}

impl Nested {
    fn of(task: &Task) -> Self {
        let mut open: Vec<(&Step, usize)> = task.steps.iter().map(|step| (step, 1)).collect();
        let mut nested = Self { deepest: 0, runs: Vec::new() };
        while let Some((step, depth)) = open.pop() {
            nested.deepest = nested.deepest.max(depth);
            open.extend(step.action.inner().into_iter().map(|step| (step, depth + 1)));
            if let Action::Run(index) = &step.action {
                nested.runs.push((*index, depth));
            }
        }
        nested
    }
}

/// The tasks so that each comes behind those it runs; without those that run in a circle, and those that run these.
fn order(nested: &[Nested]) -> Vec<usize> {
    let mut run_by = vec![Vec::new(); nested.len()];
    let mut waits_for = vec![0_usize; nested.len()];
    for (index, task) in nested.iter().enumerate() {
        for (run, _) in task.runs.iter().filter(|(run, _)| *run < nested.len()) {
            run_by[*run].push(index);
            waits_for[index] += 1;
        }
    }
    let mut order: Vec<usize> = (0..nested.len()).filter(|index| waits_for[*index] == 0).collect();
    let mut next = 0;
    while let Some(index) = order.get(next).copied() {
        next += 1;
        for by in &run_by[index] {
            waits_for[*by] -= 1;
            if waits_for[*by] == 0 {
                order.push(*by);
            }
        }
    }
    order
}

fn runs_itself(nested: &[Nested], start: usize) -> bool {
    let runs = |index: usize| nested.get(index).into_iter().flat_map(|task| task.runs.iter().map(|(run, _)| *run));
    let (mut open, mut seen): (Vec<usize>, HashSet<usize>) = (runs(start).collect(), HashSet::new());
    while let Some(next) = open.pop() {
        if next == start {
            return true;
        }
        if seen.insert(next) {
            open.extend(runs(next));
        }
    }
    false
}
