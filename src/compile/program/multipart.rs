use std::sync::Arc;

use bytes::Bytes;

use super::content_type::kind_of;
use super::live_file::{LiveFile, LiveText};
use super::payload::{words, words_of};
use super::value_template::ValueTemplate;
use crate::expression::{EvalError, Scope, Template, to_text};
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
    /// Another file each time stands in it, or what an expression gives.
    Live(LiveHead),
}

/// The head of a part that is put together each time.
#[derive(Debug)]
pub struct LiveHead {
    /// The part's name.
    pub name: String,
    /// The path of its file, where that is the same each time.
    pub path: Option<String>,
    /// The name of the file; the file's own where there is none.
    pub shown: Option<Template>,
    /// What it is said to be; by its name where that is not said.
    pub kind: Option<Template>,
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
            let (path, content) = match source {
                PartSource::Fixed(content) => (None, content.clone()),
                PartSource::Value(value) => (None, ContentPart::Bytes(to_text(&value.eval(scope)?).into())),
                PartSource::File(file) => {
                    let (path, content) = file.open(scope)?;
                    (Some(path), content)
                }
                PartSource::FileText(file) => {
                    let (path, text) = file.fill(scope)?;
                    (Some(path), ContentPart::Bytes(text.into()))
                }
            };
            match head {
                PartHead::Fixed(head) => out.extend_from_slice(head),
                PartHead::Live(head) => out.extend_from_slice(&head.fill(path.as_deref(), scope)?),
            }
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

impl LiveHead {
    /// The head, put together once where nothing in it changes.
    pub(in crate::compile) fn settled(self) -> PartHead {
        let fixed =
            |template: &Option<Template>| template.as_ref().map(|text| text.fixed().map(|text| text.to_string()));
        match (fixed(&self.shown), fixed(&self.kind)) {
            (Some(None), _) | (_, Some(None)) => PartHead::Live(self),
            (shown, kind) => PartHead::Fixed(self.written(self.path.as_deref(), shown.flatten(), kind.flatten())),
        }
    }

    /// The head of the part, whose file has this path.
    fn fill(&self, path: Option<&str>, scope: &Arc<Scope>) -> Result<Bytes, EvalError> {
        let path = path.or(self.path.as_deref());
        let filled = |template: &Option<Template>| template.as_ref().map(|text| text.render(scope)).transpose();
        let (shown, kind) = (filled(&self.shown)?, filled(&self.kind)?);
        if kind.as_ref().is_some_and(|kind| kind.contains(['\r', '\n'])) {
            return Err(EvalError { message: "the type of a part is more than one line".into() });
        }
        Ok(self.written(path, shown, kind))
    }

    /// What is not said of a file follows from its path.
    fn written(&self, path: Option<&str>, shown: Option<String>, kind: Option<String>) -> Bytes {
        let own = path.map(|path| path.rsplit('/').next().unwrap_or(path));
        part_head(&self.name, shown.as_deref().or(own), kind.as_deref().or_else(|| path.map(kind_of)))
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
        PartHead::Live(head) => {
            let texts = [&head.shown, &head.kind].into_iter().flatten();
            words(&head.name).into_iter().chain(texts.flat_map(words_of)).collect()
        }
    };
    match source {
        PartSource::Value(ValueTemplate::Text(template)) => names.extend(words_of(template)),
        PartSource::FileText(file) => names.extend(file.texts.values().flat_map(words_of)),
        PartSource::Fixed(_) | PartSource::Value(_) | PartSource::File(_) => {}
    }
    names
}
