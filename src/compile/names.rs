use std::collections::BTreeSet;

use crate::diagnostic::{Problem, Problems, Sources, Span, did_you_mean, nearest};
use crate::expression::{BUILT_IN_NAMES, FUNCTIONS};

/// A set of names that expressions may use.
#[derive(Debug, Clone, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    pub(super) fn built_in() -> Self {
        Self(BUILT_IN_NAMES.iter().map(|(name, _)| (*name).to_owned()).collect())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    pub(super) fn add<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        self.0.extend(names.into_iter().map(str::to_owned));
    }

    pub(super) fn with(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// A text of the plan with the names it uses, kept until all names of its surroundings are known.
#[derive(Debug, Clone)]
pub(super) struct NameUse {
    pub(super) names: BTreeSet<String>,
    pub(super) text: String,
    pub(super) span: Span,
}

impl NameUse {
    /// Whether it looks into an answer's body.
    pub(super) fn reads_body(&self) -> bool {
        self.names.contains("json") || self.names.contains("body")
    }

    /// Reports each name of a data set that is too large to be a value.
    pub(super) fn check_size(&self, large: &Names, sources: &Sources, problems: &mut Problems) {
        for name in self.names.iter().filter(|name| large.has(name)) {
            let span = self.place(name, sources);
            let problem = Problem::at(span, format!("the data set `{name}` is too large to be used as a list"));
            problems.push(problem.help("take its rows one at a time: `feed: {row: {from: …}}` on the user type"));
        }
    }

    /// Reports each name that is not known; `who` says for whom it is not, where that matters.
    pub(super) fn check(&self, known: &Names, who: Option<&str>, sources: &Sources, problems: &mut Problems) {
        for name in self.names.iter().filter(|name| !known.has(name)) {
            let span = self.place(name, sources);
            let message = match who {
                Some(who) => format!("unknown name `{name}` when called by {who}"),
                None => format!("unknown name `{name}`"),
            };
            let functions = FUNCTIONS.iter().map(|(function, _, _)| *function);
            let help = if let Some(near) = nearest(name, known.iter().chain(functions)) {
                Some(format!("did you mean `{near}`?"))
            } else {
                did_you_mean(name, known.iter().filter(|name| !BUILT_IN_NAMES.iter().any(|(known, _)| known == name)))
            };
            problems.push(Problem::at(span, message).help_if(help));
        }
    }

    fn place(&self, name: &str, sources: &Sources) -> Span {
        let at = self.text.find(name).unwrap_or(0);
        sources.part(self.span, &self.text, at..at + name.len())
    }
}
