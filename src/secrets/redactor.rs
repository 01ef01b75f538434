use std::fmt;
use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Takes secrets out of texts: what stands for each of its values is `***`.
#[derive(Clone, Default)]
pub struct Redactor {
    /// None is empty; a longer one before a shorter.
    values: Vec<String>,
}

/// What a plan declares as secret.
#[derive(Clone, Default)]
pub struct DeclaredSecrets {
    /// Values that are known before the run.
    pub values: Vec<String>,
    /// Names of users' state: whatever their values are, they are secret.
    pub names: Vec<Arc<str>>,
}

const HIDDEN: &str = "***";

impl Redactor {
    /// One that hides these values.
    pub(crate) fn new(values: impl IntoIterator<Item = String>) -> Self {
        Self::default().and(values)
    }

    /// One that hides these values too. All values come through here: whoever has to hide more forms of a value, such
    /// as an encoding, adds them here.
    pub(crate) fn and(&self, more: impl IntoIterator<Item = String>) -> Self {
        let more = more.into_iter().filter(|value| !value.is_empty()).flat_map(forms);
        let mut values: Vec<String> = self.values.iter().cloned().chain(more).collect();
        // the longest goes first, so that of a secret around another no rest is left
        values.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        values.dedup();
        Self { values }
    }

    /// The text without secrets.
    pub(crate) fn redact(&self, text: &str) -> String {
        let hidden = |text: String, value: &String| {
            if text.contains(value.as_str()) { text.replace(value.as_str(), HIDDEN) } else { text }
        };
        self.values.iter().fold(text.to_owned(), hidden)
    }
}

/// A value, and the forms it has in a URL, a form and a JSON text.
fn forms(value: String) -> Vec<String> {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let in_url = utf8_percent_encode(&value, KEPT).to_string();
    let in_form = in_url.replace("%20", "+").replace("%2A", "*").replace('~', "%7E");
    let in_json = serde_json::to_string(&value).unwrap_or_default();
    let in_json = in_json.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned();
    let mut forms = vec![value, in_url, in_form, in_json];
    forms.retain(|form| !form.is_empty());
    forms.dedup();
    forms
}

impl DeclaredSecrets {
    /// What hides the values that are known before the run.
    pub(crate) fn redactor(&self) -> Redactor {
        Redactor::new(self.values.iter().cloned())
    }
}

// values are not printed

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("values", &self.values.len()).finish()
    }
}

impl fmt::Debug for DeclaredSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { values, names } = self;
        f.debug_struct("DeclaredSecrets").field("values", &values.len()).field("names", names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor(values: &[&str]) -> Redactor {
        Redactor::new(values.iter().map(|value| (*value).to_owned()))
    }

    #[test]
    fn no_part_of_a_secret_is_left() {
        for values in [["key", "key-long", ""], ["key-long", "", "key"]] {
            assert_eq!(redactor(&values).redact("a key-long and a key, abc"), "a *** and a ***, abc");
        }
        let more = redactor(&["key"]).and(["the key is long".to_owned()]);
        assert_eq!(more.redact("see: the key is long, the key"), "see: ***, the ***");
    }

    #[test]
    fn a_secret_is_hidden_in_the_forms_it_is_sent_in() {
        let redactor = redactor(&["pw {\"ü/~*"]);
        for sent in ["pw {\"ü/~*", "pw%20%7B%22%C3%BC%2F~%2A", "pw+%7B%22%C3%BC%2F%7E*", "pw {\\\"ü/~*"] {
            assert_eq!(redactor.redact(&format!("a {sent} b")), "a *** b");
        }
    }

    #[test]
    fn without_secrets_a_text_stays_what_it_is() {
        assert_eq!(redactor(&[]).redact("a text"), "a text");
        assert_eq!(redactor(&["", ""]).redact("a text"), "a text");
    }

    #[test]
    fn secrets_are_not_printed_with_what_holds_them() {
        let declared = DeclaredSecrets { values: vec!["s3cret".into()], names: vec!["token".into()] };
        let printed = format!("{declared:?} {:?}", declared.redactor());
        assert!(!printed.contains("s3cret") && printed.contains("token"), "{printed}");
    }
}
