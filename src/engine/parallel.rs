use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::vec;

use super::call::{CallEnd, CallResult, Caller};
use super::service_clients::ServiceClients;
use super::user::{StepsEnd, Then, User};
use crate::compile::{AfterRefresh, Call, CallEach};
use crate::expression::{EvalError, Scope, Value};
use crate::sample::{TaskFailure, TaskId};
use crate::units::Offset;

/// A call beside others, that is over: with the names that it saw and set.
struct Beside {
    end: CallEnd,
    scope: Arc<Scope>,
}

/// What calls for the items of a list came to.
#[derive(Default)]
struct Lanes {
    failed: u64,
    /// The user was told to leave.
    stopped: bool,
    /// The items whose answers said that what the user has is over, and how many of them failed.
    over: (Vec<Value>, u64),
    /// Whether they said so is not known.
    unknown: Option<EvalError>,
}

impl User {
    /// Calls at once: each has a connection and names of its own; what they capture is the user's.
    pub(super) async fn parallel(&mut self, calls: &[Call], task: TaskId, place: &str) -> StepsEnd {
        if let Err(end) = self.refresh_in_time(task).await {
            return end;
        }
        let mut ended = self.at_once(calls.iter().collect(), task).await;
        let over: Result<Vec<bool>, EvalError> =
            ended.iter().map(|beside| self.is_over(&beside.end, &beside.scope)).collect();
        match over {
            Ok(over) if over.contains(&true) => match self.refresh_now(task).await {
                Ok(AfterRefresh::Retry) => {
                    let again = calls.iter().zip(&over).filter(|(_, over)| **over).map(|(call, _)| call).collect();
                    let anew = self.at_once(again, task).await;
                    let places = ended.iter_mut().zip(&over).filter(|(_, over)| **over).map(|(place, _)| place);
                    places.zip(anew).for_each(|(place, anew)| *place = anew);
                }
                Ok(AfterRefresh::Continue) => {}
                Err(end) => return end,
            },
            Ok(_) => {}
            Err(error) => return self.step_failed(task, place, &error),
        }
        let mut worst = StepsEnd::Done;
        for (beside, call) in ended.iter().zip(calls) {
            let end = self.after(beside.end.result, call.on_failure, place);
            worst = if weight(end) > weight(worst) { end } else { worst };
        }
        ended.iter().for_each(|beside| self.scope.join(&beside.scope));
        worst
    }

    async fn at_once(&mut self, calls: Vec<&Call>, task: TaskId) -> Vec<Beside> {
        self.have_clients(calls.len());
        let due = self.due;
        let scopes: Vec<_> = calls.iter().map(|_| self.scope.fork()).collect();
        let mut clients = std::mem::take(&mut self.clients);
        let under_way = calls.into_iter().zip(&mut clients).zip(&scopes).map(|((call, clients), scope)| {
            let caller = self.caller(scope);
            Box::pin(async move { caller.call(clients, task, call, due).await })
        });
        let ended = join_all(under_way.collect()).await;
        self.clients = clients;
        self.due = ended.iter().fold(due, |last, end| last.max(end.at));
        self.free_since = self.due;
        ended.into_iter().zip(scopes).map(|(end, scope)| Beside { end, scope }).collect()
    }

    /// A call for each item of a list: whichever of so many connections is free takes the next. Of what they capture, the
    /// user has what came last.
    pub(super) async fn parallel_each(
        &mut self,
        each: &CallEach,
        items: Vec<Value>,
        task: TaskId,
        place: &str,
    ) -> StepsEnd {
        if let Err(end) = self.refresh_in_time(task).await {
            return end;
        }
        let mut sum = self.lanes(each, items, task).await;
        let (over, of_them_failed) = std::mem::take(&mut sum.over);
        if !over.is_empty() && sum.unknown.is_none() {
            match self.refresh_now(task).await {
                Ok(AfterRefresh::Retry) => {
                    let again = self.lanes(each, over, task).await;
                    // once is enough
                    sum.failed += again.failed + again.over.1;
                    sum.stopped |= again.stopped;
                    sum.unknown = again.unknown;
                }
                Ok(AfterRefresh::Continue) => sum.failed += of_them_failed,
                Err(end) => return end,
            }
        }
        if let Some(error) = sum.unknown {
            return self.step_failed(task, place, &error);
        }
        self.failed_calls += sum.failed;
        match each.call.on_failure.stops() {
            Some(scope) if sum.failed > 0 => StepsEnd::Failed(TaskFailure::Call, self.end(scope, place)),
            _ if sum.stopped => StepsEnd::CutShort,
            _ => StepsEnd::Done,
        }
    }

    async fn lanes(&mut self, each: &CallEach, items: Vec<Value>, task: TaskId) -> Lanes {
        let lanes = each.at_most.min(items.len());
        self.have_clients(lanes);
        let mut clients = std::mem::take(&mut self.clients);
        let (left, sum) = (RefCell::new(items.into_iter()), RefCell::default());
        let lane = |clients| Box::pin(self.lane(each, clients, task, (&left, &sum)));
        let ended = join_all(clients.iter_mut().take(lanes).map(lane).collect()).await;
        self.clients = clients;
        self.due = ended.into_iter().fold(self.due, Offset::max);
        self.free_since = self.due;
        sum.into_inner()
    }

    /// One connection's calls, one after another, for as long as items are left; gives when the last was over.
    async fn lane(
        &self,
        each: &CallEach,
        clients: &mut ServiceClients,
        task: TaskId,
        (left, sum): (&RefCell<vec::IntoIter<Value>>, &RefCell<Lanes>),
    ) -> Offset {
        let mut due = self.due;
        loop {
            let next = left.borrow_mut().next();
            let Some(item) = next else { return due };
            self.context.secrets.note(&each.item, &item);
            let scope = self.scope.fork_for(&each.item, item.clone());
            let caller = Caller { free_since: self.free_since.max(due), ..self.caller(&scope) };
            let end = caller.call(clients, task, &each.call, due).await;
            due = end.at;
            let mut sum = sum.borrow_mut();
            if end.result == CallResult::Stopped {
                sum.stopped = true;
                return due;
            }
            let failed = u64::from(matches!(end.result, CallResult::Failed(_)));
            match self.is_over(&end, &scope) {
                Ok(false) => sum.failed += failed,
                Ok(true) => {
                    sum.over.0.push(item);
                    sum.over.1 += failed;
                }
                Err(error) => sum.unknown = Some(error),
            }
            self.scope.join(&scope);
        }
    }

    fn have_clients(&mut self, count: usize) {
        while self.clients.len() < count {
            self.clients.push(ServiceClients::new(&self.context.transports));
        }
    }
}

/// How much the end of one of several calls at once says of how they ended together.
const fn weight(end: StepsEnd) -> u8 {
    match end {
        StepsEnd::Done => 0,
        StepsEnd::CutShort => 1,
        StepsEnd::Stopped(_) | StepsEnd::Left(_) | StepsEnd::Failed(_, Then::GoOn) => 2,
        StepsEnd::Failed(_, Then::Leave) => 3,
    }
}

/// Waits for all of them.
async fn join_all<F: Future + Unpin>(mut futures: Vec<F>) -> Vec<F::Output> {
    let mut ended: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    poll_fn(|cx| {
        for (future, ended) in futures.iter_mut().zip(&mut ended) {
            if ended.is_none()
                && let Poll::Ready(output) = Pin::new(future).poll(cx)
            {
                *ended = Some(output);
            }
        }
        if ended.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    ended.into_iter().flatten().collect()
}
