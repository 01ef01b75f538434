use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use serde::de::IgnoredAny;

use crate::secrets::{Secrets, floor};
use crate::units::Size;

/// How much of a body is shown.
const SHOWN: usize = 64 << 10;
/// What is hidden is hidden before the cut, which may go through it: so much is looked at.
const LOOKED_AT: usize = 2 * SHOWN;
/// A longer body is not indented.
const LONGEST_JSON: usize = 1 << 20;
/// How many bytes of a body are shown that is no text.
const FIRST_BYTES: usize = 16;
/// No line is indented further.
const DEEPEST: usize = 40;
/// Kinds of content that are texts, whatever bytes are in them.
const TEXTS: [&str; 6] = ["text/", "json", "xml", "javascript", "x-www-form-urlencoded", "graphql"];

/// The lines of a body: JSON indented, any other text as it is, without secrets and cut where it is long; of what is no text,
/// how large it is and how it begins. `length` is what came, of which `body` may be a part.
pub(super) fn lines(body: &[u8], headers: &HeaderMap, length: u64, secrets: &Secrets) -> Vec<String> {
    if body.is_empty() {
        return Vec::new();
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    // what a service compressed came as fewer bytes than it has; what could not be unpacked is no text, whatever it says
    let packed = headers.contains_key(CONTENT_ENCODING);
    let kinds: &[&str] = if packed { &[] } else { &TEXTS };
    let Some(text) = text(body, &kind, kinds) else { return vec![binary(body, &kind, length, secrets)] };
    let whole = if packed { body.len() as u64 } else { length.max(body.len() as u64) };
    let hidden = secrets.mask_said(&text);
    // what is secret is hidden first: it may be JSON itself, whose blanks are its own
    let masked = if hidden == text && body.len() <= LONGEST_JSON && is_json(body) {
        indented(body)
    } else if body.len() <= LOOKED_AT && is_json(hidden.as_bytes()) {
        indented(hidden.as_bytes())
    } else {
        hidden.to_string()
    };
    let shown = &masked[..floor(&masked, SHOWN)];
    let mut lines: Vec<String> = shown.lines().map(str::to_owned).collect();
    if shown.len() < masked.len() || whole > body.len() as u64 {
        lines.push(format!("… (cut at {} KiB; {} in all)", SHOWN >> 10, Size::from_bytes(whole)));
    }
    lines
}

/// A body that is a text, as much of it as is looked at.
fn text(body: &[u8], kind: &str, kinds: &[&str]) -> Option<String> {
    let head = &body[..body.len().min(LOOKED_AT)];
    let whole = match std::str::from_utf8(head) {
        Ok(text) => Some(text),
        // the cut went through a sign
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&head[..error.valid_up_to()]).ok(),
        Err(_) => None,
    };
    let is_text = |text: &&str| !text.chars().any(|c| c.is_control() && !c.is_whitespace() && c != '\u{1b}');
    match whole.filter(is_text) {
        Some(text) => Some(text.to_owned()),
        None if kinds.iter().any(|text| kind.contains(text)) => Some(String::from_utf8_lossy(head).into_owned()),
        None => None,
    }
}

fn is_json(body: &[u8]) -> bool {
    let begins = body.trim_ascii_start().first();
    matches!(begins, Some(b'{' | b'[')) && serde_json::from_slice::<IgnoredAny>(body).is_ok()
}

/// JSON with a line for each entry. Its numbers and texts are those that were sent, to the sign.
fn indented(json: &[u8]) -> String {
    let mut out = Vec::with_capacity(json.len() * 2);
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    let line = |out: &mut Vec<u8>, depth: usize| {
        out.push(b'\n');
        out.resize(out.len() + 2 * depth.min(DEEPEST), b' ');
    };
    let mut bytes = json.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if out.len() > LOOKED_AT {
            break;
        }
        if in_text {
            in_text = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            out.push(byte);
            continue;
        }
        if byte.is_ascii_whitespace() {
            continue;
        }
        match byte {
            b'{' | b'[' => {
                out.push(byte);
                while bytes.next_if(u8::is_ascii_whitespace).is_some() {}
                if let Some(end) = bytes.next_if(|next| matches!(next, b'}' | b']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                line(&mut out, depth);
            }
            b':' => out.extend_from_slice(b": "),
            _ => {
                in_text = byte == b'"';
                out.push(byte);
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// What is no text, in a line.
fn binary(body: &[u8], kind: &str, length: u64, secrets: &Secrets) -> String {
    let whole = length.max(body.len() as u64);
    let kind = if kind.is_empty() { String::new() } else { format!(" of {kind}") };
    let head = String::from_utf8_lossy(&body[..body.len().min(LOOKED_AT)]);
    if secrets.mask_said(&head) != head {
        return format!("({}{kind}; a secret is in it)", Size::from_bytes(whole));
    }
    let first: Vec<String> = body.iter().take(FIRST_BYTES).map(|byte| format!("{byte:02x}")).collect();
    let more = if body.len() > FIRST_BYTES { " …" } else { "" };
    format!("({}{kind}: {}{more})", Size::from_bytes(whole), first.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::Told;

    fn shown(body: &[u8], kind: &'static str) -> String {
        let headers = [(CONTENT_TYPE, http::HeaderValue::from_static(kind))].into_iter().collect();
        lines(body, &headers, body.len() as u64, &Secrets::default()).join("\n")
    }

    #[test]
    fn json_is_indented_and_keeps_each_sign_of_it() {
        let json = br#"{"n":12345678901234567890123,"f":1.10,"t":"a\"b\\","e":[],"o":{ },"l":[1,{"x":null}]}"#;
        let lines = [
            "{",
            "  \"n\": 12345678901234567890123,",
            "  \"f\": 1.10,",
            r#"  "t": "a\"b\\","#,
            "  \"e\": [],",
            "  \"o\": {},",
            "  \"l\": [",
            "    1,",
            "    {",
            "      \"x\": null",
            "    }",
            "  ]",
            "}",
        ];
        assert_eq!(shown(json, "application/json"), lines.join("\n"));
        // what is no JSON is as it is
        assert_eq!(shown(b"{\"a\":", "application/json"), "{\"a\":");
        assert_eq!(shown(b"a=1&b=2", "application/x-www-form-urlencoded"), "a=1&b=2");
    }

    #[test]
    fn nesting_however_deep_costs_no_more_than_is_shown() {
        let deep = format!("{}{}", "[".repeat(400_000), "]".repeat(400_000));
        let text = shown(deep.as_bytes(), "application/json");
        assert!(text.len() < 70_000 && text.contains("cut at 64 KiB"), "{}", text.len());
    }

    #[test]
    fn what_is_no_text_is_a_size_and_its_first_bytes() {
        assert_eq!(shown(b"\x89PNG\r\n\x1a\n\0\0", "image/png"), "(10B of image/png: 89 50 4e 47 0d 0a 1a 0a 00 00)");
        let long = shown(&[0xff; 4096], "");
        assert!(long.starts_with("(4.0KiB: ff ff") && long.ends_with("ff …)"), "{long}");
        // a text in another encoding is one
        assert_eq!(shown(b"gr\xfc\xdfe", "text/plain; charset=latin1"), "gr\u{FFFD}\u{FFFD}e");
    }

    #[test]
    fn a_long_text_is_cut_and_what_is_hidden_is_hidden_before() {
        let secrets = Secrets::default();
        secrets.learn("hunter2hunter2", Told::Declared);
        let mut text = "x".repeat(SHOWN - 7);
        text.push_str("hunter2hunter2 and more");
        let lines = lines(text.as_bytes(), &HeaderMap::new(), 1 << 20, &secrets);
        let shown = lines.join("\n");
        assert!(
            !shown.contains("hunter2") && shown.ends_with("… (cut at 64 KiB; 1.0MiB in all)"),
            "{}",
            &shown[SHOWN - 9..]
        );
        let binary = super::lines(b"\0hunter2hunter2", &HeaderMap::new(), 15, &secrets);
        assert_eq!(binary, ["(15B; a secret is in it)"]);
    }
}
