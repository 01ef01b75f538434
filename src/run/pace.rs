use std::collections::BTreeSet;

use crate::compile::{Action, Call, Expectation, Program, RecordValue, RepeatCount, Shape, Step, UserType, WaitTime};
use crate::load::Pace;

/// What says when the next request of a run goes out. It is nothing at all only where all scenarios are users who never
/// pause; and where no check looks at the time that an answer took, for that is the generator's then.
pub(super) fn pace(program: &Program) -> Pace {
    let closed = |shape: &Shape| matches!(shape, Shape::Closed(..) | Shape::Iterations(_));
    let types = program.scenarios.iter().flat_map(|scenario| &scenario.kinds);
    let mut users = types.filter_map(|(id, _)| program.users.get(id.index()));
    let full = program.scenarios.iter().all(|scenario| closed(&scenario.shape))
        && users.all(|user| never_pauses(user) && !user.tasks.iter().any(|task| looks_at_time(program, &task.steps)));
    if full { Pace::FullSpeed } else { Pace::Planned }
}

fn never_pauses(user: &UserType) -> bool {
    let waits = match user.wait_time {
        WaitTime::ThinkTime(pause) => !pause.is_none(),
        WaitTime::Pacing(_) => true,
    };
    !waits && !user.tasks.iter().any(|task| any_step(&task.steps, &pauses))
}

/// Whether a step may wait for something else than an answer.
fn pauses(step: &Step) -> bool {
    match &step.action {
        Action::Think(_) | Action::Take(_) => true,
        Action::Repeat(repeat) => {
            repeat.every.is_some() || matches!(repeat.count, RepeatCount::Until { fail_after: Some(_), .. })
        }
        _ => false,
    }
}

/// Whether what a task does depends on how long answers took: a check, or what is kept of them.
fn looks_at_time(program: &Program, steps: &[Step]) -> bool {
    let is_timed = |names: BTreeSet<String>| names.contains("elapsed");
    let expects = |expectation: &Expectation| match expectation {
        Expectation::Within(_) => true,
        Expectation::That(that) => is_timed(that.names()),
        _ => false,
    };
    let records = |value: &RecordValue| matches!(value, RecordValue::Expr(that) if is_timed(that.names()));
    let calls = |call: &Call| {
        program.endpoints.get(call.endpoint.index()).is_some_and(|endpoint| {
            endpoint.expect.iter().any(|check| expects(&check.expectation))
                || endpoint.record.iter().any(|record| records(&record.value))
        })
    };
    any_step(steps, &|step| match &step.action {
        Action::Set(names) => names.iter().any(|(_, value)| is_timed(value.names())),
        action => action.calls().iter().any(calls),
    })
}

/// Whether something is true of one of some steps, or of one inside them.
fn any_step(steps: &[Step], is: &dyn Fn(&Step) -> bool) -> bool {
    let mut open: Vec<&Step> = steps.iter().collect();
    while let Some(step) = open.pop() {
        if is(step) {
            return true;
        }
        open.extend(step.action.inner());
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::tests::VirtualRun;

    #[test]
    fn nothing_sets_the_pace_only_where_all_users_go_on_as_soon_as_they_are_answered() {
        let of = |plan: &str| pace(&VirtualRun::of(&format!("endpoints: {{root: {{get: /}}}}\n{plan}")).program);
        for plan in [
            "shape: {constant: {users: 4, for: 5s}}",
            "shape: {iterations: {users: 4, each: 3, within: 1m}}",
            "users: {u: {think_time: 0s, tasks: {t: {call: root}}}}\nshape: {constant: {users: 4, for: 5s}}",
            // before the first task
            "users: {u: {on_start: [{think: 1s}], tasks: {t: {call: root}}}}\nshape: {constant: {users: 4, for: 5s}}",
        ] {
            assert_eq!(of(plan), Pace::FullSpeed, "{plan}");
        }
        let with = |user: &str| format!("users: {{u: {{{user}}}}}\nshape: {{constant: {{users: 4, for: 5s}}}}");
        for plan in [
            "shape: {arrivals: {rate: 50/s, for: 10s}}".to_owned(),
            "scenarios: {a: {shape: {constant: {users: 4, for: 5s}}}, b: {shape: {arrivals: {rate: 5/s, for: 5s}}}}"
                .to_owned(),
            with("think_time: 1ms, tasks: {t: {call: root}}"),
            with("pacing: 1s, tasks: {t: {call: root}}"),
            with("tasks: {t: {steps: [{repeat: {times: 3, steps: [{call: root}, {think: 1s}]}}]}}"),
            with("tasks: {t: {steps: [{repeat: {times: 3, every: 1s, steps: [{call: root}]}}]}}"),
        ] {
            assert_eq!(of(&plan), Pace::Planned, "{plan}");
        }
        for looks in ["expect: {within: 1s}", "expect: {that: elapsed < 1}", "record: {level: '{{ elapsed * 1000 }}'}"]
        {
            let plan = format!(
                "metrics: {{level: {{trend: {{}}}}}}\nendpoints: {{root: {{get: /, {looks}}}}}\nshape: {{constant: {{users: 4, for: 5s}}}}"
            );
            assert_eq!(pace(&VirtualRun::of(&plan).program), Pace::Planned, "{plan}");
        }
    }
}
