use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::compile::names::{NameUse, Names};
use crate::compile::program::{JsonPiece, ListedFiles, Payload, ValueTemplate, encoded_path};
use crate::diagnostic::{Problem, Problems, Sources, Span};
use crate::expression::{
    Expr, JsonPath, Scope, Source, SyntaxError, Template, Value, is_json_number, json_to_value, to_json, to_text,
    written_number,
};
use crate::http::Content;
use crate::plan::{Any, At, Data, Filling, Named, Node, node_to_json};

/// Names with their values, in the order they are bound in.
pub(super) type Bindings = Vec<(Arc<str>, ValueTemplate)>;

/// Turns the plan's texts into templates, expressions and values. Each problem is reported at its place in the file, and
/// the names that the texts use are gathered.
pub(super) struct Templates<'a> {
    pub(super) sources: &'a Sources,
    pub(super) problems: &'a mut Problems,
    /// A scope with the plan's vars and data alone: what needs no more than those is filled in now.
    pub(super) globals: Arc<Scope>,
    /// Names that a user or a call may give another value than the var has: what uses one of those is filled in during the run.
    pub(super) shadowed: Names,
    /// Whether what is compiled may be left out by a condition: what then always fails need not be wrong.
    pub(super) guarded: bool,
    /// What fails each time it is evaluated. It is reported where nothing else in its text is wrong.
    pub(super) failing: Vec<Problem>,
    /// The files that the plan's data sets list.
    pub(super) listed: Arc<ListedFiles>,
    /// How many bytes of files are kept to be sent.
    pub(super) kept_of_files: u64,
    /// The names used so far, until the endpoint or user type being compiled takes them.
    pub(super) uses: Vec<NameUse>,
}

impl<'a> Templates<'a> {
    /// For texts that stand before all users and calls.
    pub(super) fn alone(sources: &'a Sources, problems: &'a mut Problems, globals: Arc<Scope>) -> Self {
        Self {
            sources,
            problems,
            globals,
            shadowed: Names::default(),
            guarded: false,
            failing: Vec::new(),
            listed: Arc::default(),
            kept_of_files: 0,
            uses: Vec::new(),
        }
    }

    /// `plan.yaml:12:3`.
    pub(super) fn place(&self, span: Span) -> Arc<str> {
        self.sources.place(span).into()
    }

    /// A text to fill in.
    pub(super) fn text(&mut self, text: &At<String>) -> Option<Template> {
        let source = source(text);
        let template = self.template(source, text.span)?;
        // what is filled in now has no names any more
        let names = Template::parse(source).map(|written| written.names()).unwrap_or_default();
        self.uses.push(NameUse::text(names, &source.masked(), text.span));
        Some(template)
    }

    pub(super) fn template(&mut self, source: Source, span: Span) -> Option<Template> {
        let folder = self.sources.folder(span);
        match Template::parse(source.within(&folder)) {
            Ok(template) => {
                self.files(&template.files(), source.text, span);
                Some(self.rendered_once(template, source.text, span))
            }
            Err(error) => {
                self.syntax_error(&error, source.text, span);
                None
            }
        }
    }

    /// The text of a path, whose values are encoded.
    pub(super) fn path(&mut self, text: &At<String>) -> Option<Template> {
        let source = source(text);
        let masked = source.masked();
        let folder = self.sources.folder(text.span);
        let template = Template::path(source.within(&folder));
        let template = template.map_err(|error| self.syntax_error(&error, source.text, text.span)).ok()?;
        self.files(&template.files(), source.text, text.span);
        if let Ok(written) = Template::path(&*masked)
            && written.written().any(|text| text.contains('#'))
        {
            let at = masked.find('#').unwrap_or(0);
            let span = self.sources.part(text.span, source.text, at..at + 1);
            let problem = Problem::at(span, "a path ends before `#`: what is behind it is never sent");
            self.problems.push(problem.help("write `%23` for the sign itself, or remove it"));
        }
        self.uses.push(NameUse::text(template.names(), &masked, text.span));
        Some(template)
    }

    /// The path as it goes out behind a prefix, where vars and data alone make it.
    pub(super) fn known_path(&self, prefix: &str, path: &Template) -> Option<String> {
        self.is_known_now(path).then(|| encoded_path(prefix, path, &self.globals).ok()).flatten()
    }

    /// An expression, with or without braces around it.
    pub(super) fn expr(&mut self, source: Source, span: Span) -> Option<Expr> {
        let masked = source.masked();
        let trimmed = masked.trim();
        let bare = trimmed.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).unwrap_or(&masked);
        let lead = masked.find(bare).unwrap_or(0);
        let folder = self.sources.folder(span);
        match Expr::part(source.within(&folder), lead..lead + bare.len()) {
            Ok(expr) => {
                self.files(&expr.files().collect::<Vec<_>>(), source.text, span);
                let text = source.masked_expression();
                self.uses.push(NameUse::expression(expr.names(), &text, lead..lead + bare.len(), span));
                Some(expr)
            }
            Err(error) => {
                let range = error.range.start + lead..error.range.end + lead;
                self.syntax_error(&SyntaxError { range, ..error }, source.text, span);
                None
            }
        }
    }

    pub(super) fn json_path(&mut self, text: &str, span: Span) -> Option<JsonPath> {
        if text.contains("{{") {
            let problem = Problem::at(span, "a place in an answer is no expression");
            let problem = problem.help("write where it is, such as `$.items[0].name` or `{header: location}`");
            self.problems
                .push(problem.help(format!("what is worked out is kept by a step: `set: {{name: \"{text}\"}}`")));
            return None;
        }
        JsonPath::parse(text).map_err(|error| self.syntax_error(&error, text, span)).ok()
    }

    pub(super) fn regex(&mut self, text: &str, span: Span) -> Option<regex::Regex> {
        let built = regex::RegexBuilder::new(text).size_limit(1 << 20).build();
        built
            .map_err(|error| {
                let message = error.to_string();
                let last = message.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                self.problems.push(Problem::at(span, format!("`{text}` is not a regular expression: {last}")));
            })
            .ok()
    }

    /// A value of the plan, with templates at its leaves.
    pub(super) fn value(&mut self, value: &Any) -> Option<ValueTemplate> {
        leaf_uses(&value.0, &mut self.uses);
        self.node(&value.0)
    }

    /// Names bound in order, each seeing those before it.
    pub(super) fn bindings(&mut self, with: Option<&Named<At<Any>>>) -> Bindings {
        let entries = with.into_iter().flat_map(Named::iter);
        entries.filter_map(|(name, any)| Some((Arc::from(name.value.as_str()), self.value(any)?))).collect()
    }

    /// Values that are sent as texts, each by its name: a number among them is the text it is spelled as.
    pub(super) fn texts(&mut self, written: Option<&Named<At<Any>>>) -> Bindings {
        let entries = written.into_iter().flat_map(Named::iter);
        entries.filter_map(|(name, any)| Some((Arc::from(name.value.as_str()), self.text_value(&any.value)?))).collect()
    }

    /// A value that is sent as a text.
    pub(super) fn text_value(&mut self, value: &Any) -> Option<ValueTemplate> {
        leaf_uses(&value.0, &mut self.uses);
        self.node(&spelled(&value.0))
    }

    /// Names bound in the order they need each other: where `extends` brings entries together, the order they stand in
    /// says nothing. Those that need none of the others stay in the order they are written in.
    pub(super) fn bindings_by_need(&mut self, with: Option<&Named<At<Any>>>) -> Bindings {
        let mut waiting: Vec<(&At<String>, &At<Any>, BTreeSet<String>)> = Vec::new();
        for (name, any) in with.into_iter().flat_map(Named::iter) {
            let mut own = Vec::new();
            leaf_uses(&any.value.0, &mut own);
            let names = own.iter().flat_map(|used| used.names.iter().cloned()).collect();
            self.uses.extend(own);
            waiting.push((name, any, names));
        }
        let mut bound = Vec::new();
        while !waiting.is_empty() {
            let free = |index: usize| {
                let (own, _, names) = &waiting[index];
                let others = waiting.iter().map(|(other, ..)| &other.value).filter(|other| **other != own.value);
                !others.into_iter().any(|other| names.contains(other))
            };
            let Some(next) = (0..waiting.len()).find(|index| free(*index)) else {
                let names: Vec<String> = waiting.iter().map(|(name, ..)| format!("`{}`", name.value)).collect();
                let problem = Problem::at(waiting[0].0.span, format!("{} need each other", names.join(" and ")));
                self.problems.push(problem.help("write one of them without the other"));
                return bound;
            };
            let (name, any, _) = waiting.remove(next);
            bound.extend(self.node(&any.value.0).map(|value| (Arc::from(name.value.as_str()), value)));
        }
        bound
    }

    /// A value with templates at its leaves, whose names the caller checks.
    pub(super) fn node(&mut self, node: &Node) -> Option<ValueTemplate> {
        match &node.value {
            Data::Text(text) => {
                let source = text_source(text, node);
                let template = self.template(source, node.span)?;
                Some(match template.fixed() {
                    Some(text) => ValueTemplate::Constant(Value::from(text.clone())),
                    None => self.evaluated_once(template, source.text, node.span),
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
            Data::Number(number) => Some(ValueTemplate::Constant(written_number(number.spelling(), number.value()))),
            _ => Some(ValueTemplate::Constant(json_to_value(&node_to_json(node)))),
        }
    }

    /// A JSON body: finished text as far as it goes, slots where the run fills in.
    pub(super) fn json_payload(&mut self, json: &Any) -> Option<Payload> {
        self.numbers_of_json(&json.0);
        let value = self.value(json)?;
        let mut pieces = Pieces::default();
        pieces.add(value);
        Some(pieces.payload())
    }

    /// Reports each number that JSON does not have: YAML reads `0042`, `0x2A` and `.5`, and each reader another number.
    fn numbers_of_json(&mut self, node: &Node) {
        match &node.value {
            Data::Number(number) if !is_json_number(number.spelling()) => {
                let problem = Problem::at(node.span, format!("`{number}` is not a number of JSON"));
                let help = match is_json_number(&number.value().to_string()) {
                    true => format!("write `\"{number}\"` for the text, or `{}` for the number", number.value()),
                    false => format!("write `\"{number}\"` for the text"),
                };
                self.problems.push(problem.help(help));
            }
            Data::List(items) => items.iter().for_each(|item| self.numbers_of_json(item)),
            Data::Map(entries) => entries.iter().for_each(|(_, value)| self.numbers_of_json(value)),
            _ => {}
        }
    }

    /// Reads the files that a text names, so that one that is missing is known before the run.
    fn files(&mut self, files: &[&Path], text: &str, span: Span) {
        for file in files {
            if let Err(why) = self.globals.files().read(file) {
                let at = text.find("file(").unwrap_or(0);
                let length = text[at..].find(')').map_or(4, |end| end + 1).min(text.len() - at);
                let problem = Problem::at(self.sources.part(span, text, at..at + length), why);
                self.problems.push(problem.help("the path is relative to the file that names it"));
            }
        }
    }

    /// The template as text where it can be filled in now: it needs vars and data alone and calls no function.
    fn rendered_once(&mut self, template: Template, text: &str, span: Span) -> Template {
        // a single expression keeps its type, so only texts become text
        match self.known_now(&template, text, span) {
            Some(value) => match value.as_str() {
                Some(text) => Template::text(text),
                None => template,
            },
            None => template,
        }
    }

    fn evaluated_once(&mut self, template: Template, text: &str, span: Span) -> ValueTemplate {
        match self.known_now(&template, text, span) {
            Some(value) => ValueTemplate::Constant(value),
            None => ValueTemplate::Text(template),
        }
    }

    /// The value of a template that is the same each time. Where there is none, it fails each time, and is reported.
    fn known_now(&mut self, template: &Template, text: &str, span: Span) -> Option<Value> {
        if template.fixed().is_some() || !self.is_known_now(template) {
            return None;
        }
        match template.eval(&self.globals) {
            Ok(value) => Some(value),
            Err(error) => {
                if !self.guarded {
                    // of several lines it is worked out again which one it was
                    let line = if text.contains('\n') { template.failing_line(&self.globals) } else { 1 };
                    let line = line_range(text, line);
                    self.failing.push(Problem::at(self.sources.part(span, text, line), error.message));
                }
                None
            }
        }
    }

    /// A value that is the same each time, where it can be worked out.
    pub(super) fn known_value(&self, value: &ValueTemplate) -> Option<Value> {
        match value {
            ValueTemplate::Constant(value) => Some(value.clone()),
            ValueTemplate::Text(template) if self.is_known_now(template) => template.eval(&self.globals).ok(),
            _ => None,
        }
    }

    /// The text of a template that is the same each time, whatever it is made of.
    pub(super) fn known_text(&mut self, template: &Template, text: &str, span: Span) -> Option<String> {
        match template.fixed() {
            Some(text) => Some(text.to_string()),
            None => self.known_now(template, text, span).map(|value| to_text(&value)),
        }
    }

    /// Whether vars and data alone make a template, the same each time.
    fn is_known_now(&self, template: &Template) -> bool {
        let known_now = |name: &String| !self.shadowed.has(name) && self.globals.value(name).is_some();
        // a user's own `date` hides the function of that name
        let hidden = || template.functions().iter().any(|name| self.shadowed.has(name));
        template.is_steady() && template.names().iter().all(known_now) && !hidden()
    }

    fn syntax_error(&mut self, error: &SyntaxError, text: &str, span: Span) {
        let at = self.sources.part(span, text, error.range.clone());
        self.problems.push(Problem::at(at, error.message.clone()).help_if(error.help.clone()));
    }
}

/// A text of the plan with the values of the environment in it.
pub(super) fn source(text: &At<String>) -> Source<'_> {
    filled_source(&text.value, text.filling.as_deref())
}

/// The same of text that stands in something else.
pub(super) fn filled_source<'a>(text: &'a str, filling: Option<&'a Filling>) -> Source<'a> {
    filling.map_or(text.into(), |filling| Source { text: &filling.written, values: &filling.values, folder: None })
}

/// Which bytes of a text are its line with a number; all of them, where it has but one.
fn line_range(text: &str, number: usize) -> Range<usize> {
    let mut start = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if index + 1 == number && line.len() < text.len() {
            let blank = line.len() - line.trim_start().len();
            return start + blank..start + line.trim_end().len().max(blank);
        }
        start += line.len();
    }
    0..text.len()
}

fn text_source<'a>(text: &'a str, node: &'a Node) -> Source<'a> {
    filled_source(text, node.filled.filling().map(|filling| &**filling))
}

/// The names each text inside a value uses, so that an unknown one is placed at its own leaf.
pub(super) fn leaf_uses(node: &Node, uses: &mut Vec<NameUse>) {
    match &node.value {
        Data::Text(text) => {
            let source = text_source(text, node);
            let names = Template::parse(source).map(|template| template.names()).unwrap_or_default();
            uses.push(NameUse::text(names, &source.masked(), node.span));
        }
        Data::List(items) => items.iter().for_each(|item| leaf_uses(item, uses)),
        Data::Map(entries) => entries.iter().for_each(|(_, value)| leaf_uses(value, uses)),
        _ => {}
    }
}

fn key_text(key: &Node) -> String {
    match (&key.value, node_to_json(key)) {
        (Data::Number(number), _) => number.to_string(),
        (_, serde_json::Value::String(text)) => text,
        (_, other) => other.to_string(),
    }
}

/// A value whose numbers are the texts they are spelled as, in lists too.
fn spelled(node: &Node) -> Node {
    let value = match &node.value {
        Data::Number(number) => Data::Text(number.to_string()),
        Data::List(items) => Data::List(items.iter().map(spelled).collect()),
        other => other.clone(),
    };
    Node { value, ..node.clone() }
}

/// A JSON body under construction: neighbouring finished texts run together.
#[derive(Default)]
struct Pieces {
    done: Vec<JsonPiece>,
    text: String,
}

impl Pieces {
    fn add(&mut self, value: ValueTemplate) {
        match value {
            ValueTemplate::Constant(value) => self.text.push_str(&to_json(&value)),
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
            return Payload::Fixed(Content::Whole(self.text.into()));
        }
        self.done.push(JsonPiece::Text(self.text.into()));
        self.done.retain(|piece| !matches!(piece, JsonPiece::Text(text) if text.is_empty()));
        Payload::Json(self.done)
    }
}
