use std::sync::Arc;

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

/// Does the plan's teardown; what went wrong in it.
pub(super) async fn tear_down(program: &Arc<Program>, globals: &Arc<Globals>, platform: &Platform) -> Vec<String> {
    if program.teardown.is_empty() {
        return Vec::new();
    }
    let teardown = OneOff { program, globals, user_type: None, observer: None, platform };
    match teardown.run(&[(&program.teardown, TaskId(u16::MAX))], OnStepFailure::Stop).await {
        Ok(done) => done.failures,
        Err(error) => vec![error.to_string()],
    }
}
