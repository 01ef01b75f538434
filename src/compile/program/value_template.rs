use std::collections::BTreeSet;
use std::sync::Arc;

use crate::expression::{EvalError, Scope, Template, Value};

/// A value of the plan that may hold templates at any leaf.
#[derive(Debug)]
pub enum ValueTemplate {
    /// The same value each time.
    Constant(Value),
    /// A text to fill in; exactly one expression keeps its type.
    Text(Template),
    /// A list with something to fill in.
    List(Vec<ValueTemplate>),
    /// A map with something to fill in; keys are as written.
    Map(Vec<(Arc<str>, ValueTemplate)>),
}

impl ValueTemplate {
    /// The value in a scope.
    ///
    /// # Errors
    /// A template that cannot be filled in.
    pub fn eval(&self, scope: &Arc<Scope>) -> Result<Value, EvalError> {
        match self {
            Self::Constant(value) => Ok(value.clone()),
            Self::Text(template) => template.eval(scope),
            Self::List(items) => {
                items.iter().map(|item| item.eval(scope)).collect::<Result<Vec<_>, _>>().map(Value::from)
            }
            Self::Map(entries) => {
                let pairs: Result<Vec<_>, EvalError> =
                    entries.iter().map(|(key, value)| Ok((key.to_string(), value.eval(scope)?))).collect();
                pairs.map(Value::from_pairs)
            }
        }
    }

    /// The names it needs.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        match self {
            Self::Constant(_) => BTreeSet::new(),
            Self::Text(template) => template.names(),
            Self::List(items) => items.iter().flat_map(Self::names).collect(),
            Self::Map(entries) => entries.iter().flat_map(|(_, value)| value.names()).collect(),
        }
    }

    /// The value, where it is the same each time.
    #[must_use]
    pub const fn constant(&self) -> Option<&Value> {
        match self {
            Self::Constant(value) => Some(value),
            _ => None,
        }
    }
}
