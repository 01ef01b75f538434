use std::fmt::Write as _;

/// Words that YAML, or an older YAML, takes for something else than a text.
const WORDS: [&str; 10] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan"];

/// A text as YAML: bare where nothing could take it for anything else, in a list or map of one line too.
pub(super) fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

fn is_plain(text: &str) -> bool {
    // `2xx` and `5s`: these endings make no number of any YAML
    let bare = ["xx", "ms", "s"].into_iter().find_map(|ending| text.strip_suffix(ending));
    let quantity = bare.is_some_and(|bare| !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit()));
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '_')) || quantity;
    let ends = !text.ends_with([' ', ':']);
    let holds = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+' | '=' | ';' | ':' | ' ');
    starts
        && ends
        && text.chars().all(holds)
        && !text.contains(": ")
        && !text.contains("  ")
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // writing to a string cannot fail
            c if !is_printable(c) && u32::from(c) <= 0xFFFF => drop(write!(out, "\\u{:04X}", u32::from(c))),
            c if !is_printable(c) => drop(write!(out, "\\U{:08X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Whether a sign may stand in a YAML file as it is, and shows itself to whoever reads it.
fn is_printable(c: char) -> bool {
    let bidi = matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    !(c.is_control() || bidi || matches!(c, '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cannot_be_mistaken_is_bare() {
        for bare in [
            "a",
            "/pets/all",
            "application/json; charset=utf-8",
            "http://here:80/v1",
            "2xx",
            "5s",
            "250ms",
            "a-b_c.d",
            "p q",
        ] {
            assert_eq!(scalar(bare), bare);
        }
        for other in
            ["", "1", "1e5", "true", "No", "null", "~", "a: b", "a:", "a #b", "{{ x }}", "${X}", "- a", "*a", "a, b"]
        {
            assert!(scalar(other).starts_with('"'), "{other}");
        }
        assert_eq!(scalar("a\n\"\\\u{85}\u{202e}"), r#""a\n\"\\\u0085\u202E""#);
    }
}
