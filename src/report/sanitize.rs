use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A text from outside as data: without control characters other than line ends, which some readers stop at.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{FFFD}' } else { c }).collect()
}

/// A text in one line: whoever reads by lines must not take a part of a name for one.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text without line ends: what has one is in one line, any other text is as it is, with all its blanks.
pub(super) fn unbroken(text: &str) -> String {
    if !text.contains(|c: char| c.is_whitespace() && c != ' ') {
        return text.to_owned();
    }
    let blank = |is: bool| if is { " " } else { "" };
    format!("{}{}{}", blank(text.starts_with(' ')), one_line(text), blank(text.ends_with(' ')))
}

/// A text in which what nobody sees is written out, as `\u{202e}`: control characters other than line ends, and signs that
/// turn the direction of what follows or take no room, so that a line reads as another. A tab is a blank.
pub(super) fn legible(text: &str) -> String {
    if !text.contains(is_unseen) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push(' '),
            c if is_unseen(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// Marks of direction and order (Unicode Standard Annex 9), line ends that are none of ours, what has no width, and tags.
fn is_unseen(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(
            c,
            '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}'
        )
}

/// A text for a terminal or a CI system's log: legible, and without what the system would take for a command. GitHub's
/// runner obeys a line that begins with `::`, whatever blanks are before it, and `##[…]` anywhere; Azure's and
/// TeamCity's obey `##vso[…]` and `##teamcity[…]`. A blank in between makes them words again, wherever the text goes.
///
/// Source: `ActionCommand.cs` of actions/runner.
#[must_use]
pub fn visible(text: &str) -> String {
    let lines = legible(text);
    let lines = lines.split('\n').map(|line| {
        let (blanks, rest) = line.split_at(line.len() - line.trim_start().len());
        match rest.strip_prefix("::") {
            Some(rest) => format!("{blanks}: :{}", without_brackets(rest)),
            None => without_brackets(line),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A text from outside in one line of a terminal, with nothing in it that nobody sees.
#[must_use]
pub fn visible_line(text: &str) -> String {
    legible(&one_line(text))
}

/// A text no wider than so many columns; where it is, `…` stands for the rest.
#[must_use]
pub fn shortened(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut taken = 0;
    let fits = text.chars().take_while(|c| {
        taken += c.width().unwrap_or(0);
        taken < columns
    });
    let mut cut: String = fits.collect();
    cut.push_str(if columns > 0 { "…" } else { "" });
    cut
}

/// A line in which each `##`, a word and a bracket have a blank between the signs.
fn without_brackets(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("##") {
        let (before, from) = rest.split_at(at);
        let word = from[2..].trim_start_matches(|c: char| c.is_ascii_alphanumeric());
        out.push_str(before);
        out.push_str(if word.starts_with('[') { "# " } else { "#" });
        rest = &from[1..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_a_command_to_a_ci_system() {
        for (text, shown) in [
            ("a\n \t::error::x", "a\n  : :error::x"),
            ("a\n  ::error::x", "a\n  : :error::x"),
            ("::stop-commands::", ": :stop-commands::"),
            ("\u{2028}::error::x", "\\u{2028}::error::x"),
            ("a\u{202E}b\u{1b}[2J\u{FEFF}", "a\\u{202e}b\\u{1b}[2J\\u{feff}"),
            ("a::b", "a::b"),
            ("x ##[set-output name=a]b", "x # #[set-output name=a]b"),
            ("x ###[error]b##vso[task.x]", "x ## #[error]b# #vso[task.x]"),
            ("## a heading ##", "## a heading ##"),
            ("", ""),
        ] {
            assert_eq!(visible(text), shown);
        }
    }
}
