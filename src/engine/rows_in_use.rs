use super::feeder::{Feeder, NextRow};
use super::user::{StepsEnd, Then, User};
use crate::compile::{RowPer, UserType};
use crate::sample::{TaskFailure, TaskId};

/// Whether a user has the rows it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// It has.
    Taken,
    /// There is none left for it.
    UsedUp,
    /// They cannot be read any more.
    Broken,
}

impl User {
    /// Takes its rows of a kind; whether there are any.
    pub(super) fn take_rows(&self, per: RowPer) -> Rows {
        for feeder in self.feeders().iter().filter(|feeder| feeder.feed().per == per) {
            match feeder.take(self.rank, self.scope.rng()) {
                NextRow::Row(row, lease) => {
                    self.context.secrets.note(&feeder.feed().name, &row);
                    self.scope.set(&feeder.feed().name, row);
                    self.leases.borrow_mut().extend(lease.map(|lease| (per, lease)));
                }
                NextRow::End => {
                    self.end_where_rows_are_done();
                    return Rows::UsedUp;
                }
                NextRow::Broken(why) => {
                    self.exception(&feeder.feed().name.clone(), &why);
                    return Rows::Broken;
                }
            }
        }
        Rows::Taken
    }

    /// Takes what a task needs: in a sequence, a row for the whole of it at its first task. Where rows cannot be read, the
    /// task fails before anybody knows which it is.
    pub(super) fn take_rows_for(&self, user_type: &UserType, iteration: u64) -> Rows {
        let of_flow = match user_type.order.begins_flow_at(iteration) {
            true => self.take_rows(RowPer::Iteration),
            false => Rows::Taken,
        };
        let rows = if of_flow == Rows::Taken { self.take_rows(RowPer::Task) } else { of_flow };
        if rows == Rows::Broken {
            let key = self.start_task(TaskId(u16::MAX));
            self.end_task(key, StepsEnd::Failed(TaskFailure::Rows, Then::Leave));
        }
        rows
    }

    /// Gives back the rows that a task was the last to need. A user's own row counts as done after its first iteration.
    pub(super) fn rows_done(&self, user_type: &UserType, iteration: u64) {
        if user_type.order.ends_flow_at(iteration) {
            self.release_rows(&[RowPer::Task, RowPer::Iteration, RowPer::User]);
        } else {
            self.release_rows(&[RowPer::Task]);
        }
    }

    pub(super) fn release_rows(&self, kinds: &[RowPer]) {
        let before = self.leases.borrow().len();
        self.leases.borrow_mut().retain(|(per, _)| !kinds.contains(per));
        if self.leases.borrow().len() < before {
            self.end_where_rows_are_done();
        }
    }

    fn end_where_rows_are_done(&self) {
        for feeder in self.feeders().iter().filter(|feeder| feeder.ends_run()) {
            let path = feeder.feed().table.path().display().to_string();
            self.context.end_run(&format!("the rows of feed `{}` {path} are used up", feeder.feed().name));
        }
    }

    fn feeders(&self) -> &[Feeder] {
        self.context.feeders.get(self.user_type.index()).map_or(&[], Vec::as_slice)
    }
}
