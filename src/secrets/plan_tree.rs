use serde_json::Value;

use super::names::certainly_holds_secret;
use super::registry::{Secrets, Told};

/// Sections of a plan whose keys name what is sent, or what is sent in the end.
const SENT: [&str; 12] =
    ["form", "headers", "json", "list", "multipart", "put", "query", "set", "shared", "state", "vars", "with"];
/// Sections whose keys are what the plan calls its own things: an endpoint `token` is called for one, and is none.
const NAMED: [&str; 6] = ["endpoints", "profiles", "scenarios", "targets", "tasks", "users"];
/// Keys whose texts are sent as they are, or make the path that is called.
const TEXTS: [&str; 8] = ["delete", "get", "head", "options", "patch", "post", "put", "text"];
/// Names that every expression has; what they are is not the plan's.
const BUILT_IN: [&str; 9] = ["body", "elapsed", "headers", "iteration", "json", "loop", "stage", "status", "user"];

/// Vars may be filled in from one another in so many steps.
const MOST_STEPS: usize = 8;

/// What the keys of a part of a plan name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    /// The language's words.
    OfPlan,
    /// What the plan calls its own things.
    Names,
    /// What is expected of an answer: not itself a secret.
    OfAnswer,
    /// What is captured, with the place it is taken from.
    Captured,
    /// What is sent.
    Sent,
}

impl Secrets {
    /// Learns the secrets that stand in a plan, and which names will hold some: what it declares, values where passwords
    /// and keys stand, and the names that such places are filled in from. The plan comes as it is written, and as it is run:
    /// what something else has taken the place of is secret too.
    pub(crate) fn learn_plan(&self, forms: &[&Value]) {
        for plan in forms {
            let names = |section: &str| plan[section].as_array().into_iter().flatten().filter_map(Value::as_str);
            self.declare(names("secrets"), names("public"));
        }
        forms.iter().for_each(|plan| self.search(plan, Keys::OfPlan));
        // a var that a secret is filled in from is one, and may itself be filled in from others
        for _ in 0..MOST_STEPS {
            let paths = self.paths();
            for path in &paths {
                for plan in forms {
                    self.take_var(plan, path);
                }
            }
            if self.paths().len() == paths.len() {
                break;
            }
        }
    }

    fn take_var(&self, plan: &Value, path: &[String]) {
        let value = path.iter().try_fold(&plan["vars"], |value, name| value.get(name));
        match value {
            // of a whole row only what is named as a secret is one
            Some(Value::Object(_)) | None => {}
            Some(value) => self.take(value, self.told(&path.join("."))),
        }
    }

    fn search(&self, value: &Value, keys: Keys) {
        match value {
            Value::String(text) => self.learn_from_urls_in(text),
            Value::Array(items) => items.iter().for_each(|item| self.search(item, keys)),
            Value::Object(entries) => entries.iter().for_each(|(key, value)| self.entry(key, value, keys)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn entry(&self, key: &str, value: &Value, keys: Keys) {
        match keys {
            Keys::Captured => {
                if self.names_secret(key) || self.is_taken_from_secret(value) && !self.is_public(key) {
                    self.add_path(key);
                }
                return;
            }
            Keys::Sent => {
                self.meet(key);
                if self.names_secret(key) {
                    self.add_path(key);
                    self.take(value, self.told(key));
                }
            }
            Keys::OfPlan if certainly_holds_secret(key) && !self.is_public(key) => self.take(value, self.told(key)),
            Keys::OfPlan if TEXTS.contains(&key) => {
                if let Value::String(text) = value {
                    self.learn_from_text(text);
                }
            }
            Keys::Names => return self.search(value, Keys::OfPlan),
            Keys::OfPlan | Keys::OfAnswer => {}
        }
        if key == "append"
            && let Some(to) = value["to"].as_str().filter(|to| self.names_secret(to))
        {
            self.add_path(to);
        }
        // what is taken from a pool of secrets is one
        if key == "take"
            && let (Some(from), Some(name)) = (value["from"].as_str(), value["as"].as_str())
            && (self.names_secret(from) || self.names_secret(name))
        {
            self.add_path(name);
        }
        let below = match (keys, key) {
            (Keys::OfPlan, key) if NAMED.contains(&key) && value.is_object() => Keys::Names,
            (Keys::OfPlan, "expect") => Keys::OfAnswer,
            (Keys::OfPlan, "capture") => Keys::Captured,
            (Keys::OfPlan, key) if SENT.contains(&key) => Keys::Sent,
            (keys, _) => keys,
        };
        self.search(value, below);
    }

    /// Takes what stands in the place of a secret: the value itself, or the names that it is filled in from.
    fn take(&self, value: &Value, told: Told) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.take(item, told)),
            Value::Object(entries) => entries.values().for_each(|value| self.take(value, told)),
            Value::String(text) if text.contains("{{") || text.contains("{%") => {
                names_in(text).iter().filter(|name| !self.is_public(name)).for_each(|name| self.add_path(name));
                if told == Told::Declared {
                    written_in(text).for_each(|part| self.learn(part, told));
                }
            }
            Value::String(text) if text.contains("${") => {
                defaults_in(text).for_each(|default| self.learn(default, told));
                written_in(text).for_each(|part| self.learn(part, told));
            }
            // it says where something is
            Value::String(text) if text.starts_with("$.") => {}
            value => self.learn_all_in(value, told),
        }
    }

    /// Whether what a capture takes is secret by its place: a member, a header or a cookie.
    fn is_taken_from_secret(&self, from: &Value) -> bool {
        match from {
            Value::String(path) => {
                let mut words = path.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-');
                words.rfind(|word| !word.is_empty()).is_some_and(|member| self.names_secret(member))
            }
            Value::Object(entries) => entries.iter().any(|(kind, place)| {
                let name = place.as_str().unwrap_or_default();
                match kind.as_str() {
                    "cookie" => !self.is_public(name),
                    "default" | "group" => false,
                    "regex" | "css" | "xpath" | "attribute" => name
                        .split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-')
                        .any(|word| self.names_secret(word)),
                    "json" | "all" => place.is_string() && self.is_taken_from_secret(place),
                    _ => self.names_secret(name),
                }
            }),
            _ => false,
        }
    }

    fn learn_from_urls_in(&self, text: &str) {
        if !text.contains("://") {
            return;
        }
        if let Some(password) = super::urls::password_of(text).filter(|password| !password.contains(['{', '$'])) {
            self.learn(password, Told::Inferred);
        }
        text.split_once('?').into_iter().for_each(|(_, query)| self.learn_from_text(query));
    }
}

/// The names that the expressions of a text use, with what is taken from them: `account.pin`.
fn names_in(text: &str) -> Vec<String> {
    let text = text.replace("{%", "{{").replace("%}", "}}");
    let inside = text.split("{{").skip(1).filter_map(|rest| rest.split("}}").next());
    let names = inside.flat_map(words_of).filter(|name| {
        let first = name.split('.').next().unwrap_or_default();
        !BUILT_IN.contains(&first)
    });
    names.map(str::to_owned).collect()
}

fn words_of(expression: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let mut words = Vec::new();
    let (mut at, mut before) = (0, None);
    while let Some(next) = expression[at..].chars().next() {
        let length = match next {
            '"' | '\'' => expression[at + 1..].find(next).map_or(expression.len() - at, |end| end + 2),
            next if next.is_ascii_alphabetic() || next == '_' => {
                let length = expression[at..].find(|c| !is_part(c)).unwrap_or(expression.len() - at);
                let word = expression[at..at + length].trim_end_matches('.');
                let is_called = expression[at + length..].trim_start().starts_with('(');
                let is_language =
                    matches!(word, "if" | "else" | "elif" | "for" | "in" | "is" | "not" | "and" | "or" | "set");
                if !is_called && !is_language && before != Some('|') {
                    words.push(word);
                }
                length
            }
            next => next.len_utf8(),
        };
        if !next.is_whitespace() {
            before = Some(next);
        }
        at += length;
    }
    words
}

/// What is written in a text around what is filled in.
fn written_in(text: &str) -> impl Iterator<Item = &str> {
    around(text, "{{", "}}").flat_map(|piece| around(piece, "${", "}"))
}

fn around<'a>(text: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(open).enumerate().map(move |(index, piece)| match index {
        0 => piece,
        _ => piece.split_once(close).map_or("", |(_, behind)| behind),
    })
}

/// The defaults of the environment's variables in a text.
fn defaults_in(text: &str) -> impl Iterator<Item = &str> {
    let variables = text.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    variables.filter_map(|(variable, _)| variable.split_once(":-").map(|(_, default)| default))
}
