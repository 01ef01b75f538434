use std::time::{Duration, SystemTime};

use super::date;

/// What a `set-cookie` header says, read as RFC 6265 (section 5.2) wants it read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SetCookie<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
    /// For how long it is to be kept; no time at all takes it back.
    pub(super) max_age: Option<Duration>,
    pub(super) expires: Option<SystemTime>,
    /// In lower case, without a dot before it.
    pub(super) domain: Option<String>,
    pub(super) path: Option<&'a str>,
    pub(super) secure: bool,
}

impl<'a> SetCookie<'a> {
    /// Reads it; `None` where it has no name. An attribute that makes no sense is as one that is not there, and of several
    /// of one name the last counts.
    pub(super) fn read(written: &'a [u8]) -> Option<Self> {
        let mut parts = written.split(|byte| *byte == b';');
        let (name, value) = split(parts.next()?)?;
        if name.is_empty() {
            return None;
        }
        let mut cookie = Self { name, value, ..Self::default() };
        for part in parts {
            let (name, value) = split(part).unwrap_or((part.trim_ascii(), b""));
            cookie.take(name, value);
        }
        Some(cookie)
    }

    fn take(&mut self, attribute: &[u8], value: &'a [u8]) {
        let is = |name: &str| attribute.eq_ignore_ascii_case(name.as_bytes());
        if is("max-age") {
            self.max_age = max_age(value).or(self.max_age);
        } else if is("expires") {
            self.expires = date::read(value).or(self.expires);
        } else if is("domain") {
            let domain = std::str::from_utf8(value.strip_prefix(b".").unwrap_or(value)).unwrap_or_default();
            if !domain.is_empty() {
                self.domain = Some(domain.to_ascii_lowercase());
            }
        } else if is("path") {
            self.path = std::str::from_utf8(value).ok().filter(|path| path.starts_with('/'));
        } else if is("secure") {
            self.secure = true;
        }
    }
}

/// Parts a name from its value at the first `=`.
fn split(pair: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = pair.iter().position(|byte| *byte == b'=')?;
    Some((pair[..at].trim_ascii(), pair[at + 1..].trim_ascii()))
}

fn max_age(value: &[u8]) -> Option<Duration> {
    let (negative, digits) = match value {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let add = |so_far: u64, digit: &u8| so_far.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    let seconds = digits.iter().fold(0, add);
    Some(if negative { Duration::ZERO } else { Duration::from_secs(seconds) })
}
