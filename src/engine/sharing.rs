use super::user::{StepsEnd, Then, User};
use crate::compile::{Put, Take, WhenEmpty};
use crate::expression::{EvalError, Value};
use crate::sample::TaskId;
use crate::units::show_duration;

impl User {
    /// Gives all users something.
    pub(super) fn put(&self, puts: &[Put]) -> Result<(), EvalError> {
        let Some(store) = self.context.globals.shared() else { return Ok(()) };
        for put in puts {
            let value = put.value.eval(&self.scope)?;
            self.context.secrets.note(&put.name, &value);
            store.put(put.to, &value)?;
        }
        // whoever sees it next may be on another worker, and has noted nothing
        self.context.secrets.flush();
        Ok(())
    }

    /// Takes something that no other user then has.
    pub(super) async fn take(&mut self, take: &Take, task: TaskId, place: &str) -> StepsEnd {
        let Some(store) = self.context.globals.shared().cloned() else { return StepsEnd::Done };
        let mut taken = store.try_take(take.from);
        if taken.is_none() && !take.within.is_zero() {
            let until = self.due.max(self.context.clock.now()) + take.within;
            let waited = tokio::select! {
                biased;
                () = self.stop.reached(self.stops_at) => Err(StepsEnd::CutShort),
                value = store.take(take.from) => Ok(value),
                () = self.context.pacer.sleep_until(until) => Ok(None),
            };
            // to wait for others is the plan's doing
            self.due = self.due.max(self.context.clock.now());
            self.free_since = self.free_since.max(self.due);
            match waited {
                Ok(value) => taken = value,
                Err(end) => return end,
            }
        }
        let Some(value) = taken.or_else(|| (take.when_empty == WhenEmpty::Continue).then(|| Value::from(()))) else {
            if take.when_empty == WhenEmpty::StopTask {
                return StepsEnd::Stopped(Then::GoOn);
            }
            let waited =
                if take.within.is_zero() { String::new() } else { format!(" for {}", show_duration(take.within)) };
            let message = format!("the shared pool `{}` was empty{waited}", take.pool);
            return self.step_failed(task, place, &EvalError { message });
        };
        self.context.secrets.note(&take.pool, &value);
        match self.keep(&take.name, value) {
            Ok(()) => StepsEnd::Done,
            Err(error) => self.step_failed(task, place, &error),
        }
    }
}
