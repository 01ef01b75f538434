use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use crate::secrets::Secrets;

/// Keys that are told apart, up to so many; those that come then are one, the first. What was told apart once stays so, since
/// what is counted never grows less.
#[derive(Debug)]
pub(super) struct Capped<K> {
    places: HashMap<K, usize>,
    most: usize,
}

impl<K: Hash + Eq + Clone> Capped<K> {
    pub(super) fn new(most: usize) -> Self {
        Self { places: HashMap::new(), most }
    }

    /// The place of a key, from 1; 0 of one that has no place of its own.
    pub(super) fn place(&mut self, key: &K) -> usize {
        if let Some(place) = self.places.get(key) {
            return *place;
        }
        if self.places.len() >= self.most {
            return 0;
        }
        let place = self.places.len() + 1;
        self.places.insert(key.clone(), place);
        place
    }
}

/// Texts without secrets. It is the door through which each leaves the process in an exporter: a text is masked once, and again
/// when more secrets are known.
#[derive(Debug)]
pub(super) struct MaskedTexts {
    secrets: Secrets,
    learned: u64,
    masked: HashMap<Arc<str>, Arc<str>>,
}

impl MaskedTexts {
    pub(super) fn new(secrets: Secrets) -> Self {
        Self { learned: secrets.learned(), secrets, masked: HashMap::new() }
    }

    /// A text without secrets.
    pub(super) fn mask(&mut self, text: &Arc<str>) -> Arc<str> {
        const MOST: usize = 4096;
        let learned = self.secrets.learned();
        if learned != self.learned || self.masked.len() > MOST {
            self.learned = learned;
            self.masked.clear();
        }
        if let Some(masked) = self.masked.get(text) {
            return masked.clone();
        }
        let masked: Arc<str> = match self.secrets.mask(text) {
            std::borrow::Cow::Borrowed(_) => text.clone(),
            std::borrow::Cow::Owned(masked) => masked.into(),
        };
        self.masked.insert(text.clone(), masked.clone());
        masked
    }

    /// The same of a text that is not shared.
    pub(super) fn text(&self, text: &str) -> String {
        self.secrets.mask(text).into_owned()
    }
}
