/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Number,
    Text,
    Sign,
}

/// A stretch of the source with the blanks before it.
#[derive(Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) lead: &'a str,
    pub(super) text: &'a str,
    pub(super) kind: Kind,
}

/// The tokens of an expression; `None` where something is none.
pub(super) fn tokens(source: &str) -> Option<Vec<Token<'_>>> {
    let bytes = source.as_bytes();
    let (mut found, mut at): (Vec<Token>, usize) = (Vec::new(), 0);
    loop {
        let lead = at;
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        let start = at;
        let kind = match bytes.get(at)? {
            byte if byte.is_ascii_alphabetic() || *byte == b'_' => {
                at += bytes[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
                Kind::Word
            }
            byte if byte.is_ascii_digit() => {
                at += number_length(bytes, at);
                Kind::Number
            }
            quote @ (b'"' | b'\'') => {
                at += 1;
                while bytes.get(at)? != quote {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
                Kind::Text
            }
            byte if byte.is_ascii() => {
                let two = bytes.get(at..at + 2);
                at += match two {
                    Some(b"//" | b"**" | b"==" | b"!=" | b">=" | b"<=") => 2,
                    _ => 1,
                };
                Kind::Sign
            }
            _ => return None,
        };
        found.push(Token { lead: &source[lead..start], text: &source[start..at], kind });
        if source[at..].trim_ascii().is_empty() {
            return Some(found);
        }
    }
}

/// How long the number is that starts here. Behind a dot it is an index, and has no fraction.
fn number_length(bytes: &[u8], at: usize) -> usize {
    let after_dot = at > 0 && bytes[at - 1] == b'.';
    let rest = &bytes[at..];
    if let [b'0', b'x' | b'X' | b'o' | b'O' | b'b' | b'B', ..] = rest {
        return 2 + rest[2..].iter().take_while(|byte| byte.is_ascii_hexdigit() || **byte == b'_').count();
    }
    let digits = |from: usize| rest[from..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'_').count();
    let exponent = |from: usize| {
        let sign = usize::from(matches!(rest.get(from + 1), Some(b'+' | b'-')));
        let is_exponent =
            matches!(rest.get(from), Some(b'e' | b'E')) && rest.get(from + 1 + sign).is_some_and(u8::is_ascii_digit);
        if is_exponent { 1 + sign + digits(from + 1 + sign) } else { 0 }
    };
    let mut length = digits(0);
    if !after_dot && rest.get(length) == Some(&b'.') {
        let behind = rest.get(length + 1);
        let is_name = behind.is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
        if !is_name || exponent(length + 1) > 0 {
            length += 1 + digits(length + 1);
        }
    }
    length + exponent(length)
}

/// Where code ends: at the first closing mark outside quotes and brackets.
pub(super) fn end_of(code: &str, close: &str) -> Option<usize> {
    let (mut quote, mut depth, mut at) = (None, 0_usize, 0);
    let bytes = code.as_bytes();
    while at < bytes.len() {
        match (bytes[at], quote) {
            (b'\\', Some(_)) => at += 1,
            (byte, Some(open)) if byte == open => quote = None,
            (_, Some(_)) => {}
            _ if depth == 0 && bytes[at..].starts_with(close.as_bytes()) => return Some(at),
            (byte @ (b'"' | b'\''), None) => quote = Some(byte),
            (b'(' | b'[' | b'{', None) => depth += 1,
            (b')' | b']' | b'}', None) => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    None
}
