use std::iter::Peekable;
use std::str::Chars;

use crate::diagnostic::Problem;

/// A shell's command taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Command {
    /// Its words, quotes taken away.
    pub(super) words: Vec<String>,
    /// Whether a pipe follows, and more after it.
    pub(super) is_piped: bool,
}

/// Why a command cannot be taken.
type Refused = Box<Problem>;

/// Splits a command of a POSIX shell into words, as far as browsers write it.
pub(super) fn split_command(text: &str) -> Result<Command, Refused> {
    if text.contains("^\"") || text.contains("^%^") {
        let problem = Problem::new("the command is written for the Windows command line");
        return Err(Box::new(problem.help("choose “Copy as cURL (bash)” in the browser")));
    }
    let mut splitter = Splitter { rest: text.trim().chars().peekable(), words: Vec::new(), word: None };
    let is_piped = splitter.all()?;
    Ok(Command { words: splitter.words, is_piped })
}

struct Splitter<'a> {
    rest: Peekable<Chars<'a>>,
    words: Vec<String>,
    /// The word under way. Bytes, because `$'\xc3\xa9'` writes one character as two.
    word: Option<Vec<u8>>,
}

/// A text in `$'…'` under way, with escapes as in C.
struct AnsiC<'a, 'b> {
    rest: &'a mut Peekable<Chars<'b>>,
    word: &'a mut Vec<u8>,
}

impl Splitter<'_> {
    /// Reads to the end of the command; says whether it ended at a pipe.
    fn all(&mut self) -> Result<bool, Refused> {
        while let Some(c) = self.rest.next() {
            match c {
                '\'' => self.single()?,
                '"' => self.double()?,
                '$' if self.rest.peek() == Some(&'\'') => {
                    self.rest.next();
                    AnsiC { rest: &mut self.rest, word: self.word.get_or_insert_default() }.read()?;
                }
                '$' if self.rest.peek() == Some(&'"') => {}
                '$' | '`' => self.dollar(c)?,
                '\\' => self.escaped(),
                ' ' | '\t' | '\r' => self.end()?,
                '#' if self.word.is_none() => while self.rest.next_if(|c| *c != '\n').is_some() {},
                '|' => {
                    self.end()?;
                    return Ok(true);
                }
                '&' | ';' | '\n' | '<' | '>' => self.operator(c)?,
                c => self.push(c),
            }
        }
        self.end()?;
        Ok(false)
    }

    fn push(&mut self, c: char) {
        let mut bytes = [0; 4];
        self.word.get_or_insert_default().extend_from_slice(c.encode_utf8(&mut bytes).as_bytes());
    }

    fn end(&mut self) -> Result<(), Refused> {
        let Some(word) = self.word.take() else { return Ok(()) };
        let word = String::from_utf8(word);
        let word = word.map_err(|_| Box::new(Problem::new("the command holds bytes that are no text")))?;
        self.words.push(word);
        Ok(())
    }

    /// A backslash outside quotes: it joins lines, else the next character stands for itself.
    fn escaped(&mut self) {
        self.rest.next_if_eq(&'\r');
        match self.rest.next() {
            Some('\n') | None => {}
            Some(c) => self.push(c),
        }
    }

    fn single(&mut self) -> Result<(), Refused> {
        self.word.get_or_insert_default();
        loop {
            match self.rest.next() {
                Some('\'') => return Ok(()),
                Some(c) => self.push(c),
                None => return Err(unclosed("'")),
            }
        }
    }

    fn double(&mut self) -> Result<(), Refused> {
        self.word.get_or_insert_default();
        loop {
            match self.rest.next() {
                Some('"') => return Ok(()),
                Some('\\') => match self.rest.next() {
                    Some('\n') => {}
                    Some(c @ ('"' | '\\' | '$' | '`')) => self.push(c),
                    Some(c) => {
                        self.push('\\');
                        self.push(c);
                    }
                    None => return Err(unclosed("\"")),
                },
                Some(c @ ('$' | '`')) => self.dollar(c)?,
                Some(c) => self.push(c),
                None => return Err(unclosed("\"")),
            }
        }
    }

    /// A dollar sign that quotes do not protect: what a shell would put there is not known here.
    fn dollar(&mut self, sign: char) -> Result<(), Refused> {
        let next = self.rest.peek().copied();
        let expands = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '{' | '(' | '@' | '*' | '?' | '!');
        if sign == '$' && !next.is_some_and(expands) {
            self.push('$');
            return Ok(());
        }
        let name: String =
            self.rest.by_ref().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '{')).collect();
        let problem = Problem::new(format!("the command asks the shell to fill in `{sign}{}`", name.trim_end()));
        Err(Box::new(problem.help("write its value, or put single quotes round it where it stands for itself")))
    }

    /// A character that ends the command for a shell. At the very end it is harmless.
    fn operator(&mut self, sign: char) -> Result<(), Refused> {
        self.end()?;
        while self.rest.next_if(|c| c.is_whitespace() || matches!(c, ';' | '&')).is_some() {}
        if self.rest.peek().is_none() {
            return Ok(());
        }
        let (message, help) = match sign {
            '&' => ("an unquoted `&` ends the command for a shell".to_owned(), "put single quotes round the URL"),
            '<' | '>' => (format!("the command redirects with `{sign}`"), "take the redirection away"),
            _ => ("the text holds more than one command".to_owned(), "give one `curl` command at a time"),
        };
        Err(Box::new(Problem::new(message).help(help)))
    }
}

impl AnsiC<'_, '_> {
    fn push(&mut self, c: char) {
        let mut bytes = [0; 4];
        self.word.extend_from_slice(c.encode_utf8(&mut bytes).as_bytes());
    }

    fn read(mut self) -> Result<(), Refused> {
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
            // browsers write a character beyond the first plane as two halves
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

fn unclosed(quote: &str) -> Refused {
    Box::new(Problem::new(format!("the quote `{quote}` is never closed")).help("is the command copied whole?"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<String> {
        split_command(text).unwrap().words
    }

    #[test]
    fn words_are_what_a_shell_makes_of_them() {
        assert_eq!(words(r#"curl 'a b' "c \"d\" \n" e\ f g'h'"i""#), ["curl", "a b", r#"c "d" \n"#, "e f", "ghi"]);
        assert_eq!(words("curl \\\n  -H 'x' \\\r\n ''"), ["curl", "-H", "x", ""]);
        assert_eq!(words(r"$'it\'s\n\u00e9\x41\101\xc3\xa9\ud83d\ude00'"), ["it's\néAAé😀"]);
        assert_eq!(words("a # the rest is said to people\n"), ["a"]);
        assert_eq!(words("'$HOME' cost\\$ 5$ ;"), ["$HOME", "cost$", "5$"]);
    }

    #[test]
    fn what_only_a_shell_knows_is_refused() {
        for (text, said) in [
            ("curl \"$TOKEN\"", "`$TOKEN`"),
            ("curl `date`", "shell"),
            ("curl a?b=1&c=2", "unquoted `&`"),
            ("curl a > b", "redirects"),
            ("curl a; curl b", "more than one"),
            ("curl 'a", "never closed"),
            ("curl $'\\xff'", "no text"),
            ("curl ^\"a^\"", "Windows"),
        ] {
            let problem = split_command(text).unwrap_err();
            assert!(problem.message.contains(said), "{text}: {}", problem.message);
        }
        assert!(split_command("curl a | jq .").unwrap().is_piped);
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in any::<String>(), shell in "[-a-z'\"$\\\\ \\n;|&{}xu0-9]{0,40}") {
            drop(split_command(&text));
            drop(split_command(&shell));
        }

        #[test]
        fn what_is_in_single_quotes_stands_for_itself(text in "[^'^]*") {
            prop_assert_eq!(words(&format!("'{text}'")), vec![text]);
        }
    }
}
