use std::ops::Range;

use super::answer_head::{BodyFraming, Malformed};
use crate::headers::MOST_HEADERS;

/// Finds the bytes of a body among those that come, and its end (RFC 9112, sections 6 and 7).
#[derive(Debug)]
pub(super) enum BodyDecoder {
    /// So many bytes are still to come.
    Length(u64),
    /// Chunks, of which so much is read.
    Chunked(Chunks),
    /// All that comes until the connection is closed.
    UntilClosed,
}

/// What comes next of a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// These of the bytes are the body's; what stands before them is behind us as well.
    Data(Range<usize>),
    /// It ended before this byte.
    End(usize),
    /// Nothing: more has to come.
    More,
}

/// The state of a chunked body.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    at: At,
    /// What is left of the chunk.
    left: u64,
    /// How many bytes of extensions there were.
    extensions: usize,
    /// The lines behind the last chunk, and how many they are.
    trailers: Vec<u8>,
    lines: usize,
}

/// Where in the chunks the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum At {
    /// The first digit of a size.
    #[default]
    Start,
    Size,
    /// Blanks behind a size.
    Blank,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    /// The first byte of a line behind the last chunk.
    Line,
    /// Within such a line.
    Trailer,
    TrailerLf,
    EndLf,
}

/// What chunks may say beside their sizes, in bytes of the whole body.
const LONGEST_EXTENSIONS: usize = 16 << 10;
/// What may stand behind the last chunk.
const LONGEST_TRAILERS: usize = 16 << 10;

impl BodyDecoder {
    pub fn new(framing: BodyFraming) -> Self {
        match framing {
            BodyFraming::Length(length) => Self::Length(length),
            BodyFraming::Chunked => Self::Chunked(Chunks::default()),
            BodyFraming::UntilClosed => Self::UntilClosed,
        }
    }

    /// The next piece in `bytes`, from the first of them on.
    ///
    /// # Errors
    /// What are no chunks.
    pub fn next(&mut self, bytes: &[u8]) -> Result<Piece, Malformed> {
        match self {
            Self::Length(0) => Ok(Piece::End(0)),
            Self::Length(_) | Self::UntilClosed if bytes.is_empty() => Ok(Piece::More),
            Self::Length(left) => {
                let taken = taken(*left, bytes.len());
                *left -= taken as u64;
                Ok(Piece::Data(0..taken))
            }
            Self::UntilClosed => Ok(Piece::Data(0..bytes.len())),
            Self::Chunked(chunks) => chunks.next(bytes),
        }
    }

    /// Whether it is whole when the connection is closed now.
    pub const fn ends_with_connection(&self) -> bool {
        matches!(self, Self::UntilClosed | Self::Length(0))
    }
}

fn taken(left: u64, there: usize) -> usize {
    usize::try_from(left).unwrap_or(usize::MAX).min(there)
}

impl Chunks {
    fn next(&mut self, bytes: &[u8]) -> Result<Piece, Malformed> {
        let mut place = 0;
        while let Some(byte) = bytes.get(place) {
            if self.at == At::Data {
                let taken = taken(self.left, bytes.len() - place);
                self.left -= taken as u64;
                if self.left == 0 {
                    self.at = At::DataCr;
                }
                return Ok(Piece::Data(place..place + taken));
            }
            place += 1;
            if self.take(*byte)? == Progress::Ended {
                return Ok(Piece::End(place));
            }
        }
        Ok(Piece::More)
    }

    /// Takes a byte that is none of the body's.
    fn take(&mut self, byte: u8) -> Result<Progress, Malformed> {
        self.at = match (self.at, byte) {
            (At::Start, _) => {
                self.digit(byte)?;
                At::Size
            }
            (At::Size | At::Blank, b'\t' | b' ') => At::Blank,
            (At::Size | At::Blank, b';') => At::Extension,
            (At::Size | At::Blank | At::Extension, b'\r') => At::SizeLf,
            (At::Size, _) => {
                self.digit(byte)?;
                At::Size
            }
            (At::Extension, b'\n') => return Err(Malformed::ChunkExtension),
            (At::Extension, _) => {
                self.extensions += 1;
                if self.extensions >= LONGEST_EXTENSIONS {
                    return Err(Malformed::ChunkExtension);
                }
                At::Extension
            }
            (At::SizeLf, b'\n') if self.left == 0 => At::Line,
            (At::SizeLf, b'\n') => At::Data,
            (At::Blank | At::SizeLf, _) => return Err(Malformed::ChunkSize),
            (At::DataCr, b'\r') => At::DataLf,
            (At::DataLf, b'\n') => At::Start,
            (At::DataCr | At::DataLf | At::Data, _) => return Err(Malformed::ChunkEnd),
            (At::Line, b'\r') => At::EndLf,
            (At::Line | At::Trailer, _) => {
                self.trailer(byte)?;
                if byte == b'\r' { At::TrailerLf } else { At::Trailer }
            }
            (At::TrailerLf, b'\n') => {
                if self.lines >= MOST_HEADERS {
                    return Err(Malformed::Trailers);
                }
                self.trailer(byte)?;
                self.lines += 1;
                At::Line
            }
            (At::EndLf, b'\n') => {
                self.check_trailers()?;
                return Ok(Progress::Ended);
            }
            (At::TrailerLf | At::EndLf, _) => return Err(Malformed::Trailers),
        };
        Ok(Progress::GoesOn)
    }

    fn digit(&mut self, byte: u8) -> Result<(), Malformed> {
        let digit = char::from(byte).to_digit(16).ok_or(Malformed::ChunkSize)?;
        let grown = self.left.checked_mul(16).and_then(|size| size.checked_add(u64::from(digit)));
        self.left = grown.ok_or(Malformed::ChunkSize)?;
        Ok(())
    }

    fn trailer(&mut self, byte: u8) -> Result<(), Malformed> {
        self.trailers.push(byte);
        if self.trailers.len() >= LONGEST_TRAILERS { Err(Malformed::Trailers) } else { Ok(()) }
    }

    /// Nobody reads trailers; what is none breaks the answer all the same.
    fn check_trailers(&mut self) -> Result<(), Malformed> {
        if self.trailers.is_empty() {
            return Ok(());
        }
        self.trailers.extend_from_slice(b"\r\n");
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let Some(headers) = headers.get_mut(..self.lines) else { return Err(Malformed::Trailers) };
        match httparse::parse_headers(&self.trailers, headers) {
            Ok(httparse::Status::Complete(_)) => Ok(()),
            Ok(httparse::Status::Partial) | Err(_) => Err(Malformed::Trailers),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    GoesOn,
    Ended,
}
