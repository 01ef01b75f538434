use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::unbounded_channel;

use super::service::{Accept, Reply, Service};
use super::simulated::Simulated;
use super::virtual_run::{in_virtual_time, program};
use crate::engine::clock::Clock;
use crate::engine::scenario::ScenarioTimeline;
use crate::engine::start::Platform;
use crate::engine::user::{Identity, StepsEnd, User};
use crate::engine::worker_context::WorkerContext;
use crate::units::Offset;

/// A user that calls once and then pauses, with the answer it still has.
async fn user_after(plan: &str) -> User {
    let program = program(plan);
    let service = Service::start(
        Rc::new(|_| Reply::Answer { after: Duration::ZERO, status: 200, body: "a short body".to_owned() }),
        Rc::new(|_, _| Accept::After(Duration::ZERO)),
    );
    let platform = Platform::Simulated(Simulated::on(service.network.clone()));
    let clock = Clock::starting_in(Duration::ZERO);
    let globals = Arc::clone(&program.globals);
    let context = Rc::new(WorkerContext::new(program, globals, clock, &platform, unbounded_channel().0).unwrap());
    let task = &context.program.users[0].tasks[0];
    let identity = Identity { number: 0, user_type: context.program.users[0].id, rank: 0 };
    let mut user = User::new(context.clone(), Rc::new(ScenarioTimeline::nowhere()), identity, Offset::ZERO);
    tokio::select! {
        end = user.steps(&task.steps, task.id) => assert_eq!(end, StepsEnd::Done),
        never = context.pacer.drive() => match never {},
    }
    user
}

/// How large the buffer is that the answer's body lies in; `None` where something else keeps it as well.
fn buffer(user: &User) -> Option<usize> {
    let body = user.scope.last_answer().unwrap().body().clone();
    assert_eq!(body, "a short body");
    user.scope.answer(None);
    body.try_into_mut().ok().map(|buffer| buffer.capacity())
}

#[test]
fn a_user_that_pauses_for_long_keeps_its_last_answer_and_not_the_buffer_it_was_read_into() {
    const PLAN: &str = "
target: http://service.test
endpoints: {root: {get: /, expect: {body: {contains: short}}}}
users: {u: {tasks: {ask: {steps: [{call: root}, {think: LONG}]}}}}
shape: {constant: {users: 1, for: 1s}}
";
    in_virtual_time(async {
        let busy = buffer(&user_after(&PLAN.replace("LONG", "1ms")).await);
        assert!(busy.is_none_or(|size| size >= 4096), "a busy user's answer is not copied: {busy:?}");
        let idle = buffer(&user_after(&PLAN.replace("LONG", "1s")).await);
        assert!(idle.is_some_and(|size| size < 128), "{idle:?}");
    });
}
