use std::io::{self, Write};
use std::sync::Arc;
use std::thread::Builder;
use std::time::Duration;

use super::queue::{Queue, Taken};

/// A place that texts are written to by a thread of its own. Dropped, it writes what waits and ends, without anybody who
/// waits for that.
pub struct Spool(Arc<Queue>);

/// How long a place that takes nothing at the moment is left alone.
const BREATH: Duration = Duration::from_millis(10);

impl Spool {
    /// A spool before a place, in which so many bytes may wait; `left_out` has the words for texts that had no room.
    ///
    /// # Errors
    /// No thread to be had.
    pub fn before(
        name: &str,
        mut place: impl Write + Send + 'static,
        most: usize,
        left_out: fn(u64) -> String,
    ) -> io::Result<Self> {
        let queue = Arc::new(Queue::new(most, left_out));
        let texts = queue.clone();
        Builder::new().name(name.to_owned()).spawn(move || {
            while let Some(text) = texts.next() {
                write(&mut place, text.as_bytes(), &texts);
            }
            if let Err(error) = place.flush() {
                texts.fail(0, error);
            }
            texts.finish();
        })?;
        Ok(Self(queue))
    }

    /// Adds a text, without waiting for anything; where there is no room, it is left out.
    pub fn push(&self, text: &str) {
        self.0.push(text);
    }

    /// How many bytes are not taken yet.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.waiting()
    }

    /// Waits until everything so far was taken. Whoever reads may be slow: it is waited for as long as anything is taken
    /// within `patience`.
    #[must_use]
    pub fn settle(&self, patience: Duration) -> Taken {
        self.0.drained(patience)
    }

    /// The same, with what the place itself does at its end. Nothing more is taken.
    #[must_use]
    pub fn close(self, patience: Duration) -> Taken {
        self.0.close();
        self.0.closed(patience)
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Writes a text, and tells of each part that was taken.
fn write(place: &mut impl Write, mut bytes: &[u8], queue: &Queue) {
    while !bytes.is_empty() {
        match place.write(bytes) {
            Ok(0) => return queue.fail(bytes.len(), io::ErrorKind::WriteZero.into()),
            Ok(taken) => {
                bytes = bytes.get(taken..).unwrap_or_default();
                queue.step(taken);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // whoever gave us the pipe may have made it one that does not wait
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::sleep(BREATH),
            Err(error) => return queue.fail(bytes.len(), error),
        }
    }
}

impl std::fmt::Debug for Spool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spool").finish_non_exhaustive()
    }
}
