use std::io::Read;

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use super::body::{Refused, owned};
use super::failure;
use super::message::Failure;
use crate::memory::{Held, hold};

/// The content codings that are taken, as `accept-encoding` lists them.
pub const CODINGS: &str = "gzip, br, zstd, deflate";

/// A body as it was before it was compressed (RFC 9110, section 8.4); one that is not compressed is itself.
///
/// # Errors
/// A coding that is unknown or broken, or a body longer than `limit` bytes once it is unpacked.
pub fn decode(headers: &HeaderMap, body: Bytes, limit: u64) -> Result<Bytes, Failure> {
    let mut body = body;
    // several codings are undone in the reverse order
    let codings: Vec<String> = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|coding| coding.trim().to_ascii_lowercase())
        .filter(|coding| !coding.is_empty() && coding != "identity")
        .collect();
    const MOST: usize = 4;
    if codings.len() > MOST {
        return Err(failure::undecodable(&codings.join(", ")));
    }
    for coding in codings.iter().rev() {
        if !body.is_empty() {
            body = unpacked(coding, &body, limit)?;
        }
    }
    Ok(body)
}

fn unpacked(coding: &str, body: &[u8], limit: u64) -> Result<Bytes, Failure> {
    let broken = || failure::undecodable(coding);
    match coding {
        "gzip" | "x-gzip" => whole(flate2::read::MultiGzDecoder::new(body), limit, coding),
        // what servers call deflate is zlib's format (RFC 9110, section 8.4.1.2)
        "deflate" => whole(flate2::read::ZlibDecoder::new(body), limit, coding),
        "br" => whole(brotli_decompressor::Decompressor::new(body, 4096), limit, coding),
        "zstd" => {
            let decoder = ruzstd::decoding::StreamingDecoder::new(body).map_err(|_| broken())?;
            whole(decoder, limit, coding)
        }
        _ => Err(broken()),
    }
}

fn whole(mut reader: impl Read, limit: u64, coding: &str) -> Result<Bytes, Failure> {
    let mut out = Vec::new();
    let mut held = None;
    loop {
        let before = out.len();
        reader.by_ref().take(STEP).read_to_end(&mut out).map_err(|_| failure::undecodable(coding))?;
        if out.len() == before {
            break;
        }
        if out.len() as u64 > limit {
            return Err(failure::too_long(limit));
        }
        // a few bytes may become many: each step is held before the next is taken
        let room = match &mut held {
            Some(held) => Held::grow(held, (out.len() - before) as u64),
            None => hold(out.len()).map(|room| held = room),
        };
        room.map_err(|no_room| failure::not_kept(&Refused::NoRoom(no_room)))?;
    }
    out.shrink_to_fit();
    Ok(owned(out, held))
}

/// How much is unpacked before its memory is held.
const STEP: u64 = 256 << 10;

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn headers(coding: &str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_ENCODING, coding.parse().unwrap())])
    }

    fn gzipped(bytes: &[u8]) -> Bytes {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        Bytes::from(encoder.finish().unwrap())
    }

    #[test]
    fn what_was_compressed_comes_back_and_what_was_not_stays() {
        let limit = 1 << 20;
        assert_eq!(decode(&headers("gzip"), gzipped(b"hello"), limit).unwrap(), "hello");
        assert_eq!(decode(&headers("gzip, GZIP"), gzipped(&gzipped(b"hello")), limit).unwrap(), "hello");
        assert_eq!(decode(&HeaderMap::new(), Bytes::from_static(b"x"), limit).unwrap(), "x");
        assert_eq!(decode(&headers("identity"), Bytes::from_static(b"x"), limit).unwrap(), "x");
        assert_eq!(decode(&headers("gzip"), Bytes::new(), limit).unwrap(), "");
    }

    #[test]
    fn a_bomb_and_what_is_broken_are_failures() {
        let bomb = gzipped(&vec![0; 64 << 20]);
        assert!(decode(&headers("gzip"), bomb, 1 << 20).unwrap_err().message.contains("longer"));
        for coding in ["gzip", "br", "zstd", "deflate", "compress"] {
            assert!(decode(&headers(coding), Bytes::from_static(b"\x00\x01nonsense"), 1 << 20).is_err(), "{coding}");
        }
    }
}
