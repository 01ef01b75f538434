use std::fmt;

/// How one task of a user ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskOutcome {
    /// It came to its end, or a step of the plan ended it.
    Completed,
    /// An error ended it; the kind says which.
    Failed(TaskFailure),
    /// Its user was told to leave while it was under way.
    Aborted,
}

/// What ended a task before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TaskFailure {
    /// A call that failed. The request is counted as failed too.
    Call,
    /// A step that could not be done as it is written: an undefined name, a list that is none. No request knows of it.
    Step,
    /// Rows that could not be read any more.
    Rows,
}

impl TaskFailure {
    /// Every kind, in the order reports list them.
    pub const ALL: [Self; 3] = [Self::Call, Self::Step, Self::Rows];

    /// The kind's name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Step => "step",
            Self::Rows => "rows",
        }
    }
}

impl fmt::Display for TaskFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
