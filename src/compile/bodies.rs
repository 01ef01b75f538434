use bytes::Bytes;
use http::HeaderName;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};

use crate::compile::body_files::{FileBody, file_body};
use crate::compile::program::{
    ContentType, LiveHead, Multipart, PartHead, PartSource, Payload, ValueTemplate, append_field, part_head,
};
use crate::compile::templates::Templates;
use crate::diagnostic::{Problem, Span};
use crate::expression::Template;
use crate::http::{Coding, Content, ContentPart, Framing, Version};
use crate::plan::{self, At, CompressWord, Named, Part, TransferWord};
use crate::sample::EndpointId;

/// A request's body with the headers that say what it is.
pub(super) struct Body {
    pub(super) payload: Payload,
    pub(super) headers: Vec<(HeaderName, String)>,
}

/// The body of an endpoint whose service speaks this version of HTTP.
pub(super) fn compile(
    id: EndpointId,
    written: &plan::Endpoint,
    version: Version,
    templates: &mut Templates,
) -> Option<Body> {
    let (payload, kind) = plain(id, written, templates)?;
    let mut headers: Vec<(HeaderName, String)> = kind.into_iter().map(|kind| (CONTENT_TYPE, kind)).collect();
    let coding = written.compress.as_ref().map_or(Coding::Plain, |word| match word.value {
        CompressWord::Gzip => Coding::Gzip,
    });
    let framing = written.transfer.as_ref().map_or(Framing::Length, |word| match word.value {
        TransferWord::Length => Framing::Length,
        TransferWord::Chunked => Framing::Chunked,
    });
    let spans = [
        ("compress", written.compress.as_ref().map(|word| word.span)),
        ("transfer", written.transfer.as_ref().map(|word| word.span)),
    ];
    if matches!(payload, Payload::Empty) {
        for (name, span) in spans.into_iter().filter_map(|(name, span)| Some((name, span?))) {
            let problem = Problem::at(span, format!("`{name}` says how a body is sent, and there is none"));
            templates.problems.push(problem.help(format!("give the endpoint a body, or remove `{name}`")));
        }
    }
    if let Some(transfer) = written.transfer.as_ref().filter(|_| framing == Framing::Chunked && version == Version::Two)
    {
        let problem = Problem::at(transfer.span, "HTTP/2 has no chunked transfer: it frames every body itself");
        templates.problems.push(problem.help("remove it, or speak `http: {version: \"1.1\"}`"));
    }
    let said_itself = [
        (coding == Coding::Gzip, "compress", CONTENT_ENCODING),
        (written.transfer.is_some(), "transfer", TRANSFER_ENCODING),
        (framing == Framing::Chunked, "transfer", CONTENT_LENGTH),
    ];
    for (_, by, header) in said_itself.iter().filter(|(is_said, ..)| *is_said) {
        let mut own = written.headers.iter().flat_map(|named| &named.0).map(|(name, _)| name);
        if let Some(name) = own.find(|name| name.eq_ignore_ascii_case(header.as_str())) {
            let problem = Problem::at(name.span, format!("`{by}` says `{header}` itself"));
            templates.problems.push(problem.help(format!("remove this header, or `{by}`")));
        }
    }
    if coding == Coding::Gzip {
        headers.push((CONTENT_ENCODING, "gzip".to_owned()));
    }
    let payload = match (payload, coding, framing) {
        (payload, Coding::Plain, Framing::Length) => payload,
        // what is always the same is compressed once
        (Payload::Fixed(content @ Content::Whole(_)), Coding::Gzip, framing) => {
            Payload::Fixed(content.compressed().packed(Coding::Plain, framing))
        }
        (Payload::Fixed(content), coding, framing) => Payload::Fixed(content.packed(coding, framing)),
        (payload, coding, framing) => Payload::Packed(Box::new(payload), coding, framing),
    };
    Some(Body { payload, headers })
}

/// The body as it is, and its kind.
fn plain(id: EndpointId, written: &plan::Endpoint, templates: &mut Templates) -> Option<(Payload, Option<String>)> {
    let given: Vec<(&str, Span)> = [
        ("json", written.json.as_ref().map(|json| json.span)),
        ("text", written.text.as_ref().map(|text| text.span)),
        ("form", written.form.as_ref().and_then(first)),
        ("multipart", written.multipart.as_ref().and_then(first)),
        ("file", written.file.as_ref().map(|file| file.path.span)),
    ]
    .into_iter()
    .filter_map(|(name, span)| Some((name, span?)))
    .collect();
    if let [(one, _), (other, span), ..] = given.as_slice() {
        let problem = Problem::at(*span, format!("an endpoint has one body: `{one}` or `{other}`"));
        templates.problems.push(problem.help("remove one of them"));
        return None;
    }
    let of_kind = |payload, kind: &str| Some((payload, Some(kind.to_owned())));
    if let Some(json) = &written.json {
        warn_of_file(json.value.0.text(), json.span, FilePlace::Body, templates);
        return of_kind(templates.json_payload(&json.value)?, "application/json");
    }
    if let Some(text) = &written.text {
        warn_of_file(Some(&text.value), text.span, FilePlace::Body, templates);
        return of_kind(text_payload(templates.text(text)?), "text/plain; charset=utf-8");
    }
    if let Some(form) = &written.form {
        let fields = templates.texts(Some(form));
        let fixed: Option<Vec<_>> = fields.iter().map(|(name, value)| Some((name, value.constant()?))).collect();
        let payload = match fixed {
            Some(fixed) => {
                let mut text = String::new();
                fixed.into_iter().for_each(|(name, value)| append_field(&mut text, name, value));
                Payload::Fixed(Bytes::from(text).into())
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
    let Some(file) = &written.file else { return Some((Payload::Empty, None)) };
    let FileBody { body, kind, .. } = file_body(file, templates)?;
    let mut own = written.headers.iter().flat_map(|named| &named.0);
    let said = kind.is_some() || own.any(|(name, _)| name.eq_ignore_ascii_case(CONTENT_TYPE.as_str()));
    let who = if said { ContentType::Said } else { ContentType::OfName };
    let payload = match body {
        PartSource::Fixed(ContentPart::Bytes(bytes)) => Payload::Fixed(Content::Whole(bytes)),
        PartSource::Fixed(file) => Payload::Fixed(Content::of_parts(vec![file])),
        PartSource::Value(ValueTemplate::Text(template)) => Payload::Text(template),
        PartSource::Value(_) => Payload::Empty,
        PartSource::File(file) => Payload::File(Box::new(file), who),
        PartSource::FileText(file) => Payload::FileText(Box::new(file), who),
    };
    Some((payload, kind))
}

fn text_payload(template: Template) -> Payload {
    match template.fixed() {
        Some(text) => Payload::Fixed(Bytes::from(text.to_string()).into()),
        None => Payload::Text(template),
    }
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

fn part(name: &At<String>, written: &At<Part>, templates: &mut Templates) -> Option<(PartHead, PartSource)> {
    let map = match &written.value {
        Part::Value(any) => {
            warn_of_file(any.0.text(), written.span, FilePlace::Part, templates);
            return Some((
                PartHead::Fixed(part_head(&name.value, None, None)),
                PartSource::Value(templates.text_value(any)?),
            ));
        }
        Part::Map(map) => map,
    };
    let written_in = |text: &Option<At<String>>| text.as_ref().map(|text| text.value.clone());
    if [Some(name.value.clone()), written_in(&map.kind), written_in(&map.name)]
        .into_iter()
        .flatten()
        .any(|text| text.contains(['\r', '\n']))
    {
        templates.problems.push(Problem::at(written.span, "a part's name or type must be one line"));
        return None;
    }
    let kind = map.kind.as_ref().map(|kind| templates.text(kind));
    let shown = map.name.as_ref().map(|name| templates.text(name));
    let (kind, shown) =
        (kind.map_or(Some(None), |kind| kind.map(Some)), shown.map_or(Some(None), |shown| shown.map(Some)));
    match (&map.file, &map.text) {
        (Some(file), None) => {
            let FileBody { body, path, .. } = file_body(file, templates)?;
            let is_fixed = path.is_some();
            let head = LiveHead { name: name.value.clone(), path, shown: shown?, kind: kind? };
            Some((if is_fixed { head.settled() } else { PartHead::Live(head) }, body))
        }
        (None, Some(text)) => {
            warn_of_file(Some(&text.value), text.span, FilePlace::Part, templates);
            let filled = text.filling.clone().map(plan::FilledBy::Values).unwrap_or_default();
            let node = plan::Node { span: text.span, value: plan::Data::Text(text.value.clone()), filled };
            let value = templates.value(&plan::Any(node))?;
            let head = LiveHead { name: name.value.clone(), path: None, shown: shown?, kind: kind? };
            Some((head.settled(), PartSource::Value(value)))
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
