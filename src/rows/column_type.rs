use crate::expression::Value;

/// What the fields of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Whole numbers.
    Int,
    /// Numbers.
    Float,
    /// `true` and `false`, in letters of any case.
    Bool,
    /// Texts, as they are written.
    Text,
}

impl ColumnType {
    /// A field as a value; `None` where it is none of this type.
    pub(super) fn value(self, field: &str) -> Option<Value> {
        let bare = field.trim();
        match self {
            Self::Int => bare.parse::<i64>().map(Value::from).or_else(|_| bare.parse::<i128>().map(Value::from)).ok(),
            Self::Float => bare.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from),
            Self::Bool if bare.eq_ignore_ascii_case("true") => Some(Value::from(true)),
            Self::Bool if bare.eq_ignore_ascii_case("false") => Some(Value::from(false)),
            Self::Bool => None,
            Self::Text => Some(Value::from(field)),
        }
    }

    /// What one field is, for messages.
    pub(super) const fn said(self) -> &'static str {
        match self {
            Self::Int => "a whole number",
            Self::Float => "a number",
            Self::Bool => "`true` or `false`",
            Self::Text => "a text",
        }
    }
}
