use std::sync::Arc;

use bytes::Bytes;

use super::content_type::kind_of;
use super::live_file::{LiveFile, LiveText};
use super::payload::{words, words_of};
use super::value_template::ValueTemplate;
use crate::expression::{EvalError, Scope, to_text};
use crate::http::{Content, ContentPart};

/// A form of several parts.
#[derive(Debug)]
pub struct Multipart {
    /// What stands between the parts.
    pub boundary: String,
    /// The parts, each with its head.
    pub parts: Vec<(PartHead, PartSource)>,
}

/// What stands before a part of a form.
#[derive(Debug)]
pub enum PartHead {
    /// The same each time.
    Fixed(Bytes),
    /// Its file's name, or what that file is, stands in it.
    OfFile(NamedPart),
}

/// A part of a form that is a file.
#[derive(Debug)]
pub struct NamedPart {
    /// The part's name.
    pub name: String,
    /// The name of the file; the file's own where there is none.
    pub shown: Option<String>,
    /// What it is said to be; by its name where that is not said.
    pub kind: Option<String>,
}

/// What a part of a form holds.
#[derive(Debug)]
pub enum PartSource {
    /// The same each time.
    Fixed(ContentPart),
    /// A value, written as text.
    Value(ValueTemplate),
    /// A file, another each time.
    File(LiveFile),
    /// One of several files, each filled in as a text.
    FileText(LiveText),
}

impl Multipart {
    /// The words in what is written in it: names of its parts are among them.
    pub(super) fn names(&self) -> Vec<String> {
        self.parts.iter().flat_map(|(head, source)| names(head, source)).collect()
    }

    /// The whole form.
    ///
    /// # Errors
    /// A template that cannot be filled in, and a file that cannot be sent.
    pub(super) fn fill(&self, scope: &Arc<Scope>) -> Result<Content, EvalError> {
        let (mut parts, mut out) = (Vec::new(), Vec::with_capacity(512));
        for (head, source) in &self.parts {
            out.extend_from_slice(b"--");
            out.extend_from_slice(self.boundary.as_bytes());
            out.extend_from_slice(b"\r\n");
            if let PartHead::Fixed(head) = head {
                out.extend_from_slice(head);
            }
            let mut of_file = |path: &str| {
                if let PartHead::OfFile(part) = head {
                    out.extend_from_slice(&part.head(path));
                }
            };
            let content = match source {
                PartSource::Fixed(content) => content.clone(),
                PartSource::Value(value) => ContentPart::Bytes(to_text(&value.eval(scope)?).into()),
                PartSource::File(file) => {
                    let (path, content) = file.open(scope)?;
                    of_file(&path);
                    content
                }
                PartSource::FileText(file) => {
                    let (path, text) = file.fill(scope)?;
                    of_file(&path);
                    ContentPart::Bytes(text.into())
                }
            };
            match content {
                ContentPart::Bytes(bytes) => out.extend_from_slice(&bytes),
                file @ ContentPart::File(_) => {
                    parts.push(ContentPart::Bytes(std::mem::take(&mut out).into()));
                    parts.push(file);
                }
            }
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"--");
        out.extend_from_slice(self.boundary.as_bytes());
        out.extend_from_slice(b"--\r\n");
        if parts.is_empty() {
            return Ok(Content::Whole(out.into()));
        }
        parts.push(ContentPart::Bytes(out.into()));
        Ok(Content::of_parts(parts))
    }
}

impl NamedPart {
    /// The head of the part whose file has this path.
    fn head(&self, path: &str) -> Bytes {
        let own = path.rsplit('/').next().unwrap_or(path);
        let kind = self.kind.as_deref().unwrap_or_else(|| kind_of(path));
        part_head(&self.name, Some(self.shown.as_deref().unwrap_or(own)), Some(kind))
    }
}

/// A part's head. Quotes and line ends in names are escaped as browsers do (WHATWG HTML, multipart/form-data encoding).
pub(in crate::compile) fn part_head(name: &str, file: Option<&str>, kind: Option<&str>) -> Bytes {
    let quoted = |text: &str| text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    let mut head = format!("Content-Disposition: form-data; name=\"{}\"", quoted(name));
    if let Some(file) = file {
        head.push_str(&format!("; filename=\"{}\"", quoted(file)));
    }
    if let Some(kind) = kind {
        head.push_str(&format!("\r\nContent-Type: {kind}"));
    }
    head.push_str("\r\n\r\n");
    Bytes::from(head)
}

fn names(head: &PartHead, source: &PartSource) -> Vec<String> {
    let mut names = match head {
        PartHead::Fixed(head) => words(&String::from_utf8_lossy(head)),
        PartHead::OfFile(part) => words(&part.name),
    };
    match source {
        PartSource::Value(ValueTemplate::Text(template)) => names.extend(words_of(template)),
        PartSource::FileText(file) => names.extend(file.texts.values().flat_map(words_of)),
        PartSource::Fixed(_) | PartSource::Value(_) | PartSource::File(_) => {}
    }
    names
}
