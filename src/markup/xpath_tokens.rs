use std::ops::Range;

/// What a part of a path is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A name, with a prefix or without; `*` and `p:*` too.
    Name(Box<str>),
    Number(f64),
    Text(Box<str>),
    Sign(&'static str),
    /// A word that is an operator where it stands: `and`, `or`, `div`, `mod`.
    Word(&'static str),
}

#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

const SIGNS: [&str; 22] = [
    "//", "::", "..", "!=", "<=", ">=", "/", "(", ")", "[", "]", "@", ",", "|", "+", "-", "=", "<", ">", "$", ".", "*",
];
const WORDS: [&str; 4] = ["and", "or", "div", "mod"];

/// The parts of a path (XPath 1.0, 3.7).
///
/// # Errors
/// What is no part, with its place.
pub(super) fn tokens(source: &str) -> Result<Vec<Token>, (String, Range<usize>)> {
    let mut found: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(letter) = source[at..].chars().next() {
        let start = at;
        let rest = &source[start..];
        if letter.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        // after an operand a `*` multiplies, and a word is an operator
        let after_operand = found.last().is_some_and(|last| match &last.kind {
            Kind::Name(_) | Kind::Number(_) | Kind::Text(_) => true,
            Kind::Sign(sign) => matches!(*sign, ")" | "]" | "." | ".."),
            Kind::Word(_) => false,
        });
        let kind = match letter {
            '"' | '\'' => {
                let Some(end) = rest[1..].find(letter) else {
                    return Err((format!("`{source}` is not an XPath: a quote is never closed"), start..source.len()));
                };
                at += end + 2;
                Kind::Text(rest[1..=end].into())
            }
            _ if letter.is_ascii_digit()
                || (letter == '.' && rest[1..].starts_with(|next: char| next.is_ascii_digit())) =>
            {
                let end = rest.find(|next: char| !next.is_ascii_digit() && next != '.').unwrap_or(rest.len());
                at += end;
                let Ok(number) = rest[..end].parse() else {
                    return Err((format!("`{}` is not a number", &rest[..end]), start..at));
                };
                Kind::Number(number)
            }
            '*' if !after_operand => {
                at += 1;
                Kind::Name("*".into())
            }
            _ if starts_name(letter) => {
                let end = rest.find(|next: char| !is_of_name(next)).unwrap_or(rest.len());
                at += end;
                match WORDS.iter().find(|word| after_operand && **word == &rest[..end]) {
                    Some(word) => Kind::Word(word),
                    None => {
                        // a prefix, and not an axis
                        let behind = &source[at..];
                        if let Some(local) = behind.strip_prefix(':').filter(|local| !local.starts_with(':')) {
                            let local_end = match local.starts_with('*') {
                                true => 1,
                                false => local.find(|next: char| !is_of_name(next)).unwrap_or(local.len()),
                            };
                            at += 1 + local_end;
                        }
                        Kind::Name(source[start..at].into())
                    }
                }
            }
            _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => {
                    at += sign.len();
                    Kind::Sign(sign)
                }
                None => {
                    let end = start + letter.len_utf8();
                    return Err((format!("`{source}` is not an XPath at `{letter}`"), start..end));
                }
            },
        };
        found.push(Token { kind, range: start..at });
    }
    Ok(found)
}

fn starts_name(letter: char) -> bool {
    letter.is_alphabetic() || letter == '_'
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.')
}
