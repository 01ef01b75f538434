use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::Method;

use super::peer::Peer;
use super::{answer, client_of, exchange, failure, get};
use crate::http::sending::Sending;
use crate::http::{Coding, Content, ContentFile, ContentPart, Framing, Outgoing};
use crate::sample::FailureKind;

/// A file of a test, with what it holds.
pub(super) struct Fixture(PathBuf, Vec<u8>);

impl Fixture {
    pub(super) fn new(name: &str, bytes: usize) -> Self {
        let path = std::env::temp_dir().join(format!("plimsoll-body-{name}-{}", std::process::id()));
        let content: Vec<u8> = (0..bytes).map(|at| (at % 251) as u8).collect();
        std::fs::write(&path, &content).unwrap();
        Self(path, content)
    }

    pub(super) fn content(&self) -> &[u8] {
        &self.1
    }

    pub(super) fn part(&self) -> ContentPart {
        ContentPart::File(ContentFile::new(File::open(&self.0).unwrap(), self.1.len() as u64, "big.bin"))
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

/// A peer that tells the head and the bytes behind it of one request, as they came.
fn listening() -> (Peer, Receiver<(String, Vec<u8>)>) {
    let (told, heard) = channel();
    let peer = Peer::new(move |stream| {
        let mut read = Vec::new();
        let mut byte = [0];
        while !read.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            read.push(byte[0]);
        }
        let head = String::from_utf8(read).unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = Vec::new();
        match length {
            Some(length) => {
                body.resize(length.parse().unwrap(), 0);
                stream.read_exact(&mut body).unwrap();
            }
            None => {
                while !body.ends_with(b"\r\n0\r\n\r\n") && body != b"0\r\n\r\n" {
                    stream.read_exact(&mut byte).unwrap();
                    body.push(byte[0]);
                }
            }
        }
        told.send((head, body)).unwrap();
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    });
    (peer, heard)
}

/// What came of some content: the head, and the body as it was on the wire.
async fn sent(content: Content) -> (String, Vec<u8>) {
    let (peer, heard) = listening();
    let request = Outgoing { method: Method::POST, body: content, timeout: Duration::from_secs(20), ..get() };
    assert_eq!(answer(&mut client_of(&peer.origin()), request).await.status, 200);
    heard.recv().unwrap()
}

/// The chunks of a body.
fn chunks(mut wire: &[u8]) -> Vec<&[u8]> {
    let mut chunks = Vec::new();
    loop {
        let end = wire.windows(2).position(|two| two == b"\r\n").unwrap();
        let length = usize::from_str_radix(std::str::from_utf8(&wire[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            return chunks;
        }
        chunks.push(&wire[end + 2..end + 2 + length]);
        wire = &wire[end + 4 + length..];
    }
}

pub(super) fn unpacked(gzip: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    GzDecoder::new(gzip).read_to_end(&mut out).unwrap();
    out
}

#[tokio::test]
async fn a_file_is_sent_whole_by_its_length_between_what_stands_around_it() {
    let file = Fixture::new("whole", 300_000);
    let parts = vec![
        ContentPart::Bytes("before".into()),
        file.part(),
        ContentPart::Bytes(Bytes::new()),
        ContentPart::Bytes("behind".into()),
    ];
    let (head, body) = sent(Content::of_parts(parts)).await;
    assert!(head.contains("content-length: 300012") && !head.contains("transfer-encoding"), "{head}");
    assert_eq!(body, [b"before", &file.1[..], b"behind"].concat());
}

#[tokio::test]
async fn chunks_are_of_one_size_and_no_length_is_said() {
    let whole: Vec<u8> = (0..40_000).map(|at| (at % 7) as u8).collect();
    let file = Fixture::new("chunked", 20_000);
    for (content, bytes) in
        [(Content::Whole(whole.clone().into()), &whole), (Content::of_parts(vec![file.part()]), &file.1)]
    {
        let (head, wire) = sent(content.packed(Coding::Plain, Framing::Chunked)).await;
        assert!(head.contains("transfer-encoding: chunked") && !head.contains("content-length"), "{head}");
        let chunks = chunks(&wire);
        assert_eq!(chunks.concat(), *bytes);
        assert!(chunks[..chunks.len() - 1].iter().all(|chunk| chunk.len() == 16 << 10));
    }
    let (head, wire) = sent(Content::EMPTY.packed(Coding::Plain, Framing::Chunked)).await;
    assert!(head.contains("transfer-encoding: chunked") && wire == b"0\r\n\r\n", "{head}");
}

#[tokio::test]
async fn what_is_compressed_has_the_length_that_goes_over_the_wire() {
    let whole = Bytes::from("plimsoll ".repeat(10_000));
    let (head, body) = sent(Content::Whole(whole.clone()).packed(Coding::Gzip, Framing::Length)).await;
    assert!(body.len() < 2_000 && head.contains(&format!("content-length: {}", body.len())), "{head}");
    assert_eq!(unpacked(&body), whole);
    let (_, wire) = sent(Content::Whole(whole.clone()).packed(Coding::Gzip, Framing::Chunked)).await;
    assert_eq!(unpacked(&chunks(&wire).concat()), whole);
    // of a file nobody knows the length before
    let file = Fixture::new("gzip", 300_000);
    let parts = vec![ContentPart::Bytes("before".into()), file.part(), ContentPart::Bytes("behind".into())];
    let (head, wire) = sent(Content::of_parts(parts).packed(Coding::Gzip, Framing::Length)).await;
    assert!(head.contains("transfer-encoding: chunked") && !head.contains("content-length"), "{head}");
    assert_eq!(unpacked(&chunks(&wire).concat()), [b"before", &file.1[..], b"behind"].concat());
}

#[tokio::test]
async fn a_file_that_becomes_shorter_is_a_fault_of_the_request_and_says_so() {
    let file = Fixture::new("short", 300_000);
    let part = file.part();
    File::options().write(true).open(&file.0).unwrap().set_len(100_000).unwrap();
    let peer = Peer::new(|stream| drop(std::io::copy(stream, &mut std::io::sink())));
    let mut client = client_of(&peer.origin());
    let request = Outgoing { method: Method::POST, body: Content::of_parts(vec![part]), ..get() };
    let exchange = exchange(&mut client, request).await;
    let failure = failure(&exchange);
    assert_eq!(failure.kind, FailureKind::Template);
    assert_eq!(failure.message, "the file `big.bin` became shorter while it was sent");
}

#[test]
fn a_body_that_lies_there_whole_weighs_no_more_than_its_bytes() {
    assert_eq!((size_of::<Content>(), size_of::<Sending>()), (size_of::<Bytes>(), size_of::<Bytes>()));
}
