use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

/// What a request carries. A clone of it shares its bytes and its files.
#[derive(Clone)]
pub enum Content {
    /// All of it, as it goes out; empty for none.
    Whole(Bytes),
    /// What is put together, read or compressed while it goes out.
    Made(Arc<MadeContent>),
}

/// Content that does not lie there whole.
#[derive(Debug)]
pub struct MadeContent {
    /// What it is made of, in order.
    pub parts: Vec<ContentPart>,
    /// How it is compressed.
    pub coding: Coding,
    /// How its end is told.
    pub framing: Framing,
}

/// A stretch of made content.
#[derive(Clone)]
pub enum ContentPart {
    /// These bytes.
    Bytes(Bytes),
    /// All of a file, read in pieces.
    File(ContentFile),
}

/// How content is compressed on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Coding {
    /// It is not.
    #[default]
    Plain,
    /// As gzip (RFC 1952).
    Gzip,
}

/// How the end of content is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Framing {
    /// By its length, which is said before it.
    #[default]
    Length,
    /// By chunks (RFC 9112, section 7.1): nobody knows the length before.
    Chunked,
}

/// A file that is sent: opened, and as long as it was then. It may be sent by many at once.
#[derive(Clone)]
pub struct ContentFile {
    file: Arc<File>,
    length: u64,
    /// How it is called in messages.
    shown: Arc<str>,
}

/// So much of a file is read at once, by a thread of its own.
pub(super) const PIECE: usize = 64 << 10;
/// So much is in a chunk where chunks are asked for.
pub(super) const CHUNK: usize = 16 << 10;

impl Content {
    /// None.
    pub const EMPTY: Self = Self::Whole(Bytes::new());

    /// Whether it is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Whole(bytes) if bytes.is_empty())
    }

    /// These parts, sent by their length and as they are.
    #[must_use]
    pub fn of_parts(parts: Vec<ContentPart>) -> Self {
        Self::Made(Arc::new(MadeContent { parts, coding: Coding::Plain, framing: Framing::Length }))
    }

    /// The same, compressed and framed in another way.
    #[must_use]
    pub fn packed(self, coding: Coding, framing: Framing) -> Self {
        if (coding, framing) == (Coding::Plain, Framing::Length) {
            return self;
        }
        let parts = match self {
            Self::Whole(bytes) => vec![ContentPart::Bytes(bytes)],
            Self::Made(made) => made.parts.clone(),
        };
        let reads = parts.iter().any(|part| matches!(part, ContentPart::File(_)));
        // how long a file is once it is compressed is known when it has been sent
        let framing = if coding == Coding::Gzip && reads { Framing::Chunked } else { framing };
        Self::Made(Arc::new(MadeContent { parts, coding, framing }))
    }

    /// The same, compressed already, where no file is in it.
    #[must_use]
    pub fn compressed(&self) -> Self {
        let mut gzip = compressor(Vec::new());
        // into memory: it cannot fail
        let _ = gzip.write_all(&self.in_memory());
        gzip.finish().map_or(Self::EMPTY, |packed| Self::Whole(Bytes::from(packed)))
    }

    /// What of it lies in memory, uncompressed: all but its files.
    #[must_use]
    pub fn in_memory(&self) -> Bytes {
        match self {
            Self::Whole(bytes) => bytes.clone(),
            Self::Made(made) => match made.parts.as_slice() {
                [ContentPart::Bytes(bytes)] => bytes.clone(),
                parts => parts.iter().filter_map(ContentPart::bytes).flatten().copied().collect(),
            },
        }
    }

    /// How many bytes of memory it takes to send it.
    #[must_use]
    pub fn memory(&self) -> usize {
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::Made(made) => {
                let bytes: usize = made.parts.iter().filter_map(ContentPart::bytes).map(Bytes::len).sum();
                let copies = if made.coding == Coding::Gzip { 2 } else { 1 };
                bytes.saturating_mul(copies).saturating_add(self.memory_of_reading())
            }
        }
    }

    /// How many of them for what is read while it is sent.
    #[must_use]
    pub fn memory_of_reading(&self) -> usize {
        match self {
            // a piece that is read, and the one before it that is not sent yet
            Self::Made(made) if made.reads() => 2 * PIECE,
            Self::Made(_) | Self::Whole(_) => 0,
        }
    }
}

impl MadeContent {
    /// Whether there is a file in it.
    pub(super) fn reads(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, ContentPart::File(_)))
    }

    /// How many bytes its parts have.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.parts.iter().map(ContentPart::length).sum()
    }
}

impl ContentPart {
    const fn bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::File(_) => None,
        }
    }

    pub(super) fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(file) => file.length,
        }
    }
}

impl ContentFile {
    /// A file that was opened, which has so many bytes and a name to show.
    #[must_use]
    pub fn new(file: File, length: u64, shown: &str) -> Self {
        Self { file: Arc::new(file), length, shown: shown.into() }
    }

    /// How many bytes it has.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// How it is called in messages.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// So many of its bytes from one on; it waits for the disk.
    pub(super) fn read(&self, offset: u64, most: usize) -> Result<Vec<u8>, String> {
        let left = usize::try_from(self.length - offset.min(self.length)).unwrap_or(usize::MAX);
        let mut piece = vec![0; most.min(left)];
        self.file.read_exact_at(&mut piece, offset).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => format!("the file `{}` became shorter while it was sent", self.shown),
            _ => format!("cannot read the file `{}`: {error}", self.shown),
        })?;
        Ok(piece)
    }
}

/// What compresses as gzip.
pub(super) fn compressor(into: Vec<u8>) -> GzEncoder<Vec<u8>> {
    GzEncoder::new(into, Compression::default())
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Self::Whole(bytes)
    }
}

// Bodies may hold secrets: their bytes are not printed.

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(bytes) => f.debug_tuple("Whole").field(&bytes.len()).finish(),
            Self::Made(made) => f.debug_tuple("Made").field(&made.length()).finish(),
        }
    }
}

impl fmt::Debug for ContentPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ContentPart").field(&self.length()).finish()
    }
}

impl fmt::Debug for ContentFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContentFile").field("shown", &self.shown).field("length", &self.length).finish_non_exhaustive()
    }
}
