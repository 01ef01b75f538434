use serde::{Deserialize, Serialize};

use crate::secrets::Secrets;

/// A threshold of a plan that says nothing of a run: what it is of does not take part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The condition, as it is written.
    pub require: String,
    /// Its name, where the plan gives one.
    pub name: Option<String>,
    /// Its place in the plan: `plan.yaml:12:3`.
    pub place: String,
    /// Why it is left out.
    pub why: String,
}

impl LeftOut {
    /// Takes secrets out of what is said of it.
    pub(crate) fn mask(&mut self, secrets: &Secrets) {
        for text in [&mut self.require, &mut self.place, &mut self.why].into_iter().chain(&mut self.name) {
            *text = secrets.mask(text).into_owned();
        }
    }
}
