use std::cell::Cell;
use std::rc::Rc;

/// How many users of a group are there.
#[derive(Debug, Clone, Default)]
pub(super) struct Attendance(Rc<Cell<u64>>);

/// One user's being there; counted out however its task ends.
#[derive(Debug)]
pub(super) struct ActiveUsers(Attendance);

impl Attendance {
    pub(super) fn count(&self) -> u64 {
        self.0.get()
    }

    pub(super) fn enter(&self) -> ActiveUsers {
        self.0.set(self.0.get() + 1);
        ActiveUsers(self.clone())
    }
}

impl Drop for ActiveUsers {
    fn drop(&mut self) {
        self.0.0.set(self.0.0.get() - 1);
    }
}
