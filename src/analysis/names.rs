/// What a plan says of its endpoints, so that its thresholds can be judged on rows of another tool, which go by names.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// The endpoints.
    pub endpoints: Vec<Known>,
    /// Tags of tasks and user types: rows do not tell whose they are.
    pub elsewhere: Vec<String>,
}

/// One endpoint.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its name in the plan.
    pub endpoint: String,
    /// The name its requests go by; `None` where each request has its own.
    pub label: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
}

impl Names {
    /// The endpoints whose requests go by a name.
    pub(super) fn of<'a>(&'a self, label: &'a str) -> impl Iterator<Item = &'a Known> {
        self.endpoints.iter().filter(move |known| known.label.as_deref() == Some(label))
    }

    /// Whether each endpoint's requests go by one name.
    pub(super) fn are_fixed(&self) -> bool {
        !self.endpoints.is_empty() && self.endpoints.iter().all(|known| known.label.is_some())
    }
}
