use super::record::{choice, record};

choice! {
    /// A metric of your own.
    pub enum Metric("a metric") {
        /// Samples: their distribution is kept (avg, p50, p95 …).
        Trend(Unit) = "trend",
        /// A count: its samples are added up.
        Counter(Unit) = "counter",
        /// A level: the last, the smallest and the largest are kept.
        Gauge(Unit) = "gauge",
    }
}

record! {
    /// How a metric is shown.
    pub struct Unit("a metric's fields") {
        /// The word behind its numbers.
        optional unit: String = "unit";
    }
}
