use std::time::{Duration, SystemTime};

/// Reads a date as RFC 6265 (section 5.1.1) wants it read: whatever the order and the marks between its parts are.
/// What was before 1970 is 1970: it is past.
pub(in crate::engine) fn read(text: &[u8]) -> Option<SystemTime> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in text.split(|byte| is_delimiter(*byte)).filter(|token| !token.is_empty()) {
        if time.is_none()
            && let Some(found) = time_of(token)
        {
            time = Some(found);
        } else if day.is_none()
            && let Some(found) = number_of(token, 1, 2)
        {
            day = Some(found);
        } else if month.is_none()
            && let Some(found) = month_of(token)
        {
            month = Some(found);
        } else if year.is_none()
            && let Some(found) = number_of(token, 2, 4)
        {
            year = Some(found);
        }
    }
    let ((hour, minute, second), day, month) = (time?, day?, month?);
    let year = match year? {
        year @ 70..=99 => year + 1900,
        year @ 0..=69 => year + 2000,
        year => year,
    };
    if day < 1 || day > days_in(month, year) || year < 1601 || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = u64::try_from(days_since_1970(year, month, day)).unwrap_or(0);
    let seconds = days * 86_400 + u64::from(hour) * 3600 + u64::from(minute) * 60 + u64::from(second);
    let seconds = if year < 1970 { 0 } else { seconds };
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

const fn is_delimiter(byte: u8) -> bool {
    matches!(byte, 0x09 | 0x20..=0x2f | 0x3b..=0x40 | 0x5b..=0x60 | 0x7b..=0x7e)
}

/// The number a token begins with, where it has so many digits.
fn number_of(token: &[u8], least: usize, most: usize) -> Option<u32> {
    let digits = token.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = || token.iter().take(digits).fold(0, |so_far, digit| so_far * 10 + u32::from(digit - b'0'));
    (least..=most).contains(&digits).then(number)
}

fn time_of(token: &[u8]) -> Option<(u32, u32, u32)> {
    let mut fields = token.splitn(3, |byte| *byte == b':');
    let mut whole = || fields.next().filter(|field| field.iter().all(u8::is_ascii_digit));
    let (hour, minute) = (number_of(whole()?, 1, 2)?, number_of(whole()?, 1, 2)?);
    Some((hour, minute, number_of(fields.next()?, 1, 2)?))
}

fn month_of(token: &[u8]) -> Option<u32> {
    const MONTHS: [&[u8; 3]; 12] =
        [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
    let name = token.get(..3)?.to_ascii_lowercase();
    MONTHS.iter().zip(1..).find(|(month, _)| ***month == *name).map(|(_, number)| number)
}

const fn days_in(month: u32, year: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1 January 1970 by the Gregorian calendar; its year is taken to begin in March, so that the odd day comes last.
const fn days_since_1970(year: u32, month: u32, day: u32) -> i64 {
    let year = year as i64 - (month <= 2) as i64;
    let from_march = (month as i64 + 9) % 12;
    let of_year = (153 * from_march + 2) / 5 + day as i64 - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As RFC 3339, to the second.
    fn shown(text: &str) -> Option<String> {
        read(text.as_bytes()).map(|time| humantime::format_rfc3339_seconds(time).to_string())
    }

    #[test]
    fn a_date_is_read_in_whichever_form_it_comes() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "06 November 1994 08:49:37",
            "08:49:37GMT 6th nov 1994",
            "1994/Nov/6;8:49:37",
        ] {
            assert_eq!(shown(text).as_deref(), Some("1994-11-06T08:49:37Z"), "{text}");
        }
        assert_eq!(shown("Thu, 29 Feb 2024 00:00:00 GMT").unwrap(), "2024-02-29T00:00:00Z");
        assert_eq!(shown("Fri, 31 Dec 9999 23:59:59 GMT").unwrap(), "9999-12-31T23:59:59Z");
        assert_eq!(shown("1 Jan 69 0:0:0").unwrap(), "2069-01-01T00:00:00Z");
        assert_eq!(shown("1 Jan 70 0:0:0").unwrap(), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn what_was_before_1970_is_past() {
        for text in ["Mon, 01 Jan 1601 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "31 Dec 1969 23:59:59"] {
            assert_eq!(read(text.as_bytes()), Some(SystemTime::UNIX_EPOCH), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "tomorrow",
            "Sun, 06 Nov 1994",
            "06 Nov 08:49:37",
            "Nov 1994 08:49:37",
            "06 1994 08:49:37",
            "32 Nov 1994 08:49:37",
            "31 Nov 1994 08:49:37",
            "29 Feb 1900 08:49:37",
            "00 Nov 1994 08:49:37",
            "06 Nov 1600 08:49:37",
            "06 Nov 1994 24:49:37",
            "06 Nov 1994 08:60:37",
            "06 Nov 1994 08:49:60",
            "06 Nov 1994 08:49",
            "06 Nov 1994 008:49:37",
            "06 Nov 19941 08:49:37",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
