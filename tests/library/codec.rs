//! The codec of HTTP/1.1 held against hyper's, answer by answer and piece by piece.

use http::Method;

use crate::fuzz_regressions::entries::codec::{End, Made, agree, ours, theirs};

/// Answers, and what is no answer.
fn answers() -> Vec<String> {
    let head = |lines: &str| format!("HTTP/1.1 200 OK\r\n{lines}\r\n");
    let chunked = |body: &str| format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{body}");
    let many = |count: usize| (0..count).map(|number| format!("x-{number}: 1\r\n")).collect::<String>();
    let mut all = vec![
        head("content-length: 5\r\n") + "hello",
        head("content-length: 0\r\n"),
        head("Content-Length:5\r\nX-A:  b \r\nx-a:\r\n") + "hello",
        head("content-length: 5\r\ncontent-length: 5\r\n") + "hello",
        head("content-length: 5, 5\r\n") + "hello",
        head("content-length: 5\r\ncontent-length: 6\r\n") + "hello",
        head("content-length: 5,\r\n") + "hello",
        head("content-length: +5\r\n") + "hello",
        head("content-length: 0x5\r\n") + "hello",
        head("content-length: -1\r\n"),
        head("content-length:\r\n"),
        head("content-length: 18446744073709551615\r\n") + "x",
        head("content-length: 18446744073709551613\r\n") + "x",
        head("content-length: 99999999999999999999999\r\n"),
        head("content-length: 5\r\n") + "hel",
        head("content-length: 5\r\n") + "hello and more",
        head("content-length: 5\r\n") + "helloHTTP/1.1 200 OK\r\n\r\n",
        head("") + "until it is closed",
        head("connection: close\r\ncontent-length: 5\r\n") + "hello",
        head("connection: x, Close\r\ncontent-length: 5\r\n") + "hello",
        head("connection: keep-alive\r\nconnection: close\r\ncontent-length: 5\r\n") + "hello",
        head("connection: close\r\nconnection: keep-alive\r\ncontent-length: 5\r\n") + "hello",
        head("connection: cl\u{e9}se, close\r\ncontent-length: 5\r\n") + "hello",
        "HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello".into(),
        "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 5\r\n\r\nhello".into(),
        "HTTP/1.0 200 OK\r\nconnection: close, keep-alive\r\ncontent-length: 5\r\n\r\nhello".into(),
        "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n".into(),
        "HTTP/1.0 200 OK\r\n\r\nuntil it is closed".into(),
        "HTTP/1.1 204 No Content\r\n\r\n".into(),
        "HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n".into(),
        "HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello".into(),
        "HTTP/1.1 304 Not Modified\r\ncontent-length: 5, 6\r\n\r\n".into(),
        "HTTP/1.1 205 Reset\r\ncontent-length: 2\r\n\r\nab".into(),
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".into(),
        "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".into(),
        "HTTP/1.1 100 Continue\r\n\r\n".into(),
        "HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000) + "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n".into(),
        "HTTP/1.1 101 Switching Protocols\r\n\r\nraw bytes".into(),
        "HTTP/1.1 199 Unknown\r\n\r\nHTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".into(),
        "HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n".into(),
        "HTTP/1.1 099 Odd\r\ncontent-length: 0\r\n\r\n".into(),
        "HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n".into(),
        "HTTP/1.1 200 \r\ncontent-length: 0\r\n\r\n".into(),
        "HTTP/1.1 20 OK\r\n\r\n".into(),
        "HTTP/1.1 2000 OK\r\n\r\n".into(),
        "HTTP/1.1 abc OK\r\n\r\n".into(),
        "HTTP/1.2 200 OK\r\n\r\n".into(),
        "HTTP/2.0 200 OK\r\n\r\n".into(),
        "http/1.1 200 OK\r\n\r\n".into(),
        "ICY 200 OK\r\n\r\n".into(),
        "SSH-2.0-OpenSSH_9.6\r\n".into(),
        "\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".into(),
        "\n\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".into(),
        " HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".into(),
        "HTTP/1.1 200 OK\ncontent-length: 2\n\nok".into(),
        "HTTP/1.1 200 OK\r\ncontent-length: 2\n\r\nok".into(),
        "HTTP/1.1 200 OK\rcontent-length: 2\r\r".into(),
        "HTTP/1.1 200 O\u{0}K\r\n\r\n".into(),
        "HTTP/1.1 200 \u{fc}\r\ncontent-length: 0\r\n\r\n".into(),
        head("no colon\r\n"),
        head(": no name\r\n"),
        head("a b: c\r\n"),
        head("a : b\r\n"),
        head("a\u{e9}: b\r\n"),
        head("a: b\r\n folded\r\n"),
        head("a: b\u{0}c\r\n"),
        head("a: b\u{1}c\r\n"),
        head("a: b\u{7f}c\r\n"),
        head("a: b\tc\r\ncontent-length: 0\r\n"),
        head("a: \u{fc}\r\ncontent-length: 0\r\n"),
        head("a: b\rc\r\n"),
        head("transfer-encoding: chunked\r\ncontent-length: 5\r\n") + "2\r\nok\r\n0\r\n\r\n",
        head("content-length: nonsense\r\ntransfer-encoding: chunked\r\n") + "2\r\nok\r\n0\r\n\r\n",
        head("transfer-encoding: gzip, chunked\r\n") + "2\r\nok\r\n0\r\n\r\n",
        head("transfer-encoding: Chunked\r\n") + "2\r\nok\r\n0\r\n\r\n",
        head("transfer-encoding: chunked, gzip\r\n") + "until it is closed",
        head("transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n") + "until it is closed",
        head("transfer-encoding: identity\r\ntransfer-encoding: chunked\r\n") + "2\r\nok\r\n0\r\n\r\n",
        head("transfer-encoding: \u{e9}, chunked\r\n") + "2\r\nok\r\n0\r\n\r\n",
        head("transfer-encoding: gzip\r\ncontent-length: 3\r\n") + "until it is closed",
        head("set-cookie: a=b\r\nset-cookie: c=d\r\ncontent-encoding: gzip\r\ncontent-length: 0\r\n"),
        head(&(many(99) + "content-length: 0\r\n")),
        head(&(many(100) + "content-length: 0\r\n")),
        head(&format!("x: {}\r\ncontent-length: 0\r\n", "y".repeat(60_000))),
        head(&format!("x: {}\r\ncontent-length: 0\r\n", "y".repeat(200_000))),
        format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(70_000)),
        String::new(),
        "H".into(),
        "HTTP/1.1 200 OK\r\ncontent-le".into(),
    ];
    let bodies = [
        "5\r\nhello\r\n0\r\n\r\n",
        "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nx: y\r\n\r\n",
        "0005\r\nhello\r\n000\r\n\r\n",
        "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n",
        "5 \t\r\nhello\r\n0 ;x\r\n\r\n",
        "5 5\r\nhello\r\n0\r\n\r\n",
        "5\nhello\n0\n\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhellooo\r\n0\r\n\r\n",
        "\r\nhello\r\n",
        "g\r\nhello\r\n",
        "-5\r\nhello\r\n",
        "0x5\r\nhello\r\n",
        "fffffffffffffffff\r\n",
        "ffffffffffffffff\r\nx",
        "5;a=\"b\nc\"\r\nhello\r\n0\r\n\r\n",
        "5;\r\nhello\r\n0\r\n\r\n",
        "0\r\n\r\nand more",
        "0\r\na: b\r\nc: d\r\n\r\n",
        "0\r\nno colon\r\n\r\n",
        "0\r\n: no name\r\n\r\n",
        "0\r\na: b\r\n folded\r\n\r\n",
        "0\r\na: b\nc: d\r\n\r\n",
        "0\r\na\r\r\n\r\n",
        "0\r\n\n",
        "0\r\n\rx",
        "5\r\nhel",
        "5\r\nhello\r\n",
        "5\r\nhello\r\n0\r\n",
        "",
    ];
    all.extend(bodies.map(chunked));
    all.push(chunked(&format!("5;{}\r\nhello\r\n0\r\n\r\n", "x".repeat(16_000))));
    all.push(chunked(&format!("5;{}\r\nhello\r\n0\r\n\r\n", "x".repeat(17_000))));
    all.push(chunked(&format!("0\r\n{}\r\n", many(100))));
    all.push(chunked(&format!("0\r\n{}\r\n", many(101))));
    // and those that never end
    all.push(chunked(&format!("0\r\n{}", many(100))));
    all.push(chunked(&format!("0\r\n{}", many(101))));
    all.push(chunked(&format!("0\r\nx: {}\r\n\r\n", "y".repeat(17_000))));
    all
}

fn hold_against_hyper(method: &Method, pieces: &[&[u8]]) {
    for end in [End::Open, End::Closed] {
        let (ours, theirs) = (ours(method, pieces, end), theirs(method, pieces, end));
        let shown = String::from_utf8_lossy(&pieces.concat()).chars().take(200).collect::<String>();
        let count = pieces.len();
        let agree = agree(&ours, &theirs, pieces);
        let [ours, theirs] = [ours, theirs].map(|made| format!("{made:?}").chars().take(200).collect::<String>());
        assert!(agree, "{method} {end:?} in {count}: {shown:?}\nours  {ours}\nhyper {theirs}");
    }
}

#[test]
fn an_answer_is_what_hyper_makes_of_it_whole_and_in_pieces_of_any_size() {
    for answer in answers() {
        let bytes = answer.as_bytes();
        for method in [Method::GET, Method::HEAD, Method::POST] {
            hold_against_hyper(&method, &[bytes]);
            if bytes.len() < 4_000 {
                hold_against_hyper(&method, &bytes.chunks(1).collect::<Vec<_>>());
            }
            hold_against_hyper(&method, &bytes.chunks(4_096).collect::<Vec<_>>());
        }
        for place in (1..bytes.len()).filter(|_| bytes.len() < 4_000) {
            hold_against_hyper(&Method::GET, &[&bytes[..place], &bytes[place..]]);
        }
    }
}

#[test]
fn the_table_has_answers_of_each_kind() {
    let made: Vec<Made> =
        answers().iter().map(|answer| ours(&Method::GET, &[answer.as_bytes()], End::Closed)).collect();
    let answered = made.iter().filter(|made| matches!(made, Made::Answer { .. })).count();
    let closed = made.iter().filter(|made| **made == Made::Closed).count();
    let malformed = made.iter().filter(|made| **made == Made::Malformed).count();
    assert!(answered > 40 && closed > 5 && malformed > 40, "{answered} {closed} {malformed}");
}
