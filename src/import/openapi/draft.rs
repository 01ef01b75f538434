use serde_json::{Map, Value as Json};

use super::document::{Document, parse};
use super::example::Examples;
use super::operation::{Drafter, Operation};
use super::security::{Place, Security};
use super::servers::target;
use crate::diagnostic::Problem;
use crate::import::literal::{one_line, plain};
use crate::import::naming::Names;
use crate::import::plan_draft::{METHODS, NewPlan, PlanDraft, RequestDraft};
use crate::import::secret_vars::SecretVars;

/// Where a document was found.
#[derive(Debug, Clone, Default)]
pub struct DocumentSource {
    /// What to call it.
    pub shown: String,
    /// Where it was fetched from; a server that is relative is relative to this.
    pub url: Option<String>,
}

/// How many endpoints a plan is drafted with.
const MOST: usize = 1000;

/// A plan with an endpoint for each operation of an OpenAPI document.
///
/// # Errors
/// What is no such document, of another version, too large, or without operations.
pub fn from_openapi(text: &str, source: &DocumentSource) -> Result<NewPlan, Box<Problem>> {
    let whole = parse(text)?;
    known_version(&whole)?;
    let document = Document(&whole);
    let mut drafter = Drafter {
        document,
        examples: Examples::new(document),
        security: Security::new(document),
        secrets: SecretVars::default(),
        names: Names::default(),
    };
    let (operations, mut notes) = operations(document)?;
    let (url, target_notes) = target(document, source.url.as_deref());
    let (shared, place) = shared(&operations, &mut drafter);
    let endpoints = operations.into_iter().map(|operation| drafter.endpoint(operation, place)).collect();
    notes.append(&mut drafter.security.notes);
    let info = |key: &str| whole.get("info").and_then(|info| info.get(key)).and_then(Json::as_str).unwrap_or_default();
    let description = plain(&one_line(info("description").trim().lines().next().unwrap_or_default(), 160));
    let name = plain(&one_line(info("title"), 80));
    let draft = PlanDraft {
        source: one_line(&source.shown, 120),
        name: if name.is_empty() { "drafted".into() } else { name },
        description: (!description.is_empty()).then_some(description),
        target: target_map(url, &shared),
        target_notes,
        secrets: drafter.secrets,
        notes,
        endpoints,
    };
    Ok(draft.write())
}

fn known_version(whole: &Json) -> Result<(), Box<Problem>> {
    let version = |key: &str| match whole.get(key) {
        Some(Json::String(text)) => Some(one_line(text, 20)),
        Some(Json::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    if version("openapi").is_some_and(|version| version.starts_with("3.")) {
        return Ok(());
    }
    let problem = match version("openapi").or_else(|| version("swagger")) {
        Some(other) => Problem::new(format!("the document is OpenAPI {other}, and only 3.x can be read"))
            .help("convert it first: https://converter.swagger.io"),
        None => Problem::new("this is no OpenAPI document: it has no `openapi` at its top")
            .help("give the OpenAPI document itself, not the page that shows it"),
    };
    Err(Box::new(problem))
}

type Found<'a> = (Vec<Operation<'a>>, Vec<String>);

/// The document's operations in the order written, and what is left out.
fn operations(document: Document<'_>) -> Result<Found<'_>, Box<Problem>> {
    let paths = document.0.get("paths").and_then(Json::as_object);
    let mut all = Vec::new();
    let mut beyond = 0_usize;
    for (path, item) in paths.into_iter().flatten().filter(|(path, _)| !path.starts_with("x-")) {
        let Some(item) = document.resolve(item) else { continue };
        for method in METHODS {
            let Some(written) = item.get(method).filter(|written| written.is_object()) else { continue };
            if all.len() < MOST {
                all.push(Operation { path, method, item, written });
            } else {
                beyond += 1;
            }
        }
    }
    if all.is_empty() {
        let problem = Problem::new("the document has no operations");
        return Err(Box::new(problem.help("a plan needs at least one: `paths: {/health: {get: …}}`")));
    }
    let notes = (beyond > 0).then(|| format!("{beyond} more operations of the document are left out"));
    Ok((all, notes.into_iter().collect()))
}

/// What the target says for all calls, where all say the same about who calls.
fn shared<'a>(operations: &[Operation<'a>], drafter: &mut Drafter<'a>) -> (RequestDraft, Place) {
    let mut request = RequestDraft::default();
    let mut needs = operations.iter().map(|operation| drafter.security.needs(operation.written));
    let first = needs.next().unwrap_or_default();
    if first.is_empty() || !needs.all(|other| other == first) {
        return (request, Place::Call);
    }
    drafter.security.add(&first, Place::Target, &mut request, &mut drafter.secrets);
    (request, Place::Rest)
}

fn target_map(url: String, shared: &RequestDraft) -> Map<String, Json> {
    let mut target = Map::new();
    target.insert("url".into(), url.into());
    target.extend(shared.auth.clone().map(|auth| ("auth".into(), auth)));
    let headers = shared.all_headers();
    target.extend((!headers.is_empty()).then(|| ("headers".into(), headers.into())));
    target
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn drafted(whole: &Json) -> Result<NewPlan, Box<Problem>> {
        from_openapi(&whole.to_string(), &DocumentSource { shown: "a\nb: c".into(), url: None })
    }

    #[test]
    fn what_is_no_document_of_ours_is_refused() {
        for (whole, said) in [
            (json!({"swagger": "2.0"}), "OpenAPI 2.0"),
            (json!({"openapi": 4.0}), "only 3.x"),
            (json!({"paths": {}}), "no `openapi`"),
            (json!({"openapi": "3.1.0"}), "no operations"),
            (json!({"openapi": "3.1.0", "paths": {"/a": {"$ref": "#/paths/~1a"}}}), "no operations"),
        ] {
            let problem = drafted(&whole).unwrap_err();
            assert!(problem.message.contains(said), "{}", problem.message);
        }
    }

    #[test]
    fn what_destroys_is_called_by_nobody_unless_there_is_nothing_else() {
        let gone = json!({"openapi": "3.0.0", "paths": {"/a": {"delete": {}}}});
        assert!(!drafted(&gone).unwrap().text.contains("weight: 0"));
        let both = json!({"openapi": "3.0.0", "paths": {"/a": {"delete": {}, "get": {}}}});
        assert!(drafted(&both).unwrap().text.contains("delete_a: {weight: 0, call: delete_a}"));
    }

    fn any_part() -> impl Strategy<Value = Json> {
        let word = prop::sample::select(vec![
            "get",
            "post",
            "delete",
            "parameters",
            "requestBody",
            "content",
            "application/json",
            "multipart/form-data",
            "schema",
            "name",
            "in",
            "required",
            "responses",
            "200",
            "2XX",
            "security",
            "type",
            "properties",
            "tags",
            "summary",
            "operationId",
            "$ref",
            "/a/{b}",
            "servers",
            "url",
            "example",
            "{{ x }}",
            "\u{85}: #",
        ]);
        let text = prop_oneof![
            word.clone().prop_map(str::to_owned),
            prop::sample::select(vec!["query", "path", "header", "cookie", "object", "string", "#/paths", "${A", "{%"])
                .prop_map(str::to_owned),
            any::<String>(),
        ];
        let leaf = prop_oneof![
            text.prop_map(Json::from),
            any::<bool>().prop_map(Json::from),
            any::<f64>().prop_map(Json::from)
        ];
        leaf.prop_recursive(7, 60, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
                prop::collection::vec((word.clone(), inner), 0..6)
                    .prop_map(|entries| Json::Object(entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_document_breaks_it_and_every_plan_is_yaml(item in any_part(), operation in any_part(), rest in any_part()) {
            let mut whole = json!({"openapi": "3.1.0", "info": rest, "components": rest, "security": rest, "servers": rest});
            whole["paths"] = json!({"/a/{b}": {"get": item, "post": operation, "parameters": rest}, "/c": rest, "{{ {%": {"put": {}}});
            let plan = drafted(&whole).unwrap().text;
            let read: Result<Json, _> = serde_saphyr::from_str(&plan);
            prop_assert!(read.is_ok_and(|read| read["endpoints"].is_object() && read["shape"].is_object()), "{}", plan);
        }
    }
}
