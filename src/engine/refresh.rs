use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::call::CallEnd;
use super::user::{StepsEnd, User};
use crate::compile::{AfterRefresh, Call, Program, Refresh};
use crate::expression::{EvalError, Scope};
use crate::sample::{TaskId, UserTypeId};
use crate::units::Offset;

/// How old what a user has is: its token.
#[derive(Debug)]
pub(super) struct Freshness {
    since: Offset,
    /// How old it may be; asked for once after each refresh, as what gives a token says it.
    limit: Option<Duration>,
}

impl User {
    /// Says that what the user has is new, where its type has something that grows old.
    pub(super) fn begin_freshness(&mut self) {
        let since = self.due.max(self.context.clock.now());
        let refreshes = refresh_of(&self.context.program, self.user_type).is_some();
        self.freshness = refreshes.then(|| Box::new(Freshness { since, limit: None }));
    }

    /// A call of a user that has something to refresh; boxed, because the steps that do so call themselves.
    pub(super) fn fresh_call<'a>(
        &'a mut self,
        call: &'a Call,
        task: TaskId,
        place: &'a str,
    ) -> Pin<Box<dyn Future<Output = StepsEnd> + 'a>> {
        Box::pin(async move {
            if let Err(end) = self.refresh_in_time(task).await {
                return end;
            }
            let mut end = self.make_call(call, task).await;
            match self.is_over(&end, &self.scope) {
                Ok(false) => {}
                Ok(true) => match self.refresh_now(task).await {
                    Ok(AfterRefresh::Retry) => end = self.make_call(call, task).await,
                    Ok(AfterRefresh::Continue) => {}
                    Err(end) => return end,
                },
                Err(error) => return self.step_failed(task, place, &error),
            }
            self.after(end.result, call.on_failure, place)
        })
    }

    /// Whether an answer says that what the user has is over.
    pub(super) fn is_over(&self, end: &CallEnd, scope: &Arc<Scope>) -> Result<bool, EvalError> {
        if self.freshness.is_none() || end.status.is_none() {
            return Ok(false);
        }
        let refresh = refresh_of(&self.context.program, self.user_type);
        let when = refresh.and_then(|refresh| Some((refresh, refresh.when.as_ref()?)));
        when.map_or(Ok(false), |(refresh, when)| {
            when.holds(scope).map_err(|error| EvalError { message: format!("{}: {}", refresh.place, error.message) })
        })
    }

    /// Refreshes what has become too old.
    ///
    /// # Errors
    /// How the task ends, where that goes wrong.
    pub(super) async fn refresh_in_time(&mut self, task: TaskId) -> Result<(), StepsEnd> {
        let Some(Freshness { since, limit }) = self.freshness.as_deref() else { return Ok(()) };
        let (since, limit) = (*since, *limit);
        let refresh = refresh_of(&self.context.program, self.user_type);
        let Some((refresh, max_age)) = refresh.and_then(|refresh| Some((refresh, refresh.max_age.as_ref()?))) else {
            return Ok(());
        };
        let limit = match limit {
            Some(limit) => limit,
            None => max_age.length(&self.scope).map_err(|error| self.step_failed(task, &refresh.place, &error))?,
        };
        if let Some(freshness) = &mut self.freshness {
            freshness.limit = Some(limit);
        }
        match self.due.max(self.context.clock.now()).since(since) >= limit {
            true => self.refresh_now(task).await.map(drop),
            false => Ok(()),
        }
    }

    /// Does the steps that refresh; gives what becomes of a call whose answer asked for it.
    ///
    /// # Errors
    /// How they ended, where they did not come to their end.
    pub(super) async fn refresh_now(&mut self, task: TaskId) -> Result<AfterRefresh, StepsEnd> {
        let program = self.context.program.clone();
        let Some(refresh) = refresh_of(&program, self.user_type) else { return Ok(AfterRefresh::Continue) };
        // the calls of these steps refresh nothing
        let old = self.freshness.take();
        let end = self.steps(&refresh.steps, task).await;
        if end != StepsEnd::Done {
            self.freshness = old;
            return Err(end);
        }
        self.begin_freshness();
        Ok(refresh.then)
    }
}

fn refresh_of(program: &Program, user_type: UserTypeId) -> Option<&Refresh> {
    program.users.get(user_type.index())?.refresh.as_deref()
}
