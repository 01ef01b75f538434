use std::borrow::Cow;

use super::tree::{Document, ROOT};
use super::work::{BYTES_OF_STEP, TooLong, Work};
use super::xpath::{Expr, Operator, Start, Step, XPath};
use super::xpath_axes::{Axis, Place, name_of};
use super::xpath_functions::{Function, number_of, number_text, part, round, translated};

/// What an XPath gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// The texts of nodes, without blanks at their ends, and the values of attributes.
    Texts(Vec<String>),
    /// A text that was worked out.
    Text(String),
    /// A number.
    Number(f64),
    /// A condition.
    Truth(bool),
}

/// How many of several matches are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    First,
    All,
}

impl XPath {
    /// What it gives; of nodes the first alone.
    ///
    /// # Errors
    /// A search that takes too long.
    pub fn first(&self, document: &Document) -> Result<Found, TooLong> {
        self.found(document, Wanted::First)
    }

    /// What it gives; of nodes all, in the order of the document.
    ///
    /// # Errors
    /// A search that takes too long.
    pub fn all(&self, document: &Document) -> Result<Found, TooLong> {
        self.found(document, Wanted::All)
    }

    fn found(&self, document: &Document, wanted: Wanted) -> Result<Found, TooLong> {
        let mut search = Search { document, work: Work::default() };
        let at = Context { place: Place::of(ROOT), position: 1, size: 1 };
        Ok(match search.value(&self.expr, at)? {
            Value::Places(places) => {
                let count = if wanted == Wanted::First { 1 } else { places.len() };
                let texts = places.into_iter().take(count).map(|place| {
                    let text = search.text(place)?;
                    Ok(if place.attribute > 0 { text.into_owned() } else { text.trim().to_owned() })
                });
                Found::Texts(texts.collect::<Result<_, TooLong>>()?)
            }
            Value::Text(text) => Found::Text(text),
            Value::Number(number) => Found::Number(number),
            Value::Truth(truth) => Found::Truth(truth),
        })
    }
}

enum Value {
    /// In the order of the document, each once.
    Places(Vec<Place>),
    Text(String),
    Number(f64),
    Truth(bool),
}

/// Where an expression is looked at.
#[derive(Debug, Clone, Copy)]
struct Context {
    place: Place,
    position: usize,
    size: usize,
}

struct Search<'d> {
    document: &'d Document,
    work: Work,
}

impl<'d> Search<'d> {
    /// The text of a node or attribute.
    fn text(&mut self, place: Place) -> Result<Cow<'d, str>, TooLong> {
        let document = self.document;
        let text = match place.attribute {
            0 => {
                self.work.count(document.below(place.node).len())?;
                document.text(place.node)
            }
            attribute => {
                let own = document.attributes(place.node).get(attribute as usize - 1);
                Cow::Borrowed(own.map_or("", |attribute| &*attribute.value))
            }
        };
        self.work.count(1 + text.len() / BYTES_OF_STEP)?;
        Ok(text)
    }

    fn value(&mut self, expr: &Expr, at: Context) -> Result<Value, TooLong> {
        self.work.count(1)?;
        Ok(match expr {
            Expr::Text(text) => Value::Text(text.to_string()),
            Expr::Number(number) => Value::Number(*number),
            Expr::Path { start, steps } => {
                let places = match start {
                    Start::Here => vec![at.place],
                    Start::Root => vec![Place::of(ROOT)],
                    Start::At(expr) => self.places(expr, at)?,
                };
                Value::Places(self.walk(places, steps)?)
            }
            Expr::Filter { of, predicates } => {
                let mut places = self.places(of, at)?;
                for predicate in predicates {
                    places = self.filtered(places, predicate)?;
                }
                Value::Places(places)
            }
            Expr::Negative(expr) => Value::Number(-self.number(expr, at)?),
            Expr::Two(left, operator, right) => self.two(left, *operator, right, at)?,
            Expr::Call(function, arguments) => self.call(*function, arguments, at)?,
        })
    }

    /// The places an expression gives; what is no place gives none.
    fn places(&mut self, expr: &Expr, at: Context) -> Result<Vec<Place>, TooLong> {
        Ok(match self.value(expr, at)? {
            Value::Places(places) => places,
            Value::Text(_) | Value::Number(_) | Value::Truth(_) => Vec::new(),
        })
    }

    fn walk(&mut self, mut places: Vec<Place>, steps: &[Step]) -> Result<Vec<Place>, TooLong> {
        let mut steps = steps.iter().peekable();
        while let Some(step) = steps.next() {
            // `//name` is looked for at once: node by node, each would be listed with all that is in it
            let below = match steps.peek() {
                Some(next) if is_anywhere(step) && next.axis == Axis::Child && next.predicates.is_empty() => {
                    steps.next().map(|next| Step { axis: Axis::Below, test: next.test.clone(), predicates: Vec::new() })
                }
                _ => None,
            };
            let step = below.as_ref().unwrap_or(step);
            let mut found = Vec::new();
            // what lies in what was gone through already is found already
            let mut seen_to = 0;
            for place in &places {
                if matches!(step.axis, Axis::Below | Axis::BelowOrOwn)
                    && step.predicates.is_empty()
                    && place.attribute == 0
                {
                    if place.node < seen_to {
                        continue;
                    }
                    seen_to = self.document.node(place.node).end;
                }
                let mut next = step.axis.from(self.document, *place, &mut self.work)?;
                next.retain(|place| step.test.takes(self.document, *place));
                for predicate in &step.predicates {
                    next = self.filtered(next, predicate)?;
                }
                found.append(&mut next);
            }
            self.work.count(found.len())?;
            found.sort_unstable();
            found.dedup();
            places = found;
        }
        Ok(places)
    }

    fn filtered(&mut self, places: Vec<Place>, predicate: &Expr) -> Result<Vec<Place>, TooLong> {
        let size = places.len();
        let mut kept = Vec::new();
        for (index, place) in places.into_iter().enumerate() {
            let at = Context { place, position: index + 1, size };
            let holds = match self.value(predicate, at)? {
                Value::Number(number) => number == at.position as f64,
                value => truth(&value),
            };
            if holds {
                kept.push(place);
            }
        }
        Ok(kept)
    }

    fn string(&mut self, expr: &Expr, at: Context) -> Result<String, TooLong> {
        let value = self.value(expr, at)?;
        self.as_text(value)
    }

    fn as_text(&mut self, value: Value) -> Result<String, TooLong> {
        let text = match value {
            Value::Places(places) => match places.first() {
                Some(first) => self.text(*first)?.into_owned(),
                None => String::new(),
            },
            Value::Text(text) => text,
            Value::Number(number) => number_text(number),
            Value::Truth(truth) => truth.to_string(),
        };
        self.work.count(text.len() / BYTES_OF_STEP)?;
        Ok(text)
    }

    fn number(&mut self, expr: &Expr, at: Context) -> Result<f64, TooLong> {
        let value = self.value(expr, at)?;
        self.as_number(value)
    }

    fn as_number(&mut self, value: Value) -> Result<f64, TooLong> {
        Ok(match value {
            Value::Number(number) => number,
            Value::Truth(truth) => f64::from(u8::from(truth)),
            value => number_of(&self.as_text(value)?),
        })
    }

    fn two(&mut self, left: &Expr, operator: Operator, right: &Expr, at: Context) -> Result<Value, TooLong> {
        let calculated = |calculate: fn(f64, f64) -> f64, search: &mut Self| -> Result<Value, TooLong> {
            Ok(Value::Number(calculate(search.number(left, at)?, search.number(right, at)?)))
        };
        match operator {
            Operator::Or => Ok(Value::Truth(truth(&self.value(left, at)?) || truth(&self.value(right, at)?))),
            Operator::And => Ok(Value::Truth(truth(&self.value(left, at)?) && truth(&self.value(right, at)?))),
            Operator::Plus => calculated(|a, b| a + b, self),
            Operator::Minus => calculated(|a, b| a - b, self),
            Operator::Times => calculated(|a, b| a * b, self),
            Operator::Div => calculated(|a, b| a / b, self),
            Operator::Mod => calculated(|a, b| a % b, self),
            Operator::Union => {
                let mut places = self.places(left, at)?;
                places.append(&mut self.places(right, at)?);
                places.sort_unstable();
                places.dedup();
                Ok(Value::Places(places))
            }
            _ => {
                let (left, right) = (self.value(left, at)?, self.value(right, at)?);
                self.compared(left, operator, right).map(Value::Truth)
            }
        }
    }

    /// Whether a comparison holds: of several nodes, for any of them.
    fn compared(&mut self, left: Value, operator: Operator, right: Value) -> Result<bool, TooLong> {
        let is_order = !matches!(operator, Operator::Equal | Operator::Unequal);
        match (left, right) {
            (Value::Truth(left), right) => {
                Ok(numbers(f64::from(u8::from(left)), operator, f64::from(u8::from(truth(&right)))))
            }
            (left, Value::Truth(right)) => {
                Ok(numbers(f64::from(u8::from(truth(&left))), operator, f64::from(u8::from(right))))
            }
            (Value::Places(places), right) => {
                for place in places {
                    let text = Value::Text(self.text(place)?.into_owned());
                    let right = match &right {
                        Value::Places(places) => Value::Places(places.clone()),
                        Value::Number(number) => Value::Number(*number),
                        Value::Text(text) => Value::Text(text.clone()),
                        Value::Truth(truth) => Value::Truth(*truth),
                    };
                    if let Value::Places(places) = &right {
                        self.work.count(places.len())?;
                    }
                    if self.compared(text, operator, right)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            (left, Value::Places(places)) => {
                for place in places {
                    let text = Value::Text(self.text(place)?.into_owned());
                    let left = match &left {
                        Value::Number(number) => Value::Number(*number),
                        Value::Text(text) => Value::Text(text.clone()),
                        Value::Places(_) | Value::Truth(_) => return Ok(false),
                    };
                    if self.compared(left, operator, text)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            (Value::Text(left), Value::Text(right)) if !is_order => {
                Ok((left == right) == (operator == Operator::Equal))
            }
            (left, right) => Ok(numbers(self.as_number(left)?, operator, self.as_number(right)?)),
        }
    }

    fn call(&mut self, function: Function, arguments: &[Expr], at: Context) -> Result<Value, TooLong> {
        /// What is looked at where no argument says what.
        static OWN: Expr = Expr::Path { start: Start::Here, steps: Vec::new() };
        let first = arguments.first().unwrap_or(&OWN);
        let second = arguments.get(1).unwrap_or(&OWN);
        Ok(match function {
            Function::Last => Value::Number(at.size as f64),
            Function::Position => Value::Number(at.position as f64),
            Function::Count => Value::Number(self.places(first, at)?.len() as f64),
            Function::LocalName | Function::Name => {
                let named = self.places(first, at)?.first().and_then(|place| name_of(self.document, *place));
                let name = named.unwrap_or_default();
                let local = name.split_once(':').map_or(name, |(_, local)| local);
                Value::Text(if function == Function::Name { name } else { local }.to_owned())
            }
            Function::String => Value::Text(self.string(first, at)?),
            Function::Concat => {
                let mut all = String::new();
                for argument in arguments {
                    all.push_str(&self.string(argument, at)?);
                }
                Value::Text(all)
            }
            Function::StartsWith => Value::Truth(self.string(first, at)?.starts_with(&self.string(second, at)?)),
            Function::Contains => Value::Truth(self.string(first, at)?.contains(&self.string(second, at)?)),
            Function::Before | Function::After => {
                let (text, sign) = (self.string(first, at)?, self.string(second, at)?);
                let (before, after) = text.split_once(&sign).unwrap_or_default();
                Value::Text(if function == Function::Before { before } else { after }.to_owned())
            }
            Function::Part => {
                let (text, from) = (self.string(first, at)?, self.number(second, at)?);
                let length = arguments.get(2).map(|length| self.number(length, at)).transpose()?;
                Value::Text(part(&text, from, length))
            }
            Function::Length => Value::Number(self.string(first, at)?.chars().count() as f64),
            Function::Normalize => {
                let text = self.string(first, at)?;
                Value::Text(text.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
            }
            Function::Translate => {
                let third = arguments.get(2).unwrap_or(&OWN);
                let (text, from, to) = (self.string(first, at)?, self.string(second, at)?, self.string(third, at)?);
                Value::Text(translated(&text, &from, &to))
            }
            Function::Boolean => Value::Truth(truth(&self.value(first, at)?)),
            Function::Not => Value::Truth(!truth(&self.value(first, at)?)),
            Function::True => Value::Truth(true),
            Function::False => Value::Truth(false),
            Function::Number => Value::Number(self.number(first, at)?),
            Function::Sum => {
                let mut sum = 0.0;
                for place in self.places(first, at)? {
                    sum += number_of(&self.text(place)?);
                }
                Value::Number(sum)
            }
            Function::Floor => Value::Number(self.number(first, at)?.floor()),
            Function::Ceiling => Value::Number(self.number(first, at)?.ceil()),
            Function::Round => Value::Number(round(self.number(first, at)?)),
        })
    }
}

fn is_anywhere(step: &Step) -> bool {
    step.axis == Axis::BelowOrOwn && step.predicates.is_empty() && step.test == super::xpath_axes::NodeTest::Anything
}

fn truth(value: &Value) -> bool {
    match value {
        Value::Places(places) => !places.is_empty(),
        Value::Text(text) => !text.is_empty(),
        Value::Number(number) => *number != 0.0 && !number.is_nan(),
        Value::Truth(truth) => *truth,
    }
}

fn numbers(left: f64, operator: Operator, right: f64) -> bool {
    match operator {
        Operator::Equal => left == right,
        Operator::Unequal => left != right,
        Operator::Less => left < right,
        Operator::AtMost => left <= right,
        Operator::More => left > right,
        _ => left >= right,
    }
}
