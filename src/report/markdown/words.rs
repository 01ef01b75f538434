/// A text from outside as a span of code, in one line of at most so many characters. In code GitHub and GitLab make no
/// links, mentions, pictures or HTML of anything. What could end the span or the table's cell is replaced by what looks
/// like it, and so is what could turn the direction of the line.
pub(in crate::report) fn code(text: &str, longest: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut fitted: String = line.chars().take(longest).map(harmless).collect();
    if line.chars().nth(longest).is_some() {
        fitted.push('…');
    }
    if fitted.is_empty() { "–".to_owned() } else { format!("`{fitted}`") }
}

fn harmless(c: char) -> char {
    match c {
        '`' => '\'',
        '|' => '¦',
        // the reader of a table would take it for the start of an escape
        '\\' => '⧵',
        c if c.is_control() => '\u{FFFD}',
        '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => '\u{FFFD}',
        c => c,
    }
}
