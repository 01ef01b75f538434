use std::collections::BTreeMap;
use std::fmt;

use crate::units::InvalidValue;

/// What a person calls a run: the beginning of its files' names, and what it is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunName(String);

/// A note on a run: `commit=41fc740`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// What it is about.
    pub key: String,
    /// What it says.
    pub value: String,
}

/// The notes on a run, each key once.
pub type Labels = BTreeMap<String, String>;

/// No name and no key is longer.
const LONGEST_NAME: usize = 64;
/// No value is longer, in bytes.
const LONGEST_VALUE: usize = 256;
/// The word that stands for the newest run wherever a run is asked for.
pub const LATEST: &str = "latest";

impl RunName {
    /// Reads a name that is safe in a file's name on any system.
    ///
    /// # Errors
    /// A name that is not.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let help = || format!("use up to {LONGEST_NAME} letters a to z, digits, `-`, `_` and `.`");
        let wrong = |why: String| InvalidValue::new(why, help());
        if let Some(c) = text.chars().find(|c| !is_plain(*c)) {
            return Err(wrong(format!("a run's name cannot hold `{}`", c.escape_debug())));
        }
        match text {
            "" => Err(wrong("a run's name cannot be empty".to_owned())),
            LATEST => Err(InvalidValue::new(
                format!("`{LATEST}` stands for the newest run wherever a run is asked for"),
                "choose another name",
            )),
            _ if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) => {
                Err(wrong("a run's name begins with a letter or a digit".to_owned()))
            }
            _ if text.len() > LONGEST_NAME => Err(wrong(format!("a run's name of {} signs is too long", text.len()))),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Label {
    /// The most labels of one run.
    pub const MOST: usize = 32;

    /// Reads `key=value`.
    ///
    /// # Errors
    /// What is no such pair, a key that could be mistaken for something else, and a value that is too long or of several
    /// lines.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let Some((key, value)) = text.split_once('=') else {
            return Err(InvalidValue::new("a label has a key and a value", "write it as `commit=41fc740`"));
        };
        let (key, value) = (key.trim(), value.trim());
        let key_is_plain = key.starts_with(|c: char| c.is_ascii_alphanumeric())
            && key.chars().all(|c| is_plain(c) || c == '/')
            && key.len() <= LONGEST_NAME;
        if !key_is_plain {
            let help = format!("use up to {LONGEST_NAME} letters a to z, digits, `-`, `_`, `.` and `/`");
            return Err(InvalidValue::new(format!("`{}` is no key of a label", key.escape_debug()), help));
        }
        if value.len() > LONGEST_VALUE || value.chars().any(char::is_control) {
            let help = format!("give it one line of up to {LONGEST_VALUE} bytes");
            return Err(InvalidValue::new(format!("the value of the label `{key}` is too long, or no line"), help));
        }
        Ok(Self { key: key.to_owned(), value: value.to_owned() })
    }
}

/// Whether a sign is the same in the names of files everywhere, and nothing to a shell.
const fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_a_file_may_have_everywhere() {
        for good in ["nightly", "v1.2.3", "a", "2026-11_x", "load_test", &"n".repeat(64)] {
            assert_eq!(RunName::parse(good).unwrap().as_str(), good);
        }
        for (bad, why) in [
            ("", "empty"),
            ("a/b", "cannot hold `/`"),
            ("..", "begins with a letter"),
            (".hidden", "begins with a letter"),
            ("-x", "begins with a letter"),
            ("a b", "cannot hold ` `"),
            ("a\nb", "cannot hold `\\n`"),
            ("é", "cannot hold `é`"),
            ("latest", "stands for the newest run"),
            ("latest~1", "cannot hold `~`"),
            (&"n".repeat(65), "too long"),
        ] {
            let told = RunName::parse(bad).unwrap_err();
            assert!(told.message.contains(why) && !told.help.is_empty(), "{bad:?}: {told}");
        }
    }

    #[test]
    fn a_label_is_a_key_and_one_line() {
        let label = |text: &str| Label::parse(text).map(|label| (label.key, label.value));
        assert_eq!(label("commit=a=b").unwrap(), ("commit".to_owned(), "a=b".to_owned()));
        assert_eq!(label(" k = v w ").unwrap(), ("k".to_owned(), "v w".to_owned()));
        assert_eq!(label("empty=").unwrap().1, "");
        for bad in ["commit", "=x", "a b=c", "k=a\nb", "k=\u{1b}[2J", &format!("k={}", "v".repeat(257))] {
            assert!(Label::parse(bad).is_err(), "{bad:?}");
        }
    }
}
