use serde_json::{Map, Value as Json};

use super::document::Document;
use super::example::Examples;
use super::security::{Place, Security};
use super::{body, parameters};
use crate::import::literal::{one_line, plain};
use crate::import::naming::{Names, snake};
use crate::import::plan_draft::{Danger, EndpointDraft, RequestDraft};
use crate::import::secret_vars::SecretVars;

/// One operation of a document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation<'a> {
    pub(super) path: &'a str,
    pub(super) method: &'static str,
    /// What all operations of the path share.
    pub(super) item: &'a Json,
    pub(super) written: &'a Json,
}

/// What all operations are drafted with.
pub(super) struct Drafter<'a> {
    pub(super) document: Document<'a>,
    pub(super) examples: Examples<'a>,
    pub(super) security: Security<'a>,
    pub(super) secrets: SecretVars,
    pub(super) names: Names,
}

impl<'a> Drafter<'a> {
    /// The endpoint of an operation. `place` says whether the target shows already who calls.
    pub(super) fn endpoint(&mut self, operation: Operation<'a>, place: Place) -> EndpointDraft {
        let Operation { path: route, method, item, written } = operation;
        let mut request = RequestDraft::default();
        let needs = self.security.needs(written);
        self.security.add(&needs, place, &mut request, &mut self.secrets);
        let all = parameters::parameters(self.document, item, written);
        parameters::add(&all, &mut request, &mut self.examples, &mut self.secrets);
        if !matches!(method, "get" | "head") {
            body::add(self.document, written, &mut request, &mut self.examples);
        }
        let (path_text, with) = parameters::path(route, &all, &mut self.secrets.names(), &mut self.examples);
        let word = |key: &str| written.get(key).and_then(Json::as_str);
        let wanted = word("operationId").filter(|id| !snake(id).is_empty());
        let name = self.names.give(&wanted.map_or_else(|| format!("{method} {route}"), str::to_owned), "call");
        let mut fields = Map::new();
        fields.insert(method.into(), path_text.into());
        if !with.is_empty() {
            // one line in the report, whatever the values
            fields.insert("name".into(), label(route).into());
            fields.insert("with".into(), with.into());
        }
        let mut notes = notes(item, written);
        notes.append(&mut request.notes);
        request.write_to(&mut fields);
        fields.extend(status(self.document, written).map(|status| ("expect".into(), status)));
        let tags = tags(written);
        fields.extend((!tags.is_empty()).then(|| ("tags".into(), tags.into())));
        EndpointDraft { name, notes, fields, danger: Danger::of(method) }
    }
}

/// What the document says about an operation that a plan has no key for.
fn notes(item: &Json, written: &Json) -> Vec<String> {
    let summary = written.get("summary").and_then(Json::as_str).filter(|said| !said.trim().is_empty());
    let mut notes: Vec<String> = summary.map(str::to_owned).into_iter().collect();
    if written.get("deprecated") == Some(&Json::Bool(true)) {
        notes.push("deprecated".into());
    }
    if [item, written].iter().any(|holder| holder.get("servers").is_some()) {
        notes.push("the document names another server for this; a plan has one target".into());
    }
    notes
}

/// A path as the report shows it, with the parameters' names in it.
fn label(path: &str) -> String {
    let bare = path.replace('{', ":").replace('}', "");
    plain(&one_line(&bare, 120))
}

fn tags(written: &Json) -> Vec<Json> {
    let tags = written.get("tags").and_then(Json::as_array).into_iter().flatten().take(10);
    let tags = tags.filter_map(Json::as_str).map(|tag| plain(&one_line(tag, 60))).filter(|tag| !tag.is_empty());
    tags.map(Json::from).collect()
}

/// The documented successes; nothing where the document names none.
fn status(document: Document, written: &Json) -> Option<Json> {
    let responses = written.get("responses").and_then(|responses| document.resolve(responses))?.as_object()?;
    let of_class = |class: char| -> Vec<Json> {
        let codes = responses.keys().take(100).filter(|code| code.len() == 3 && code.starts_with(class));
        let codes = codes.filter_map(|code| match code.parse::<u16>() {
            Ok(number) => Some(Json::from(number)),
            Err(_) => code[1..].eq_ignore_ascii_case("xx").then(|| format!("{class}xx").into()),
        });
        codes.collect()
    };
    let found = [of_class('2'), of_class('3')].into_iter().find(|codes| !codes.is_empty())?;
    let status = match <[Json; 1]>::try_from(found) {
        Ok([one]) => one,
        Err(several) => several.into(),
    };
    Some(serde_json::json!({"status": status}))
}
