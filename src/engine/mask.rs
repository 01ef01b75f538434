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

    /// Whether there is anything to hide.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
