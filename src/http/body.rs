use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Incoming};

use super::connection::Connection;
use crate::memory::{Held, NoRoom, hold};

/// What is set aside at once for a body that comes in pieces, whatever length it claims.
const FIRST_ROOM: usize = 64 << 10;

/// How many pieces of a body are taken before others have their turn.
const PIECES_AT_ONCE: u32 = 64;

/// Why a body did not come whole.
pub(super) enum DrainError {
    /// It is not kept.
    Refused(Refused),
    /// The connection broke, or it cannot be decoded.
    Broken(hyper::Error),
}

/// Why a body is not kept.
pub(super) enum Refused {
    /// It is longer than this limit.
    TooLong(u64),
    /// There is no memory left for it.
    NoRoom(NoRoom),
}

/// Takes what has come of the body; drives the connection for more until there is none for now, or until the worker's
/// other users, and this exchange's own limit of time, have waited long enough.
pub(super) fn drain(
    connection: &mut Connection,
    body: &mut Incoming,
    sink: &mut BodySink,
    cx: &mut Context<'_>,
) -> Poll<Result<(), DrainError>> {
    let mut driven = false;
    let mut pieces = 0;
    loop {
        if pieces == PIECES_AT_ONCE {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        match Pin::new(&mut *body).poll_frame(cx) {
            Poll::Ready(None) => return Poll::Ready(Ok(())),
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(DrainError::Broken(error))),
            Poll::Ready(Some(Ok(frame))) => {
                if let Ok(piece) = frame.into_data()
                    && let Err(why) = sink.take(piece)
                {
                    return Poll::Ready(Err(DrainError::Refused(why)));
                }
                driven = false;
                pieces += 1;
            }
            Poll::Pending if driven => return Poll::Pending,
            Poll::Pending => {
                connection.drive(cx);
                driven = true;
            }
        }
    }
}

/// Bytes that give their memory back when nobody has them any more.
pub(super) fn owned(bytes: impl AsRef<[u8]> + Into<Bytes> + Send + 'static, held: Option<Held>) -> Bytes {
    struct Owner<B>(B, #[expect(dead_code, reason = "it is there to be dropped")] Held);

    impl<B: AsRef<[u8]>> AsRef<[u8]> for Owner<B> {
        fn as_ref(&self) -> &[u8] {
            self.0.as_ref()
        }
    }

    match held {
        Some(held) => Bytes::from_owner(Owner(bytes, held)),
        None => bytes.into(),
    }
}

/// How much of a body is kept, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) enum BodyLimit {
    Nothing,
    /// All of it; a longer one is refused.
    Whole(u64),
    /// So much of it; the rest is counted.
    First(u64),
}

/// Where a body goes: nowhere, or into memory up to a limit.
pub(super) struct BodySink {
    limit: BodyLimit,
    /// The length the answer's head claims.
    claimed: Option<u64>,
    /// How much has come, kept or not.
    taken: u64,
    kept: Kept,
    /// The memory of what is kept, where that is much.
    held: Option<Held>,
}

enum Kept {
    Nothing,
    /// One piece is kept as it came, uncopied.
    Piece(Bytes),
    Pieces(BytesMut),
}

impl BodySink {
    /// Keeps of a body what `limit` says; `claimed` is the length its head gives it.
    pub fn new(limit: BodyLimit, claimed: Option<u64>) -> Self {
        Self { limit, claimed, taken: 0, kept: Kept::Nothing, held: None }
    }

    /// How many bytes have come, kept or not.
    pub const fn taken(&self) -> u64 {
        self.taken
    }

    /// What was kept.
    pub fn into_bytes(self) -> Bytes {
        match self.kept {
            Kept::Nothing => Bytes::new(),
            Kept::Piece(piece) => piece,
            Kept::Pieces(pieces) => owned(pieces, self.held),
        }
    }

    /// Takes a piece.
    fn take(&mut self, piece: Bytes) -> Result<(), Refused> {
        self.taken = self.taken.saturating_add(piece.len() as u64);
        let mut piece = piece;
        match self.limit {
            BodyLimit::Nothing => return Ok(()),
            BodyLimit::Whole(limit) => {
                let whole = self.len().saturating_add(piece.len() as u64);
                if whole > limit || self.claimed.is_some_and(|claimed| claimed > limit) {
                    return Err(Refused::TooLong(limit));
                }
            }
            BodyLimit::First(limit) => {
                let room = limit.saturating_sub(self.len());
                piece.truncate(usize::try_from(room).unwrap_or(usize::MAX));
                if piece.is_empty() {
                    return Ok(());
                }
            }
        }
        let whole = self.len().saturating_add(piece.len() as u64);
        let held = match &mut self.held {
            Some(held) => held.grow(piece.len() as u64),
            None => hold(usize::try_from(whole).unwrap_or(usize::MAX)).map(|held| self.held = held),
        };
        match (held, self.limit) {
            (Ok(()), _) => {}
            // what is only shown is shown as far as there is room
            (Err(_), BodyLimit::First(_)) => return Ok(()),
            (Err(no_room), _) => return Err(Refused::NoRoom(no_room)),
        }
        self.kept = match std::mem::replace(&mut self.kept, Kept::Nothing) {
            Kept::Nothing => Kept::Piece(piece),
            Kept::Piece(first) => {
                let claimed = self.claimed.and_then(|claimed| usize::try_from(claimed).ok()).unwrap_or(0);
                let mut pieces = BytesMut::with_capacity(claimed.min(FIRST_ROOM).max(first.len() + piece.len()));
                pieces.extend_from_slice(&first);
                pieces.extend_from_slice(&piece);
                Kept::Pieces(pieces)
            }
            Kept::Pieces(mut pieces) => {
                pieces.extend_from_slice(&piece);
                Kept::Pieces(pieces)
            }
        };
        Ok(())
    }

    fn len(&self) -> u64 {
        match &self.kept {
            Kept::Nothing => 0,
            Kept::Piece(piece) => piece.len() as u64,
            Kept::Pieces(pieces) => pieces.len() as u64,
        }
    }
}
