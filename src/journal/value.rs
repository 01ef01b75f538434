use serde::{Deserialize, Serialize};

/// A measured value with its kind.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// A time.
    Seconds(f64),
    /// So many a second.
    PerSecond(f64),
    /// A share of 1.
    Share(f64),
    /// A number.
    Number(f64),
    /// Bytes.
    Bytes(u64),
}
