use bytes::{Bytes, BytesMut};

use super::message::Keep;
use super::shared_buffer::SharedBuffer;
use crate::memory::{Held, NoRoom, hold};

/// What is set aside at once for a body that comes in pieces, whatever length it claims.
const FIRST_ROOM: usize = 64 << 10;

/// Why a body is not kept.
#[derive(Debug)]
pub enum Refused {
    /// It is longer than this limit.
    TooLong(u64),
    /// There is no memory left for it.
    NoRoom(NoRoom),
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

impl Keep {
    /// How much of an answer's body is kept, which has this status and comes encoded or not.
    pub(super) fn limit(self, status: u16, is_encoded: bool) -> BodyLimit {
        match self {
            // what can be read as it comes
            Self::OfOthers(size, than) if !than.contains(status) && !is_encoded => BodyLimit::First(size.as_bytes()),
            Self::Nothing | Self::OfOthers(..) => BodyLimit::Nothing,
            Self::UpTo(size) => BodyLimit::Whole(size.as_bytes()),
            Self::First(size) => BodyLimit::First(size.as_bytes()),
        }
    }
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
    /// One piece; small ones lie in the buffer that all share.
    Piece(Bytes),
    Pieces(BytesMut),
}

impl BodySink {
    /// For an answer without a body.
    pub const fn nothing() -> Self {
        Self::new(BodyLimit::Nothing, None)
    }

    /// Keeps of a body what `limit` says; `claimed` is the length its head gives it.
    pub const fn new(limit: BodyLimit, claimed: Option<u64>) -> Self {
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
            Kept::Piece(piece) => match self.held {
                // a large piece has an allocation of its own
                Some(held) => owned(piece, Some(held)),
                None => piece,
            },
            Kept::Pieces(pieces) => owned(pieces, self.held),
        }
    }

    /// Takes a piece; the first is copied into `buffer`, and mostly the last.
    ///
    /// # Errors
    /// A body that is longer than it may be, or for which there is no memory.
    pub fn take(&mut self, piece: &[u8], buffer: &mut SharedBuffer) -> Result<(), Refused> {
        self.taken = self.taken.saturating_add(piece.len() as u64);
        let piece = match self.limit {
            BodyLimit::Nothing => return Ok(()),
            BodyLimit::Whole(limit) => {
                let whole = self.len().saturating_add(piece.len() as u64);
                if whole > limit || self.claimed.is_some_and(|claimed| claimed > limit) {
                    return Err(Refused::TooLong(limit));
                }
                piece
            }
            BodyLimit::First(limit) => {
                let room = usize::try_from(limit.saturating_sub(self.len())).unwrap_or(usize::MAX);
                &piece[..piece.len().min(room)]
            }
        };
        if piece.is_empty() {
            return Ok(());
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
        match &mut self.kept {
            Kept::Nothing => self.kept = Kept::Piece(buffer.keep(piece)),
            Kept::Piece(first) => {
                let claimed = self.claimed.and_then(|claimed| usize::try_from(claimed).ok()).unwrap_or(0);
                let mut pieces = BytesMut::with_capacity(claimed.min(FIRST_ROOM).max(first.len() + piece.len()));
                pieces.extend_from_slice(first);
                pieces.extend_from_slice(piece);
                self.kept = Kept::Pieces(pieces);
            }
            Kept::Pieces(pieces) => pieces.extend_from_slice(piece),
        }
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
