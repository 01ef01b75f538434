use super::stream::{LONGEST_ROW, Stream};
use super::table::Unfit;

/// The next line that is not blank, trimmed; `None` at the end.
pub(super) fn next(stream: &mut Stream) -> Result<Option<String>, Unfit> {
    let mut line = Vec::new();
    loop {
        let seen = stream.look()?;
        if seen.is_empty() && line.is_empty() {
            return Ok(None);
        }
        let end = seen.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(seen.len(), |end| end + 1);
        let at_the_end = seen.is_empty();
        line.extend_from_slice(&seen[..taken]);
        if line.len() > LONGEST_ROW {
            return Err(stream.unfit("the line is longer than 1 MiB"));
        }
        let over = end.is_some() || at_the_end;
        if over {
            let text = std::str::from_utf8(&line).map_err(|_| stream.unfit("the line is not UTF-8 text"))?.trim();
            let text = (!text.is_empty()).then(|| text.to_owned());
            stream.pass(taken);
            match text {
                Some(text) => return Ok(Some(text)),
                None if at_the_end => return Ok(None),
                None => line.clear(),
            }
        } else {
            stream.pass(taken);
        }
    }
}
