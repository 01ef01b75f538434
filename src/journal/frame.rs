use std::io::{self, Read};

use crc32fast::Hasher;

/// The version of the journal's format. It changes when a reader of the last would read numbers wrong.
pub const FORMAT: u32 = 1;

/// What every journal begins with; behind it stand the version and a line feed.
pub(super) const MAGIC: &str = "plimsoll journal ";
/// How long a frame's payload may be, as it lies in the file and unpacked: a length in a file is not to be trusted.
pub(super) const LARGEST: usize = 32 << 20;

/// Length, kind, and the checksum of both.
const HEAD: usize = 9;
const CHECKSUM: usize = 4;

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Header = b'H',
    Second = b'S',
    Annotation = b'A',
    End = b'E',
}

/// What stands at a place in a journal.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A whole frame whose checksums are right: its kind, and how many bytes it takes.
    Frame(u8, u64),
    /// Nothing: the journal ends here.
    Nothing,
    /// The beginning of a frame: so many bytes of it.
    Partial(u64),
    /// Something that is no frame; what is wrong with it.
    Broken(&'static str),
}

/// The line a journal begins with.
pub(super) fn first_line() -> String {
    format!("{MAGIC}{FORMAT}\n")
}

/// A frame around a payload.
pub(super) fn seal(kind: Kind, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEAD + payload.len() + CHECKSUM);
    // a payload is at most `LARGEST` long
    frame.extend((payload.len() as u32).to_le_bytes());
    frame.push(kind as u8);
    frame.extend(crc32fast::hash(&frame).to_le_bytes());
    frame.extend(payload);
    frame.extend(crc32fast::hash(&frame).to_le_bytes());
    frame
}

/// Reads the next frame's payload into `payload`, which never grows beyond what the file holds and [`LARGEST`].
///
/// # Errors
/// Those of the source.
pub(super) fn open(source: &mut impl Read, payload: &mut Vec<u8>) -> io::Result<Found> {
    payload.clear();
    let mut head = [0; HEAD];
    match fill(source, &mut head)? {
        0 => return Ok(Found::Nothing),
        HEAD => {}
        few => return Ok(Found::Partial(few as u64)),
    }
    let [a, b, c, d, kind, check @ ..] = head;
    let length = u32::from_le_bytes([a, b, c, d]);
    if crc32fast::hash(&[a, b, c, d, kind]) != u32::from_le_bytes(check) {
        return Ok(Found::Broken("the checksum of the frame's length and kind does not match"));
    }
    if length as usize > LARGEST {
        return Ok(Found::Broken("the frame is longer than a frame may be"));
    }
    let got = source.take(u64::from(length)).read_to_end(payload)?;
    let mut check = [0; CHECKSUM];
    let more = fill(source, &mut check)?;
    if got < length as usize || more < CHECKSUM {
        return Ok(Found::Partial((HEAD + got + more) as u64));
    }
    let mut hasher = Hasher::new();
    hasher.update(&head);
    hasher.update(payload);
    if hasher.finalize() != u32::from_le_bytes(check) {
        return Ok(Found::Broken("the frame's checksum does not match"));
    }
    Ok(Found::Frame(kind, (HEAD + got + CHECKSUM) as u64))
}

/// Fills as much as there is; gives how much that was.
pub(super) fn fill(source: &mut impl Read, mut into: &mut [u8]) -> io::Result<usize> {
    let wanted = into.len();
    while !into.is_empty() {
        match source.read(into) {
            Ok(0) => break,
            Ok(read) => into = into.get_mut(read..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(wanted - into.len())
}
