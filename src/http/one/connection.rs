use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Method;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::answer_decoder::{AnswerDecoder, Broken, Fed};
use super::request_head::{BodyCoding, WrongLength, check_length, write_head};
use crate::http::message::{Answer, Keep, Outgoing};
use crate::http::metered_stream::{ByteCounter, Socket, Stream, ToSend};
use crate::http::sending::Sending;
use crate::http::transport::Transport;

/// A connection that speaks HTTP/1.1. Between two exchanges it is its stream and nothing else.
pub struct Connection(pub Stream);

/// What an exchange is made of and by.
#[derive(Clone, Copy)]
pub struct Order<'a> {
    pub request: &'a Outgoing,
    /// When the exchange began.
    pub sent: Instant,
    pub transport: &'a Rc<Transport>,
    pub counter: &'a Rc<ByteCounter>,
}

/// An exchange under way: what is still to be sent, and what came of the answer.
pub struct Ongoing {
    progress: Progress,
    /// What of the head, or of the framing between pieces, is still to be written, and how much of it is behind.
    framing: Vec<u8>,
    written: usize,
    /// What is still to be written of the piece that follows it.
    piece: Bytes,
    /// Where the pieces behind that come from; `None` once all are taken.
    body: Option<Sending>,
    coding: BodyCoding,
    /// How many chunks have begun.
    chunks: u64,
    decoder: AnswerDecoder,
}

/// How far a request has gone out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// It has not begun to.
    Unsent,
    /// Some of it is still to be written.
    Sending,
    /// All of it is written.
    Sent,
}

/// A whole answer.
pub struct Finished {
    pub answer: Answer,
    /// How many bytes its body had.
    pub content: u64,
    /// Whether the connection may be used again.
    pub is_reusable: bool,
}

/// A body up to this length goes out in one write with its head.
const LONGEST_JOINED: usize = 16 << 10;
/// How many reads are made before others have their turn.
const READS_AT_ONCE: u32 = 16;

impl Ongoing {
    /// An exchange that is about to begin.
    ///
    /// # Errors
    /// A `content-length` of the plan's own that does not fit the body.
    pub fn of(order: Order) -> Result<Self, WrongLength> {
        let Order { request, transport, counter, .. } = order;
        let body = Sending::of(request.body.clone(), counter);
        let length = body.length();
        counter.to_send.set(length.map_or(ToSend::More, ToSend::Bytes));
        check_length(&request.headers, length)?;
        let keep = request.keep.within(transport.settings().body_cap);
        Ok(Self {
            progress: Progress::Unsent,
            framing: Vec::new(),
            written: 0,
            piece: Bytes::new(),
            body: Some(body),
            coding: BodyCoding::Plain,
            chunks: 0,
            decoder: AnswerDecoder::new(request.method.clone(), keep),
        })
    }
}

impl Ongoing {
    /// Whether anything of it was tried to be written.
    pub fn has_begun(&self) -> bool {
        self.progress != Progress::Unsent
    }

    /// The answer is whole; so many bytes came behind it that belong to no exchange.
    fn finish(&mut self, behind: usize) -> Finished {
        let decoder = std::mem::replace(&mut self.decoder, AnswerDecoder::new(Method::GET, Keep::Nothing));
        let is_reusable = decoder.persists() && behind == 0 && self.progress == Progress::Sent;
        Finished { content: decoder.content(), answer: decoder.into_answer(), is_reusable }
    }
}

impl Connection {
    /// Whether the peer has closed it, or sent what nobody asked for, since it was used.
    pub fn is_stale(&mut self, cx: &mut Context<'_>) -> bool {
        let mut byte = [0];
        if let Stream::Plain(Socket::Tcp(stream)) = &self.0 {
            // asks the system only where something is said to have come
            return !matches!(stream.try_read(&mut byte), Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        }
        Pin::new(&mut self.0).poll_read(cx, &mut ReadBuf::new(&mut byte)).is_ready()
    }

    /// Sends the request as far as it goes, and takes what has come of the answer.
    pub fn poll(
        &mut self,
        ongoing: &mut Ongoing,
        order: Order,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Finished, Broken>> {
        let unsent = match ongoing.progress {
            Progress::Sent => None,
            Progress::Unsent | Progress::Sending => match self.poll_send(ongoing, order, cx) {
                Poll::Ready(Err(broken)) => Some(broken),
                Poll::Ready(Ok(())) | Poll::Pending => None,
            },
        };
        // a service may have answered, and closed, before it had all of the request
        match (self.poll_receive(ongoing, order, cx), unsent) {
            (Poll::Ready(Ok(finished)), _) => Poll::Ready(Ok(finished)),
            (_, Some(broken)) => Poll::Ready(Err(broken)),
            (other, None) => other,
        }
    }

    fn poll_send(&mut self, ongoing: &mut Ongoing, order: Order, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        if ongoing.progress == Progress::Unsent {
            ongoing.progress = Progress::Sending;
            self.write_beginning(ongoing, order, cx)?;
        }
        loop {
            while ongoing.written < ongoing.framing.len() {
                ongoing.written += ready!(self.poll_write(&ongoing.framing[ongoing.written..], order, cx))?;
            }
            while !ongoing.piece.is_empty() {
                let written = ready!(self.poll_write(&ongoing.piece, order, cx))?;
                drop(ongoing.piece.split_to(written));
            }
            let Some(body) = &mut ongoing.body else { break };
            let piece = ready!(body.poll_piece(cx)).transpose().map_err(|_| Broken::Unread)?;
            let ends = piece.is_none();
            if ongoing.coding == BodyCoding::Chunked {
                ongoing.framing = chunk_framing(ongoing.chunks == 0, piece.as_ref());
                ongoing.written = 0;
                ongoing.chunks += 1;
            }
            ongoing.piece = piece.unwrap_or_default();
            if ends {
                ongoing.body = None;
            }
        }
        ready!(Pin::new(&mut self.0).poll_flush(cx)).map_err(Broken::Io)?;
        ongoing.progress = Progress::Sent;
        Poll::Ready(Ok(()))
    }

    /// Writes the head, and a short body with it, as far as they go at once: mostly that is all.
    fn write_beginning(&mut self, ongoing: &mut Ongoing, order: Order, cx: &mut Context<'_>) -> Result<(), Broken> {
        let mut buffer = order.transport.write_buffer().borrow_mut();
        buffer.clear();
        let length = ongoing.body.as_ref().and_then(Sending::length);
        ongoing.coding = write_head(&mut buffer, order.request, order.transport, length);
        if ongoing.coding == BodyCoding::Plain
            && let Some(Sending::Whole(bytes)) = &mut ongoing.body
            && bytes.len() <= LONGEST_JOINED
        {
            buffer.extend_from_slice(bytes);
            ongoing.body = None;
        }
        let written = match self.poll_write(&buffer, order, cx) {
            Poll::Ready(written) => written?,
            Poll::Pending => 0,
        };
        if written < buffer.len() {
            ongoing.framing = buffer[written..].to_vec();
        }
        Ok(())
    }

    /// Reads what has come, until the answer is whole, there is no more for now, or the worker's other users, and this
    /// exchange's own limit of time, have waited long enough.
    fn poll_receive(
        &mut self,
        ongoing: &mut Ongoing,
        order: Order,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Finished, Broken>> {
        let mut buffer = order.transport.read_buffer().borrow_mut();
        for _ in 0..READS_AT_ONCE {
            let mut read = ReadBuf::new(&mut buffer);
            ready!(Pin::new(&mut self.0).poll_read(cx, &mut read)).map_err(Broken::Io)?;
            let bytes = read.filled();
            order.counter.read(bytes.len());
            let decoder = &mut ongoing.decoder;
            let behind = if bytes.is_empty() {
                decoder.close()?;
                0
            } else {
                match decoder.feed(bytes, &mut order.transport.answers().borrow_mut())? {
                    Fed::More => continue,
                    Fed::Whole(behind) => behind,
                }
            };
            return Poll::Ready(Ok(ongoing.finish(behind)));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn poll_write(&mut self, bytes: &[u8], order: Order, cx: &mut Context<'_>) -> Poll<Result<usize, Broken>> {
        // over a connection that was there nothing has happened since the exchange began
        let began = if order.counter.reused.get() { Some(order.sent) } else { order.counter.about_to_write() };
        let written = ready!(Pin::new(&mut self.0).poll_write(cx, bytes)).map_err(Broken::Io)?;
        order.counter.wrote(written, began);
        Poll::Ready(if written == 0 { Err(Broken::Closed) } else { Ok(written) })
    }
}

/// What stands before a chunk, and behind the one before it; or behind the last.
fn chunk_framing(is_first: bool, chunk: Option<&Bytes>) -> Vec<u8> {
    let end_of_last = if is_first { "" } else { "\r\n" };
    match chunk {
        Some(chunk) => format!("{end_of_last}{:x}\r\n", chunk.len()),
        None => format!("{end_of_last}0\r\n\r\n"),
    }
    .into_bytes()
}
