use super::data::Feed;
use super::decode::{Any, At, Filled, Named};
use super::pause::Pause;
use super::record::record;
use super::refresh::Refresh;
use super::scalars::{Count, Time, Weight};
use super::shape::Visitor;
use super::step::Step;

record! {
    /// A kind of user: what it does, how often, and how long it pauses.
    pub struct User("a user type") {
        /// Another user type whose keys this one takes over where it gives none of its own.
        optional extends: At<String> = "extends";
        /// Its share of all users, relative to the other kinds. Default 1.
        optional weight: At<Weight> = "weight";
        /// A fixed number of users of this kind, in the place of a weight; they come first.
        optional count: At<Count> = "count";
        /// The pause after each task, also after one that sent nothing: `2s`, `1s..5s` or a distribution. Default none.
        optional think_time: At<Pause> = "think_time";
        /// From one task's start to the next one's, however long the task takes: `10s`. Instead of `think_time`.
        optional pacing: At<Time> = "pacing";
        /// Names each user of this kind starts with, of its own; may use expressions.
        optional state: Named<At<Any>> = "state";
        /// Rows of data sets, one at a time, each under a name.
        optional feed: Named<At<Feed>> = "feed";
        /// Steps before its first task.
        optional on_start: Vec<At<Step>> = "on_start";
        /// Steps after its last task.
        optional on_stop: Vec<At<Step>> = "on_stop";
        /// Steps that get it a new token: where an answer says that the old one is over, or before it is.
        optional refresh: At<Refresh> = "refresh";
        /// Who takes an arrival of this kind: `returning` (the default), a user that has been here before, or `new`, with
        /// fresh state, cookies and connection.
        optional visitor: Visitor = "visitor";
        /// Words to select it by.
        optional tags: Vec<At<String>> = "tags";
        /// What it does: one task after another, drawn by weight.
        inherited tasks: Named<At<Task>> = "tasks";
        /// Tasks in this order, again and again, instead of by weight; an arrival that is a new visitor does all of them once.
        optional sequence: Filled<At<String>> = "sequence";
    }
}

record! {
    /// One thing a user does.
    pub struct Task("a task", short: text = "call", list = "steps") {
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
        let once = self.on_start.iter().flatten().chain(self.on_stop.iter().flatten());
        let refresh = self.refresh.iter().flat_map(|refresh| &refresh.steps.0);
        Step::with_inner(once.chain(of_tasks).chain(refresh))
    }
}
