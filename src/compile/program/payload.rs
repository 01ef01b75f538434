use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use http::header::CONTENT_TYPE;

use super::content_type::kind_of;
use super::live_file::{LiveFile, LiveText};
use super::multipart::Multipart;
use super::value_template::ValueTemplate;
use crate::expression::{EvalError, Scope, Template, Value, to_text, write_json, write_json_text};
use crate::http::{Coding, Content, ContentPart, Framing, RequestHeaders, SharedBuffer};

/// A request's body, as far as it is known before the run.
#[derive(Debug)]
pub enum Payload {
    /// None.
    Empty,
    /// The same each time.
    Fixed(Content),
    /// A text to fill in.
    Text(Template),
    /// JSON: stretches of finished text, and slots whose values are written as JSON between them.
    Json(Vec<JsonPiece>),
    /// A form: names and values, encoded as browsers do (WHATWG URL, section 5).
    Form(Vec<(Arc<str>, ValueTemplate)>),
    /// A form of several parts (RFC 7578).
    Multipart(Multipart),
    /// A file, another each time.
    File(Box<LiveFile>, ContentType),
    /// One of several files, each filled in as a text.
    FileText(Box<LiveText>, ContentType),
    /// Another one of these, compressed or framed in another way.
    Packed(Box<Payload>, Coding, Framing),
}

/// Where a worker fills bodies in, one after the other.
#[derive(Debug, Default)]
pub struct BodyBuffer {
    text: String,
    filled: SharedBuffer,
}

/// A longer text has an allocation of its own, and the buffer does not keep its size.
const LONGEST_KEPT: usize = 64 << 10;

impl BodyBuffer {
    /// The text that was filled in, as a body.
    fn filled(&mut self) -> Content {
        if self.text.len() > LONGEST_KEPT {
            return whole(std::mem::take(&mut self.text));
        }
        Content::Whole(self.filled.keep(self.text.as_bytes()))
    }
}

/// Who says what a file is whose name is known when it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentType {
    /// The plan does, for all.
    Said,
    /// The ending of its name.
    OfName,
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
    /// How much memory one request takes for it, beside what all have in common.
    pub fn memory(&self, content: &Content) -> usize {
        match self {
            Self::Empty => 0,
            Self::Fixed(content) => content.memory_of_reading(),
            _ => content.memory(),
        }
    }

    /// The body in a scope. What only the body says of itself is put into the headers.
    ///
    /// # Errors
    /// A template that cannot be filled in, and a file that cannot be sent.
    pub fn fill(
        &self,
        scope: &Arc<Scope>,
        headers: &mut RequestHeaders,
        buffer: &mut BodyBuffer,
    ) -> Result<Content, EvalError> {
        match self {
            Self::Empty => Ok(Content::EMPTY),
            Self::Fixed(content) => Ok(content.clone()),
            Self::Text(template) => {
                buffer.text.clear();
                template.render_to(scope, &mut buffer.text)?;
                Ok(buffer.filled())
            }
            Self::Json(pieces) => {
                buffer.text.clear();
                for piece in pieces {
                    piece.render_to(scope, &mut buffer.text)?;
                }
                Ok(buffer.filled())
            }
            Self::Form(fields) => {
                let mut out = String::new();
                for (name, value) in fields {
                    append_field(&mut out, name, &value.eval(scope)?);
                }
                Ok(whole(out))
            }
            Self::Multipart(form) => form.fill(scope),
            Self::File(file, kind) => {
                let (path, content) = file.open(scope)?;
                kind.say(&path, headers);
                Ok(match content {
                    ContentPart::Bytes(bytes) => Content::Whole(bytes),
                    file @ ContentPart::File(_) => Content::of_parts(vec![file]),
                })
            }
            Self::FileText(file, kind) => {
                let (path, text) = file.fill(scope)?;
                kind.say(&path, headers);
                Ok(whole(text))
            }
            Self::Packed(payload, coding, framing) => {
                Ok(payload.fill(scope, headers, buffer)?.packed(*coding, *framing))
            }
        }
    }
}

impl ContentType {
    fn say(self, path: &str, headers: &mut RequestHeaders) {
        if self == Self::OfName {
            // what the service says of all its requests goes before it
            headers.own().entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(kind_of(path)));
        }
    }
}

fn whole(bytes: impl Into<Bytes>) -> Content {
    Content::Whole(bytes.into())
}

impl Payload {
    /// The words of a body that is filled in each time: names of its fields are among them.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Empty | Self::Fixed(_) | Self::File(..) => Vec::new(),
            Self::Text(template) => words_of(template),
            Self::Json(pieces) => {
                let texts = pieces.iter().filter_map(|piece| match piece {
                    JsonPiece::Text(text) => Some(&**text),
                    JsonPiece::Value(_) | JsonPiece::String(_) => None,
                });
                texts.flat_map(words).collect()
            }
            Self::Form(fields) => fields.iter().map(|(name, _)| name.to_string()).collect(),
            Self::Multipart(form) => form.names(),
            Self::FileText(file, _) => file.texts.values().flat_map(words_of).collect(),
            Self::Packed(payload, ..) => payload.names(),
        }
    }
}

pub(super) fn words(text: &str) -> Vec<String> {
    let split = text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.'));
    split.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

pub(super) fn words_of(template: &Template) -> Vec<String> {
    words(&template.written().collect::<String>())
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
    fn render_to(&self, scope: &Arc<Scope>, out: &mut String) -> Result<(), EvalError> {
        match self {
            Self::Text(text) => out.push_str(text),
            Self::Value(template) => write_json(&template.eval(scope)?, out),
            Self::String(template) => write_json_text(&template.render(scope)?, out),
        }
        Ok(())
    }
}
