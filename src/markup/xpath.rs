use std::ops::Range;

use super::xpath_axes::{Axis, NodeTest};
use super::xpath_functions::{FUNCTIONS, Function};
use super::xpath_tokens::{Kind, Token, tokens};

/// An XPath (version 1.0), parsed: `//item[@id='7']/name`.
///
/// A name without a prefix is that of an element in whatever namespace; one with a prefix has the prefix that the document writes.
#[derive(Debug, Clone)]
pub struct XPath {
    source: Box<str>,
    pub(super) expr: Expr,
}

#[derive(Debug, Clone)]
pub(super) enum Expr {
    Text(Box<str>),
    Number(f64),
    Path { start: Start, steps: Vec<Step> },
    Filter { of: Box<Self>, predicates: Vec<Self> },
    Call(Function, Vec<Self>),
    Negative(Box<Self>),
    Two(Box<Self>, Operator, Box<Self>),
}

/// Where a path begins.
#[derive(Debug, Clone)]
pub(super) enum Start {
    Here,
    Root,
    At(Box<Expr>),
}

#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) axis: Axis,
    pub(super) test: NodeTest,
    pub(super) predicates: Vec<Expr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
    Plus,
    Minus,
    Times,
    Div,
    Mod,
    Union,
}

/// Why a text is no path: what, where in it (bytes), and what to write instead.
pub type NoPath = (String, Range<usize>, Option<String>);

const LONGEST: usize = 2_000;
/// Brackets lie in each other no deeper than this.
const DEEPEST: usize = 16;

impl XPath {
    /// Reads a path.
    ///
    /// # Errors
    /// What is none, with its place.
    pub fn parse(source: &str) -> Result<Self, NoPath> {
        if source.len() > LONGEST {
            return Err((format!("the XPath is longer than {LONGEST} bytes"), 0..source.len(), None));
        }
        let tokens = tokens(source).map_err(|(why, range)| (why, range, None))?;
        let mut parser = Parser { source, tokens: &tokens, at: 0, depth: 0 };
        let expr = parser.expression()?;
        if parser.at < tokens.len() {
            return Err(parser.unexpected());
        }
        Ok(Self { source: source.into(), expr })
    }
}

impl std::fmt::Display for XPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.source)
    }
}

struct Parser<'a> {
    source: &'a str,
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

/// The operators, those that hold least first.
const LEVELS: [&[(&str, Operator)]; 7] = [
    &[("or", Operator::Or)],
    &[("and", Operator::And)],
    &[("=", Operator::Equal), ("!=", Operator::Unequal)],
    &[("<", Operator::Less), ("<=", Operator::AtMost), (">", Operator::More), (">=", Operator::AtLeast)],
    &[("+", Operator::Plus), ("-", Operator::Minus)],
    &[("*", Operator::Times), ("div", Operator::Div), ("mod", Operator::Mod)],
    &[("|", Operator::Union)],
];
/// The level before which a sign may stand.
const UNARY: usize = 6;

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Kind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn is(&self, sign: &str) -> bool {
        self.is_at(self.at, sign)
    }

    fn is_at(&self, at: usize, sign: &str) -> bool {
        matches!(self.tokens.get(at).map(|token| &token.kind), Some(Kind::Sign(known) | Kind::Word(known)) if *known == sign)
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is = self.is(sign);
        self.at += usize::from(is);
        is
    }

    fn needs(&mut self, sign: &str) -> Result<(), NoPath> {
        if self.takes(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> NoPath {
        let source = self.source;
        match self.tokens.get(self.at) {
            Some(token) => {
                let range = token.range.clone();
                (format!("`{source}` is not an XPath at `{}`", &source[range.clone()]), range, None)
            }
            None => (format!("`{source}` is not an XPath: it breaks off"), 0..source.len(), None),
        }
    }

    fn expression(&mut self) -> Result<Expr, NoPath> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(("the XPath is nested too deep".to_owned(), 0..self.source.len(), None));
        }
        let expr = self.level(0)?;
        self.depth -= 1;
        Ok(expr)
    }

    fn level(&mut self, level: usize) -> Result<Expr, NoPath> {
        let Some(operators) = LEVELS.get(level) else { return self.path() };
        if level == UNARY {
            let mut signs = 0;
            while self.takes("-") {
                signs += 1;
            }
            let expr = self.chain(level, operators)?;
            // of two signs nothing is left but that it is a number
            return Ok((0..signs.min(2 + signs % 2)).fold(expr, |expr, _| Expr::Negative(Box::new(expr))));
        }
        self.chain(level, operators)
    }

    fn chain(&mut self, level: usize, operators: &[(&str, Operator)]) -> Result<Expr, NoPath> {
        let mut left = self.level(level + 1)?;
        while let Some((sign, operator)) = operators.iter().find(|(sign, _)| self.is(sign)) {
            self.takes(sign);
            let right = self.level(level + 1)?;
            left = Expr::Two(Box::new(left), *operator, Box::new(right));
        }
        Ok(left)
    }

    fn path(&mut self) -> Result<Expr, NoPath> {
        if self.is("/") || self.is("//") {
            let mut steps = Vec::new();
            let deep = self.is("//");
            self.at += 1;
            if deep {
                steps.push(Step::anywhere());
            } else if !self.starts_step() {
                return Ok(Expr::Path { start: Start::Root, steps });
            }
            self.steps(&mut steps)?;
            return Ok(Expr::Path { start: Start::Root, steps });
        }
        if let Some(primary) = self.primary()? {
            let mut of = primary;
            let predicates = self.predicates()?;
            if !predicates.is_empty() {
                of = Expr::Filter { of: Box::new(of), predicates };
            }
            if !self.is("/") && !self.is("//") {
                return Ok(of);
            }
            let mut steps = Vec::new();
            if self.is("//") {
                steps.push(Step::anywhere());
            }
            self.at += 1;
            self.steps(&mut steps)?;
            return Ok(Expr::Path { start: Start::At(Box::new(of)), steps });
        }
        let mut steps = Vec::new();
        self.steps(&mut steps)?;
        Ok(Expr::Path { start: Start::Here, steps })
    }

    /// What is no path: a literal, brackets, a call.
    fn primary(&mut self) -> Result<Option<Expr>, NoPath> {
        match self.peek() {
            Some(Kind::Text(text)) => {
                self.at += 1;
                Ok(Some(Expr::Text(text.clone())))
            }
            Some(Kind::Number(number)) => {
                self.at += 1;
                Ok(Some(Expr::Number(*number)))
            }
            Some(Kind::Sign("(")) => {
                self.at += 1;
                let inside = self.expression()?;
                self.needs(")")?;
                Ok(Some(inside))
            }
            Some(Kind::Name(name)) if self.is_at(self.at + 1, "(") && !NodeTest::is_kind(name) => {
                self.call(name).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn call(&mut self, name: &str) -> Result<Expr, NoPath> {
        let range = self.tokens.get(self.at).map_or(0..0, |token| token.range.clone());
        let Some((_, function, counts)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) else {
            let known: Vec<String> = FUNCTIONS.iter().map(|(name, ..)| format!("`{name}`")).collect();
            return Err((
                format!("unknown function `{name}` in an XPath"),
                range,
                Some(format!("there are {}", known.join(", "))),
            ));
        };
        self.at += 2;
        let mut arguments = Vec::new();
        if !self.is(")") {
            arguments.push(self.expression()?);
            while self.takes(",") {
                arguments.push(self.expression()?);
            }
        }
        self.needs(")")?;
        if !counts.contains(&arguments.len()) {
            let message = format!("the function `{name}` does not take {} arguments", arguments.len());
            return Err((message, range, None));
        }
        Ok(Expr::Call(*function, arguments))
    }

    fn starts_step(&self) -> bool {
        matches!(self.peek(), Some(Kind::Name(_) | Kind::Sign("." | ".." | "@")))
    }

    fn steps(&mut self, steps: &mut Vec<Step>) -> Result<(), NoPath> {
        loop {
            steps.push(self.step()?);
            if self.takes("//") {
                steps.push(Step::anywhere());
            } else if !self.takes("/") {
                return Ok(());
            }
        }
    }

    fn step(&mut self) -> Result<Step, NoPath> {
        if self.takes("..") {
            return Ok(Step::of(Axis::Parent, NodeTest::Anything));
        }
        if self.takes(".") {
            return Ok(Step::of(Axis::Own, NodeTest::Anything));
        }
        let axis = if self.takes("@") {
            Axis::Attribute
        } else if let (Some(Kind::Name(name)), true) = (self.peek(), self.is_at(self.at + 1, "::")) {
            let range = self.tokens.get(self.at).map_or(0..0, |token| token.range.clone());
            self.at += 2;
            Axis::named(name).ok_or_else(|| (format!("unknown axis `{name}` in an XPath"), range, None))?
        } else {
            Axis::Child
        };
        let Some(Kind::Name(name)) = self.peek() else { return Err(self.unexpected()) };
        self.at += 1;
        let test = if self.is("(") && NodeTest::is_kind(name) {
            self.at += 1;
            self.needs(")")?;
            NodeTest::kind(name)
        } else {
            NodeTest::named(name)
        };
        Ok(Step { axis, test, predicates: self.predicates()? })
    }

    fn predicates(&mut self) -> Result<Vec<Expr>, NoPath> {
        let mut all = Vec::new();
        while self.takes("[") {
            all.push(self.expression()?);
            self.needs("]")?;
        }
        Ok(all)
    }
}

impl Step {
    const fn of(axis: Axis, test: NodeTest) -> Self {
        Self { axis, test, predicates: Vec::new() }
    }

    /// What `//` stands for.
    const fn anywhere() -> Self {
        Self::of(Axis::BelowOrOwn, NodeTest::Anything)
    }
}
