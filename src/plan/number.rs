use std::fmt;

/// A number of a plan with its spelling: where a text is meant, the spelling is the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    value: serde_json::Number,
    spelling: Box<str>,
}

impl Number {
    /// A number as it is spelled.
    pub(super) fn spelled(value: serde_json::Number, spelling: &str) -> Self {
        // `0042` is read as a float, and is no less a whole number for that
        let digits = spelling.strip_prefix('+').unwrap_or(spelling);
        let whole = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u64>().ok()).flatten();
        Self { value: whole.map_or(value, Into::into), spelling: spelling.into() }
    }

    /// The number.
    #[must_use]
    pub const fn value(&self) -> &serde_json::Number {
        &self.value
    }

    /// As it is spelled.
    #[must_use]
    pub fn spelling(&self) -> &str {
        &self.spelling
    }

    /// The number, where it is whole and not negative.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.value.as_u64()
    }

    /// The number as a double.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        self.value.as_f64()
    }
}

impl From<serde_json::Number> for Number {
    fn from(value: serde_json::Number) -> Self {
        Self { spelling: value.to_string().into(), value }
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        serde_json::Number::from(value).into()
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelling)
    }
}
