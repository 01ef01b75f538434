use super::stream::{LONGEST_ROW, Stream};
use super::table::Unfit;

/// Takes the items of a JSON list, or values one after another, from a stream.
#[derive(Default)]
pub(super) struct Items {
    /// Whether the file is one list.
    list: bool,
}

impl Items {
    /// Looks whether the file is one list, and passes its opening bracket.
    pub(super) fn begin(&mut self, stream: &mut Stream) -> Result<(), Unfit> {
        if self.skip(stream)? == Some(b'[') {
            self.list = true;
            stream.pass(1);
        }
        Ok(())
    }

    /// The next item; `None` at the end.
    pub(super) fn next(&mut self, stream: &mut Stream) -> Result<Option<serde_json::Value>, Unfit> {
        match self.skip(stream)? {
            None if self.list => Err(stream.unfit("the list is never closed")),
            None => Ok(None),
            Some(b']') if self.list => Ok(None),
            Some(_) => {
                let bytes = self.take(stream)?;
                let read = serde_json::from_slice(&bytes);
                read.map(Some).map_err(|error| stream.unfit(format!("this is not JSON: {}", plain(&error))))
            }
        }
    }

    /// Passes blanks, and commas between items; the byte that comes next.
    fn skip(&self, stream: &mut Stream) -> Result<Option<u8>, Unfit> {
        loop {
            let list = self.list;
            let seen = stream.look()?;
            if seen.is_empty() {
                return Ok(None);
            }
            let blank = |byte: &u8| byte.is_ascii_whitespace() || (list && *byte == b',');
            match seen.iter().position(|byte| !blank(byte)) {
                Some(at) => {
                    let byte = seen[at];
                    stream.pass(at);
                    return Ok(Some(byte));
                }
                None => {
                    let all = seen.len();
                    stream.pass(all);
                }
            }
        }
    }

    /// The bytes of one value: to its closing bracket, or to a blank or comma.
    fn take(&self, stream: &mut Stream) -> Result<Vec<u8>, Unfit> {
        let (mut bytes, mut depth, mut text, mut escaped) = (Vec::new(), 0_usize, false, false);
        loop {
            let seen = stream.look()?;
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
                return Err(stream.unfit("the item is longer than 1 MiB"));
            }
            stream.pass(taken);
            if end.is_some() {
                return Ok(bytes);
            }
        }
    }
}

fn plain(error: &serde_json::Error) -> String {
    let said = error.to_string();
    said.split(" at line ").next().unwrap_or_default().to_owned()
}
