use std::io::Write;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use flate2::write::GzEncoder;
use hyper::body::{Body, Frame, SizeHint};
use tokio::task::{JoinHandle, spawn_blocking};

use super::content::{CHUNK, Coding, Content, ContentFile, ContentPart, Framing, MadeContent, PIECE, compressor};
use super::failure;
use super::metered_stream::{ByteCounter, ToSend};

/// A request's body on its way out, as hyper takes it: a piece at a time.
pub(super) enum Sending {
    /// The rest of one that lies there whole; empty once it is sent.
    Whole(Bytes),
    /// One that is made while it is sent; boxed, for it is rare and large.
    Made(Box<Making>),
}

/// Content that is being made.
pub(super) struct Making {
    content: Arc<MadeContent>,
    /// The part that comes next, and how much of it is behind.
    next: (usize, u64),
    /// How many bytes are still to come, where their number was said before.
    left: Option<u64>,
    gzip: Gzip,
    /// A piece of a file that is being read, by a thread that may wait for the disk.
    reading: Option<JoinHandle<Result<Piece, String>>>,
    /// Where it is told why no more comes.
    counter: Rc<ByteCounter>,
}

/// A piece, with the compressor it went through.
struct Piece {
    bytes: Vec<u8>,
    gzip: Gzip,
}

/// What compresses, and keeps what is not ready to go yet.
enum Gzip {
    /// Nothing does.
    No,
    /// It is with a thread that reads.
    Away,
    On(GzEncoder<Vec<u8>>),
    /// It has given all.
    Over,
}

/// Nothing more comes; why, its exchange is told.
#[derive(Debug, thiserror::Error)]
#[error("the body cannot be read")]
pub(super) struct Broken;

impl Sending {
    /// Begins to send content. What lies in memory is compressed here, so that its length is known.
    pub fn of(content: Content, counter: &Rc<ByteCounter>) -> Self {
        let made = match content {
            Content::Whole(bytes) => return Self::Whole(bytes),
            Content::Made(made) => made,
        };
        if made.coding == Coding::Gzip && !made.reads() {
            let framing = made.framing;
            return Self::of(Content::Made(made).compressed().packed(Coding::Plain, framing), counter);
        }
        let left = (made.framing == Framing::Length).then(|| made.length());
        let gzip = match made.coding {
            Coding::Plain => Gzip::No,
            Coding::Gzip => Gzip::On(compressor(Vec::with_capacity(PIECE))),
        };
        Self::Made(Box::new(Making {
            content: made,
            next: (0, 0),
            left,
            gzip,
            reading: None,
            counter: counter.clone(),
        }))
    }

    /// How many bytes it has; `None` where that is known only once it is sent.
    pub fn length(&self) -> Option<u64> {
        match self {
            Self::Whole(bytes) => Some(bytes.len() as u64),
            Self::Made(making) => making.left,
        }
    }
}

impl Making {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, String>>> {
        loop {
            if let Some(reading) = &mut self.reading {
                let read = ready!(Pin::new(reading).poll(cx));
                self.reading = None;
                match read {
                    Ok(Ok(piece)) => {
                        self.gzip = piece.gzip;
                        if !piece.bytes.is_empty() {
                            return Poll::Ready(Some(Ok(Bytes::from(piece.bytes))));
                        }
                    }
                    Ok(Err(why)) => return Poll::Ready(Some(Err(why))),
                    Err(gone) => return Poll::Ready(Some(Err(format!("the body cannot be read: {gone}")))),
                }
            }
            let (index, behind) = self.next;
            let Some(part) = self.content.parts.get(index) else { return Poll::Ready(self.rest().map(Ok)) };
            if behind >= part.length() {
                self.next = (index + 1, 0);
                continue;
            }
            let most = match self.content.framing {
                Framing::Length => PIECE,
                Framing::Chunked => CHUNK,
            };
            let taken = usize::try_from(part.length() - behind).unwrap_or(most).min(most);
            self.next.1 += taken as u64;
            match part {
                ContentPart::Bytes(bytes) => {
                    // of bytes that lie in memory there are no more than that
                    let from = usize::try_from(behind).unwrap_or(bytes.len()).min(bytes.len());
                    let piece = bytes.slice(from..(from + taken).min(bytes.len()));
                    let Gzip::On(encoder) = &mut self.gzip else { return Poll::Ready(Some(Ok(piece))) };
                    let _ = encoder.write_all(&piece);
                }
                ContentPart::File(file) => {
                    let file = file.clone();
                    let gzip = std::mem::replace(&mut self.gzip, Gzip::Away);
                    self.reading = Some(spawn_blocking(move || read(&file, behind, taken, gzip)));
                }
            }
        }
    }

    /// What the compressor still has when all has gone in.
    fn rest(&mut self) -> Option<Bytes> {
        match std::mem::replace(&mut self.gzip, Gzip::Over) {
            Gzip::On(encoder) => encoder.finish().ok().map(Bytes::from),
            Gzip::No | Gzip::Away | Gzip::Over => None,
        }
    }
}

/// Reads a piece of a file, and compresses it where that is asked for.
fn read(file: &ContentFile, offset: u64, most: usize, gzip: Gzip) -> Result<Piece, String> {
    let bytes = file.read(offset, most)?;
    match gzip {
        Gzip::On(mut encoder) => {
            // into memory: it cannot fail
            let _ = encoder.write_all(&bytes);
            let bytes = std::mem::take(encoder.get_mut());
            Ok(Piece { bytes, gzip: Gzip::On(encoder) })
        }
        gzip => Ok(Piece { bytes, gzip }),
    }
}

impl Sending {
    /// The next piece; `None` behind the last.
    pub fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Broken>>> {
        match self {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(std::mem::take(bytes)))),
            Self::Made(making) => {
                let piece = ready!(making.poll_piece(cx));
                if piece.is_none() && making.counter.to_send.get() == ToSend::More {
                    making.counter.to_send.set(ToSend::Bytes(0));
                }
                Poll::Ready(piece.map(|piece| match piece {
                    Ok(bytes) => {
                        if let Some(left) = &mut making.left {
                            *left = left.saturating_sub(bytes.len() as u64);
                        }
                        Ok(bytes)
                    }
                    Err(why) => {
                        making.counter.unread.set(Some(Box::new(failure::unread(why))));
                        Err(Broken)
                    }
                }))
            }
        }
    }
}

impl Body for Sending {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        self.get_mut().poll_piece(cx).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.length() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.length().map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
