use tokio::sync::watch;

/// How far a run has come to its end. It only ever goes forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Load is made as the plan says.
    Running,
    /// Nothing new begins; what is under way may end.
    Draining,
    /// What is under way is cut off.
    Cutting,
}

/// The one switch all workers listen to.
#[derive(Debug, Clone)]
pub struct Stop(std::sync::Arc<watch::Sender<Phase>>);

impl Stop {
    /// A switch that stands at running.
    #[must_use]
    pub fn new() -> Self {
        Self(std::sync::Arc::new(watch::Sender::new(Phase::Running)))
    }

    /// Goes forward to a phase; never back.
    pub fn advance(&self, to: Phase) {
        self.0.send_if_modified(|phase| {
            let forward = *phase < to;
            *phase = (*phase).max(to);
            forward
        });
    }

    /// Where it stands.
    #[must_use]
    pub fn phase(&self) -> Phase {
        *self.0.borrow()
    }

    /// A listener.
    #[must_use]
    pub fn listen(&self) -> watch::Receiver<Phase> {
        self.0.subscribe()
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}
