use super::any::Any;
use super::decode::{At, Filled, Named};
use super::record::record;
use super::scalars::{Time, Weight};
use super::step::Step;
use crate::units::DurationRange;

record! {
    /// A kind of user: what it does, how often, and how long it pauses.
    pub struct User("a user type") {
        /// Its share of all users, relative to the other kinds. Default 1.
        optional weight: At<Weight> = "weight";
        /// The pause after each task, also after one that sent nothing: `2s` or `1s..5s`. Default none.
        optional think_time: At<DurationRange> = "think_time";
        /// From one task's start to the next one's, however long the task takes: `10s`. Instead of `think_time`.
        optional pacing: At<Time> = "pacing";
        /// Names each user of this kind starts with, of its own; may use expressions.
        optional state: Named<At<Any>> = "state";
        /// Steps before its first task.
        optional on_start: Vec<At<Step>> = "on_start";
        /// Words to select it by.
        optional tags: Vec<At<String>> = "tags";
        /// What it does: one task after another, drawn by weight.
        required tasks: Named<At<Task>> = "tasks";
    }
}

record! {
    /// One thing a user does.
    pub struct Task("a task") {
        /// Its share, relative to the other tasks. Default 1.
        optional weight: At<Weight> = "weight";
        /// A condition: where it is false the task sends nothing.
        optional when: At<String> = "when";
        /// Short for one step that calls this endpoint.
        optional call: At<String> = "call";
        /// What it does, in order. A failed call ends the task.
        optional steps: Filled<At<Step>> = "steps";
        /// Words to select it by.
        optional tags: Vec<At<String>> = "tags";
    }
}

impl User {
    /// Every step it may ever take, those inside other steps too, in no particular order.
    #[must_use]
    pub fn all_steps(&self) -> Vec<&At<Step>> {
        let of_tasks = self.tasks.iter().flat_map(|(_, task)| task.steps.iter().flat_map(|steps| &steps.0));
        let mut open: Vec<&At<Step>> = self.on_start.iter().flatten().chain(of_tasks).collect();
        let mut all = Vec::new();
        while let Some(step) = open.pop() {
            if let Step::When(when) = &step.value {
                open.extend(when.then.iter().chain(when.otherwise.iter().flatten()));
            }
            all.push(step);
        }
        all
    }
}
