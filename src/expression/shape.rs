use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::ValueKind;

/// What can be known of a value before it is there: which parts it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// It may be anything.
    Any,
    /// It has no parts; the word says what it is.
    Plain(&'static str),
    /// A list of items of a shape.
    List(Arc<Self>),
    /// A map that has these parts and no others.
    Map(Arc<Parts>),
    /// A map whose keys are in lower case.
    LowerCase,
}

/// The parts of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// What a part is called: a column, a key.
    pub(super) noun: &'static str,
    pub(super) parts: BTreeMap<Box<str>, Shape>,
}

/// More parts than these are not looked at one by one.
const MOST: usize = 1_000;
/// More values than these are not looked at.
const NODES: usize = 100_000;
/// Deeper lists and maps are not looked into.
const DEEPEST: usize = 16;

impl Shape {
    /// A text.
    pub const TEXT: Self = Self::Plain("a text");
    /// A number.
    pub const NUMBER: Self = Self::Plain("a number");
    /// `true` or `false`.
    pub const TRUTH: Self = Self::Plain("true or false");

    /// A list of items of this shape.
    #[must_use]
    pub fn list(self) -> Self {
        Self::List(Arc::new(self))
    }

    /// A map with these parts, called so.
    #[must_use]
    pub fn map<'a>(noun: &'static str, parts: impl IntoIterator<Item = (&'a str, Self)>) -> Self {
        let parts: BTreeMap<Box<str>, Self> = parts.into_iter().map(|(name, shape)| (name.into(), shape)).collect();
        if parts.len() > MOST { Self::Any } else { Self::Map(Arc::new(Parts { noun, parts })) }
    }

    /// The shape of a value that is there.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        let mut left = NODES;
        shape_of(value, DEEPEST, &mut left)
    }

    /// What a value is known to have that is of the one shape or of the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self == other {
            return self;
        }
        match (self, other) {
            (Self::Plain(_), Self::Plain(_)) => Self::Plain("a plain value"),
            (Self::List(mine), Self::List(theirs)) => (*mine).clone().or((*theirs).clone()).list(),
            (Self::Map(mine), Self::Map(theirs)) => {
                let mut parts = mine.parts.clone();
                for (name, shape) in &theirs.parts {
                    let both = match parts.remove(name) {
                        Some(known) => known.or(shape.clone()),
                        None => shape.clone(),
                    };
                    parts.insert(name.clone(), both);
                }
                let noun = mine.noun;
                if parts.len() > MOST { Self::Any } else { Self::Map(Arc::new(Parts { noun, parts })) }
            }
            _ => Self::Any,
        }
    }

    /// The shape of a list's items.
    pub(super) fn item(&self) -> Self {
        match self {
            Self::List(item) => (**item).clone(),
            _ => Self::Any,
        }
    }
}

fn shape_of(value: &Value, depth: usize, left: &mut usize) -> Shape {
    *left = left.saturating_sub(1);
    if *left == 0 || depth == 0 {
        return Shape::Any;
    }
    match value.kind() {
        ValueKind::String => Shape::TEXT,
        ValueKind::Number => Shape::NUMBER,
        ValueKind::Bool => Shape::TRUTH,
        ValueKind::Seq => {
            let Ok(mut items) = value.try_iter() else { return Shape::Any };
            let Some(first) = items.next() else { return Shape::Any };
            let mut shape = shape_of(&first, depth - 1, left);
            for item in items {
                if shape == Shape::Any {
                    break;
                }
                shape = shape.or(shape_of(&item, depth - 1, left));
            }
            shape.list()
        }
        ValueKind::Map => {
            let Ok(keys) = value.try_iter() else { return Shape::Any };
            let mut parts = BTreeMap::new();
            for key in keys {
                let (Some(name), Ok(inner)) = (key.as_str(), value.get_item(&key)) else { return Shape::Any };
                if *left == 0 {
                    return Shape::Any;
                }
                parts.insert(name.into(), shape_of(&inner, depth - 1, left));
            }
            Shape::Map(Arc::new(Parts { noun: "key", parts }))
        }
        _ => Shape::Any,
    }
}
