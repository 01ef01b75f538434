/// Takes secrets out of texts before they are kept: what is never kept cannot be printed.
#[derive(Debug, Clone, Default)]
pub struct Mask(Vec<String>);

const HIDDEN: &str = "***";

impl Mask {
    /// A mask for these texts; the longest is taken out first, so that a secret inside another leaves no rest.
    #[must_use]
    pub fn new(secrets: &[String]) -> Self {
        let mut secrets: Vec<String> = secrets.iter().filter(|secret| !secret.is_empty()).cloned().collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self(secrets)
    }

    /// The text without secrets.
    #[must_use]
    pub fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), HIDDEN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_of_a_secret_is_left() {
        let mask = Mask::new(&["key".into(), "key-long".into(), String::new()]);
        assert_eq!(mask.hide("a key-long and a key"), "a *** and a ***");
        assert_eq!(Mask::default().hide("a key"), "a key");
    }
}
