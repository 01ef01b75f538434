use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::fmt::temporal::DateTimeParser;
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::{TimeZone, db};
use jiff::{SignedDuration, Timestamp, ZonedDateTime};
use minijinja::Value;
use minijinja::value::{DynObject, Object, ObjectRepr};

/// A moment with the zone it is shown in. In texts and JSON it is written as RFC 3339, to the millisecond.
#[derive(Debug, Clone)]
pub(super) struct Moment(ZonedDateTime);

/// A format is no longer than this, nor is a date that is read.
const LONGEST: usize = 500;

impl Moment {
    /// This moment by the system's clock.
    pub(super) fn now(zone: TimeZone) -> Self {
        Self(Timestamp::now().to_zoned_datetime(zone))
    }

    /// So many milliseconds after 1970 began; `None` where no calendar goes so far.
    pub(super) fn of_millis(millis: f64, zone: TimeZone) -> Option<Self> {
        let whole = millis.floor();
        let nanos = ((millis - whole) * 1e6).round() as i128;
        // a number that does not fit saturates, and is refused then
        let nanos = (whole as i128).saturating_mul(1_000_000).saturating_add(nanos);
        Timestamp::from_nanosecond(nanos).ok().map(|timestamp| Self(timestamp.to_zoned_datetime(zone)))
    }

    /// Reads a date with or without a time: RFC 3339, ISO 8601, or as headers of HTTP have it. Where it names no zone, it is
    /// in this one.
    pub(super) fn read(text: &str, zone: Option<TimeZone>) -> Option<Self> {
        let text = text.trim();
        if text.len() > LONGEST {
            return None;
        }
        let with_offset = || {
            let pieces = DateTimeParser::new().parse_pieces(text).ok()?;
            let offset = pieces.to_numeric_offset()?;
            let timestamp = text.parse::<Timestamp>().ok()?;
            Some(timestamp.to_zoned_datetime(zone.clone().unwrap_or_else(|| fixed(offset))))
        };
        let local = || {
            let at: DateTime = text.parse().ok()?;
            at.to_zoned_datetime(zone.clone().unwrap_or(TimeZone::UTC)).ok()
        };
        let of_header = || {
            let at = rfc2822::parse(text).ok()?;
            Some(at.with_time_zone(zone.clone().unwrap_or(TimeZone::UTC)))
        };
        with_offset().or_else(local).or_else(of_header).map(Self)
    }

    /// Reads a date that is written in a format of its own.
    ///
    /// # Errors
    /// What does not fit.
    pub(super) fn read_as(text: &str, format: &str, zone: Option<TimeZone>) -> Result<Self, String> {
        if text.len() > LONGEST || format.len() > LONGEST {
            return Err("the date is too long".to_owned());
        }
        let parts = strtime::parse(format, text).map_err(|error| plain(&error))?;
        if let Ok(timestamp) = parts.to_timestamp() {
            let own = parts.offset().map_or(TimeZone::UTC, fixed);
            return Ok(Self(timestamp.to_zoned_datetime(zone.unwrap_or(own))));
        }
        let at = parts.to_datetime().or_else(|_| parts.to_date().map(|date| date.at(0, 0, 0, 0)));
        let at = at.map_err(|error| plain(&error))?;
        at.to_zoned_datetime(zone.unwrap_or(TimeZone::UTC)).map(Self).map_err(|error| plain(&error))
    }

    /// The same moment, shown in another zone.
    pub(super) fn within(&self, zone: Option<TimeZone>) -> Self {
        match zone {
            Some(zone) => Self(self.0.with_time_zone(zone)),
            None => self.clone(),
        }
    }

    /// As a format says: `%Y-%m-%d`.
    ///
    /// # Errors
    /// A format that is none.
    pub(super) fn shown(&self, format: &str) -> Result<String, String> {
        if format.len() > LONGEST || wide(format) {
            return Err("the format is too long".to_owned());
        }
        strtime::format(format, &self.0).map_err(|error| plain(&error))
    }

    /// Seconds since 1970 began.
    pub(super) fn seconds(&self) -> i64 {
        self.0.timestamp().as_second()
    }

    /// Milliseconds since 1970 began.
    pub(super) fn millis(&self) -> i64 {
        self.0.timestamp().as_millisecond()
    }

    /// So much later, or earlier; `None` where no calendar goes so far.
    pub(super) fn moved(&self, by: Duration, sign: Sign) -> Option<Self> {
        let by = SignedDuration::try_from(by).ok()?;
        let by = if sign == Sign::Minus { -by } else { by };
        self.0.checked_add(by).ok().map(Self)
    }

    /// The seconds from another moment to this one.
    pub(super) fn since(&self, other: &Self) -> Value {
        let nanos = self.0.timestamp().as_nanosecond() - other.0.timestamp().as_nanosecond();
        match (nanos % 1_000_000_000, i64::try_from(nanos / 1_000_000_000)) {
            (0, Ok(seconds)) => Value::from(seconds),
            _ => Value::from(nanos as f64 / 1e9),
        }
    }

    pub(super) fn value(self) -> Value {
        Value::from_object(self)
    }
}

/// Whether something is added or taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Plus,
    Minus,
}

/// Whether a format asks for wider fields than anybody needs: `%999999d`.
fn wide(format: &str) -> bool {
    format.split('%').skip(1).any(|field| {
        let flags = field.trim_start_matches(['-', '_', '^', '#']);
        flags.bytes().take_while(u8::is_ascii_digit).count() > 2
    })
}

fn fixed(offset: jiff::tz::Offset) -> TimeZone {
    if offset.is_zero() { TimeZone::UTC } else { TimeZone::fixed(offset) }
}

fn plain(error: &jiff::Error) -> String {
    error.to_string()
}

/// The moment a value is; `None` where it is none.
pub(super) fn moment(value: &Value) -> Option<&Moment> {
    value.downcast_object_ref::<Moment>()
}

/// How two values compare of which at least one is a moment; `None` where the other is none either.
pub(super) fn compared(a: &Value, b: &Value) -> Option<Ordering> {
    let read = |value: &Value| moment(value).cloned().or_else(|| Moment::read(value.as_str()?, None));
    Some(read(a)?.0.timestamp().cmp(&read(b)?.0.timestamp()))
}

/// A zone by its name, such as `Europe/Berlin` or `UTC`, or by its distance from UTC, such as `+02:00`.
///
/// # Errors
/// What is no zone, and what was meant.
pub(super) fn zone(name: &str) -> Result<TimeZone, (String, Option<String>)> {
    if name.len() <= LONGEST {
        if let Ok(zone) = TimeZone::get(name) {
            return Ok(zone);
        }
        let probe = name.starts_with(['+', '-']).then(|| format!("2000-01-01T00:00{name}"));
        let pieces = probe.as_ref().and_then(|probe| DateTimeParser::new().parse_pieces(probe).ok());
        if let Some(offset) = pieces.and_then(|pieces| pieces.to_numeric_offset()) {
            return Ok(TimeZone::fixed(offset));
        }
    }
    let known: Vec<String> = db().available().map(|zone| zone.as_str().to_owned()).collect();
    let near = crate::diagnostic::nearest(name, known.iter().map(String::as_str));
    let help = near.map_or_else(
        || "write one such as `Europe/Berlin`, `UTC` or `+02:00`".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    Err((format!("unknown time zone `{name}`"), Some(help)))
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = if self.0.offset().is_zero() { "%Y-%m-%dT%H:%M:%S%.3fZ" } else { "%Y-%m-%dT%H:%M:%S%.3f%:z" };
        f.write_str(&self.shown(format).unwrap_or_default())
    }
}

impl Object for Moment {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "year" => Value::from(self.0.year()),
            "month" => Value::from(self.0.month()),
            "day" => Value::from(self.0.day()),
            "hour" => Value::from(self.0.hour()),
            "minute" => Value::from(self.0.minute()),
            "second" => Value::from(self.0.second()),
            "weekday" => Value::from(self.0.weekday().to_monday_one_offset()),
            _ => return None,
        })
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.0.timestamp().cmp(&other.downcast_ref::<Self>()?.0.timestamp()))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
