use serde_json::{Map, Value as Json, json};

use super::literal::one_line;
use super::secret_vars::{SecretVars, Variable};
use super::yaml::{block, entry};

/// A plan to start from, and what is to do before it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPlan {
    /// The plan's text.
    pub text: String,
    /// The variables to set, in the order of the plan's vars.
    pub variables: Vec<Variable>,
}

/// What a plan that is to be written holds. Values are as the plan writes them: what is literal is escaped already.
pub(super) struct PlanDraft {
    /// What it was made from, for the first comment.
    pub(super) source: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) target: Map<String, Json>,
    /// Comments before the target.
    pub(super) target_notes: Vec<String>,
    pub(super) secrets: SecretVars,
    /// Comments before the endpoints.
    pub(super) notes: Vec<String>,
    pub(super) endpoints: Vec<EndpointDraft>,
}

/// One endpoint to be written.
pub(super) struct EndpointDraft {
    pub(super) name: String,
    pub(super) notes: Vec<String>,
    pub(super) fields: Map<String, Json>,
    pub(super) danger: Danger,
}

/// What a call sends, put together from everywhere something is said about it.
#[derive(Debug, Default)]
pub(super) struct RequestDraft {
    pub(super) auth: Option<Json>,
    pub(super) headers: Map<String, Json>,
    pub(super) query: Map<String, Json>,
    pub(super) cookies: Vec<String>,
    /// `json`, `form`, `multipart` or `text`, and what is in it.
    pub(super) body: Option<(&'static str, Json)>,
    pub(super) notes: Vec<String>,
}

/// Whether a call may take something away that the next run needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Danger {
    None,
    Destroys,
}

/// A plan that teaches by example: every section once, with a word on each.
pub const STARTER: &str = include_str!("starter.yaml");

/// The methods a plan has.
pub(super) const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];

impl PlanDraft {
    pub(super) fn write(&self) -> NewPlan {
        NewPlan { text: self.text(), variables: self.secrets.variables() }
    }

    fn text(&self) -> String {
        let mut out = String::from("# yaml-language-server: $schema=plan.schema.json\n#\n");
        comment(
            &mut out,
            0,
            &format!("Drafted by `plimsoll new` from {}. Look it through before the first run.", self.source),
        );
        comment(&mut out, 0, "Editors complete and explain every key with the schema beside this file:");
        comment(&mut out, 0, "  plimsoll schema plan > plan.schema.json");
        entry(&mut out, 0, "name", &self.name.as_str().into());
        if let Some(description) = &self.description {
            entry(&mut out, 0, "description", &description.as_str().into());
        }
        out.push('\n');
        self.target_notes.iter().for_each(|note| comment(&mut out, 0, note));
        section(&mut out, "target", &self.target);
        self.secrets(&mut out);
        self.endpoints(&mut out);
        self.users(&mut out);
        load(&mut out);
        out
    }

    fn secrets(&self, out: &mut String) {
        let vars = self.secrets.vars();
        if vars.is_empty() {
            return;
        }
        comment(out, 0, "From the environment, and shown in no output.");
        section(out, "vars", &vars);
        out.pop();
        entry(out, 0, "secrets", &self.secrets.secrets());
        out.push('\n');
    }

    fn endpoints(&self, out: &mut String) {
        self.notes.iter().for_each(|note| comment(out, 0, note));
        out.push_str("endpoints:\n");
        for endpoint in &self.endpoints {
            endpoint.notes.iter().for_each(|note| comment(out, 2, note));
            out.push_str(&format!("  {}:\n", endpoint.name));
            block(out, 4, &Json::Object(endpoint.fields.clone()));
            out.push('\n');
        }
    }

    fn users(&self, out: &mut String) {
        out.push_str("users:\n  client:\n    think_time: 1s..3s\n    tasks:\n");
        // with every weight at 0 nobody would do anything
        let spare = self.endpoints.iter().any(|endpoint| endpoint.danger == Danger::None);
        for endpoint in &self.endpoints {
            if endpoint.danger == Danger::Destroys && spare {
                comment(out, 6, "it destroys what it calls: give it a weight above 0 if that is meant");
                entry(out, 6, &endpoint.name, &json!({"weight": 0, "call": endpoint.name}));
            } else {
                entry(out, 6, &endpoint.name, &json!({"call": endpoint.name}));
            }
        }
        if !spare {
            comment(out, 6, "every one of them destroys what it calls: run this where nothing can be lost");
        }
        out.push('\n');
    }
}

impl RequestDraft {
    /// The headers with the cookies among them.
    pub(super) fn all_headers(&self) -> Map<String, Json> {
        let mut headers = self.headers.clone();
        if !self.cookies.is_empty() {
            headers.insert("Cookie".into(), self.cookies.join("; ").into());
        }
        headers
    }

    /// Adds what it sends to an endpoint's fields.
    pub(super) fn write_to(self, fields: &mut Map<String, Json>) {
        let headers = self.all_headers();
        fields.extend(self.auth.map(|auth| ("auth".into(), auth)));
        fields.extend((!headers.is_empty()).then(|| ("headers".into(), headers.into())));
        fields.extend((!self.query.is_empty()).then(|| ("query".into(), self.query.into())));
        fields.extend(self.body.map(|(key, value)| (key.into(), value)));
    }
}

impl Danger {
    pub(super) fn of(method: &str) -> Self {
        if method == "delete" { Self::Destroys } else { Self::None }
    }
}

fn section(out: &mut String, key: &str, entries: &Map<String, Json>) {
    out.push_str(&format!("{key}:\n"));
    block(out, 2, &Json::Object(entries.clone()));
    out.push('\n');
}

fn load(out: &mut String) {
    out.push_str("shape: {constant: {users: 5, for: 30s, spawn_rate: 1/s}}\n\n");
    out.push_str("thresholds:\n  - p95 < 500ms\n  - error_rate < 1%\n\n");
    out.push_str("profiles:\n  quick:\n    description: One user for five seconds.\n");
    out.push_str("    shape: {constant: {users: 1, for: 5s}}\n");
}

/// A comment is one line: what came from outside must not end it.
fn comment(out: &mut String, indent: usize, text: &str) {
    let lead = if text.starts_with("  ") { "  " } else { "" };
    out.push_str(&format!("{}# {lead}{}\n", " ".repeat(indent), one_line(text, 200)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starters_first_line_points_editors_to_the_schema() {
        assert!(STARTER.starts_with("# yaml-language-server: $schema=plan.schema.json\n"));
        assert!(STARTER.contains("plimsoll schema plan > plan.schema.json"));
    }
}
