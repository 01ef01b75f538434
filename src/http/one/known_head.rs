use bytes::Bytes;
use http::Method;

use super::answer_head::AnswerHead;

/// The head that was read last by a worker: a service says mostly the same again and again, and what is the same to the byte
/// need not be taken apart again.
#[derive(Debug, Default)]
pub struct KnownHead {
    bytes: Vec<u8>,
    known: Option<Known>,
    /// How many heads in a row were others.
    misses: u8,
}

#[derive(Debug)]
struct Known {
    head: AnswerHead,
    lines: Bytes,
    answers_head: bool,
}

/// A longer head is read anew each time.
const LONGEST: usize = 1 << 10;
/// After so many others in a row it is kept only now and then.
const PATIENCE: u8 = 8;

impl KnownHead {
    /// The head, and its lines, that bytes begin with, where it is this one.
    pub(super) fn begins(&self, bytes: &[u8], method: &Method) -> Option<(&AnswerHead, &Bytes)> {
        let known = self.known.as_ref()?;
        // the method decides whether a body follows
        let is_same = bytes.starts_with(&self.bytes) && known.answers_head == (*method == Method::HEAD);
        is_same.then_some((&known.head, &known.lines))
    }

    /// Keeps another head, which was read at the beginning of bytes.
    pub(super) fn keep(&mut self, (head, lines): (&AnswerHead, &Bytes), bytes: &[u8], method: &Method) {
        self.misses = self.misses.wrapping_add(1);
        if head.length > LONGEST || self.misses > PATIENCE && !self.misses.is_multiple_of(16) {
            return;
        }
        self.bytes.clear();
        self.bytes.extend_from_slice(&bytes[..head.length]);
        let answers_head = *method == Method::HEAD;
        self.known = Some(Known { head: head.clone(), lines: lines.clone(), answers_head });
    }

    /// Notes that it was met again.
    pub(super) const fn met(&mut self) {
        self.misses = 0;
    }
}
