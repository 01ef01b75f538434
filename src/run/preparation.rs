use std::sync::Arc;

use super::interrupts::Interrupts;
use crate::compile::Program;
use crate::engine::{NotReady, OnStepFailure, OneOff, Platform};
use crate::expression::Globals;
use crate::sample::TaskId;

/// Does the plan's setup; what every user then sees.
pub(super) async fn set_up(program: &Arc<Program>, platform: &Platform) -> Result<Arc<Globals>, NotReady> {
    if program.setup.is_empty() {
        return Ok(program.globals.clone());
    }
    let setup = OneOff { program, globals: &program.globals, user_type: None, observer: None, platform };
    let done = setup.run(&[(&program.setup, TaskId(u16::MAX))], OnStepFailure::Stop).await?;
    if !done.failures.is_empty() {
        return Err(NotReady::Setup(done.failures.join("; ")));
    }
    Ok(Arc::new(program.globals.with(done.state)))
}

/// Does the plan's teardown, unless somebody has no time for it; what went wrong in it.
pub(super) async fn tear_down(
    program: &Arc<Program>,
    globals: &Arc<Globals>,
    platform: &Platform,
    interrupts: &mut Interrupts,
) -> Vec<String> {
    if program.teardown.is_empty() {
        return Vec::new();
    }
    let teardown = OneOff { program, globals, user_type: None, observer: None, platform };
    let groups = [(&*program.teardown, TaskId(u16::MAX))];
    tokio::select! {
        biased;
        () = interrupts.next() => vec!["interrupted before it was done".to_owned()],
        done = teardown.run(&groups, OnStepFailure::Stop) => match done {
            Ok(done) => done.failures,
            Err(error) => vec![error.to_string()],
        },
    }
}
