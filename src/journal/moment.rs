/// Times of day as RFC 3339 in UTC, to the nanosecond.
pub(super) mod wall {
    use std::time::SystemTime;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::journal) fn serialize<S: Serializer>(time: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
        // the formatter knows no time before 1970, where a clock that was never set may be
        to.collect_str(&humantime::format_rfc3339_nanos((*time).max(SystemTime::UNIX_EPOCH)))
    }

    pub(in crate::journal) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SystemTime, D::Error> {
        let text = String::deserialize(from)?;
        humantime::parse_rfc3339(&text).map_err(|_| D::Error::custom(format!("`{text}` is no time in RFC 3339")))
    }
}

/// Lengths of time in nanoseconds.
pub(super) mod nanos {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::journal) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
    }

    pub(in crate::journal) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_nanos)
    }
}
