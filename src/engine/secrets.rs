use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use http::HeaderMap;

use crate::expression::{Answer, Scope, Value};
use crate::metrics::{LONGEST_EXAMPLE, SEEN_FOR_EXAMPLE};
use crate::secrets::{Secrets, Told, floor};

/// What one worker knows of the run's secrets. What its users come by is noted here at the price of a copy; it goes to
/// the run's registry before any text of the worker is masked, and at the end of each second.
pub(super) struct WorkerSecrets {
    registry: Secrets,
    /// Names whose values are secret, by the first part: `account`, with `["pin"]`.
    paths: HashMap<Arc<str>, SecretName>,
    /// What the plan says of the cookies that came so far: the registry is everybody's, and asked once a name.
    cookies: RefCell<HashMap<Box<str>, Disclosure>>,
    /// What was noted and the registry has not.
    fresh: RefCell<Vec<(String, Told)>>,
    /// Hashes of what was noted before.
    noted: RefCell<HashSet<u64>>,
    hasher: RandomState,
    /// Texts that were masked, for as long as nothing new is learned.
    masked: RefCell<Masked>,
}

/// A name of users' state whose value, or a part of it, is secret.
struct SecretName {
    told: Told,
    /// The ways from the value to what is secret.
    below: Vec<Vec<String>>,
}

/// Whether what has a name may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disclosure {
    Public,
    Secret(Told),
}

#[derive(Default)]
struct Masked {
    learned: u64,
    texts: HashMap<String, Arc<str>>,
}

/// What a text may tell of besides its user's own state.
#[derive(Clone, Copy, Default)]
pub(super) struct Heard<'a> {
    /// What of the request may be secret.
    pub(super) sent: Option<&'a Sent>,
    /// The answer's head.
    pub(super) headers: Option<&'a HeaderMap>,
    /// The whole answer.
    pub(super) answer: Option<&'a Answer>,
}

/// What of a request may be secret and is not known before it is made.
#[derive(Debug, Clone, Default)]
pub(super) struct Sent {
    pub(super) target: Option<http::uri::PathAndQuery>,
    pub(super) headers: Vec<(http::HeaderName, http::HeaderValue)>,
    pub(super) body: bytes::Bytes,
}

/// So many hashes, fresh values and texts are kept; then it is begun anew.
const MOST_NOTED: usize = 1 << 16;
const MOST_COOKIES: usize = 1 << 10;
const MOST_FRESH: usize = 1 << 10;
const MOST_TEXTS: usize = 256;
const LONGEST_TEXT: usize = 1 << 10;

impl WorkerSecrets {
    pub(super) fn new(registry: &Secrets) -> Self {
        let mut paths: HashMap<Arc<str>, SecretName> = HashMap::new();
        for mut path in registry.paths() {
            let below = path.split_off(1.min(path.len()));
            if let Some(first) = path.pop() {
                let told = registry.told(&first);
                let name = paths.entry(first.into()).or_insert(SecretName { told, below: Vec::new() });
                name.below.push(below);
            }
        }
        Self {
            registry: registry.clone(),
            paths,
            cookies: RefCell::default(),
            fresh: RefCell::default(),
            noted: RefCell::default(),
            hasher: RandomState::new(),
            masked: RefCell::default(),
        }
    }

    /// Notes what a name of users' state was set to, where that is secret: also after it has another value it is.
    pub(super) fn note(&self, name: &str, value: &Value) {
        if let Some(SecretName { told, below }) = self.paths.get(name) {
            below.iter().for_each(|way| self.note_below(value, way, *told));
        }
    }

    /// Notes a text that is secret by where it stands.
    pub(super) fn note_text(&self, text: &str, told: Told) {
        let hash = self.hasher.hash_one(text);
        let mut noted = self.noted.borrow_mut();
        if noted.len() >= MOST_NOTED {
            noted.clear();
        }
        if !noted.insert(hash) {
            return;
        }
        let mut fresh = self.fresh.borrow_mut();
        fresh.push((text.to_owned(), told));
        if fresh.len() >= MOST_FRESH {
            drop(fresh);
            self.flush();
        }
    }

    /// Notes the cookies that an answer sets: they stand for a user's password.
    pub(super) fn note_cookies(&self, headers: &HeaderMap) {
        for cookie in headers.get_all(http::header::SET_COOKIE) {
            let pair = cookie.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
            let Some((name, value)) = std::str::from_utf8(pair).ok().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            if let Disclosure::Secret(told) = self.of_cookie(name.trim()) {
                self.note_text(value.trim(), told);
            }
        }
    }

    fn of_cookie(&self, name: &str) -> Disclosure {
        let mut cookies = self.cookies.borrow_mut();
        if let Some(known) = cookies.get(name) {
            return *known;
        }
        let said = match self.registry.is_public(name) {
            true => Disclosure::Public,
            false => Disclosure::Secret(self.registry.told(name)),
        };
        if cookies.len() >= MOST_COOKIES {
            cookies.clear();
        }
        cookies.insert(name.into(), said);
        said
    }

    /// Whether the plan has a name below this one whose value is secret.
    pub(super) fn is_secret(&self, name: &str) -> bool {
        self.paths.contains_key(name)
    }

    /// Gives the registry what was noted.
    pub(super) fn flush(&self) {
        for (value, told) in self.fresh.borrow_mut().drain(..) {
            self.registry.learn(&value, told);
        }
    }

    /// What is said of a user's work, without the secrets of the run, of the user's state and of what it heard.
    pub(super) fn said(&self, text: &str, scope: &Scope, heard: Heard) -> Arc<str> {
        // what was noted since may be in a text that was masked before
        self.flush();
        {
            // most of what is said is said again and again
            let masked = self.masked.borrow();
            if masked.learned == self.registry.learned()
                && let Some(known) = masked.texts.get(text)
            {
                return known.clone();
            }
        }
        self.note_state(scope);
        self.hear(heard);
        self.flush();
        let shown: Arc<str> = self.registry.mask_said(text).into();
        let mut masked = self.masked.borrow_mut();
        let learned = self.registry.learned();
        if masked.learned != learned || masked.texts.len() >= MOST_TEXTS {
            *masked = Masked { learned, texts: HashMap::new() };
        }
        if text.len() <= LONGEST_TEXT {
            masked.texts.insert(text.to_owned(), shown.clone());
        }
        shown
    }

    /// The beginning of an answer's body, without secrets.
    pub(super) fn beginning(&self, body: &[u8], (scope, heard): (&Scope, Heard)) -> Arc<str> {
        let text = String::from_utf8_lossy(&body[..body.len().min(SEEN_FOR_EXAMPLE)]);
        if text.contains('\0') {
            return format!("{} bytes that are no text", body.len()).into();
        }
        let said = self.said(text.trim(), scope, heard);
        if said.len() <= LONGEST_EXAMPLE {
            return said;
        }
        format!("{}…", &said[..floor(&said, LONGEST_EXAMPLE - '…'.len_utf8())]).into()
    }

    /// The name of one request, filled in for it: there may be one for each request, so it is looked at quickly.
    pub(super) fn name(&self, name: &str, scope: &Scope) -> String {
        self.note_state(scope);
        if !self.fresh.borrow().is_empty() {
            self.flush();
        }
        self.registry.mask_lines(name).into_owned()
    }

    fn note_state(&self, scope: &Scope) {
        for name in self.paths.keys() {
            if let Some(value) = scope.value(name) {
                self.note(name, &value);
            }
        }
    }

    /// A text of the plan's own without the secrets known so far.
    pub(super) fn mask(&self, text: &str) -> String {
        self.flush();
        self.registry.mask(text).into_owned()
    }

    fn hear(&self, heard: Heard) {
        if let Some(sent) = heard.sent {
            for (name, value) in &sent.headers {
                self.registry.learn_header(name.as_str(), value.as_bytes());
            }
            if let Some(query) = sent.target.as_ref().and_then(|target| target.query()) {
                self.registry.learn_from_text(query);
            }
            self.registry.learn_body(&sent.body);
        }
        heard.headers.into_iter().for_each(|headers| self.registry.learn_headers(headers));
        if let Some(answer) = heard.answer {
            self.registry.learn_headers(answer.headers());
            match answer.json() {
                Ok(json) => self.registry.learn_members(json),
                Err(_) => self.registry.learn_body(answer.body()),
            }
        }
    }

    fn note_below(&self, value: &Value, way: &[String], told: Told) {
        use minijinja::value::ValueKind;
        let part = |name: &str| value.get_item(&Value::from(name)).ok().filter(|part| !part.is_undefined());
        match (value.kind(), way) {
            (ValueKind::Undefined | ValueKind::None | ValueKind::Bool, _) => {}
            (_, [name, rest @ ..]) => {
                if let Some(inner) = part(&way.join(".")) {
                    self.note_below(&inner, &[], told);
                } else if let Some(inner) = part(name) {
                    self.note_below(&inner, rest, told);
                }
            }
            (ValueKind::String, []) => value.as_str().into_iter().for_each(|text| self.note_text(text, told)),
            (ValueKind::Seq | ValueKind::Iterable, []) => {
                value.try_iter().into_iter().flatten().for_each(|item| self.note_below(&item, &[], told));
            }
            (ValueKind::Map, []) => {
                // of a whole row or answer only what is named as one is a secret
                if let Ok(json) = serde_json::to_value(value) {
                    self.registry.learn_members(&json);
                }
            }
            (_, []) => self.note_text(&value.to_string(), told),
        }
    }
}
