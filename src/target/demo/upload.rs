use flate2::Crc;
use http::StatusCode;
use serde_json::{Value, json};

use super::service::refuse;
use crate::target::exchange::Reply;

const MOST_PARTS: usize = 100;
const LONGEST_BOUNDARY: usize = 70;

/// Takes what is sent, forgets it, and answers how much came: as a whole, or part by part of a form.
pub(super) fn answer(kind: &str, body: &[u8]) -> Result<Reply, Box<Reply>> {
    let Some(parameters) = kind.strip_prefix("multipart/form-data") else {
        return Ok(Reply::new(StatusCode::CREATED, measured(json!({"type": kind}), body)));
    };
    let boundary = parameters.split(';').find_map(|pair| pair.trim().strip_prefix("boundary="));
    let boundary = boundary.map(|boundary| boundary.trim_matches('"'));
    let fits = |boundary: &&str| !boundary.is_empty() && boundary.len() <= LONGEST_BOUNDARY;
    let Some(boundary) = boundary.filter(fits) else {
        return refuse(StatusCode::BAD_REQUEST, "the form's boundary is missing");
    };
    match parts(boundary, body) {
        Some(parts) if parts.len() <= MOST_PARTS => {
            let bytes: usize = parts.iter().map(|(_, content)| content.len()).sum();
            let shown: Vec<Value> = parts.iter().map(|(head, content)| part(head, content)).collect();
            Ok(Reply::new(StatusCode::CREATED, json!({"bytes": bytes, "parts": shown})))
        }
        Some(_) => refuse(StatusCode::PAYLOAD_TOO_LARGE, "the form has too many parts"),
        None => refuse(StatusCode::BAD_REQUEST, "the form is not whole"),
    }
}

/// The parts of a form (RFC 7578), each as its head and its content; `None` where it does not end as one.
fn parts<'a>(boundary: &str, body: &'a [u8]) -> Option<Vec<(&'a [u8], &'a [u8])>> {
    let between = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(&between.as_bytes()[2..])?;
    let mut found = Vec::new();
    while !rest.starts_with(b"--") {
        let from = rest.strip_prefix(b"\r\n")?;
        let end = position(from, between.as_bytes())?;
        let (part, behind) = from.split_at(end);
        let head = position(part, b"\r\n\r\n")?;
        found.push((part.get(..head)?, part.get(head + 4..)?));
        rest = behind.get(between.len()..)?;
        if found.len() > MOST_PARTS {
            break;
        }
    }
    Some(found)
}

fn position(within: &[u8], wanted: &[u8]) -> Option<usize> {
    within.windows(wanted.len()).position(|window| window == wanted)
}

fn part(head: &[u8], content: &[u8]) -> Value {
    let head = String::from_utf8_lossy(head);
    let line = |name: &str| {
        let mut lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value.trim())
    };
    let disposition = line("content-disposition");
    let of = |name: &str| {
        let value = disposition.split(';').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='));
        value.map(|value| value.trim_matches('"'))
    };
    let described = json!({"name": of("name"), "file": of("filename"), "type": line("content-type")});
    measured(described, content)
}

/// A description of a content, with its length and its check sum (CRC-32 as in gzip, RFC 1952).
fn measured(mut described: Value, content: &[u8]) -> Value {
    let mut crc = Crc::new();
    crc.update(content);
    if let Some(described) = described.as_object_mut() {
        described.insert("bytes".to_owned(), content.len().into());
        described.insert("crc32".to_owned(), format!("{:08x}", crc.sum()).into());
    }
    described
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "multipart/form-data; boundary=\"edge\"";

    fn status(kind: &str, body: &[u8]) -> u16 {
        answer(kind, body).unwrap_or_else(|reply| *reply).status.as_u16()
    }

    #[test]
    fn what_came_is_reported_part_by_part() {
        let form = "--edge\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n\
                    --edge\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"a.svg\"\r\n\
                    content-type: image/svg+xml\r\n\r\n123456789\r\n--edge--\r\n";
        let described = answer(KIND, form.as_bytes()).unwrap_or_else(|reply| *reply).body;
        assert_eq!(described["bytes"], 14);
        assert_eq!(described["parts"][0]["name"], "note");
        let picture = json!({
            "name": "picture", "file": "a.svg", "type": "image/svg+xml", "bytes": 9, "crc32": "cbf43926"
        });
        assert_eq!(described["parts"][1], picture);
        let described = answer("text/csv", b"123456789").unwrap_or_else(|reply| *reply).body;
        assert_eq!(described, json!({"type": "text/csv", "bytes": 9, "crc32": "cbf43926"}));
    }

    #[test]
    fn a_form_that_is_not_whole_is_refused() {
        let whole = b"--edge\r\nA: b\r\n\r\nhello\r\n--edge--";
        assert_eq!(status(KIND, whole), 201);
        for end in 0..whole.len() - 1 {
            assert_eq!(status(KIND, &whole[..end]), 400, "{end}");
        }
        assert_eq!(status("multipart/form-data", whole), 400);
        assert_eq!(status("multipart/form-data; boundary=", whole), 400);
        let many = "--edge\r\nA: b\r\n\r\n\r\n".repeat(MOST_PARTS + 1) + "--edge--";
        assert_eq!(status(KIND, many.as_bytes()), 413);
    }
}
