use std::convert::Infallible;
use std::time::Duration;

/// A timer this system does not have.
#[derive(Debug)]
pub struct ExactTimer(Infallible);

impl ExactTimer {
    /// None: the runtime's own timer has to do.
    #[must_use]
    pub const fn new() -> Option<Self> {
        None
    }

    /// Never called: there is none.
    pub fn set(&self, _wait: Duration) -> bool {
        match self.0 {}
    }

    /// Never called: there is none.
    pub async fn gone_off(&self) -> bool {
        match self.0 {}
    }
}
