use std::io;

use bytes::Bytes;
use http::Method;

use super::answer_head::{AnswerHead, Malformed, Persistence};
use super::body_decoder::{BodyDecoder, Piece};
use crate::headers::AnswerHeaders;
use crate::http::body::{BodySink, Refused};
use crate::http::message::{Answer, Keep};
use crate::http::shared_buffer::AnswerMemory;

/// Reads one answer from the bytes that come: interim answers, a head, a body. It has no connection and no clock.
pub struct AnswerDecoder {
    method: Method,
    keep: Keep,
    stage: Stage,
    /// What has come of a head that is not whole.
    partial: Vec<u8>,
    /// How many bytes have come while there was no answer's head.
    heads: usize,
    status: u16,
    headers: AnswerHeaders,
    sink: BodySink,
}

enum Stage {
    Head,
    Body(BodyDecoder, Persistence),
    Whole(Persistence),
}

/// What became of the bytes that a decoder was fed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fed {
    /// They are behind us, and more has to come.
    More,
    /// The answer is whole, and so many of them stand behind it.
    Whole(usize),
}

/// Why there is no whole answer.
#[derive(Debug)]
pub enum Broken {
    /// The peer closed the connection.
    Closed,
    /// It broke.
    Io(io::Error),
    /// What came is no answer.
    Malformed(Malformed),
    /// One interim answer came after the other.
    Endless,
    /// The body is not kept.
    Refused(Refused),
    /// The request's body cannot be read; its exchange was told why.
    Unread,
}

impl From<Malformed> for Broken {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

/// The most a head may be.
pub const LONGEST_HEAD: usize = 64 << 10;
/// The most that may come before an answer's head is whole: any number of interim answers may stand before it.
pub const LONGEST_HEADS: usize = 256 << 10;

impl AnswerDecoder {
    /// A decoder of what answers a request with this method, of whose body so much is kept.
    pub fn new(method: Method, keep: Keep) -> Self {
        let (partial, headers, sink) = (Vec::new(), AnswerHeaders::default(), BodySink::nothing());
        Self { method, keep, stage: Stage::Head, partial, heads: 0, status: 0, headers, sink }
    }

    /// Takes the next bytes. What is kept of them is copied into `memory`.
    ///
    /// # Errors
    /// What is no answer, and a body that is not kept.
    pub fn feed(&mut self, bytes: &[u8], memory: &mut AnswerMemory) -> Result<Fed, Broken> {
        if !matches!(self.stage, Stage::Head) {
            return self.feed_body(bytes, memory);
        }
        self.heads += bytes.len();
        if self.partial.is_empty() {
            return self.feed_head(bytes, memory);
        }
        let before = self.partial.len();
        self.partial.extend_from_slice(bytes);
        if !has_empty_line(&self.partial, before) {
            return self.wait_for_head().map(|()| Fed::More);
        }
        let whole = std::mem::take(&mut self.partial);
        self.feed_head(&whole, memory)
    }

    /// Notes that no more comes.
    ///
    /// # Errors
    /// An answer that is not whole.
    pub fn close(&mut self) -> Result<(), Broken> {
        match &self.stage {
            Stage::Body(body, _) if body.ends_with_connection() => {
                self.stage = Stage::Whole(Persistence::Ends);
                Ok(())
            }
            Stage::Whole(_) => Ok(()),
            Stage::Body(..) | Stage::Head => Err(Broken::Closed),
        }
    }

    /// Whether the connection may be used again.
    pub const fn persists(&self) -> bool {
        matches!(self.stage, Stage::Whole(Persistence::Persists))
    }

    /// How many bytes of the body have come.
    pub const fn content(&self) -> u64 {
        self.sink.taken()
    }

    /// The whole answer.
    pub fn into_answer(self) -> Answer {
        Answer { status: self.status, headers: self.headers, body: self.sink.into_bytes() }
    }

    /// Takes bytes that begin with a head.
    fn feed_head(&mut self, bytes: &[u8], memory: &mut AnswerMemory) -> Result<Fed, Broken> {
        if let Some((head, lines)) = memory.known.begins(bytes, &self.method) {
            let length = head.length;
            self.take_head(head, lines.clone());
            memory.known.met();
            return self.feed_body(&bytes[length..], memory);
        }
        let mut from = 0;
        loop {
            let Some(head) = AnswerHead::read(&bytes[from..], &self.method)? else {
                self.partial = bytes[from..].to_vec();
                return self.wait_for_head().map(|()| Fed::More);
            };
            if head.length > LONGEST_HEAD {
                return Err(Malformed::TooLarge.into());
            }
            let whole = &bytes[from..];
            from += head.length;
            if head.is_interim() {
                continue;
            }
            let lines = memory.kept.keep(&whole[head.lines.clone()]);
            memory.known.keep((&head, &lines), whole, &self.method);
            self.take_head(&head, lines);
            return self.feed_body(&bytes[from..], memory);
        }
    }

    fn take_head(&mut self, head: &AnswerHead, lines: Bytes) {
        self.status = head.status;
        self.headers = AnswerHeaders::of_lines(lines, head.sets_cookies, head.is_encoded);
        self.sink = BodySink::new(self.keep.limit(head.status, head.is_encoded), head.framing.length());
        self.stage = Stage::Body(BodyDecoder::new(head.framing), head.persistence);
    }

    fn wait_for_head(&self) -> Result<(), Broken> {
        match () {
            () if self.partial.len() >= LONGEST_HEAD => Err(Malformed::TooLarge.into()),
            () if self.heads > LONGEST_HEADS => Err(Broken::Endless),
            () => Ok(()),
        }
    }

    fn feed_body(&mut self, bytes: &[u8], memory: &mut AnswerMemory) -> Result<Fed, Broken> {
        let Stage::Body(body, persistence) = &mut self.stage else { return Ok(Fed::Whole(bytes.len())) };
        let mut rest = bytes;
        loop {
            match body.next(rest)? {
                Piece::More => return Ok(Fed::More),
                Piece::Data(data) => {
                    let end = data.end;
                    self.sink.take(&rest[data], &mut memory.kept).map_err(Broken::Refused)?;
                    rest = &rest[end..];
                }
                Piece::End(end) => {
                    self.stage = Stage::Whole(*persistence);
                    return Ok(Fed::Whole(rest.len() - end));
                }
            }
        }
    }
}

/// Whether an empty line ends in `bytes`, of which those up to `before` had none. A head that comes byte by byte is not read
/// again for each of them.
fn has_empty_line(bytes: &[u8], before: usize) -> bool {
    let tail = &bytes[before.saturating_sub(3)..];
    tail.windows(2).any(|two| two == b"\n\n") || tail.windows(3).any(|three| three == b"\n\r\n")
}
