use std::collections::{HashMap, HashSet, VecDeque};

/// What the service remembers of one tenant, bounded: the oldest concepts go first.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Concepts in the order they were learned.
    order: VecDeque<Concept>,
    /// How often each word, in lower case, is the name of a concept that is kept: 0 or 1.
    names: HashSet<String>,
    pub(super) messages: u64,
    pub(super) decisions: u64,
    pub(super) links: u64,
}

/// A concept: a capitalised word that is no stop word.
#[derive(Debug, Clone)]
pub(super) struct Concept {
    pub(super) name: String,
    pub(super) created_at: String,
}

/// What a text taught.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lesson {
    pub(super) concepts: u64,
    pub(super) decisions: u64,
    pub(super) links: u64,
}

/// All tenants' memories, bounded in number, and in what they hold together.
#[derive(Debug, Default)]
pub(super) struct Memories {
    of_tenant: HashMap<String, Memory>,
    /// How many concepts all of them hold.
    concepts: usize,
}

const MOST_CONCEPTS: usize = 10_000;
const MOST_TENANTS: usize = 10_000;
/// So many concepts are kept of all tenants together.
const MOST_OF_ALL: usize = 200_000;
const LONGEST_WORD: usize = 64;
const STOP_WORDS: [&str; 70] = [
    "a", "about", "after", "all", "an", "and", "are", "as", "at", "be", "before", "but", "by", "can", "could", "did",
    "do", "does", "for", "from", "had", "has", "have", "he", "her", "his", "how", "i", "if", "in", "instance", "is",
    "it", "its", "let", "me", "my", "not", "of", "on", "or", "our", "please", "remember", "remind", "she", "should",
    "so", "tell", "that", "the", "their", "there", "these", "they", "this", "to", "two", "update", "updated", "us",
    "was", "we", "were", "what", "when", "which", "who", "why", "you",
];

impl Memories {
    /// One tenant's memory; one tenant too many makes room by forgetting all.
    pub(super) fn of(&mut self, tenant: &str) -> &Memory {
        self.entry(tenant)
    }

    /// Has a tenant learn a text; where all hold too much, all is forgotten.
    pub(super) fn learn(&mut self, tenant: &str, text: &str, now: &str) -> Lesson {
        if self.concepts >= MOST_OF_ALL {
            self.of_tenant.clear();
            self.concepts = 0;
        }
        let memory = self.entry(tenant);
        let before = memory.order.len();
        let lesson = memory.learn(text, now);
        let after = memory.order.len();
        self.concepts = (self.concepts + after).saturating_sub(before);
        lesson
    }

    fn entry(&mut self, tenant: &str) -> &mut Memory {
        if self.of_tenant.len() >= MOST_TENANTS && !self.of_tenant.contains_key(tenant) {
            self.of_tenant.clear();
            self.concepts = 0;
        }
        self.of_tenant.entry(tenant.to_owned()).or_default()
    }
}

impl Memory {
    /// Learns the concepts of a text.
    pub(super) fn learn(&mut self, text: &str, now: &str) -> Lesson {
        let found = concepts(text);
        let mut fresh = 0;
        for name in &found {
            if self.names.insert(name.to_lowercase()) {
                fresh += 1;
                self.order.push_back(Concept { name: name.clone(), created_at: now.to_owned() });
            }
        }
        while self.order.len() > MOST_CONCEPTS {
            if let Some(oldest) = self.order.pop_front() {
                self.names.remove(&oldest.name.to_lowercase());
            }
        }
        let decisions = u64::from(text.to_lowercase().contains("decision") || text.contains("decided"));
        // every two concepts of a text are linked, the fresh ones anew
        let links = fresh * (found.len() as u64).saturating_sub(1) / 2;
        self.messages += 1;
        self.decisions += decisions;
        self.links += links;
        Lesson { concepts: found.len() as u64, decisions, links }
    }

    /// Known concepts that a text names, in any case, at most so many.
    pub(super) fn recall(&self, text: &str, most: usize) -> Vec<String> {
        let mut seen = HashSet::new();
        let known = words(text).filter(|word| {
            let word = word.to_lowercase();
            self.names.contains(&word) && seen.insert(word)
        });
        known.take(most).map(str::to_owned).collect()
    }

    pub(super) fn concepts(&self) -> &VecDeque<Concept> {
        &self.order
    }
}

fn concepts(text: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    let named = words(text).filter(|word| {
        let lower = word.to_lowercase();
        word.chars().next().is_some_and(char::is_uppercase)
            && word.len() > 1
            && STOP_WORDS.binary_search(&lower.as_str()).is_err()
            && seen.insert(lower)
    });
    named.map(str::to_owned).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty() && word.len() <= LONGEST_WORD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_are_in_order_so_that_they_are_found() {
        assert!(STOP_WORDS.is_sorted());
    }

    #[test]
    fn concepts_are_capitalised_words_that_are_no_stop_words() {
        assert_eq!(concepts("How does Postgres differ from Redis and Postgres?"), ["Postgres", "Redis"]);
        assert!(concepts("what is this, and why?").is_empty());
    }

    #[test]
    fn what_was_learned_is_recalled_and_the_oldest_is_forgotten() {
        let mut memory = Memory::default();
        assert_eq!(memory.recall("postgres", 5).len(), 0);
        assert_eq!(memory.learn("We use Postgres and Redis", "now").concepts, 2);
        assert_eq!(memory.recall("is redis like postgres?", 5), ["redis", "postgres"]);
        assert_eq!(memory.recall("redis postgres", 1).len(), 1);
        for number in 0..MOST_CONCEPTS {
            memory.learn(&format!("Concept{number}"), "now");
        }
        assert_eq!(memory.concepts().len(), MOST_CONCEPTS);
        assert!(memory.recall("postgres", 5).is_empty());
    }

    #[test]
    fn all_tenants_together_hold_no_more_than_so_many_concepts() {
        let mut memories = Memories::default();
        let text: String = (0..9000).map(|number| format!("W{number} ")).collect();
        let mut most = 0;
        for tenant in 0..60 {
            memories.learn(&tenant.to_string(), &text, "now");
            let held: usize = memories.of_tenant.values().map(|memory| memory.order.len()).sum();
            assert_eq!(memories.concepts, held);
            most = most.max(held);
        }
        assert!((MOST_OF_ALL..MOST_OF_ALL + MOST_CONCEPTS).contains(&most), "{most}");
    }
}
