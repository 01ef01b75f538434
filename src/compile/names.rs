use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::diagnostic::{Problem, Problems, Sources, Span, did_you_mean, nearest};
use crate::expression::{BUILT_IN_NAMES, FUNCTIONS, Resolved, Shape};

/// The names that expressions may use, each with what is known of its value.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    shapes: BTreeMap<String, Shape>,
    /// Whether there may be more: something that defines names could not be read.
    open: bool,
}

impl Names {
    /// The names that every expression sees.
    pub(super) fn built_in() -> Self {
        let shape = |name: &str| match name {
            "user" => Shape::map("part", [("id", Shape::NUMBER), ("type", Shape::TEXT)]),
            "iteration" | "status" | "elapsed" => Shape::NUMBER,
            "stage" | "body" => Shape::TEXT,
            "headers" => Shape::LowerCase,
            _ => Shape::Any,
        };
        let shapes = BUILT_IN_NAMES.iter().map(|(name, _)| ((*name).to_owned(), shape(name))).collect();
        Self { shapes, open: false }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.shapes.contains_key(name)
    }

    /// What is known of a name's value.
    pub(super) fn shape(&self, name: &str) -> Option<&Shape> {
        self.shapes.get(name)
    }

    /// Adds names whose values may be anything.
    pub(super) fn add<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        names.into_iter().for_each(|name| self.add_shaped(name, Shape::Any));
    }

    /// Adds a name whose value has a shape, or the one it has already.
    pub(super) fn add_shaped(&mut self, name: &str, shape: Shape) {
        let shape = match self.shapes.remove(name) {
            Some(known) => known.or(shape),
            None => shape,
        };
        self.shapes.insert(name.to_owned(), shape);
    }

    /// These names and others; where both have a name, it is the other's.
    pub(super) fn with(&self, other: &Self) -> Self {
        let both = self.shapes.iter().chain(&other.shapes);
        let shapes = both.map(|(name, shape)| (name.clone(), shape.clone())).collect();
        Self { shapes, open: self.open || other.open }
    }

    /// Takes a name out; what is known of its value.
    pub(super) fn take(&mut self, name: &str) -> Option<Shape> {
        self.shapes.remove(name)
    }

    /// Says that there may be more names than these.
    pub(super) const fn open(&mut self) {
        self.open = true;
    }

    /// Whether a name is not known, and cannot be one of those that could not be read: nearly a known name, it is a
    /// misspelt one.
    pub(super) fn lacks(&self, name: &str) -> bool {
        !self.has(name) && (!self.open || nearest(name, self.iter()).is_some())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.shapes.keys().map(String::as_str)
    }
}

/// A text of the plan with the names it uses, kept until all names of its surroundings are known.
#[derive(Debug, Clone)]
pub(super) struct NameUse {
    pub(super) names: BTreeSet<String>,
    text: String,
    span: Span,
    /// Where in the text its one expression lies; `None` for a text with slots.
    expression: Option<Range<usize>>,
}

impl NameUse {
    /// Of a text with `{{ slots }}`.
    pub(super) fn text(names: BTreeSet<String>, text: &str, span: Span) -> Self {
        Self { names, text: text.to_owned(), span, expression: None }
    }

    /// Of an expression that lies in a text.
    pub(super) fn expression(names: BTreeSet<String>, text: &str, expression: Range<usize>, span: Span) -> Self {
        Self { names, text: text.to_owned(), span, expression: Some(expression) }
    }

    fn resolved(&self, known: &Names) -> Resolved {
        let shape_of = |name: &str| known.shape(name).cloned();
        match &self.expression {
            None => Resolved::text(&self.text, &shape_of),
            Some(range) => Resolved::expression(&self.text, range.clone(), &shape_of),
        }
    }

    /// Whether it looks into an answer's body.
    pub(super) fn reads_body(&self) -> bool {
        self.names.contains("json") || self.names.contains("body")
    }

    /// Reports each name of a data set that is too large to be a value.
    pub(super) fn check_size(&self, large: &Names, sources: &Sources, problems: &mut Problems) {
        if !self.names.iter().any(|name| large.has(name)) {
            return;
        }
        let resolved = self.resolved(large);
        for name in self.names.iter().filter(|name| large.has(name)) {
            let span = self.place(name, &resolved, sources);
            let problem = Problem::at(span, format!("the data set `{name}` is too large to be used as a list"));
            problems.push(problem.help("take its rows one at a time: `feed: {row: {from: …}}` on the user type"));
        }
    }

    /// Reports what cannot be there: each name that is not known, and filters, functions and parts that there are not;
    /// `who` says for whom it is not, where that matters.
    pub(super) fn check(&self, known: &Names, who: Option<&str>, sources: &Sources, problems: &mut Problems) {
        let resolved = self.resolved(known);
        for name in self.names.iter().filter(|name| known.lacks(name) && !resolved.called.contains(name)) {
            let span = self.place(name, &resolved, sources);
            let message = match who {
                Some(who) => format!("unknown name `{name}` when called by {who}"),
                None => format!("unknown name `{name}`"),
            };
            let functions = FUNCTIONS.iter().map(|(function, _, _)| *function);
            let help = if matches!(name.as_str(), "null" | "nil" | "Null" | "NULL" | "undefined") {
                Some("write `none`, or ask with `… is none` or `… is defined`".to_owned())
            } else if let Some(near) = nearest(name, known.iter().chain(functions)) {
                Some(format!("did you mean `{near}`?"))
            } else {
                did_you_mean(name, known.iter().filter(|name| !BUILT_IN_NAMES.iter().any(|(known, _)| known == name)))
            };
            problems.push(Problem::at(span, message).help_if(help));
        }
        for flaw in resolved.flaws {
            let span = sources.part(self.span, &self.text, flaw.range);
            problems.push(Problem::at(span, flaw.message).help_if(flaw.help));
        }
    }

    fn place(&self, name: &str, resolved: &Resolved, sources: &Sources) -> Span {
        let range = resolved.names.get(name).cloned().unwrap_or(0..self.text.len());
        sources.part(self.span, &self.text, range)
    }
}
