use std::fmt;
use std::sync::OnceLock;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, HeaderMap, HeaderName, HeaderValue, SET_COOKIE};

/// How many headers an answer may have.
pub const MOST_HEADERS: usize = 100;

/// The headers of an answer. Most answers come and go without anybody looking at them, so those of HTTP/1.1 stay the lines
/// that they were, until the first who looks has them taken apart.
#[derive(Clone, Default)]
pub struct AnswerHeaders {
    /// The header lines with the empty line behind them (RFC 9112, section 5); empty where the map is all there is.
    lines: Bytes,
    map: OnceLock<Box<HeaderMap>>,
    sets_cookies: bool,
    is_encoded: bool,
}

impl AnswerHeaders {
    /// Headers that were read as these lines. Whoever read them has found out what everybody needs to know: whether there is
    /// a `set-cookie` among them, and a `content-encoding`.
    #[must_use]
    pub const fn of_lines(lines: Bytes, sets_cookies: bool, is_encoded: bool) -> Self {
        Self { lines, map: OnceLock::new(), sets_cookies, is_encoded }
    }

    /// By name.
    #[must_use]
    pub fn map(&self) -> &HeaderMap {
        self.map.get_or_init(|| Box::new(taken_apart(&self.lines)))
    }

    /// Whether there is a `set-cookie` among them.
    #[must_use]
    pub const fn set_cookies(&self) -> bool {
        self.sets_cookies
    }

    /// Whether there is a `content-encoding` among them.
    #[must_use]
    pub const fn are_of_encoded(&self) -> bool {
        self.is_encoded
    }

    /// Copies them into memory of their own, so that the buffer they were read into is freed.
    pub fn compact(&mut self) {
        if self.lines.is_empty() {
            self.map.get_mut().into_iter().for_each(|map| copy_values(map));
        } else {
            self.lines = Bytes::copy_from_slice(&self.lines);
            self.map = OnceLock::new();
        }
    }
}

impl From<HeaderMap> for AnswerHeaders {
    fn from(map: HeaderMap) -> Self {
        let (sets_cookies, is_encoded) = (map.contains_key(SET_COOKIE), map.contains_key(CONTENT_ENCODING));
        Self { lines: Bytes::new(), map: OnceLock::from(Box::new(map)), sets_cookies, is_encoded }
    }
}

// They may hold secrets.
impl fmt::Debug for AnswerHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerHeaders").field("bytes", &self.lines.len()).finish_non_exhaustive()
    }
}

/// The lines as a map; values share their memory. They were read before, so each is a header.
fn taken_apart(lines: &Bytes) -> HeaderMap {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let Ok(httparse::Status::Complete((_, headers))) = httparse::parse_headers(lines, &mut headers) else {
        return HeaderMap::new();
    };
    let mut map = HeaderMap::with_capacity(headers.len());
    for header in headers {
        let name = HeaderName::from_bytes(header.name.as_bytes());
        let value = HeaderValue::from_maybe_shared(lines.slice_ref(header.value));
        if let (Ok(name), Ok(value)) = (name, value) {
            map.append(name, value);
        }
    }
    map
}

fn copy_values(map: &mut HeaderMap) {
    let mut bytes = Vec::with_capacity(map.values().map(HeaderValue::len).sum());
    map.values().for_each(|value| bytes.extend_from_slice(value.as_bytes()));
    let mut bytes = Bytes::from(bytes);
    for value in map.values_mut() {
        // it was a value before, so it is one again
        if let Ok(mut copy) = HeaderValue::from_maybe_shared(bytes.split_to(value.len())) {
            copy.set_sensitive(value.is_sensitive());
            *value = copy;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// A buffer that says when it is freed.
    struct ReadBuffer(&'static [u8], Arc<AtomicBool>);

    impl AsRef<[u8]> for ReadBuffer {
        fn as_ref(&self) -> &[u8] {
            self.0
        }
    }

    impl Drop for ReadBuffer {
        fn drop(&mut self) {
            self.1.store(true, Ordering::SeqCst);
        }
    }

    fn buffer(bytes: &'static [u8]) -> (Bytes, Arc<AtomicBool>) {
        let freed = Arc::new(AtomicBool::new(false));
        (Bytes::from_owner(ReadBuffer(bytes, freed.clone())), freed)
    }

    fn all<'h>(headers: &'h AnswerHeaders, name: &str) -> Vec<&'h [u8]> {
        headers.map().get_all(name).iter().map(HeaderValue::as_bytes).collect()
    }

    #[test]
    fn lines_are_taken_apart_when_somebody_looks() {
        let lines = Bytes::from_static(b"X-A: one\xff\r\nx-a:  two \r\nX-None:\nset-cookie: a=b\r\n\r\n");
        let headers = AnswerHeaders::of_lines(lines, true, false);
        assert_eq!(all(&headers, "x-a"), [&b"one\xff"[..], b"two"]);
        assert_eq!((headers.map().len(), headers.map()["x-none"].len()), (4, 0));
        assert!(headers.set_cookies() && !headers.are_of_encoded());
    }

    #[test]
    fn compact_headers_are_the_same_and_keep_nothing_of_the_buffer_they_were_read_into() {
        let (bytes, freed) = buffer(b"x-a: one\r\nx-a: two\r\n\r\n");
        let of_lines = AnswerHeaders::of_lines(bytes, false, false);
        let (bytes, freed_too) = buffer(b"onetwo");
        let value = |range| HeaderValue::from_maybe_shared(bytes.slice(range)).unwrap();
        let mut map = HeaderMap::new();
        map.append("x-a", value(0..3));
        map.append("x-a", value(3..6));
        drop(bytes);
        for (mut headers, freed) in [(of_lines, freed), (AnswerHeaders::from(map), freed_too)] {
            assert_eq!(all(&headers, "x-a"), [b"one", b"two"]);
            assert!(!freed.load(Ordering::SeqCst));
            headers.compact();
            assert!(freed.load(Ordering::SeqCst));
            assert_eq!(all(&headers, "x-a"), [b"one", b"two"]);
        }
    }
}
