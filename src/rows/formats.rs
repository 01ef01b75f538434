use super::csv::CsvDialect;
use super::stream::{DataError, LONGEST_ROW, Stream};
use crate::expression::{NotJson, read_json};

/// How a data file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// Rows of columns.
    Csv(CsvDialect),
    /// One item a line.
    Lines,
    /// A list of items, or one after another.
    Json,
}

/// Takes the items of a JSON list, or values one after another, from a stream.
#[derive(Default)]
pub(super) struct Items {
    /// Whether the file is one list.
    list: bool,
}

impl Items {
    /// Looks whether the file is one list, and passes its opening bracket.
    pub(super) fn begin(&mut self, stream: &mut Stream) -> Result<(), DataError> {
        if self.skip(stream)? == Some(b'[') {
            self.list = true;
            stream.advance(1);
        }
        Ok(())
    }

    /// The next item; `None` at the end.
    pub(super) fn next(&mut self, stream: &mut Stream) -> Result<Option<serde_json::Value>, DataError> {
        match self.skip(stream)? {
            None if self.list => Err(stream.error("the list is never closed")),
            None => Ok(None),
            Some(b']') if self.list => Ok(None),
            Some(_) => {
                let bytes = self.take(stream)?;
                let read = read_json(&bytes).map(|json| Some(json.into_value()));
                read.map_err(|error| stream.error(refusal(&error)))
            }
        }
    }

    /// Passes blanks, and commas between items; the byte that comes next.
    fn skip(&self, stream: &mut Stream) -> Result<Option<u8>, DataError> {
        loop {
            let list = self.list;
            let seen = stream.peek()?;
            if seen.is_empty() {
                return Ok(None);
            }
            let blank = |byte: &u8| byte.is_ascii_whitespace() || (list && *byte == b',');
            match seen.iter().position(|byte| !blank(byte)) {
                Some(at) => {
                    let byte = seen[at];
                    stream.advance(at);
                    return Ok(Some(byte));
                }
                None => {
                    let all = seen.len();
                    stream.advance(all);
                }
            }
        }
    }

    /// The bytes of one value: to its closing bracket, or to a blank or comma.
    fn take(&self, stream: &mut Stream) -> Result<Vec<u8>, DataError> {
        let (mut bytes, mut depth, mut text, mut escaped) = (Vec::new(), 0_usize, false, false);
        loop {
            let seen = stream.peek()?;
            if seen.is_empty() {
                return Ok(bytes);
            }
            let mut end = None;
            for (index, byte) in seen.iter().enumerate() {
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' if text => escaped = true,
                    b'"' => {
                        text = !text;
                        if !text && depth == 0 {
                            end = Some(index + 1);
                        }
                    }
                    _ if text => {}
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' if depth > 1 => depth -= 1,
                    b'}' | b']' => end = Some(index + usize::from(depth == 1)),
                    b',' | b' ' | b'\n' | b'\r' | b'\t' if depth == 0 => end = Some(index),
                    _ => {}
                }
                if end.is_some() {
                    break;
                }
            }
            let taken = end.unwrap_or(seen.len());
            bytes.extend_from_slice(&seen[..taken]);
            if bytes.len() > LONGEST_ROW {
                return Err(stream.error("the item is longer than 1 MiB"));
            }
            stream.advance(taken);
            if end.is_some() {
                return Ok(bytes);
            }
        }
    }
}

fn refusal(error: &NotJson) -> String {
    match error {
        NotJson::Malformed(error) => format!("this is not JSON: {}", without_place(error)),
        NotJson::TooDeep(_) | NotJson::NoRoom(_) => format!("this is {error}"),
    }
}

fn without_place(error: &serde_json::Error) -> String {
    let said = error.to_string();
    said.split(" at line ").next().unwrap_or_default().to_owned()
}

/// The next line that is not blank, trimmed; `None` at the end.
pub(super) fn next_line(stream: &mut Stream) -> Result<Option<String>, DataError> {
    let mut line = Vec::new();
    loop {
        let seen = stream.peek()?;
        if seen.is_empty() && line.is_empty() {
            return Ok(None);
        }
        let end = seen.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(seen.len(), |end| end + 1);
        let at_the_end = seen.is_empty();
        line.extend_from_slice(&seen[..taken]);
        if line.len() > LONGEST_ROW {
            return Err(stream.error("the line is longer than 1 MiB"));
        }
        let over = end.is_some() || at_the_end;
        if over {
            let text = std::str::from_utf8(&line).map_err(|_| stream.error("the line is not UTF-8 text"))?.trim();
            let text = (!text.is_empty()).then(|| text.to_owned());
            stream.advance(taken);
            match text {
                Some(text) => return Ok(Some(text)),
                None if at_the_end => return Ok(None),
                None => line.clear(),
            }
        } else {
            stream.advance(taken);
        }
    }
}
