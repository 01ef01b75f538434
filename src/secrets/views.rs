use std::ops::Range;

/// A text as somebody reads it who undoes one of its encodings, and what of the text each byte of that stands for.
pub(super) struct View {
    pub(super) bytes: Vec<u8>,
    from: Vec<(u32, u32)>,
}

/// What no value holds: it keeps apart what does not belong together.
const GAP: u8 = 0xFF;
/// Fewer signs of base64 hold no value.
const SHORTEST_BASE64: usize = 6;
/// A shorter line of base64 is not wrapped, but ends.
const WRAPPED: usize = 60;
/// Fewer digits of hex hold no value.
const SHORTEST_HEX: usize = 6;

impl View {
    /// The text as it is.
    pub(super) fn plain(text: &str) -> Self {
        let places = 0..u32::try_from(text.len()).unwrap_or(u32::MAX);
        Self { bytes: text.as_bytes().to_vec(), from: places.map(|at| (at, at + 1)).collect() }
    }

    /// The part of the text that a part of this stands for.
    pub(super) fn origin(&self, part: Range<usize>) -> Range<usize> {
        let start = self.from.get(part.start).map_or(0, |from| from.0 as usize);
        let end = part.end.checked_sub(1).and_then(|last| self.from.get(last));
        start..end.map_or(start, |from| from.1 as usize)
    }

    /// How many bytes of this lie whole before a place of the text.
    pub(super) fn bytes_before(&self, place: usize) -> usize {
        self.from.partition_point(|from| from.1 as usize <= place)
    }

    /// What the signs of URLs stand for: `%2F`, and `+` for a blank where `plus` says so.
    pub(super) fn percent(&self, plus: bool) -> Option<Self> {
        self.rewritten(|bytes| match *bytes {
            [b'%', b'u' | b'U', a, b, c, d, ..] => Some((sign(hex(&[a, b, c, d])?)?, 6)),
            [b'%', a, b, ..] => Some((vec![u8::try_from(hex(&[a, b])?).ok()?], 3)),
            [b'+', ..] if plus => Some((vec![b' '], 1)),
            _ => None,
        })
    }

    /// What a backslash is written before, in JSON, YAML, JavaScript, Rust, shells and Markdown. `\xE9` is a byte, or where
    /// `latin` says so the sign of that number.
    pub(super) fn escapes(&self, latin: bool) -> Option<Self> {
        self.rewritten(|bytes| {
            // within the quotes of a shell an apostrophe ends them, stands by itself, and begins them again
            if let [b'\'', b'\\', b'\'', b'\'', ..] | [b'\'', b'"', b'\'', b'"', b'\'', ..] = bytes {
                return Some((vec![b'\''], if bytes[1] == b'"' { 5 } else { 4 }));
            }
            let [b'\\', kind, rest @ ..] = bytes else { return None };
            if let (b'0'..=b'3', Some([b @ b'0'..=b'7', c @ b'0'..=b'7'])) = (kind, rest.get(..2)) {
                return Some((vec![(kind - b'0') << 6 | (b - b'0') << 3 | (c - b'0')], 4));
            }
            let code = |digits: usize| hex(rest.get(..digits)?);
            Some(match kind {
                b'u' if rest.first() == Some(&b'{') => {
                    let digits = rest[1..].iter().take(8).position(|byte| *byte == b'}')?;
                    (sign(hex(&rest[1..=digits])?)?, digits + 4)
                }
                b'u' => match (code(4)?, rest.get(4..10)) {
                    // two halves of one sign
                    (high @ 0xD800..=0xDBFF, Some([b'\\', b'u', low @ ..])) => {
                        let low = hex(low).filter(|low| (0xDC00..=0xDFFF).contains(low))?;
                        (sign(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))?, 12)
                    }
                    (code, _) => (sign(code)?, 6),
                },
                b'U' => (sign(code(8)?)?, 10),
                b'x' if latin => (sign(code(2)?)?, 4),
                b'x' => (vec![u8::try_from(code(2)?).ok()?], 4),
                b'n' => (vec![b'\n'], 2),
                b'r' => (vec![b'\r'], 2),
                b't' => (vec![b'\t'], 2),
                b'b' => (vec![8], 2),
                b'f' => (vec![12], 2),
                b'0' => (vec![0], 2),
                other if other.is_ascii_punctuation() || *other == b' ' => (vec![*other], 2),
                _ => return None,
            })
        })
    }

    /// What entities of HTML and XML stand for.
    pub(super) fn entities(&self) -> Option<Self> {
        self.rewritten(|bytes| {
            let [b'&', rest @ ..] = bytes else { return None };
            let end = rest.iter().take(12).position(|byte| *byte == b';')?;
            let name = &rest[..end];
            let decoded = match name {
                [b'#', b'x' | b'X', digits @ ..] => sign(hex(digits)?)?,
                [b'#', digits @ ..] => sign(std::str::from_utf8(digits).ok()?.parse().ok()?)?,
                _ => vec![ENTITIES.iter().find(|(known, _)| known.as_bytes() == name)?.1],
            };
            Some((decoded, end + 2))
        })
    }

    /// Quotes that are written twice, in CSV, SQL and YAML, as one.
    pub(super) fn doubled(&self) -> Option<Self> {
        self.rewritten(|bytes| match *bytes {
            [one @ (b'"' | b'\''), other, ..] if one == other => Some((vec![one], 2)),
            _ => None,
        })
    }

    /// Lines of base64 as one, where each but the last is as long as mail and keys have them.
    pub(super) fn unwrapped(&self) -> Option<Self> {
        let mut out = Self { bytes: Vec::with_capacity(self.bytes.len()), from: Vec::with_capacity(self.bytes.len()) };
        let mut length = 0;
        for (at, byte) in self.bytes.iter().enumerate() {
            let goes_on = |ahead: usize| self.bytes.get(at + ahead).is_some_and(|next| base64_digit(*next).is_some());
            let breaks = match byte {
                b'\n' => goes_on(1),
                b'\r' => self.bytes.get(at + 1) == Some(&b'\n') && goes_on(2),
                _ => false,
            };
            if breaks && length >= WRAPPED {
                length = if *byte == b'\n' { 0 } else { length };
                continue;
            }
            length = if base64_digit(*byte).is_some() { length + 1 } else { 0 };
            out.push(*byte, self.from[at].0, self.from[at].1);
        }
        (out.bytes.len() < self.bytes.len()).then_some(out)
    }

    /// What base64 of either alphabet stands for, where each word of it begins with so many signs (0 to 3) of what is before.
    pub(super) fn base64(&self, lead: usize) -> Option<Self> {
        self.decoded(SHORTEST_BASE64, base64_digit, |word, out| {
            let (mut bits, mut held) = (0_u32, 0);
            for at in word.start + lead..word.end {
                let Some(digit) = base64_digit(self.bytes[at]) else { continue };
                (bits, held) = (bits << 6 | u32::from(digit), held + 6);
                if held >= 8 {
                    held -= 8;
                    // a byte begins in the sign before
                    out.push((bits >> held) as u8, self.from[at - 1].0, self.from[at].1);
                }
            }
        })
    }

    /// What digits of hex stand for, where each word of them begins with so many (0 or 1) of what is before.
    pub(super) fn hex(&self, lead: usize) -> Option<Self> {
        self.decoded(
            SHORTEST_HEX,
            |byte| char::from(byte).to_digit(16).map(|digit| digit as u8),
            |word, out| {
                for pair in (word.start + lead..word.end.saturating_sub(1)).step_by(2) {
                    if let Some(byte) = hex(&self.bytes[pair..pair + 2]) {
                        out.push(byte as u8, self.from[pair].0, self.from[pair + 1].1);
                    }
                }
            },
        )
    }

    /// This with what `decode` takes from the front of the rest, and how many bytes that was; `None` where it takes nothing.
    fn rewritten(&self, decode: impl Fn(&[u8]) -> Option<(Vec<u8>, usize)>) -> Option<Self> {
        let mut out = Self { bytes: Vec::with_capacity(self.bytes.len()), from: Vec::with_capacity(self.bytes.len()) };
        let (mut at, mut changed) = (0, false);
        while at < self.bytes.len() {
            let plain = self.bytes[at].is_ascii_alphanumeric();
            match if plain { None } else { decode(&self.bytes[at..]) } {
                Some((decoded, length)) => {
                    changed = true;
                    let (start, end) = (self.from[at].0, self.from[at + length - 1].1);
                    decoded.into_iter().for_each(|byte| out.push(byte, start, end));
                    at += length;
                }
                None => {
                    out.push(self.bytes[at], self.from[at].0, self.from[at].1);
                    at += 1;
                }
            }
        }
        changed.then_some(out)
    }

    /// What the words of some digits stand for, with gaps between them; `None` where there is no word long enough.
    fn decoded(
        &self,
        shortest: usize,
        digit: impl Fn(u8) -> Option<u8>,
        decode: impl Fn(Range<usize>, &mut Self),
    ) -> Option<Self> {
        let mut out = Self { bytes: Vec::new(), from: Vec::new() };
        let mut at = 0;
        while at < self.bytes.len() {
            if digit(self.bytes[at]).is_none() {
                at += 1;
                continue;
            }
            let length = self.bytes[at..].iter().take_while(|byte| digit(**byte).is_some()).count();
            if length >= shortest {
                let (start, end) = (self.from[at].0, self.from[at].0);
                out.push(GAP, start, end);
                decode(at..at + length, &mut out);
                let end = self.from[at + length - 1].1;
                out.push(GAP, end, end);
            }
            at += length;
        }
        (!out.bytes.is_empty()).then_some(out)
    }

    fn push(&mut self, byte: u8, start: u32, end: u32) {
        self.bytes.push(byte);
        self.from.push((start, end));
    }
}

/// The entities that stand for signs of texts and of keys.
const ENTITIES: [(&str, u8); 31] = [
    ("amp", b'&'),
    ("lt", b'<'),
    ("gt", b'>'),
    ("quot", b'"'),
    ("apos", b'\''),
    ("excl", b'!'),
    ("num", b'#'),
    ("dollar", b'$'),
    ("percnt", b'%'),
    ("lpar", b'('),
    ("rpar", b')'),
    ("ast", b'*'),
    ("plus", b'+'),
    ("comma", b','),
    ("period", b'.'),
    ("sol", b'/'),
    ("colon", b':'),
    ("semi", b';'),
    ("equals", b'='),
    ("quest", b'?'),
    ("commat", b'@'),
    ("lsqb", b'['),
    ("lbrack", b'['),
    ("bsol", b'\\'),
    ("rsqb", b']'),
    ("rbrack", b']'),
    ("Hat", b'^'),
    ("lowbar", b'_'),
    ("lcub", b'{'),
    ("verbar", b'|'),
    ("rcub", b'}'),
];

fn base64_digit(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

/// The number that digits of hex stand for.
fn hex(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    digits.iter().try_fold(0, |number, digit| Some(number << 4 | char::from(*digit).to_digit(16)?))
}

/// A sign's bytes by its number.
fn sign(number: u32) -> Option<Vec<u8>> {
    char::from_u32(number).map(|sign| sign.to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(view: Option<View>) -> String {
        view.map_or_else(String::new, |view| String::from_utf8_lossy(&view.bytes).into_owned())
    }

    #[test]
    fn each_encoding_is_undone() {
        let plain = View::plain;
        assert_eq!(read(plain("a%2fb%2F+%u00e9%").percent(true)), "a/b/ é%");
        assert_eq!(read(plain("a%2fb+").percent(false)), "a/b+");
        assert_eq!(read(plain(r#"\"\/\u00e9\u{e9}\xc3\xa9\n\ud83d\ude00\|\q"#).escapes(false)), "\"/ééé\n😀|\\q");
        assert_eq!(read(plain(r"\xe9").escapes(true)), "é");
        assert_eq!(read(plain(r#"'a'\''b'"'"'c\132\0'"#).escapes(false)), "'a'b'cZ\0'");
        let lines = format!("{}\r\n{}\nab\ncd", "A".repeat(76), "B".repeat(76));
        assert_eq!(read(plain(&lines).unwrapped()), format!("{}{}ab\ncd", "A".repeat(76), "B".repeat(76)));
        assert_eq!(read(plain("&lt;&#38;&#x26;&no;&").entities()), "<&&&no;&");
        assert_eq!(read(plain("a\"\"b''").doubled()), "a\"b'");
        assert_eq!(read(plain("see aHVzaHV6").base64(0)), "\u{FFFD}hushuz\u{FFFD}");
        assert_eq!(read(plain("x6875736875").hex(0)), "\u{FFFD}hushu\u{FFFD}");
        assert!(plain("nothing here").percent(true).is_none() && plain("a b").base64(0).is_none());
    }

    #[test]
    fn what_is_read_is_known_by_its_place_in_the_text() {
        let text = "see %61b and aHVzaHV6 there";
        let view = View::plain(text).percent(false).unwrap();
        assert_eq!(&text[view.origin(4..6)], "%61b");
        let view = View::plain(text).base64(0).unwrap();
        let at = view.bytes.windows(3).position(|part| part == b"shu").unwrap();
        assert_eq!(&text[view.origin(at..at + 3)], "VzaHV");
        assert_eq!((view.bytes_before(text.len()), view.bytes_before(0)), (8, 0));
    }
}
