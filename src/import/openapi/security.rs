use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::document::Document;
use crate::import::plan_draft::RequestDraft;
use crate::import::secret_vars::{SecretVars, slot};

/// How a call says who sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Credentials {
    Auth(Json),
    Header(String, String),
    Query(String, String),
    Cookie(String, String),
}

/// Where credentials are written: what all calls share stands with the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Target,
    /// A call, where the target has said the rest.
    Rest,
    /// A call on its own.
    Call,
}

/// The document's security schemes, as far as they are asked for.
#[derive(Debug)]
pub(super) struct Security<'a> {
    document: Document<'a>,
    credentials: BTreeMap<&'a str, Option<Credentials>>,
    /// What no plan can say.
    pub(super) notes: Vec<String>,
}

impl<'a> Security<'a> {
    pub(super) const fn new(document: Document<'a>) -> Self {
        Self { document, credentials: BTreeMap::new(), notes: Vec::new() }
    }

    /// The schemes an operation asks for: the first way that asks for any.
    pub(super) fn needs(&self, operation: &'a Json) -> Vec<&'a str> {
        let asked = operation.get("security").or_else(|| self.document.0.get("security")).and_then(Json::as_array);
        let ways = asked.into_iter().flatten().filter_map(Json::as_object);
        let way = ways.take(16).find(|way| !way.is_empty());
        way.into_iter().flatten().take(8).map(|(name, _)| name.as_str()).collect()
    }

    /// Adds to a call, or to what all calls share, what the schemes ask for.
    pub(super) fn add(
        &mut self,
        names: &[&'a str],
        place: Place,
        request: &mut RequestDraft,
        secrets: &mut SecretVars,
    ) {
        for name in names {
            if !self.credentials.contains_key(name) {
                let known = self.credentials_of(name, secrets);
                self.credentials.insert(name, known);
            }
            let Some(Some(known)) = self.credentials.get(name) else { continue };
            let is_shared = matches!(known, Credentials::Auth(_) | Credentials::Header(..));
            if place == Place::Target && !is_shared || place == Place::Rest && is_shared {
                continue;
            }
            match known.clone() {
                Credentials::Auth(auth) => request.auth = request.auth.take().or(Some(auth)),
                Credentials::Header(name, var) => drop(request.headers.insert(name, slot(&var).into())),
                Credentials::Query(name, var) => drop(request.query.insert(name, slot(&var).into())),
                Credentials::Cookie(name, var) => request.cookies.push(format!("{name}={}", slot(&var))),
            }
        }
    }

    fn credentials_of(&mut self, scheme: &str, secrets: &mut SecretVars) -> Option<Credentials> {
        let schemes = self.document.0.get("components")?.get("securitySchemes")?;
        let written = self.document.resolve(schemes.get(scheme)?)?;
        let word = |key: &str| written.get(key).and_then(Json::as_str).unwrap_or_default();
        match word("type").to_ascii_lowercase().as_str() {
            "http" if word("scheme").eq_ignore_ascii_case("basic") => {
                let user = secrets.keep("username", &format!("the user's name of `{scheme}`"));
                let password = secrets.keep("password", &format!("the user's password of `{scheme}`"));
                Some(Credentials::Auth(json!({"basic": {"user": slot(&user), "password": slot(&password)}})))
            }
            "http" if word("scheme").eq_ignore_ascii_case("bearer") => Some(bearer(scheme, secrets)),
            "oauth2" | "openidconnect" => Some(bearer(scheme, secrets)),
            "apikey" => {
                let name = word("name").to_owned();
                let holds = format!("the key of `{scheme}`: `{name}`, sent in the {}", word("in"));
                match word("in") {
                    "header" if http::HeaderName::from_bytes(name.as_bytes()).is_ok() => {
                        Some(Credentials::Header(name, secrets.keep("api_key", &holds)))
                    }
                    "query" => Some(Credentials::Query(name, secrets.keep("api_key", &holds))),
                    "cookie" if !name.contains(['{', '$', ';', '=']) => {
                        Some(Credentials::Cookie(name, secrets.keep("api_key", &holds)))
                    }
                    _ => self.unsaid(scheme),
                }
            }
            _ => self.unsaid(scheme),
        }
    }

    fn unsaid(&mut self, scheme: &str) -> Option<Credentials> {
        self.notes.push(format!("the security scheme `{scheme}` is left out: no plan can say it"));
        None
    }
}

fn bearer(scheme: &str, secrets: &mut SecretVars) -> Credentials {
    let var = secrets.keep("token", &format!("the bearer token of `{scheme}`"));
    Credentials::Auth(json!({"bearer": slot(&var)}))
}
