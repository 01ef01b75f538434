use std::iter::Peekable;
use std::str::Chars;

use super::shell_words::{Refused, unclosed};
use crate::diagnostic::Problem;

/// A text in `$'…'` under way. Bytes, because `$'\xc3\xa9'` writes one sign as two.
pub(super) struct Ansi<'a, 'b> {
    pub(super) rest: &'a mut Peekable<Chars<'b>>,
    pub(super) word: &'a mut Vec<u8>,
}

impl Ansi<'_, '_> {
    fn push(&mut self, c: char) {
        let mut bytes = [0; 4];
        self.word.extend_from_slice(c.encode_utf8(&mut bytes).as_bytes());
    }

    /// `$'…'`: escapes as in C.
    pub(super) fn read(mut self) -> Result<(), Refused> {
        loop {
            match self.rest.next() {
                Some('\'') => return Ok(()),
                Some('\\') => self.escape()?,
                Some(c) => self.push(c),
                None => return Err(unclosed("$'")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Refused> {
        let Some(c) = self.rest.next() else { return Err(unclosed("$'")) };
        match c {
            'n' => self.push('\n'),
            't' => self.push('\t'),
            'r' => self.push('\r'),
            'a' => self.push('\u{7}'),
            'b' => self.push('\u{8}'),
            'e' | 'E' => self.push('\u{1b}'),
            'f' => self.push('\u{c}'),
            'v' => self.push('\u{b}'),
            'x' => self.byte(16, 2, 0),
            '0'..='7' => self.byte(8, 2, c.to_digit(8).unwrap_or(0)),
            'u' => self.code_point(4)?,
            'U' => self.code_point(8)?,
            '\\' | '\'' | '"' | '?' => self.push(c),
            c => {
                self.push('\\');
                self.push(c);
            }
        }
        Ok(())
    }

    fn byte(&mut self, radix: u32, digits: usize, first: u32) {
        let value = self.number(radix, digits, first);
        // a shell keeps the low byte of an octal escape beyond `\377`
        self.word.push((value & 0xFF) as u8);
    }

    fn code_point(&mut self, digits: usize) -> Result<(), Refused> {
        let mut value = self.number(16, digits, 0);
        if (0xD800..0xDC00).contains(&value) {
            // browsers write a sign beyond the first plane as two halves
            let rest: String = self.rest.clone().take(6).collect();
            let low = rest.strip_prefix("\\u").and_then(|low| u32::from_str_radix(low, 16).ok());
            if let Some(low) = low.filter(|low| (0xDC00..0xE000).contains(low)) {
                self.rest.by_ref().take(6).for_each(drop);
                value = 0x1_0000 + ((value - 0xD800) << 10) + (low - 0xDC00);
            }
        }
        let Some(c) = char::from_u32(value) else {
            return Err(Box::new(Problem::new(format!("`\\u{value:04x}` in the command is no character"))));
        };
        self.push(c);
        Ok(())
    }

    fn number(&mut self, radix: u32, digits: usize, first: u32) -> u32 {
        let mut value = first;
        for _ in 0..digits {
            let Some(digit) = self.rest.peek().and_then(|c| c.to_digit(radix)) else { break };
            value = value.wrapping_mul(radix).wrapping_add(digit);
            self.rest.next();
        }
        value
    }
}
