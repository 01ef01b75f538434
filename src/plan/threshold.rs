//! What must hold.

/// One threshold of the plan.
#[derive(Debug, Clone)]
pub struct Rule {}
