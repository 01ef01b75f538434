use std::sync::Arc;

use bytes::Bytes;

use super::value_template::ValueTemplate;
use crate::expression::{EvalError, Scope, Template, Value, to_json, to_text};

/// A request's body, as far as it is known before the run.
#[derive(Debug)]
pub enum Payload {
    /// None.
    Empty,
    /// The same bytes each time.
    Fixed(Bytes),
    /// A text to fill in.
    Text(Template),
    /// JSON: stretches of finished text, and slots whose values are written as JSON between them.
    Json(Vec<JsonPiece>),
    /// A form: names and values, encoded as browsers do (WHATWG URL, section 5).
    Form(Vec<(Arc<str>, ValueTemplate)>),
    /// A form of several parts (RFC 7578).
    Multipart(Multipart),
}

/// A form of several parts.
#[derive(Debug)]
pub struct Multipart {
    /// What stands between the parts.
    pub boundary: String,
    /// The parts: each one's head, and what follows it.
    pub parts: Vec<(Bytes, PartSource)>,
}

/// What a part of a form holds.
#[derive(Debug)]
pub enum PartSource {
    /// The same bytes each time.
    Fixed(Bytes),
    /// A value, written as text.
    Value(ValueTemplate),
}

/// A stretch of a JSON body.
#[derive(Debug)]
pub enum JsonPiece {
    /// Finished JSON text.
    Text(Box<str>),
    /// A text that is one expression, written as the JSON of its value's own type.
    Value(Template),
    /// A text to fill in, written as a JSON string.
    String(Template),
}

impl Payload {
    /// Whether all requests send the same bytes.
    pub const fn is_shared(&self) -> bool {
        matches!(self, Self::Empty | Self::Fixed(_))
    }

    /// The body's bytes in a scope.
    ///
    /// # Errors
    /// A template that cannot be filled in.
    pub fn render(&self, scope: &Arc<Scope>) -> Result<Bytes, EvalError> {
        match self {
            Self::Empty => Ok(Bytes::new()),
            Self::Fixed(bytes) => Ok(bytes.clone()),
            Self::Text(template) => template.render(scope).map(Bytes::from),
            Self::Json(pieces) => {
                let mut out = Vec::with_capacity(256);
                for piece in pieces {
                    piece.render_to(scope, &mut out)?;
                }
                Ok(Bytes::from(out))
            }
            Self::Form(fields) => {
                let mut out = String::new();
                for (name, value) in fields {
                    append_field(&mut out, name, &value.eval(scope)?);
                }
                Ok(Bytes::from(out))
            }
            Self::Multipart(form) => form.render(scope),
        }
    }
}

impl Payload {
    /// The words of a body that is filled in each time: names of its fields are among them.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let words = |text: &str| -> Vec<String> {
            let split = text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.'));
            split.filter(|word| !word.is_empty()).map(str::to_owned).collect()
        };
        match self {
            Self::Empty | Self::Fixed(_) => Vec::new(),
            Self::Text(template) => words(&template.written().collect::<String>()),
            Self::Json(pieces) => {
                let texts = pieces.iter().filter_map(|piece| match piece {
                    JsonPiece::Text(text) => Some(&**text),
                    JsonPiece::Value(_) | JsonPiece::String(_) => None,
                });
                texts.flat_map(words).collect()
            }
            Self::Form(fields) => fields.iter().map(|(name, _)| name.to_string()).collect(),
            Self::Multipart(form) => {
                form.parts.iter().flat_map(|(head, _)| words(&String::from_utf8_lossy(head))).collect()
            }
        }
    }
}

impl Multipart {
    fn render(&self, scope: &Arc<Scope>) -> Result<Bytes, EvalError> {
        let mut out = Vec::with_capacity(512);
        for (head, source) in &self.parts {
            out.extend_from_slice(b"--");
            out.extend_from_slice(self.boundary.as_bytes());
            out.extend_from_slice(b"\r\n");
            out.extend_from_slice(head);
            match source {
                PartSource::Fixed(bytes) => out.extend_from_slice(bytes),
                PartSource::Value(value) => out.extend_from_slice(to_text(&value.eval(scope)?).as_bytes()),
            }
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"--");
        out.extend_from_slice(self.boundary.as_bytes());
        out.extend_from_slice(b"--\r\n");
        Ok(Bytes::from(out))
    }
}

/// Appends a name and its value to a form. A value that is `none` takes its name out; a list repeats it.
pub(in crate::compile) fn append_field(form: &mut String, name: &str, value: &Value) {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*').remove(b' ');
    let encoded = |text: &str| utf8_percent_encode(text, KEPT).to_string().replace(' ', "+");
    if value.is_none() || value.is_undefined() {
        return;
    }
    if value.kind() == minijinja::value::ValueKind::Seq {
        value.try_iter().into_iter().flatten().for_each(|item| append_field(form, name, &item));
        return;
    }
    if !form.is_empty() {
        form.push('&');
    }
    form.push_str(&encoded(name));
    form.push('=');
    form.push_str(&encoded(&to_text(value)));
}

impl JsonPiece {
    fn render_to(&self, scope: &Arc<Scope>, out: &mut Vec<u8>) -> Result<(), EvalError> {
        match self {
            Self::Text(text) => out.extend_from_slice(text.as_bytes()),
            Self::Value(template) => out.extend_from_slice(to_json(&template.eval(scope)?).as_bytes()),
            Self::String(template) => {
                out.extend_from_slice(to_json(&Value::from(template.render(scope)?)).as_bytes());
            }
        }
        Ok(())
    }
}
