use super::amount::Amount;
use super::types::{Aggregate, Subject, Threshold};

impl Threshold {
    /// Whether what it measures can be such an amount.
    #[must_use]
    pub const fn takes(&self, amount: Amount) -> bool {
        match (kind(self.aggregate, &self.subject), amount) {
            (Kind::Time, Amount::Time(_))
            | (Kind::Rate, Amount::Rate(_))
            | (Kind::Ratio, Amount::Ratio(_))
            | (Kind::Size, Amount::Size(_))
            // a transaction's time goes by a metric's name
            | (Kind::Number, Amount::Number(_) | Amount::Time(_)) => true,
            (Kind::Time | Kind::Rate | Kind::Ratio | Kind::Size | Kind::Number, _) => false,
        }
    }
}

/// What an amount is of.
pub(super) enum Kind {
    Time,
    Rate,
    Ratio,
    Size,
    Number,
}

/// What a threshold's left side comes to.
pub(super) const fn kind(aggregate: Aggregate, subject: &Subject) -> Kind {
    match aggregate {
        Aggregate::Rate => Kind::Rate,
        Aggregate::ErrorRate | Aggregate::Share => Kind::Ratio,
        Aggregate::Bytes => Kind::Size,
        Aggregate::Count | Aggregate::Errors | Aggregate::Dropped => Kind::Number,
        _ if matches!(subject, Subject::Declared(_)) => Kind::Number,
        _ => Kind::Time,
    }
}

/// What to write instead of what is of another kind.
pub(super) const fn example(aggregate: Aggregate, subject: &Subject) -> &'static str {
    match kind(aggregate, subject) {
        Kind::Time => "write a time, such as `100ms`",
        Kind::Rate => "write a rate, such as `50/s`",
        Kind::Ratio => "write a share, such as `1%`",
        Kind::Size => "write a size, such as `10KiB`",
        Kind::Number => "write a number, such as `100`",
    }
}
