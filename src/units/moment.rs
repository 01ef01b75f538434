use std::time::{Duration, SystemTime};

use super::quantity::{InvalidValue, split_number};

const HELP: &str = "write it as RFC 3339, such as `2026-11-24T15:00:00Z`, or as Unix seconds";

/// When the year 10000 begins, in Unix seconds: RFC 3339 has four digits for a year.
const TOO_LATE: Duration = Duration::from_secs(253_402_300_800);

/// Reads a moment of the wall clock: RFC 3339 with `Z` or an offset (`2026-11-24T16:00:00+01:00`), or Unix seconds.
///
/// # Errors
/// Anything else; a time without an offset too, which would mean another moment on each machine, and one before 1970 or after
/// 9999.
pub fn parse_moment(text: &str) -> Result<SystemTime, InvalidValue> {
    let text = text.trim();
    let invalid = || InvalidValue::new(format!("`{text}` is not a moment"), HELP);
    if let Some((seconds, "")) = split_number(text) {
        let seconds = Duration::try_from_secs_f64(seconds).map_err(|_| invalid())?;
        return SystemTime::UNIX_EPOCH.checked_add(seconds).filter(is_writable).ok_or_else(invalid);
    }
    let (local, ahead) = split_offset(text).ok_or_else(invalid)?;
    let local = humantime::parse_rfc3339(&format!("{local}Z")).map_err(|_| invalid())?;
    let moment = match ahead {
        Ahead::East(time) => local.checked_sub(time),
        Ahead::West(time) => local.checked_add(time),
    };
    moment.filter(is_writable).ok_or_else(invalid)
}

fn is_writable(moment: &SystemTime) -> bool {
    moment.duration_since(SystemTime::UNIX_EPOCH).is_ok_and(|since| since < TOO_LATE)
}

/// How far local time is from UTC.
enum Ahead {
    /// Later on the clock.
    East(Duration),
    /// Earlier.
    West(Duration),
}

/// Splits the offset from date and time.
fn split_offset(text: &str) -> Option<(&str, Ahead)> {
    if let Some(local) = text.strip_suffix('Z') {
        return Some((local, Ahead::East(Duration::ZERO)));
    }
    // `+01:00` is six bytes long
    let (local, offset) = text.split_at_checked(text.len().checked_sub(6)?)?;
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let number = |digits: &str, most: u64| match digits.parse::<u64>() {
        Ok(number) if digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit()) && number <= most => {
            Some(number)
        }
        _ => None,
    };
    let time = Duration::from_secs(number(hours, 23)? * 3600 + number(minutes, 59)? * 60);
    match offset.as_bytes()[0] {
        b'+' => Some((local, Ahead::East(time))),
        b'-' => Some((local, Ahead::West(time))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unix(text: &str) -> Option<f64> {
        let moment = parse_moment(text).ok()?;
        Some(moment.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64())
    }

    #[test]
    fn one_moment_reads_the_same_however_it_is_written() {
        // `date -u -d @1795532400` says 2026-11-24T15:00:00Z
        let same = ["2026-11-24T15:00:00Z", "2026-11-24T16:30:00+01:30", "2026-11-24T07:00:00-08:00", "1795532400"];
        for text in same {
            assert_eq!(unix(text), Some(1_795_532_400.0), "{text}");
        }
        assert_eq!(unix("2026-11-24T15:00:00.25Z"), Some(1_795_532_400.25));
    }

    #[test]
    fn what_is_no_moment_of_one_meaning_is_refused() {
        for text in [
            "",
            "soon",
            "15:00",
            "2026-11-24",
            "2026-11-24T15:00:00",
            "2026-11-24T25:00:00Z",
            "2026-11-24T15:00:00+1:00",
            "2026-11-24T15:00:00+24:00",
            "2026-11-24T15:00:00€+1:00",
            "+01:00",
            "-5",
            "1e9",
            "99999999999999999999999999",
            "253402300800",
            "99999999999999",
            "9999-12-31T23:59:59-01:00",
            "1970-01-01T00:00:00+01:00",
        ] {
            assert!(parse_moment(text).is_err(), "{text}");
        }
    }
}
