use super::css_match::first_of;
use super::tree::{Document, Id};
use super::work::{BYTES_OF_STEP, TooLong, Work};

/// A CSS selector (of level 4, in part): `form#login input[name="_csrf"]`.
#[derive(Debug, Clone)]
pub struct Selector {
    source: Box<str>,
    pub(super) any_of: Vec<Complex>,
}

/// Compounds with what stands between them, the last first.
#[derive(Debug, Clone)]
pub(super) struct Complex(pub(super) Vec<(Combinator, Compound)>);

/// How an element relates to the one that is named before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Combinator {
    /// There is none before it.
    First,
    Below,
    Child,
    Next,
    Later,
}

/// What one element must be.
pub(super) type Compound = Vec<Simple>;

#[derive(Debug, Clone)]
pub(super) enum Simple {
    Any,
    Name(Box<str>),
    Attribute { name: Box<str>, operator: Operator, value: Box<str>, any_case: bool },
    Nth { step: i64, first: i64, from_end: bool, of_type: bool },
    Is(Vec<Complex>),
    Not(Vec<Complex>),
    Has(Vec<Complex>),
    Contains(Box<str>),
    Empty,
    Root,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Exists,
    Equals,
    Word,
    Dash,
    Start,
    End,
    Part,
}

/// Why a text is no selector: what, and where in it (bytes).
pub type NoSelector = (String, std::ops::Range<usize>);

const LONGEST: usize = 2_000;
/// Selectors in brackets lie in each other no deeper than this.
const DEEPEST: usize = 8;

impl Selector {
    /// Reads a selector.
    ///
    /// # Errors
    /// What is none, with its place.
    pub fn parse(source: &str) -> Result<Self, NoSelector> {
        if source.len() > LONGEST {
            return Err((format!("the selector is longer than {LONGEST} bytes"), 0..source.len()));
        }
        let mut parser = Parser { text: source, at: 0, depth: 0 };
        let any_of = parser.list()?;
        match parser.rest() {
            "" => Ok(Self { source: source.into(), any_of }),
            _ => Err(parser.unexpected()),
        }
    }

    /// The text of the first element that it selects, or the value of its attribute: elements without it are passed over.
    ///
    /// # Errors
    /// A search that takes too long.
    pub fn first(&self, document: &Document, attribute: Option<&str>) -> Result<Option<String>, TooLong> {
        let mut work = Work::default();
        first_of(document, &self.any_of, &mut work, |id, work| taken(document, id, attribute, work))
    }

    /// The same of all elements, in the order of the document.
    ///
    /// # Errors
    /// As [`Selector::first`].
    pub fn all(&self, document: &Document, attribute: Option<&str>) -> Result<Vec<String>, TooLong> {
        let mut work = Work::default();
        let mut found = Vec::new();
        first_of(document, &self.any_of, &mut work, |id, work| {
            found.extend(taken(document, id, attribute, work)?);
            Ok(None::<()>)
        })?;
        Ok(found)
    }
}

/// What is taken of an element: an attribute's value, or the texts inside it, without blanks at their ends.
fn taken(document: &Document, id: Id, attribute: Option<&str>, work: &mut Work) -> Result<Option<String>, TooLong> {
    let taken = match attribute {
        Some(name) => document.attribute(id, name).map(str::to_owned),
        None => Some(document.text(id).trim().to_owned()),
    };
    // texts of elements in each other are copied again and again
    let size = if attribute.is_some() { 1 } else { document.below(id).len() };
    work.count(size + taken.as_ref().map_or(0, |text| text.len() / BYTES_OF_STEP))?;
    Ok(taken)
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.source)
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn next(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn blanks(&mut self) -> bool {
        let rest = self.rest();
        let trimmed = rest.trim_start_matches(|letter: char| letter.is_ascii_whitespace());
        self.at += rest.len() - trimmed.len();
        trimmed.len() < rest.len()
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is = self.rest().starts_with(sign);
        self.at += if is { sign.len() } else { 0 };
        is
    }

    fn unexpected(&self) -> NoSelector {
        match self.next() {
            Some(sign) => {
                (format!("`{}` is not a CSS selector at `{sign}`", self.text), self.at..self.at + sign.len_utf8())
            }
            None => (format!("`{}` is not a CSS selector: it breaks off", self.text), 0..self.text.len()),
        }
    }

    fn needs(&mut self, sign: &str) -> Result<(), NoSelector> {
        if self.takes(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn list(&mut self) -> Result<Vec<Complex>, NoSelector> {
        let mut all = vec![self.complex()?];
        while self.takes(",") {
            all.push(self.complex()?);
        }
        Ok(all)
    }

    fn complex(&mut self) -> Result<Complex, NoSelector> {
        self.blanks();
        let mut parts = vec![(Combinator::First, self.compound()?)];
        loop {
            let blank = self.blanks();
            let combinator = match self.next() {
                Some('>') => Combinator::Child,
                Some('+') => Combinator::Next,
                Some('~') => Combinator::Later,
                None | Some(',' | ')') => break,
                Some(_) if blank => Combinator::Below,
                Some(_) => return Err(self.unexpected()),
            };
            if combinator != Combinator::Below {
                self.at += 1;
                self.blanks();
            }
            parts.push((combinator, self.compound()?));
        }
        parts.reverse();
        Ok(Complex(parts))
    }

    fn compound(&mut self) -> Result<Compound, NoSelector> {
        let mut all = Compound::new();
        loop {
            match self.next() {
                Some('*') if all.is_empty() => {
                    self.at += 1;
                    all.push(Simple::Any);
                }
                Some('#') => {
                    self.at += 1;
                    let value = self.name()?;
                    all.push(Simple::Attribute {
                        name: "id".into(),
                        operator: Operator::Equals,
                        value,
                        any_case: false,
                    });
                }
                Some('.') => {
                    self.at += 1;
                    let value = self.name()?;
                    all.push(Simple::Attribute {
                        name: "class".into(),
                        operator: Operator::Word,
                        value,
                        any_case: false,
                    });
                }
                Some('[') => {
                    self.at += 1;
                    all.push(self.attribute()?);
                }
                Some(':') => {
                    self.at += 1;
                    all.push(self.pseudo()?);
                }
                Some(letter) if all.is_empty() && is_of_name(letter) => all.push(Simple::Name(self.name()?)),
                _ if all.is_empty() => return Err(self.unexpected()),
                _ => return Ok(all),
            }
        }
    }

    /// A name; `\` takes the next sign as it is.
    fn name(&mut self) -> Result<Box<str>, NoSelector> {
        let mut out = String::new();
        while let Some(letter) = self.next() {
            if letter == '\\' {
                self.at += 1;
                let Some(letter) = self.next() else { return Err(self.unexpected()) };
                out.push(letter);
                self.at += letter.len_utf8();
            } else if is_of_name(letter) {
                out.push(letter);
                self.at += letter.len_utf8();
            } else {
                break;
            }
        }
        if out.is_empty() { Err(self.unexpected()) } else { Ok(out.into()) }
    }

    fn attribute(&mut self) -> Result<Simple, NoSelector> {
        self.blanks();
        let name = self.name()?;
        self.blanks();
        if self.takes("]") {
            return Ok(Simple::Attribute { name, operator: Operator::Exists, value: "".into(), any_case: false });
        }
        const OPERATORS: [(&str, Operator); 6] = [
            ("=", Operator::Equals),
            ("~=", Operator::Word),
            ("|=", Operator::Dash),
            ("^=", Operator::Start),
            ("$=", Operator::End),
            ("*=", Operator::Part),
        ];
        let Some((_, operator)) = OPERATORS.into_iter().find(|(sign, _)| self.takes(sign)) else {
            return Err(self.unexpected());
        };
        self.blanks();
        let value = self.value()?;
        self.blanks();
        let any_case = self.takes("i") || self.takes("I");
        self.blanks();
        self.needs("]")?;
        Ok(Simple::Attribute { name, operator, value, any_case })
    }

    /// A name, or a text in quotes.
    fn value(&mut self) -> Result<Box<str>, NoSelector> {
        let Some(quote @ ('"' | '\'')) = self.next() else { return self.name() };
        let start = self.at;
        self.at += 1;
        let mut out = String::new();
        while let Some(letter) = self.next() {
            self.at += letter.len_utf8();
            match letter {
                letter if letter == quote => return Ok(out.into()),
                '\\' => {
                    let Some(next) = self.next() else { break };
                    out.push(next);
                    self.at += next.len_utf8();
                }
                letter => out.push(letter),
            }
        }
        Err((format!("`{}` is not a CSS selector: a quote is never closed", self.text), start..self.text.len()))
    }

    fn pseudo(&mut self) -> Result<Simple, NoSelector> {
        let start = self.at;
        let name = self.name()?.to_ascii_lowercase();
        let nth = |step, first, from_end, of_type| Ok(Simple::Nth { step, first, from_end, of_type });
        match &*name {
            "first-child" => return nth(0, 1, false, false),
            "last-child" => return nth(0, 1, true, false),
            "first-of-type" => return nth(0, 1, false, true),
            "last-of-type" => return nth(0, 1, true, true),
            "only-child" => {
                let one = |from_end| vec![Simple::Nth { step: 0, first: 1, from_end, of_type: false }];
                let both: Compound = [one(false), one(true)].concat();
                return Ok(Simple::Is(vec![Complex(vec![(Combinator::First, both)])]));
            }
            "empty" => return Ok(Simple::Empty),
            "root" => return Ok(Simple::Root),
            "checked" => return Ok(flag("checked")),
            "disabled" => return Ok(flag("disabled")),
            "selected" => return Ok(flag("selected")),
            _ => {}
        }
        let known = matches!(
            &*name,
            "not"
                | "is"
                | "where"
                | "has"
                | "contains"
                | "nth-child"
                | "nth-last-child"
                | "nth-of-type"
                | "nth-last-of-type"
        );
        if !known {
            return Err((format!("unknown selector `:{name}`"), start..self.at));
        }
        self.needs("(")?;
        self.blanks();
        let simple = match &*name {
            "contains" => Simple::Contains(self.value()?),
            "not" | "is" | "where" | "has" => {
                self.depth += 1;
                if self.depth > DEEPEST {
                    return Err(("the selector is nested too deep".to_owned(), start..self.at));
                }
                let list = self.list()?;
                self.depth -= 1;
                match &*name {
                    "not" => Simple::Not(list),
                    "has" => Simple::Has(list),
                    _ => Simple::Is(list),
                }
            }
            _ => {
                let (step, first) = self.places()?;
                Simple::Nth { step, first, from_end: name.contains("last"), of_type: name.ends_with("type") }
            }
        };
        self.blanks();
        self.needs(")")?;
        Ok(simple)
    }

    /// `odd`, `even`, `3`, `2n+1`, `-n+3`.
    fn places(&mut self) -> Result<(i64, i64), NoSelector> {
        let start = self.at;
        let inside = self.rest().find(')').map_or(self.rest(), |end| &self.rest()[..end]);
        self.at += inside.len();
        let text: String =
            inside.chars().filter(|letter| !letter.is_ascii_whitespace()).collect::<String>().to_ascii_lowercase();
        let number = |text: &str, alone: i64| match text {
            "" | "+" => Some(alone),
            "-" => Some(-alone),
            _ => {
                text.strip_prefix('+').unwrap_or(text).parse::<i64>().ok().filter(|number| number.abs() < 1_000_000_000)
            }
        };
        let places = match &*text {
            "odd" => Some((2, 1)),
            "even" => Some((2, 0)),
            _ => match text.split_once('n') {
                Some((step, first)) => number(step, 1).zip(if first.is_empty() { Some(0) } else { number(first, 0) }),
                None => number(&text, 0).filter(|_| !text.is_empty()).map(|first| (0, first)),
            },
        };
        places.ok_or_else(|| (format!("`{inside}` are no places: write `3`, `odd` or `2n+1`"), start..self.at))
    }
}

fn flag(name: &str) -> Simple {
    Simple::Attribute { name: name.into(), operator: Operator::Exists, value: "".into(), any_case: false }
}

fn is_of_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '\\') || !letter.is_ascii()
}
