use crate::threshold::{Aggregate, Amount, Operator, Rule, Threshold};
use crate::units::{Rate, Ratio, Size};

/// A figure of a run, as far as its source knows it.
#[derive(Debug, Clone, PartialEq)]
pub enum Figure<T> {
    /// It is this.
    Exact(T),
    /// It lies between these two.
    Between(T, T),
    /// There are no samples it could be of.
    NoData,
    /// The source does not hold it; why.
    Unknown(String),
}

/// The figures of the requests, or of the metric's samples, that one threshold selects. A run of ours has all of them
/// exactly; a report or another tool's file has some, and of others only bounds.
pub trait Source {
    /// A number of requests, arrivals, bytes or seconds. It is never [`Figure::Between`].
    fn count(&self, count: Count) -> Figure<f64>;

    /// The smallest, mean or largest sample, their standard deviation, or a quantile.
    fn statistic(&self, aggregate: Aggregate) -> Figure<Amount>;

    /// Whether every request of the run is selected.
    fn selects_all(&self) -> bool;
}

/// What a [`Source`] is asked to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Selected calls that ended; of a metric its samples, of a counter their sum.
    Ended,
    /// Selected calls that failed; of a transaction, how often it failed.
    Failed,
    /// Selected calls that ended; of a transaction, how often it was done or failed.
    Attempted,
    /// All calls that ended, selected or not, in the same stages.
    All,
    /// Selected tasks that failed, `on_start` not among them.
    FailedTasks,
    /// Selected tasks that were completed or failed, `on_start` not among them.
    EndedTasks,
    /// Selected tasks, `on_start` among them, that failed and that no failed call stands for.
    TasksLost,
    /// Selected users that did not start.
    FailedStarts,
    /// Selected users that did or did not start.
    EndedStarts,
    /// Arrivals that nobody was free to begin, of the whole run.
    Dropped,
    /// Bytes that came back.
    BytesIn,
    /// How many seconds the selected stages lasted.
    Seconds,
}

/// Whether a rule held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It held.
    Held,
    /// It did not.
    Broken,
    /// There was nothing to evaluate, or nothing to compare with, which breaks it.
    NoData,
    /// One shard cannot tell: it is evaluated when the shards are merged.
    Deferred,
}

/// What a threshold's left side is. A count without samples is 0.
pub fn evaluate(threshold: &Threshold, source: &impl Source) -> Figure<Amount> {
    let share = |share| Amount::Ratio(Ratio::new(share));
    match threshold.aggregate {
        Aggregate::Count => source.count(Count::Ended).map(Amount::Number),
        Aggregate::Errors => with_lost(Count::Failed, source).map(Amount::Number),
        Aggregate::Dropped => source.count(Count::Dropped).map(Amount::Number),
        Aggregate::Bytes => source.count(Count::BytesIn).map(|bytes| Amount::Size(Size::from_bytes(bytes as u64))),
        Aggregate::Rate => source
            .count(Count::Ended)
            .over(source.count(Count::Seconds))
            .map(|rate| Amount::Rate(Rate::per_second(rate))),
        Aggregate::Share => source.count(Count::Ended).over(source.count(Count::All)).map(share),
        Aggregate::ErrorRate => with_lost(Count::Failed, source).over(with_lost(Count::Attempted, source)).map(share),
        Aggregate::TaskErrorRate => source.count(Count::FailedTasks).over(source.count(Count::EndedTasks)).map(share),
        Aggregate::StartErrorRate => {
            source.count(Count::FailedStarts).over(source.count(Count::EndedStarts)).map(share)
        }
        Aggregate::Min | Aggregate::Avg | Aggregate::Max | Aggregate::Stddev | Aggregate::Quantile(_) => {
            source.statistic(threshold.aggregate)
        }
    }
}

/// A count of calls with what stands beside them and has failed: arrivals nobody took, whoever they were for, and tasks
/// that an error of the plan ended, each as one more call.
fn with_lost(count: Count, source: &impl Source) -> Figure<f64> {
    let dropped = if source.selects_all() { source.count(Count::Dropped).exact() } else { None };
    let lost = dropped.unwrap_or(0.0) + source.count(Count::TasksLost).exact().unwrap_or(0.0);
    source.count(count).map(|count| count + lost)
}

/// Whether a rule holds with what was measured; `None` where the source knows too little to say.
#[must_use]
pub fn decide(rule: &Rule, measured: &Figure<Amount>) -> Option<Status> {
    match measured {
        Figure::Exact(amount) => Some(status_of(rule, Some(*amount))),
        Figure::NoData => Some(status_of(rule, None)),
        Figure::Between(low, high) => {
            let (low, high) = (status_of(rule, Some(*low)), status_of(rule, Some(*high)));
            // of two values between the bounds one may be equal to the limit and the other not
            let equality = matches!(rule.require.operator, Operator::Equal | Operator::NotEqual);
            (low == high && !equality).then_some(low)
        }
        Figure::Unknown(_) => None,
    }
}

/// Whether a rule holds with what was measured exactly; `None` is no data.
#[must_use]
pub fn status_of(rule: &Rule, measured: Option<Amount>) -> Status {
    use crate::threshold::NoData;
    match (measured, rule.require.limit.amount(), rule.no_data) {
        (Some(amount), Some(limit), _) if rule.require.operator.holds(amount.value(), limit.value()) => Status::Held,
        (Some(_), Some(_), _) => Status::Broken,
        (_, _, NoData::Passes) => Status::Held,
        (_, _, NoData::Fails) => Status::NoData,
    }
}

impl Status {
    /// Whether it counts as held; what is deferred to the merge does.
    #[must_use]
    pub const fn holds(self) -> bool {
        matches!(self, Self::Held | Self::Deferred)
    }
}

impl<T> Figure<T> {
    /// The figure, where it is known exactly.
    #[must_use]
    pub fn exact(self) -> Option<T> {
        match self {
            Self::Exact(value) => Some(value),
            Self::Between(..) | Self::NoData | Self::Unknown(_) => None,
        }
    }

    /// The same figure in another form.
    #[must_use]
    pub fn map<U>(self, form: impl Fn(T) -> U) -> Figure<U> {
        match self {
            Self::Exact(value) => Figure::Exact(form(value)),
            Self::Between(low, high) => Figure::Between(form(low), form(high)),
            Self::NoData => Figure::NoData,
            Self::Unknown(why) => Figure::Unknown(why),
        }
    }
}

impl Figure<f64> {
    /// The part of a whole; no data where there is nothing to be a part of.
    fn over(self, whole: Self) -> Self {
        match (self, whole) {
            (Self::Exact(part), Self::Exact(whole)) if whole > 0.0 => Self::Exact(part / whole),
            (Self::Unknown(why), _) | (_, Self::Unknown(why)) => Self::Unknown(why),
            _ => Self::NoData,
        }
    }
}
