use std::path::PathBuf;

use bytes::Bytes;

use crate::compile::program::{Multipart, PartSource, Payload, append_field};
use crate::compile::templates::Templates;
use crate::diagnostic::{Problem, Span};
use crate::disk::{InputFile, NotRead};
use crate::plan::{self, At, Named, Part};
use crate::sample::EndpointId;

/// A request's body with the kind it is said to be.
pub(super) struct Body {
    pub(super) payload: Payload,
    pub(super) content_type: Option<String>,
}

/// The most a file that is sent may hold.
const LARGEST: u64 = 64 << 20;

pub(super) fn compile(id: EndpointId, written: &plan::Endpoint, templates: &mut Templates) -> Option<Body> {
    let given: Vec<(&str, Span)> = [
        ("json", written.json.as_ref().map(|json| json.span)),
        ("text", written.text.as_ref().map(|text| text.span)),
        ("form", written.form.as_ref().and_then(first)),
        ("multipart", written.multipart.as_ref().and_then(first)),
        ("file", written.file.as_ref().map(|file| file.span)),
    ]
    .into_iter()
    .filter_map(|(name, span)| Some((name, span?)))
    .collect();
    if let [(one, _), (other, span), ..] = given.as_slice() {
        let problem = Problem::at(*span, format!("an endpoint has one body: `{one}` or `{other}`"));
        templates.problems.push(problem.help("remove one of them"));
        return None;
    }
    let of_kind = |payload, kind: &str| Some(Body { payload, content_type: Some(kind.to_owned()) });
    if let Some(json) = &written.json {
        warn_of_file(json.value.0.text(), json.span, FilePlace::Body, templates);
        return of_kind(templates.json_payload(&json.value)?, "application/json");
    }
    if let Some(text) = &written.text {
        warn_of_file(Some(&text.value), text.span, FilePlace::Body, templates);
        let template = templates.text(text)?;
        let payload = match template.fixed() {
            Some(text) => Payload::Fixed(text.to_string().into()),
            None => Payload::Text(template),
        };
        return of_kind(payload, "text/plain; charset=utf-8");
    }
    if let Some(form) = &written.form {
        let fields = templates.texts(Some(form));
        let fixed: Option<Vec<_>> = fields.iter().map(|(name, value)| Some((name, value.constant()?))).collect();
        let payload = match fixed {
            Some(fixed) => {
                let mut text = String::new();
                fixed.into_iter().for_each(|(name, value)| append_field(&mut text, name, value));
                Payload::Fixed(text.into())
            }
            None => Payload::Form(fields),
        };
        return of_kind(payload, "application/x-www-form-urlencoded");
    }
    if let Some(form) = &written.multipart {
        let boundary =
            format!("----plimsoll-{:016x}", crate::units::Seed::new(0x504C_494D).derive(u64::from(id.0)).value());
        let kind = format!("multipart/form-data; boundary={boundary}");
        let parts: Vec<_> = form.iter().map(|(name, part)| self::part(name, part, templates)).collect();
        let parts = parts.into_iter().collect::<Option<_>>()?;
        return of_kind(Payload::Multipart(Multipart { boundary, parts }), &kind);
    }
    if let Some(file) = &written.file {
        let kind = kind_of(&file.value);
        return of_kind(Payload::Fixed(read(file, templates)?), kind);
    }
    Some(Body { payload: Payload::Empty, content_type: None })
}

/// Where a file could be sent.
#[derive(Clone, Copy)]
enum FilePlace {
    /// As the whole body.
    Body,
    /// As a part of a form.
    Part,
}

/// Warns of a text that is sent as it is and names a file that is there.
fn warn_of_file(text: Option<&str>, span: Span, place: FilePlace, templates: &mut Templates) {
    const LONGEST: usize = 255;
    let Some(name) = text.filter(|text| !text.is_empty() && text.len() <= LONGEST && !text.contains("{{")) else {
        return;
    };
    let looks_like_one = name.contains(['.', '/']) && !name.contains(['\n', '\0']);
    if looks_like_one && templates.sources.folder(span).join(name).is_file() {
        let problem = Problem::at(span, format!("`{name}` is sent as this text, and not as the file of that name"));
        let help = match place {
            FilePlace::Part => format!("write `{{file: {name}}}` to send the file"),
            FilePlace::Body => format!("write `file: {name}` to send the file"),
        };
        templates.problems.push(problem.help(help).warning());
    }
}

fn first<T>(named: &Named<T>) -> Option<Span> {
    named.0.first().map(|(name, _)| name.span)
}

fn part(name: &At<String>, written: &At<Part>, templates: &mut Templates) -> Option<(Bytes, PartSource)> {
    let map = match &written.value {
        Part::Value(any) => {
            warn_of_file(any.0.text(), written.span, FilePlace::Part, templates);
            return Some((head(&name.value, None, None), PartSource::Value(templates.text_value(any)?)));
        }
        Part::Map(map) => map,
    };
    let kind = map.kind.as_ref().map(|kind| kind.value.as_str());
    for text in
        [Some(&name.value), map.kind.as_ref().map(|kind| &kind.value), map.name.as_ref().map(|name| &name.value)]
    {
        if text.is_some_and(|text| text.contains(['\r', '\n'])) {
            templates.problems.push(Problem::at(written.span, "a part's name or type must be one line"));
            return None;
        }
    }
    match (&map.file, &map.text) {
        (Some(file), None) => {
            let own = PathBuf::from(&file.value);
            let own = own.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let shown = map.name.as_ref().map_or(own, |name| name.value.clone());
            let kind = kind.unwrap_or_else(|| kind_of(&file.value));
            Some((head(&name.value, Some(&shown), Some(kind)), PartSource::Fixed(read(file, templates)?)))
        }
        (None, Some(text)) => {
            warn_of_file(Some(&text.value), text.span, FilePlace::Part, templates);
            let filled = text.filling.clone().map(plan::FilledBy::Values).unwrap_or_default();
            let node = plan::Node { span: text.span, value: plan::Data::Text(text.value.clone()), filled };
            let value = templates.value(&plan::Any(node))?;
            let shown = map.name.as_ref().map(|name| name.value.as_str());
            Some((head(&name.value, shown, kind), PartSource::Value(value)))
        }
        (Some(_), Some(text)) => {
            let problem = Problem::at(text.span, "a part is a `file` or a `text`, not both");
            templates.problems.push(problem.help("remove one of them"));
            None
        }
        (None, None) => {
            let problem = Problem::at(written.span.part(0..1), "the part holds nothing");
            templates.problems.push(problem.help("give it `file: path` or `text: …`"));
            None
        }
    }
}

/// A part's head. Quotes in names are escaped as browsers do (WHATWG HTML, multipart/form-data encoding).
fn head(name: &str, file: Option<&str>, kind: Option<&str>) -> Bytes {
    let quoted = |text: &str| text.replace('"', "%22");
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

fn read(file: &At<String>, templates: &mut Templates) -> Option<Bytes> {
    let path = templates.sources.folder(file.span).join(&file.value);
    let shown = path.display();
    match InputFile::whole(&path, LARGEST) {
        Ok(bytes) => return Some(Bytes::from(bytes)),
        Err(NotRead::TooLarge) => {
            let problem = Problem::at(file.span, format!("{shown} is larger than 64 MiB"));
            templates.problems.push(problem.help("what is sent is held in memory: send a smaller file"));
        }
        Err(NotRead::System(error)) if error.kind() == std::io::ErrorKind::IsADirectory => {
            templates.problems.push(Problem::at(file.span, format!("{shown} is a folder")).help("name a file in it"));
        }
        Err(error) => {
            let problem = Problem::at(file.span, format!("cannot read {shown}: {error}"));
            templates.problems.push(problem.help("the path is relative to the file that names it"));
        }
    }
    None
}

/// What a file is said to be, by its ending.
fn kind_of(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
        Some("json") => "application/json",
        Some("xml") => "application/xml",
        Some("csv") => "text/csv",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("pdf") => "application/pdf",
        _ => "application/octet-stream",
    }
}
