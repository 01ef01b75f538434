use serde_json::{Map, Value as Json, json};

use super::literal::one_line;
use super::secret_vars::{SecretVars, Variable};
use super::write::{block, entry};

/// A plan drafted, with what its reader must do before it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The plan.
    pub plan: String,
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
    pub(super) endpoints: Vec<Part>,
}

/// One endpoint to be written.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) notes: Vec<String>,
    pub(super) fields: Map<String, Json>,
    pub(super) danger: Danger,
}

/// Whether a call may take something away that the next run needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Danger {
    None,
    Destroys,
}

impl PlanDraft {
    pub(super) fn draft(self) -> Draft {
        Draft { plan: self.text(), variables: self.secrets.variables() }
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
        for part in &self.endpoints {
            part.notes.iter().for_each(|note| comment(out, 2, note));
            out.push_str(&format!("  {}:\n", part.name));
            block(out, 4, &Json::Object(part.fields.clone()));
            out.push('\n');
        }
    }

    fn users(&self, out: &mut String) {
        out.push_str("users:\n  client:\n    think_time: 1s..3s\n    tasks:\n");
        // with every weight at 0 nobody would do anything
        let spare = self.endpoints.iter().any(|part| part.danger == Danger::None);
        for part in &self.endpoints {
            if part.danger == Danger::Destroys && spare {
                comment(out, 6, "it destroys what it calls: give it a weight above 0 if that is meant");
                entry(out, 6, &part.name, &json!({"weight": 0, "call": part.name}));
            } else {
                entry(out, 6, &part.name, &json!({"call": part.name}));
            }
        }
        if !spare {
            comment(out, 6, "every one of them destroys what it calls: run this where nothing can be lost");
        }
        out.push('\n');
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
