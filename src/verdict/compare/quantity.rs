/// A number of a row that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantity {
    /// Requests answered or failed, a second.
    Throughput,
    /// The share of them that failed.
    ErrorRate,
    /// The response time that half of them took at most.
    P50,
    /// That nine in ten took at most.
    P90,
    /// That 95 in 100 took at most.
    P95,
    /// That 99 in 100 took at most.
    P99,
}

impl Quantity {
    /// Every quantity, in the order of the tables.
    pub const ALL: [Self; 6] = [Self::Throughput, Self::ErrorRate, Self::P50, Self::P90, Self::P95, Self::P99];

    /// Its name in tables and documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Throughput => "throughput",
            Self::ErrorRate => "error_rate",
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
        }
    }

    /// Of a response time, the share of requests that took no longer.
    #[must_use]
    pub const fn share(self) -> Option<f64> {
        match self {
            Self::Throughput | Self::ErrorRate => None,
            Self::P50 => Some(0.5),
            Self::P90 => Some(0.9),
            Self::P95 => Some(0.95),
            Self::P99 => Some(0.99),
        }
    }
}
