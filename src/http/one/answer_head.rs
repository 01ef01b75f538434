use std::mem::MaybeUninit;
use std::ops::Range;

use http::Method;

use crate::headers::MOST_HEADERS;

/// An answer's head, taken apart as far as everybody needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AnswerHead {
    /// The status code.
    pub status: u16,
    /// How many bytes the head has, the empty line behind it included.
    pub length: usize,
    /// Where its header lines are, the empty line included.
    pub lines: Range<usize>,
    /// How the body's end is told.
    pub framing: BodyFraming,
    /// Whether the connection may be used again.
    pub persistence: Persistence,
    /// Whether there is a `set-cookie` among the headers.
    pub sets_cookies: bool,
    /// Whether there is a `content-encoding` among them.
    pub is_encoded: bool,
}

/// How a body's end is told (RFC 9112, section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyFraming {
    /// By its length.
    Length(u64),
    /// By chunks.
    Chunked,
    /// By the end of the connection.
    UntilClosed,
}

impl BodyFraming {
    /// How many bytes the body has, where the head says so.
    pub const fn length(self) -> Option<u64> {
        match self {
            Self::Length(length) => Some(length),
            Self::Chunked | Self::UntilClosed => None,
        }
    }
}

/// Whether a connection persists (RFC 9112, section 9.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Persistence {
    /// It does, once the answer is whole.
    Persists,
    /// It ends with the answer.
    Ends,
}

/// What makes bytes no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It does not begin as HTTP/1 does.
    #[error("no `HTTP/1.1` at its beginning")]
    Version,
    /// The status is no number of three digits.
    #[error("no status of three digits")]
    Status,
    /// A header's name has a sign that none may have.
    #[error("a header's name that is none")]
    HeaderName,
    /// A header's value has a sign that none may have.
    #[error("a header's value that is none")]
    HeaderValue,
    /// A line ends as none may.
    #[error("a line of its head that does not end as one")]
    NewLine,
    /// The length of its body is no number, or several.
    #[error("a `content-length` that is not one number")]
    ContentLength,
    /// HTTP/1.0 knows no chunks.
    #[error("a `transfer-encoding` in HTTP/1.0")]
    TransferEncoding,
    /// There are more headers, or they are longer, than are taken.
    #[error("a head that is too large")]
    TooLarge,
    /// The size of a chunk is no number, or larger than any.
    #[error("a chunk without a size")]
    ChunkSize,
    /// A chunk does not end where its size says.
    #[error("a chunk that does not end where its size says")]
    ChunkEnd,
    /// What chunks say beside their size is longer than is taken.
    #[error("chunk extensions that are too long")]
    ChunkExtension,
    /// The headers behind the last chunk are none, or more than are taken.
    #[error("trailers that are none")]
    Trailers,
}

impl AnswerHead {
    /// Reads a head, which answers a request with this method; `None` where it is not whole yet.
    ///
    /// # Errors
    /// What is no head, and one whose body nobody can find the end of.
    pub fn read(bytes: &[u8], method: &Method) -> Result<Option<Self>, Malformed> {
        let mut headers = [MaybeUninit::uninit(); MOST_HEADERS];
        let mut response = httparse::Response::new(&mut []);
        let config = httparse::ParserConfig::default();
        let length = match config.parse_response_with_uninit_headers(&mut response, bytes, &mut headers) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let is_one = response.version == Some(1);
        let status = response.code.filter(|status| *status >= 100).ok_or(Malformed::Status)?;
        let mut seen = Seen { keeps_alive: is_one, ..Seen::default() };
        for header in response.headers.iter() {
            seen.header(header);
        }
        let framing = seen.framing(status, method, is_one)?;
        let ends = !seen.keeps_alive || status == 101;
        let first = response.headers.first().map(|header| header.name.as_ptr() as usize - bytes.as_ptr() as usize);
        // behind the last line of a head without headers there is the empty one
        let from = first.unwrap_or_else(|| if bytes[..length].ends_with(b"\r\n") { length - 2 } else { length - 1 });
        Ok(Some(Self {
            status,
            length,
            lines: from..length,
            framing,
            persistence: if ends { Persistence::Ends } else { Persistence::Persists },
            sets_cookies: seen.cookie,
            is_encoded: seen.content_encoding,
        }))
    }

    /// Whether another head follows it: it only said that the answer is under way (RFC 9110, section 15.2).
    pub const fn is_interim(&self) -> bool {
        matches!(self.status, 100 | 102..=199)
    }
}

/// What the headers that matter say.
#[derive(Default)]
struct Seen {
    keeps_alive: bool,
    closes: bool,
    length: Option<u64>,
    /// The last transfer coding, where there is any: whether it is `chunked`.
    chunked: Option<bool>,
    /// A `content-length` that is wrong; it is forgiven where something else tells the end.
    wrong_length: bool,
    cookie: bool,
    content_encoding: bool,
}

impl Seen {
    fn header(&mut self, header: &httparse::Header) {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        match header.name.len() {
            10 if is("connection") => self.connection(header.value),
            10 if is("set-cookie") => self.cookie = true,
            14 if is("content-length") => self.content_length(header.value),
            16 if is("content-encoding") => self.content_encoding = true,
            17 if is("transfer-encoding") => {
                let last = header.value.rsplit(|byte| *byte == b',').next().unwrap_or_default();
                self.chunked = Some(is_text(header.value) && last.trim_ascii().eq_ignore_ascii_case(b"chunked"));
            }
            _ => {}
        }
    }

    fn connection(&mut self, value: &[u8]) {
        let has = |token: &[u8]| {
            let mut parts = value.split(|byte| *byte == b',');
            is_text(value) && parts.any(|part| part.trim_ascii().eq_ignore_ascii_case(token))
        };
        if self.closes || has(b"close") {
            // whatever stands beside it
            self.closes = true;
            self.keeps_alive = false;
        } else if !self.keeps_alive {
            self.keeps_alive = has(b"keep-alive");
        }
    }

    fn content_length(&mut self, value: &[u8]) {
        for part in value.split(|byte| *byte == b',') {
            match (number(part.trim_ascii()), self.length) {
                (Some(length), None) => self.length = Some(length),
                (Some(length), Some(before)) if length == before => {}
                _ => self.wrong_length = true,
            }
        }
    }

    fn framing(&self, status: u16, method: &Method, is_one: bool) -> Result<BodyFraming, Malformed> {
        if status < 200 || matches!(status, 204 | 304) || *method == Method::HEAD {
            return Ok(BodyFraming::Length(0));
        }
        match self.chunked {
            Some(_) if !is_one => Err(Malformed::TransferEncoding),
            Some(true) => Ok(BodyFraming::Chunked),
            Some(false) => Ok(BodyFraming::UntilClosed),
            None if self.wrong_length => Err(Malformed::ContentLength),
            None => Ok(self.length.map_or(BodyFraming::UntilClosed, BodyFraming::Length)),
        }
    }
}

/// Whether a value has nothing in it but what can be read.
fn is_text(value: &[u8]) -> bool {
    value.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~'))
}

/// Digits and nothing else. Lengths that only the last numbers of 64 bits could hold are none, as for hyper.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    let number = digits.iter().try_fold(0_u64, |number, digit| {
        let digit = char::from(*digit).to_digit(10)?.into();
        number.checked_mul(10)?.checked_add(digit)
    });
    number.filter(|number| *number <= u64::MAX - 2)
}

impl From<httparse::Error> for Malformed {
    fn from(error: httparse::Error) -> Self {
        match error {
            httparse::Error::Version => Self::Version,
            httparse::Error::Status => Self::Status,
            httparse::Error::HeaderName | httparse::Error::Token => Self::HeaderName,
            httparse::Error::HeaderValue => Self::HeaderValue,
            httparse::Error::NewLine => Self::NewLine,
            httparse::Error::TooManyHeaders => Self::TooLarge,
        }
    }
}
