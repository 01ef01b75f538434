/// What one search may still do: nodes looked at, and bytes compared or copied.
#[derive(Debug)]
pub(super) struct Work(usize);

/// A search did all it may, and was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it takes too long in this document")]
pub struct TooLong;

/// Enough to look at each node of the largest document some five times.
const MOST: usize = 5_000_000;
/// So many bytes that are copied count as one step.
pub(super) const BYTES_OF_STEP: usize = 4;

impl Default for Work {
    fn default() -> Self {
        Self(MOST)
    }
}

impl Work {
    /// Counts so much.
    pub(super) fn count(&mut self, steps: usize) -> Result<(), TooLong> {
        self.0 = self.0.checked_sub(steps).ok_or(TooLong)?;
        Ok(())
    }
}
