use std::ops::Range;

use super::problem::Problem;

/// Values that no problem shows: in their place stands how the plan writes them.
#[derive(Debug, Clone, Default)]
pub(super) struct Hidden(Vec<(String, String)>);

/// A shorter value stands in ordinary words as well: it is taken out of quotes alone, where it is a word of its own.
const SHORTEST: usize = 4;

impl Hidden {
    pub(super) fn add(&mut self, value: &str, written: &str) {
        if !value.is_empty() && value != "$" && !self.0.iter().any(|(known, _)| known == value) {
            self.0.push((value.to_owned(), written.to_owned()));
            // of a value around another no rest is left
            self.0.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        }
    }

    pub(super) fn take_out_of(&self, problem: &mut Problem) {
        let texts = [&mut problem.message, &mut problem.label].into_iter().chain(&mut problem.help);
        for text in texts.chain(problem.related.iter_mut().map(|(_, label)| label)) {
            if self.0.iter().any(|(value, _)| text.contains(value.as_str())) {
                *text = self.without(text);
            }
        }
    }

    /// The text in one pass: what was put in is not looked at again.
    fn without(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let (mut at, mut quoted) = (0, false);
        while let Some(letter) = text[at..].chars().next() {
            let found = self.0.iter().find(|(value, _)| {
                text[at..].starts_with(value.as_str())
                    && (value.len() >= SHORTEST || quoted && is_word(text, at..at + value.len()))
            });
            match found {
                Some((value, written)) => {
                    out.push_str(written);
                    at += value.len();
                }
                None => {
                    quoted ^= letter == '`';
                    out.push(letter);
                    at += letter.len_utf8();
                }
            }
        }
        out
    }
}

/// Whether no letter and no digit stands beside a part of a text.
fn is_word(text: &str, part: Range<usize>) -> bool {
    let joined = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    !joined(text[..part.start].chars().next_back()) && !joined(text[part.end..].chars().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_as_it_is_written_and_other_words_stay() {
        let mut hidden = Hidden::default();
        for (value, written) in [("5", "${N}"), ("hunter2", "${KEY}"), ("hunter2-long", "${LONG}"), ("", "${NONE}")] {
            hidden.add(value, written);
        }
        hidden.add("KEY", "${K}");
        let mut problem = Problem::new("`5` of 5 is not `p95 < 5s`").help("hunter2-long, `xhunter2`");
        hidden.take_out_of(&mut problem);
        assert_eq!(problem.message, "`${N}` of 5 is not `p95 < 5s`");
        assert_eq!(problem.help, ["${LONG}, `x${KEY}`"]);
    }
}
