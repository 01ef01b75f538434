use http::HeaderMap;

use super::masking::floor;
use super::names::bare;
use super::registry::{SCHEMES, Secrets};

/// No more of a text is gone through for names of secrets.
const MOST: usize = 64 << 10;
/// JSON that is larger is gone through as a text is.
const LARGEST_JSON: usize = 256 << 10;
/// A longer value is not searched for fields of its own.
const LONGEST_SEARCHED: usize = 256;
/// No tag of a page is longer.
const LONGEST_TAG: usize = 4096;
/// No name of a field is longer.
const LONGEST_NAME: usize = 64;

impl Secrets {
    /// Learns what stands in a text under the names of secrets, however it is written: `token=…`, `"token": "…"`,
    /// `<token>…</token>`, `Authorization: Bearer …`.
    pub(crate) fn learn_from_text(&self, text: &str) {
        let text = &text[..floor(text, MOST)];
        let mut past = 0;
        // most texts name none
        for (at, sign) in text.match_indices(['=', ':', '>']) {
            if at < past {
                continue;
            }
            let Some(name) = name_before(&text[..at], sign) else { continue };
            if !self.names_secret(name) {
                continue;
            }
            let (value, is_quoted) = value_behind(&text[at + 1..], sign);
            // what only says where a value is, or comes to be
            if value.starts_with("{{") || value.starts_with("${") || value.starts_with("$.") {
                continue;
            }
            self.learn_field(name, value);
            // a long value is not gone through once more for each sign in it
            if !is_quoted && value.len() > LONGEST_SEARCHED {
                past = text[at + 1..].find(value).map_or(at, |start| at + 1 + start + value.len());
            }
            if is_quoted || sign == ">" || !value.contains(' ') {
                self.learn_undone(value, name);
            }
        }
        self.learn_inputs(text);
    }

    /// Learns what a plan has in it that is secret, where its text cannot be read as YAML.
    pub(crate) fn learn_from_broken_plan(&self, text: &str) {
        let listed = |section: &str| {
            let at = text.lines().position(|line| line.starts_with(section)).unwrap_or(usize::MAX);
            let mut lines = text.lines().skip(at);
            let own = lines.next().and_then(|line| line.split_once(':')).map_or("", |(_, list)| list);
            let below = lines.take_while(|line| line.trim_start().starts_with('-'));
            let words = std::iter::once(own).chain(below).flat_map(|line| {
                let line = line.split('#').next().unwrap_or_default().trim_start();
                line.strip_prefix('-').unwrap_or(line).split([',', '[', ']', ' ', '"', '\''])
            });
            words.filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        let (secret, public) = (listed("secrets:"), listed("public:"));
        self.declare(secret.iter().map(String::as_str), public.iter().map(String::as_str));
        text.lines().for_each(|line| self.learn_from_text(line));
    }

    /// Learns what headers of a message have in them that is secret.
    pub(crate) fn learn_headers(&self, headers: &HeaderMap) {
        for (name, value) in headers {
            self.learn_header(name.as_str(), value.as_bytes());
        }
    }

    /// Learns a header's value, where its name says that it is a secret.
    pub(crate) fn learn_header(&self, name: &str, value: &[u8]) {
        if self.names_secret(name) {
            self.learn_field(name, &String::from_utf8_lossy(value));
        } else if name == "location" {
            self.learn_from_text(&String::from_utf8_lossy(value));
        }
    }

    /// Learns what a body has in it that is secret: members of JSON, fields of forms, what a text names.
    pub(crate) fn learn_body(&self, body: &[u8]) {
        if body.is_empty() {
            return;
        }
        let is_json = body.len() <= LARGEST_JSON && matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
        match is_json.then(|| serde_json::from_slice(body)) {
            Some(Ok(json)) => self.learn_members(&json),
            _ => self.learn_from_text(&String::from_utf8_lossy(&body[..body.len().min(MOST)])),
        }
    }

    /// Learns the members of a JSON value whose names say that they are secret, however deep.
    pub(crate) fn learn_members(&self, json: &serde_json::Value) {
        match json {
            serde_json::Value::Object(entries) => {
                for (name, value) in entries {
                    if self.names_secret(name) {
                        self.learn_all_in(value, self.told(name));
                    }
                    self.learn_members(value);
                }
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| self.learn_members(item)),
            // JSON and forms also lie in texts
            serde_json::Value::String(text) if text.contains(['=', ':', '>']) => self.learn_from_text(text),
            _ => {}
        }
    }

    /// Learns the value of a field by its name; cookies each by itself.
    fn learn_field(&self, name: &str, value: &str) {
        let told = self.told(name);
        let name = bare(name);
        if name == "cookie" || name == "setcookie" {
            let pairs = if name == "cookie" { usize::MAX } else { 1 };
            let cookies = value.split(';').take(pairs).filter_map(|pair| pair.split_once('='));
            cookies.for_each(|(_, value)| self.learn(value.trim().trim_matches('"'), told));
        } else {
            self.learn(value, told);
        }
    }

    /// Learns what a value is that was found encoded.
    fn learn_undone(&self, value: &str, name: &str) {
        if value.contains('%') || value.contains('+') {
            let spaced = value.replace('+', " ");
            let plain = percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy();
            self.learn(&plain, self.told(name));
        }
        if value.contains('\\')
            && let Ok(plain) = serde_json::from_str::<String>(&format!("\"{value}\""))
        {
            self.learn(&plain, self.told(name));
        }
    }

    /// Learns the values of a page's fields: `<input name="csrf_token" value="…">`.
    fn learn_inputs(&self, text: &str) {
        for (at, lead) in text.match_indices("name=") {
            let tag = &text[at..floor(text, at + LONGEST_TAG)];
            let tag = tag.split('>').next().unwrap_or_default();
            let (name, _) = value_behind(&tag[lead.len()..], "=");
            if self.names_secret(name)
                && let Some((_, behind)) = tag.split_once("value=").or_else(|| tag.split_once("content="))
            {
                self.learn_field(name, value_behind(behind, "=").0);
            }
        }
    }
}

/// The name that stands before a sign that gives it a value.
fn name_before<'a>(before: &'a str, sign: &str) -> Option<&'a str> {
    let trimmed = before.trim_end_matches([' ', '"', '\'', '\\']);
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '[' | ']');
    let start = trimmed.trim_end_matches(is_part).len();
    let name = &trimmed[start..];
    let is_element = sign != ">" || trimmed[..start].ends_with('<');
    (!name.is_empty() && name.len() <= LONGEST_NAME && is_element).then_some(name)
}

/// The value that stands behind such a sign, and whether it was in quotes.
fn value_behind<'a>(behind: &'a str, sign: &str) -> (&'a str, bool) {
    if sign == ">" {
        return (behind.split('<').next().unwrap_or_default(), false);
    }
    let start = behind.trim_start_matches([' ', '\\']);
    if let Some(quote) = start.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let inside = &start[1..];
        // quotes that are escaped themselves end with one that is
        let is_nested = behind[..behind.len() - start.len()].contains('\\');
        let mut escaped = false;
        let end = inside.find(|c| {
            let ends = c == quote && (is_nested || !escaped);
            escaped = c == '\\' && !escaped;
            ends
        });
        return (inside[..end.unwrap_or(inside.len())].trim_end_matches('\\'), true);
    }
    let end_of_word = |text: &str| {
        text.find(|c: char| {
            c.is_whitespace() || matches!(c, ',' | ';' | '&' | '"' | '\'' | '<' | '>' | ')' | '}' | ']' | '`' | '…')
        })
        .unwrap_or(text.len())
    };
    let end = end_of_word(start);
    let word = &start[..end];
    if sign == ":" && SCHEMES.contains(&word.to_ascii_lowercase().as_str()) {
        let rest = start[end..].trim_start_matches(' ');
        let skipped = start.len() - rest.len();
        return (&start[..skipped + end_of_word(rest)], false);
    }
    (word, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_under_a_secrets_name_is_learned_however_it_is_written() {
        for text in [
            "token=hush-hush-1",
            "a=1&access_token=hush-hush-1&b=2",
            r#"{"a": 1, "access_token": "hush-hush-1"}"#,
            r#"{"a": {"clientSecret":["hush-hush-1"]}}"#,
            r#"{"said": "{\"token\": \"hush-hush-1\"}"}"#,
            "Authorization: Bearer hush-hush-1\r\nx: y",
            "authorization: Basic YW5uOmh1c2gtaHVzaC0x",
            "<a><token>hush-hush-1</token></a>",
            "<input type=hidden name=\"csrf_token\" value=\"hush-hush-1\">",
            "got api_key: 'hush-hush-1', and more",
            "next: /x?token=hush%2Dhush%2D1",
        ] {
            let secrets = Secrets::default();
            secrets.learn_body(text.as_bytes());
            assert_eq!(secrets.mask("see hush-hush-1 there"), "see *** there", "{text}");
            assert!(!secrets.mask(text).contains("hush"), "{text}");
        }
    }

    #[test]
    fn of_json_in_json_the_value_alone_is_learned() {
        let secrets = Secrets::default();
        secrets.learn_from_text(r#"{"body": "{\"pass\":\"hush-hush-1\"}", "b": 1}"#);
        assert_eq!(secrets.mask(r#"{"pass":"hush-hush-1"}"#), r#"{"pass":"***"}"#);
    }

    #[test]
    fn what_only_says_where_a_secret_is_and_what_has_another_name_are_left() {
        let secrets = Secrets::default();
        secrets.declare([], ["csrf_token"]);
        for text in
            ["token: {{ token.value }}", "token: ${TOKEN_FROM_CI}", "monkey=somebody-there", "csrf_token=shown-as-said"]
        {
            secrets.learn_from_text(text);
        }
        assert!(secrets.is_empty());
    }

    #[test]
    fn each_cookie_is_learned_by_itself() {
        let secrets = Secrets::default();
        secrets.learn_header("cookie", b"theme=dark-theme-1; session=hush-hush-1");
        secrets.learn_header("set-cookie", b"sid=hush-hush-2; Path=/everywhere; HttpOnly");
        assert_eq!(secrets.mask("dark-theme-1 hush-hush-1 hush-hush-2 /everywhere"), "*** *** *** /everywhere");
    }
}
