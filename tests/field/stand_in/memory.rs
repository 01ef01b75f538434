//! What a stand-in remembers of a run.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

#[derive(Default)]
pub struct Memory {
    texts: BTreeMap<String, String>,
    numbers: BTreeMap<String, u64>,
    times: BTreeMap<String, Instant>,
}

impl Memory {
    /// The next number of a name, from 1.
    pub fn next(&mut self, name: &str) -> u64 {
        let number = self.numbers.entry(name.to_owned()).or_default();
        *number += 1;
        *number
    }

    /// The number of a name, 0 where there is none.
    pub fn number(&self, name: &str) -> u64 {
        self.numbers.get(name).copied().unwrap_or_default()
    }

    pub fn set_number(&mut self, name: &str, number: u64) {
        self.numbers.insert(name.to_owned(), number);
    }

    pub fn keep(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.texts.insert(name.into(), text.into());
    }

    pub fn has(&self, name: &str) -> bool {
        self.texts.contains_key(name)
    }

    pub fn text(&self, name: &str) -> Result<&str, String> {
        self.texts.get(name).map(String::as_str).ok_or_else(|| format!("nobody has made `{name}`"))
    }

    /// Takes a text away: it is good once.
    pub fn take(&mut self, name: &str) -> Result<String, String> {
        self.texts.remove(name).ok_or_else(|| format!("nobody has made `{name}`, or it was used before"))
    }

    /// How many texts have names that begin so.
    pub fn count(&self, prefix: &str) -> usize {
        self.texts.keys().filter(|name| name.starts_with(prefix)).count()
    }

    pub fn begin(&mut self, name: impl Into<String>) {
        self.times.insert(name.into(), Instant::now());
    }

    pub fn since(&self, name: &str) -> Result<Duration, String> {
        self.times.get(name).map(Instant::elapsed).ok_or_else(|| format!("`{name}` never began"))
    }
}
