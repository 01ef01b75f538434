use std::sync::Arc;

use crate::compile::ValueTemplate;
use crate::compile::names::Names;
use crate::compile::payload::{JsonPiece, Payload};
use crate::diagnostic::{Problem, Problems, Sources, Span};
use crate::expression::{Expr, JsonPath, Scope, SyntaxError, Template, Value, json_to_value};
use crate::plan::{Any, At, Data, Node, node_to_json};

/// Turns the plan's texts into templates, expressions and values, telling each error at its place in the file.
pub(super) struct Templates<'a> {
    pub(super) sources: &'a Sources,
    pub(super) problems: &'a mut Problems,
    /// A scope with the plan's vars and data alone: what needs no more than those is filled in now.
    pub(super) globals: Arc<Scope>,
    /// Names that a user or a call may hide a var behind: what needs one of those is left to the run.
    pub(super) hidden: Names,
}

impl Templates<'_> {
    /// `plan.yaml:12:3`.
    pub(super) fn place(&self, span: Span) -> Arc<str> {
        self.sources.place(span).into()
    }

    pub(super) fn template(&mut self, text: &str, span: Span) -> Option<Template> {
        match Template::parse(text) {
            Ok(template) => Some(self.settled(template)),
            Err(error) => {
                self.syntax_error(&error, text, span);
                None
            }
        }
    }

    /// An expression; braces around it are forgiven.
    pub(super) fn expr(&mut self, text: &str, span: Span) -> Option<Expr> {
        let trimmed = text.trim();
        let bare = trimmed.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).unwrap_or(text);
        match Expr::parse(bare) {
            Ok(expr) => Some(expr),
            Err(error) => {
                let lead = text.find(bare).unwrap_or(0);
                let range = error.range.start + lead..error.range.end + lead;
                self.syntax_error(&SyntaxError { range, ..error }, text, span);
                None
            }
        }
    }

    pub(super) fn json_path(&mut self, text: &str, span: Span) -> Option<JsonPath> {
        JsonPath::parse(text).map_err(|error| self.syntax_error(&error, text, span)).ok()
    }

    pub(super) fn regex(&mut self, text: &str, span: Span) -> Option<regex::Regex> {
        let built = regex::RegexBuilder::new(text).size_limit(1 << 20).build();
        built
            .map_err(|error| {
                let said = error.to_string();
                let last = said.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                self.problems.push(Problem::at(span, format!("`{text}` is not a regular expression: {last}")));
            })
            .ok()
    }

    /// Any value of the plan, with templates at its leaves.
    pub(super) fn blueprint(&mut self, any: &At<Any>) -> Option<ValueTemplate> {
        self.node(&any.value.0)
    }

    fn node(&mut self, node: &Node) -> Option<ValueTemplate> {
        match &node.value {
            Data::Text(text) => {
                let template = self.template(text, node.span)?;
                Some(match template.fixed() {
                    Some(text) => ValueTemplate::Constant(Value::from(text.clone())),
                    None => self.constant(ValueTemplate::Text(template)),
                })
            }
            Data::List(items) => {
                let items: Vec<_> = items.iter().map(|item| self.node(item)).collect();
                let items: Vec<_> = items.into_iter().collect::<Option<_>>()?;
                match items.iter().map(|item| item.constant().cloned()).collect::<Option<Vec<_>>>() {
                    Some(values) => Some(ValueTemplate::Constant(Value::from(values))),
                    None => Some(ValueTemplate::List(items)),
                }
            }
            Data::Map(entries) => {
                let entries: Vec<_> =
                    entries.iter().map(|(key, value)| Some((Arc::from(key_text(key)), self.node(value)?))).collect();
                let entries: Vec<(Arc<str>, ValueTemplate)> = entries.into_iter().collect::<Option<_>>()?;
                let values = entries.iter().map(|(key, value)| Some((key.to_string(), value.constant()?.clone())));
                match values.collect::<Option<Vec<_>>>() {
                    Some(values) => Some(ValueTemplate::Constant(Value::from_pairs(values))),
                    None => Some(ValueTemplate::Map(entries)),
                }
            }
            _ => Some(ValueTemplate::Constant(json_to_value(&node_to_json(node)))),
        }
    }

    /// A JSON body: finished text as far as it goes, slots where the run fills in.
    pub(super) fn json_payload(&mut self, any: &At<Any>) -> Option<Payload> {
        let blueprint = self.blueprint(any)?;
        let mut pieces = Pieces::default();
        pieces.add(blueprint);
        Some(pieces.payload())
    }

    /// What can be filled in now, because it needs vars and data alone and calls no function.
    fn settled(&self, template: Template) -> Template {
        if template.fixed().is_some() || !self.is_known_now(&template) {
            return template;
        }
        // a single expression keeps its type, so only texts become text
        if template
            .single()
            .is_some_and(|_| !matches!(template.eval(&self.globals), Ok(value) if value.as_str().is_some()))
        {
            return template;
        }
        template.render(&self.globals).map_or(template, |text| Template::text(&text))
    }

    fn constant(&self, blueprint: ValueTemplate) -> ValueTemplate {
        let ValueTemplate::Text(template) = &blueprint else { return blueprint };
        if self.is_known_now(template)
            && let Ok(value) = template.eval(&self.globals)
        {
            return ValueTemplate::Constant(value);
        }
        blueprint
    }

    /// Whether vars and data alone make a template, the same each time.
    fn is_known_now(&self, template: &Template) -> bool {
        let known_now = |name: &String| !self.hidden.has(name) && self.globals.value(name).is_some();
        template.is_steady() && template.names().iter().all(known_now)
    }

    pub(super) fn syntax_error(&mut self, error: &SyntaxError, text: &str, span: Span) {
        let at = self.within(text, span, error.range.clone());
        self.problems.push(Problem::at(at, error.message.clone()).help_if(error.help.clone()));
    }

    pub(super) fn within(&self, text: &str, span: Span, range: std::ops::Range<usize>) -> Span {
        self.sources.part(span, text, range)
    }
}

fn key_text(key: &Node) -> String {
    match node_to_json(key) {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}

/// A JSON body under construction: neighbouring finished texts run together.
#[derive(Default)]
struct Pieces {
    done: Vec<JsonPiece>,
    text: String,
}

impl Pieces {
    fn add(&mut self, blueprint: ValueTemplate) {
        match blueprint {
            ValueTemplate::Constant(value) => self.text.push_str(&serde_json::to_string(&value).unwrap_or_default()),
            ValueTemplate::Text(template) => {
                self.done.push(JsonPiece::Text(std::mem::take(&mut self.text).into()));
                self.done.push(match template.single() {
                    Some(_) => JsonPiece::Value(template),
                    None => JsonPiece::String(template),
                });
            }
            ValueTemplate::List(items) => {
                self.text.push('[');
                for (index, item) in items.into_iter().enumerate() {
                    self.text.push_str(if index == 0 { "" } else { "," });
                    self.add(item);
                }
                self.text.push(']');
            }
            ValueTemplate::Map(entries) => {
                self.text.push('{');
                for (index, (key, value)) in entries.into_iter().enumerate() {
                    self.text.push_str(if index == 0 { "" } else { "," });
                    self.text.push_str(&serde_json::Value::from(&*key).to_string());
                    self.text.push(':');
                    self.add(value);
                }
                self.text.push('}');
            }
        }
    }

    fn payload(mut self) -> Payload {
        if self.done.is_empty() {
            return Payload::Fixed(self.text.into());
        }
        self.done.push(JsonPiece::Text(self.text.into()));
        self.done.retain(|piece| !matches!(piece, JsonPiece::Text(text) if text.is_empty()));
        Payload::Json(self.done)
    }
}
