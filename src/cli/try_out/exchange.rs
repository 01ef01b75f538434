use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;

use super::body;
use crate::cli::terminal::{data, is_coloured};
use crate::compile::Program;
use crate::engine::{CallObserver, CallTrace, Redirected};
use crate::expression::to_text;
use crate::http::{Coding, Content, ContentPart, Framing, Outgoing, decode};
use crate::report::visible;
use crate::secrets::Secrets;
use crate::units::{Size, show_duration};

/// So much of what a request's body is unpacked to is looked at.
const LARGEST: Size = Size::from_bytes(64 << 20);

/// Prints each request with its answer, as soon as it has come.
pub(super) fn printer(program: &Arc<Program>) -> CallObserver {
    let secrets = program.secrets.clone();
    Box::new(move |traced| {
        // before anything of it is cut or shown
        if let Some(request) = &traced.request {
            secrets.learn_headers(request.headers.map());
            request.target.query().into_iter().for_each(|query| secrets.learn_from_text(query));
            secrets.learn_body(&unpacked(request));
        }
        if let Some(answer) = &traced.answer {
            secrets.learn_headers(answer.headers());
            secrets.learn_body(answer.body());
        }
        let _ = data(&signed(&visible(&secrets.mask(&shown(traced, &secrets)))));
    })
}

/// A text whose signs of success and failure have their colours, where a terminal shows it. What comes from a service stands
/// behind a mark in each line, so it has none.
pub(super) fn signed(text: &str) -> String {
    if !is_coloured() {
        return text.to_owned();
    }
    let paint = |line: &str| {
        let (blanks, rest) = line.split_at(line.len() - line.trim_start_matches(' ').len());
        match rest.chars().next() {
            Some('✓') => format!("{blanks}\x1b[32m✓\x1b[0m{}", &rest['✓'.len_utf8()..]),
            Some('✗') => format!("{blanks}\x1b[31m✗\x1b[0m{}", &rest['✗'.len_utf8()..]),
            _ => line.to_owned(),
        }
    };
    text.split_inclusive('\n').map(paint).collect()
}

fn shown(traced: &CallTrace, secrets: &Secrets) -> String {
    let mut text = format!("\n── {}\n", traced.endpoint);
    if let Some(request) = &traced.request {
        text.push_str(&format!("> {} {}{}\n", request.method, traced.origin, request.target));
        headers(&mut text, '>', request.headers.map(), secrets);
        body(&mut text, '>', &request_body(request, secrets));
    }
    if let Some(answer) = &traced.answer {
        text.push_str(&format!("< {} in {}\n", answer.status(), show_duration(traced.took)));
        headers(&mut text, '<', answer.headers(), secrets);
        body(&mut text, '<', &body::lines(answer.body(), answer.headers(), traced.content, secrets));
    }
    for (what, judged) in &traced.checks {
        match judged {
            Ok(()) => text.push_str(&format!("  ✓ {what}\n")),
            Err(why) => text.push_str(&format!("  ✗ {what}: {why}\n")),
        }
    }
    for (name, value) in &traced.captures {
        let value = if secrets.names_secret(name) { "***".to_owned() } else { to_text(value) };
        text.push_str(&format!("  {name} = {value}\n"));
    }
    match (&traced.failure, traced.redirected) {
        (Some(failure), _) => text.push_str(&format!("  failed: {failure}\n")),
        (None, Redirected::Followed) => text.push_str("  redirected: the next request follows it\n"),
        (None, Redirected::No) => {}
    }
    text
}

/// What of a request's body lies in memory, as it is before it is compressed.
fn unpacked(request: &Outgoing) -> Bytes {
    let bytes = request.body.in_memory();
    match request.body {
        Content::Whole(_) => decode(request.headers.map(), bytes.clone(), LARGEST.as_bytes()).unwrap_or(bytes),
        Content::Made(_) => bytes,
    }
}

/// The lines of a request's body: what is in it, and how it is sent where that is not as it is.
fn request_body(request: &Outgoing, secrets: &Secrets) -> Vec<String> {
    let of_bytes = |bytes: &Bytes| body::lines(bytes, request.headers.map(), bytes.len() as u64, secrets);
    let made = match &request.body {
        Content::Whole(_) => return of_bytes(&unpacked(request)),
        Content::Made(made) => made,
    };
    let parts = made.parts.iter().flat_map(|part| match part {
        ContentPart::Bytes(bytes) => of_bytes(bytes),
        ContentPart::File(file) => vec![format!("({} of the file {})", Size::from_bytes(file.length()), file.shown())],
    });
    let mut lines: Vec<String> = parts.collect();
    lines.extend((made.coding == Coding::Gzip).then(|| "(compressed as gzip while it is sent)".to_owned()));
    lines.extend((made.framing == Framing::Chunked).then(|| "(sent in chunks)".to_owned()));
    lines
}

fn headers(text: &mut String, mark: char, headers: &HeaderMap, secrets: &Secrets) {
    for (name, value) in headers {
        let secret = value.is_sensitive() || secrets.names_secret(name.as_str());
        let value = if secret { "***".into() } else { String::from_utf8_lossy(value.as_bytes()) };
        text.push_str(&format!("{mark} {name}: {value}\n"));
    }
}

fn body(text: &mut String, mark: char, lines: &[String]) {
    if !lines.is_empty() {
        text.push_str(&format!("{mark}\n"));
    }
    lines.iter().for_each(|line| text.push_str(&format!("{mark} {line}\n")));
}
