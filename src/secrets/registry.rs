use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::masking::floor;
use super::names::{bare, holds_secret};
use super::patterns::{LONGEST, Patterns, Reach, SHORTEST};
use super::urls::password_of;

/// Every secret that a run has met, and which names hold secrets: the one place that knows what no output may show.
///
/// It is shared by all that reads a plan, makes a run and writes a text; what one of them learns, all of them hide.
#[derive(Clone, Default)]
pub struct Secrets(Arc<Registry>);

#[derive(Default)]
struct Registry {
    known: RwLock<Known>,
    /// How often something was learned: a text that was masked before may have to be masked again.
    learned: AtomicU64,
}

#[derive(Default)]
pub(super) struct Known {
    pub(super) patterns: Patterns,
    /// Whether there was no room for a secret.
    pub(super) full: bool,
    names: Names,
}

/// What a plan says of names.
#[derive(Default)]
struct Names {
    /// Those whose values may be shown.
    public: BTreeSet<String>,
    /// Those whose values may not.
    declared: BTreeSet<String>,
    /// Names of state, rows and vars, with the columns below, whose values are secret: `token`, `account.pin`.
    paths: BTreeSet<Vec<String>>,
    /// Names that the plan has, as it writes them: of variables of the environment, headers, parameters and fields.
    met: BTreeSet<String>,
}

/// How it is known that a value is secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// The plan says so.
    Declared,
    /// It stands where secrets stand, or came from outside.
    Inferred,
}

/// So many secrets are kept, and so many bytes of them. What comes then is hidden by its looks: see
/// [`Secrets::mask_said`].
const MOST: usize = 50_000;
const MOST_BYTES: usize = 8 << 20;
/// A value that nobody declared and that is shorter than this is hidden where it is a word of its own.
const SHORTEST_PART: usize = 8;
/// Values that are no secrets wherever they stand: words of protocols and plans.
const WORDS: [&str; 31] = [
    "admin",
    "application/json",
    "basic",
    "bearer",
    "code",
    "cookie",
    "default",
    "demo",
    "disabled",
    "enabled",
    "false",
    "guest",
    "http",
    "https",
    "json",
    "local",
    "localhost",
    "name",
    "none",
    "null",
    "passed",
    "password",
    "root",
    "secret",
    "session",
    "test",
    "text",
    "token",
    "true",
    "user",
    "username",
];
/// What is said before a secret in a header, and a blank.
pub(super) const SCHEMES: [&str; 6] = ["apikey", "basic", "bearer", "digest", "negotiate", "token"];

impl Secrets {
    /// Hides a value from now on, wherever it turns up. Short values, and those that are mere numbers or words, are
    /// hidden where they would not be taken for something else; `docs/secrets.md` has the rule.
    pub(crate) fn learn(&self, value: &str, told: Told) {
        let value = value.trim();
        if value.len() < SHORTEST {
            return;
        }
        let mut known = self.write();
        if known.learn(value, told) {
            self.0.learned.fetch_add(1, Ordering::Release);
        }
    }

    /// Hides every text and number in a value.
    pub(crate) fn learn_all_in(&self, value: &serde_json::Value, told: Told) {
        match value {
            serde_json::Value::String(text) => self.learn(text, told),
            serde_json::Value::Number(number) => self.learn(&number.to_string(), told),
            serde_json::Value::Array(items) => items.iter().for_each(|item| self.learn_all_in(item, told)),
            serde_json::Value::Object(entries) => entries.values().for_each(|value| self.learn_all_in(value, told)),
            serde_json::Value::Null | serde_json::Value::Bool(_) => {}
        }
    }

    /// Hides what stands where secrets stand in a URL: its password, and its query; `https://here/path` is none.
    pub(crate) fn learn_url(&self, url: &str) {
        password_of(url).into_iter().for_each(|password| self.learn(password, Told::Inferred));
        let (bare, query) = url.split_once('?').unwrap_or((url, ""));
        let query = query.split('#').next().unwrap_or_default();
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .for_each(|(_, value)| self.learn(value, Told::Inferred));
        // hooks are called by paths that nobody can guess
        const LONG: usize = 16;
        let path = bare.split_once("://").map_or("", |(_, rest)| rest).split('/').skip(1);
        path.filter(|segment| segment.len() >= LONG).for_each(|segment| self.learn(segment, Told::Inferred));
    }

    /// Takes what a plan says of names: those whose values no output may show, and those whose values any may.
    pub(crate) fn declare<'a>(
        &self,
        secret: impl IntoIterator<Item = &'a str>,
        public: impl IntoIterator<Item = &'a str>,
    ) {
        let mut known = self.write();
        for name in secret {
            known.names.declared.insert(bare(name));
            known.names.paths.insert(name.split('.').map(str::to_owned).collect());
        }
        known.names.public.extend(public.into_iter().map(bare));
    }

    /// Whether what has this name is secret: the plan says so, or its name does and the plan does not say otherwise.
    pub(crate) fn names_secret(&self, name: &str) -> bool {
        let known = self.read();
        known.names.is_declared(name) || holds_secret(name) && !known.names.is_public(name)
    }

    /// How it is known that what has this name is secret.
    pub(crate) fn told(&self, name: &str) -> Told {
        if self.read().names.is_declared(name) { Told::Declared } else { Told::Inferred }
    }

    /// Whether the plan says that what has this name may be shown.
    pub(crate) fn is_public(&self, name: &str) -> bool {
        let known = self.read();
        known.names.is_public(name) && !known.names.is_declared(name)
    }

    /// Takes the values of a name of users' state, of a row's column or of a var for secrets: `account.pin`.
    pub(crate) fn add_path(&self, path: &str) {
        self.write().names.paths.insert(path.split('.').map(str::to_owned).collect());
    }

    /// The names whose values are secret, with the columns below them.
    pub(crate) fn paths(&self) -> Vec<Vec<String>> {
        self.read().names.paths.iter().cloned().collect()
    }

    /// Notes that the plan has a name.
    pub(crate) fn meet(&self, name: &str) {
        if !self.read().names.met.contains(name) {
            self.write().names.met.insert(name.to_owned());
        }
    }

    /// Whether the plan has it.
    pub(crate) fn has_met(&self, name: &str) -> bool {
        self.read().names.met.contains(name)
    }

    /// How often something was learned.
    pub(crate) fn learned(&self) -> u64 {
        self.0.learned.load(Ordering::Acquire)
    }

    /// Whether there was no room for a secret any more.
    pub(crate) fn is_full(&self) -> bool {
        self.read().full
    }

    /// How many values are hidden.
    #[must_use]
    pub fn len(&self) -> usize {
        self.read().patterns.len()
    }

    /// Whether nothing is hidden.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.read().patterns.is_empty()
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.0.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.0.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn learn(&mut self, value: &str, told: Told) -> bool {
        let mut changed = self.add(value, told);
        // a text of several lines is most often shown line by line
        if value.contains('\n') {
            let lines =
                value.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_PART && !line.starts_with("-----"));
            lines.for_each(|line| changed |= self.add(line, told));
        }
        let is_scheme = |word: &str| SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(word));
        if let Some((_, rest)) = value.split_once(' ').filter(|(word, _)| is_scheme(word)) {
            let rest = rest.trim();
            changed |= self.add(rest, told);
            if let Some(password) = password_of_basic(rest) {
                changed |= self.add(&password, told);
            }
        }
        if let Some(password) = password_of(value) {
            changed |= self.add(password, told);
        }
        changed
    }

    fn add(&mut self, value: &str, told: Told) -> bool {
        if value.len() < SHORTEST || told == Told::Inferred && is_common(value) {
            return false;
        }
        let reach = match told {
            Told::Inferred if value.chars().count() < SHORTEST_PART => Reach::Words,
            Told::Declared | Told::Inferred => Reach::Anywhere,
        };
        let mut changed = false;
        let mut rest = value;
        while rest.len() > LONGEST {
            let (piece, behind) = rest.split_at(floor(rest, LONGEST));
            changed |= self.add_piece(piece.as_bytes(), reach);
            rest = behind;
        }
        changed | (rest.len() >= SHORTEST && self.add_piece(rest.as_bytes(), reach))
    }

    /// Adds a value that is not too long; one that is known takes no room.
    fn add_piece(&mut self, piece: &[u8], reach: Reach) -> bool {
        let has_room = self.patterns.len() < MOST && self.patterns.bytes() + piece.len() <= MOST_BYTES;
        if has_room || self.patterns.has(piece) {
            return self.patterns.add(piece, reach);
        }
        !std::mem::replace(&mut self.full, true)
    }
}

impl Names {
    fn is_declared(&self, name: &str) -> bool {
        !self.declared.is_empty() && self.declared.contains(&bare(name))
    }

    fn is_public(&self, name: &str) -> bool {
        !self.public.is_empty() && self.public.contains(&bare(name))
    }
}

/// Whether a value that nobody declared is too common to be hidden: a word of protocols, or a number that is not long.
fn is_common(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    if WORDS.contains(&lower.as_str()) {
        return true;
    }
    let unit = value.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '_' | ','));
    let is_number = value.starts_with(|c: char| c.is_ascii_digit() || c == '-') && unit.len() <= 3;
    is_number && unit.chars().all(|c| c.is_ascii_alphabetic() || c == '%' || c == '/') && value.len() < SHORTEST_PART
}

/// The password of basic authentication (RFC 7617).
fn password_of_basic(coded: &str) -> Option<String> {
    use base64::Engine;
    let pair = base64::engine::general_purpose::STANDARD.decode(coded).ok()?;
    String::from_utf8(pair).ok()?.split_once(':').map(|(_, password)| password.to_owned())
}

// values are not printed
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("values", &self.len()).finish()
    }
}
