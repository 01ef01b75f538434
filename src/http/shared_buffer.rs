use bytes::{Bytes, BytesMut};

use super::one::KnownHead;

/// Where a worker keeps what its users were answered: small pieces lie side by side in one allocation, which is freed, or
/// filled anew, when the last of them is given back.
#[derive(Debug, Default)]
pub struct SharedBuffer(BytesMut);

/// What a worker keeps for the answers it reads.
#[derive(Debug, Default)]
pub struct AnswerMemory {
    /// Where what is kept of them lies.
    pub kept: SharedBuffer,
    /// The head that was read last.
    pub(super) known: KnownHead,
}

/// So much is allocated at once. A user that keeps one small answer for long keeps so much at most.
const CHUNK: usize = 8 << 10;
/// A longer piece has an allocation of its own.
const LONGEST_SHARED: usize = CHUNK / 4;

impl SharedBuffer {
    /// A copy of a piece.
    pub fn keep(&mut self, piece: &[u8]) -> Bytes {
        if piece.len() > LONGEST_SHARED {
            return Bytes::copy_from_slice(piece);
        }
        if self.0.capacity() < piece.len() {
            self.0.reserve(CHUNK);
        }
        self.0.extend_from_slice(piece);
        self.0.split().freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_copies_and_share_an_allocation_where_they_are_small() {
        let mut buffer = SharedBuffer::default();
        let pieces: Vec<Bytes> = (0..200_u8).map(|n| buffer.keep(&[n; 100])).collect();
        assert!(pieces.iter().zip(0..).all(|(piece, n)| **piece == [n; 100]));
        let side_by_side = pieces.windows(2).filter(|two| two[0].as_ptr().wrapping_add(100) == two[1].as_ptr()).count();
        assert!(side_by_side > 190, "{side_by_side}");
        assert_eq!(buffer.keep(&[7; 100_000]), [7; 100_000][..]);
        assert!(buffer.keep(&[]).is_empty());
    }
}
