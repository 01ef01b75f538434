use std::pin::pin;
use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::interrupts::Interrupts;
use crate::compile::{Program, Step};
use crate::engine::{NotReady, OnStepFailure, OneOff, OneOffResult, Platform, WorkerMessage};
use crate::expression::Globals;
use crate::sample::TaskId;
use crate::units::Shard;

/// The plan's own steps, before and after its load.
pub(super) struct Preparation<'a> {
    pub(super) program: &'a Arc<Program>,
    pub(super) platform: &'a Platform,
    /// Which part of the run this is.
    pub(super) shard: Shard,
}

impl Preparation<'_> {
    /// Does the plan's setup; what every user then sees, and what it logged.
    pub(super) async fn set_up(&self) -> Result<(Arc<Globals>, Vec<String>), NotReady> {
        let globals = self.program.globals_of_run(self.shard);
        if self.program.setup.is_empty() {
            return Ok((globals, Vec::new()));
        }
        let (messages, mut said) = unbounded_channel();
        let setup = self.one_off(&globals, messages);
        let done = setup.run(&[(&self.program.setup, TaskId(u16::MAX))], OnStepFailure::Stop).await?;
        if !done.failures.is_empty() {
            return Err(NotReady::Setup(done.failures.join("; ")));
        }
        let mut lines = Vec::new();
        lines_of(&mut said, |line| lines.push(line));
        Ok((Arc::new(globals.with(done.state)), lines))
    }

    /// Whether anything is to be done after the load.
    pub(super) fn has_teardown(&self) -> bool {
        !self.program.teardown.is_empty()
    }

    /// Does the plan's teardown, unless somebody has no time for it; what went wrong in it. `line` hears what it logs,
    /// as it comes.
    pub(super) async fn tear_down(
        &self,
        globals: &Arc<Globals>,
        interrupts: &mut Interrupts,
        mut line: impl FnMut(String),
    ) -> Vec<String> {
        if !self.has_teardown() {
            return Vec::new();
        }
        let (messages, mut said) = unbounded_channel();
        let teardown = self.one_off(globals, messages);
        let groups: [(&[Step], TaskId); 1] = [(&self.program.teardown, TaskId(u16::MAX))];
        let mut work = pin!(teardown.run_until(&groups, OnStepFailure::Stop, interrupts.next()));
        let done: Result<OneOffResult, NotReady> = loop {
            tokio::select! {
                biased;
                Some(message) = said.recv() => of_line(message).into_iter().for_each(&mut line),
                done = &mut work => break done,
            }
        };
        lines_of(&mut said, line);
        match done {
            Ok(done) => done.failures,
            Err(error) => vec![error.to_string()],
        }
    }

    fn one_off<'b>(&'b self, globals: &'b Arc<Globals>, messages: UnboundedSender<WorkerMessage>) -> OneOff<'b> {
        let Self { program, platform, .. } = *self;
        OneOff { program, globals, user_type: None, observer: None, messages, platform }
    }
}

/// The lines among the messages that have come.
fn lines_of(messages: &mut UnboundedReceiver<WorkerMessage>, line: impl FnMut(String)) {
    let lines = std::iter::from_fn(|| messages.try_recv().ok()).filter_map(of_line);
    lines.for_each(line);
}

fn of_line(message: WorkerMessage) -> Option<String> {
    match message {
        WorkerMessage::Line { text, .. } => Some(text),
        WorkerMessage::Second { .. }
        | WorkerMessage::Stop { .. }
        | WorkerMessage::Folded(_)
        | WorkerMessage::Over { .. } => None,
    }
}
