use std::sync::Arc;
use std::time::Duration;

use minijinja::value::ValueKind;

use super::user::{MIN_PAUSE, StepsEnd, User};
use crate::compile::{LoopPart, Repeat, RepeatCount, Step, StepPause};
use crate::expression::{EvalError, Value, is_list, to_number, to_text};
use crate::sample::TaskId;
use crate::units::{Offset, show_duration};

/// What follows a round.
enum Round {
    Next,
    /// The loop is over, and ends so.
    Last(StepsEnd),
}

impl User {
    pub(super) async fn repeat(&mut self, repeat: &Repeat, task: TaskId, place: &str) -> StepsEnd {
        let (most, fail_after) = match &repeat.count {
            RepeatCount::Until { most, fail_after, .. } => (*most, *fail_after),
            RepeatCount::Times(times) => match times.eval(&self.scope).and_then(|times| count(&times)) {
                Ok(times) => (times, None),
                Err(error) => return self.step_failed(task, place, &error),
            },
        };
        let deadline = fail_after.map(|limit| self.context.clock.now().max(self.due) + limit);
        for round in 0..most {
            let before = self.due;
            match self.round(&repeat.steps, task).await {
                Round::Next => {}
                Round::Last(end) => return end,
            }
            if let RepeatCount::Until { until, .. } = &repeat.count {
                match until.holds(&self.scope) {
                    Ok(true) => return StepsEnd::Done,
                    Ok(false) => {}
                    Err(error) => return self.step_failed(task, place, &error),
                }
            }
            if round + 1 < most
                && let Err(end) = self.between(repeat.every.as_ref(), (before, deadline), task, place).await
            {
                return end;
            }
            if deadline.is_some_and(|deadline| self.due.max(self.context.clock.now()) >= deadline) {
                break;
            }
        }
        match &repeat.count {
            RepeatCount::Times(_) => StepsEnd::Done,
            RepeatCount::Until { until, most, .. } => {
                let within = match fail_after {
                    Some(limit) if *most == u64::MAX => format!("within {}", show_duration(limit)),
                    Some(limit) => format!("within {} and {most} rounds", show_duration(limit)),
                    None => format!("after {most} rounds"),
                };
                let message = format!("`{}` was not true {within}", until.source());
                self.step_failed(task, place, &EvalError { message })
            }
        }
    }

    /// The pause between two rounds, to the loop's deadline at most.
    ///
    /// # Errors
    /// How the loop ends, where it does.
    async fn between(
        &mut self,
        every: Option<&StepPause>,
        (before, deadline): (Offset, Option<Offset>),
        task: TaskId,
        place: &str,
    ) -> Result<(), StepsEnd> {
        let time = match every {
            Some(every) => every.time(&self.scope).map_err(|error| self.step_failed(task, place, &error))?,
            // what ends by time alone must let time go on
            None if deadline.is_some() && self.due == before => MIN_PAUSE,
            None => Duration::ZERO,
        };
        let left = deadline.map_or(time, |deadline| deadline.since(self.due));
        self.think_for(time.min(left)).await;
        Ok(())
    }

    pub(super) async fn for_each(
        &mut self,
        item: &Arc<str>,
        items: Vec<Value>,
        steps: &[Step],
        task: TaskId,
    ) -> StepsEnd {
        for value in items {
            self.context.secrets.note(item, &value);
            self.scope.set(item, value);
            match self.round(steps, task).await {
                Round::Next => {}
                Round::Last(end) => return end,
            }
        }
        StepsEnd::Done
    }

    /// One round of a loop.
    async fn round(&mut self, steps: &[Step], task: TaskId) -> Round {
        if self.has_had_its_turn() {
            tokio::task::yield_now().await;
        }
        if self.stop.phase() >= self.stops_at {
            return Round::Last(StepsEnd::CutShort);
        }
        match self.steps(steps, task).await {
            StepsEnd::Done | StepsEnd::Left(LoopPart::Round) => Round::Next,
            StepsEnd::Left(LoopPart::Loop) => Round::Last(StepsEnd::Done),
            end => Round::Last(end),
        }
    }
}

/// The items of a list that a step goes over.
pub(super) fn items(list: &Value, step: &str) -> Result<Vec<Value>, EvalError> {
    let refuse = || EvalError { message: format!("`{step}` needs a list, not a {}", list.kind()) };
    if !is_list(list) {
        return Err(refuse());
    }
    Ok(list.try_iter().map_err(|_| refuse())?.collect())
}

fn count(times: &Value) -> Result<u64, EvalError> {
    let number = (times.kind() != ValueKind::Bool).then(|| to_number(times)).flatten();
    // beyond 2^53 not every whole number is one
    let whole =
        number.filter(|number| number.fract() == 0.0 && (0.0..=9e15).contains(number)).map(|number| number as u64);
    whole.ok_or_else(|| EvalError {
        message: format!("`times` is to be a whole number ≥ 0, not `{}`", to_text(times))
    })
}
