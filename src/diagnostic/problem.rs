use super::hidden::Hidden;
use super::source::Span;
use crate::secrets::Secrets;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The plan cannot run as written.
    Error,
    /// The plan runs, but probably not as meant.
    Warning,
    /// Something that cannot be known here.
    Note,
}

/// One problem: what is wrong, where, and the way out. Messages are in lower case, names in backticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where; `None` for a problem that is in no text (a missing file).
    pub span: Option<Span>,
    /// A word or two beside the caret.
    pub label: String,
    /// Other places that explain it, each with a word.
    pub related: Vec<(Span, String)>,
    /// What to do next.
    pub help: Vec<String>,
}

impl Problem {
    /// An error at a place.
    #[must_use]
    pub fn at(span: Span, message: impl Into<String>) -> Self {
        Self { span: Some(span), ..Self::new(message) }
    }

    /// An error without a place in a text.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            span: None,
            label: String::new(),
            related: Vec::new(),
            help: Vec::new(),
        }
    }

    /// The same as a warning.
    #[must_use]
    pub fn warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    /// The same as a note.
    #[must_use]
    pub fn note(self) -> Self {
        Self { severity: Severity::Note, ..self }
    }

    /// With a word beside the caret.
    #[must_use]
    pub fn label(self, label: impl Into<String>) -> Self {
        Self { label: label.into(), ..self }
    }

    /// With a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// With a way out, where there is one.
    #[must_use]
    pub fn help_if(self, help: Option<String>) -> Self {
        match help {
            Some(help) => self.help(help),
            None => self,
        }
    }

    /// With another place that explains it.
    #[must_use]
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }
}

/// All the problems of one reading; past a thousand they are counted, not kept.
#[derive(Debug, Clone, Default)]
pub struct Problems {
    list: Vec<Problem>,
    /// How many more there were of each severity.
    beyond: [usize; 3],
    muted: Vec<Span>,
    hidden: Hidden,
    unset: Unset,
    secrets: Secrets,
}

/// What a variable of the environment that is not set is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unset {
    /// An error: what needs it cannot run.
    #[default]
    Wrong,
    /// A note: the plan is read without it.
    Noted,
}

const KEPT: usize = 1000;

impl Problems {
    /// No problems yet, with what a variable that is not set will be, and the secrets of those who print them.
    #[must_use]
    pub fn with_unset(unset: Unset, secrets: Secrets) -> Self {
        Self { unset, secrets, ..Self::default() }
    }

    /// What no problem may show: whoever reads a secret tells it here.
    #[must_use]
    pub const fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Adds a variable that is not set, and reports nothing more at its place.
    pub fn push_unset(&mut self, problem: Problem) {
        self.push_last(match self.unset {
            Unset::Wrong => problem,
            Unset::Noted => problem.note(),
        });
    }

    /// Whether something in this place is not known, or was reported together with all that follows from it.
    #[must_use]
    pub fn is_open(&self, span: Span) -> bool {
        self.muted.iter().any(|muted| span.holds(*muted) || muted.holds(span))
    }

    /// Whether everything that was written could be read.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.errors() == 0 && self.muted.is_empty()
    }

    /// Whether an error lies in a place.
    #[must_use]
    pub fn has_error_in(&self, span: Span) -> bool {
        let inside = |problem: &Problem| problem.span.is_some_and(|at| span.holds(at));
        self.list.iter().any(|problem| problem.severity == Severity::Error && inside(problem))
    }

    /// Makes every warning an error.
    pub fn be_strict(&mut self) {
        let warnings = self.list.iter_mut().filter(|problem| problem.severity == Severity::Warning);
        warnings.for_each(|problem| problem.severity = Severity::Error);
        self.beyond[Severity::Error as usize] += std::mem::take(&mut self.beyond[Severity::Warning as usize]);
    }

    /// Adds one; the same message at the same place counts once.
    pub fn push(&mut self, mut problem: Problem) {
        self.hidden.take_out_of(&mut problem);
        if problem.span.is_some_and(|span| self.muted.iter().any(|muted| muted.holds(span))) {
            return;
        }
        if self.list.iter().rev().take(KEPT).any(|known| known.span == problem.span && known.message == problem.message)
        {
            return;
        }
        if self.list.len() < KEPT {
            return self.list.push(problem);
        }
        // what is no error makes room for one
        let milder = self.list.iter().rposition(|known| known.severity != Severity::Error);
        let left_out = match milder.and_then(|place| self.list.get_mut(place)) {
            Some(known) if problem.severity == Severity::Error => std::mem::replace(known, problem),
            _ => problem,
        };
        self.beyond[left_out.severity as usize] += 1;
    }

    /// Adds one where nothing is reported inside its place: else it follows from that.
    pub fn push_alone(&mut self, problem: Problem) {
        let inside = |known: &Problem| known.span.zip(problem.span).is_some_and(|(known, span)| span.holds(known));
        if !self.list.iter().any(inside) {
            self.push(problem);
        }
    }

    /// Adds one, and reports nothing more at its place: what follows from it is no error of its own.
    pub fn push_last(&mut self, problem: Problem) {
        let span = problem.span;
        self.push(problem);
        self.muted.extend(span);
    }

    /// Shows a value as it is written, `${NAME}`, in every problem from now on.
    pub fn hide(&mut self, value: &str, written: &str) {
        self.hidden.add(value, written);
    }

    /// The problems kept, errors and warnings, in the order of their places.
    #[must_use]
    pub fn sorted(&self) -> Vec<&Problem> {
        let mut all: Vec<_> = self.list.iter().collect();
        all.sort_by_key(|problem| (problem.span.is_none(), problem.span));
        all
    }

    /// How many errors there are.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.count(Severity::Error)
    }

    /// How many warnings there are.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.count(Severity::Warning)
    }

    /// How many variables are not set, and were noted.
    #[must_use]
    pub fn notes(&self) -> usize {
        self.count(Severity::Note)
    }

    fn count(&self, severity: Severity) -> usize {
        let kept = self.list.iter().filter(|problem| problem.severity == severity).count();
        kept + self.beyond[severity as usize]
    }

    /// How many more there were than are kept.
    pub(super) fn beyond(&self) -> usize {
        self.beyond.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(warnings: usize, errors: usize) -> Problems {
        let mut problems = Problems::default();
        (0..warnings).for_each(|number| problems.push(Problem::new(format!("warning {number}")).warning()));
        (0..errors).for_each(|number| problems.push(Problem::new(format!("error {number}"))));
        problems
    }

    #[test]
    fn what_is_not_shown_is_counted_as_what_it_is() {
        let many = problems(4000, 0);
        assert_eq!((many.errors(), many.warnings(), many.beyond(), many.is_whole()), (0, 4000, 3000, true));
        let both = problems(1500, 3);
        assert_eq!((both.errors(), both.warnings(), both.beyond()), (3, 1500, 503));
        let shown = both.sorted().into_iter().filter(|problem| problem.severity == Severity::Error).count();
        assert_eq!(shown, 3, "an error is shown rather than a warning");
        let mut strict = problems(1500, 3);
        strict.be_strict();
        assert_eq!((strict.errors(), strict.warnings()), (1503, 0));
    }
}
