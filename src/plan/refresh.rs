use super::decode::{At, Filled};
use super::pause::StepPause;
use super::record::{record, words};
use super::step::Step;

record! {
    /// Steps that get a user a new token, or whatever else grows old, for the calls of its tasks and of `on_stop`.
    pub struct Refresh("`refresh`") {
        /// A condition on each answer: `status == 401`. Where it is true, the steps are done.
        optional when: At<String> = "when";
        /// How old what the user has may be: before a call that comes later, the steps are done. `50m`, or
        /// `"{{ expires_in - 30 }}s"`. It is as old as the last refresh, or as the end of `on_start`.
        optional max_age: At<StepPause> = "max_age";
        /// The steps: they call what gives a new token, which `capture`s it.
        required steps: Filled<At<Step>> = "steps";
        /// What becomes of the call that `when` took: `retry` (the default) makes it again, once; `continue` leaves it as it
        /// ended.
        optional then: At<AfterRefresh> = "then";
    }
}

words! {
    /// What becomes of a call after whose answer something was refreshed.
    pub enum AfterRefresh {
        /// It is made again, once.
        Retry = "retry",
        /// It stays as it ended.
        Continue = "continue",
    }
}
