use std::sync::Arc;

use http::HeaderMap;

use super::body;
use crate::cli::terminal::{data, is_coloured};
use crate::compile::Program;
use crate::engine::{CallObserver, CallTrace, Redirected};
use crate::expression::to_text;
use crate::report::visible;
use crate::secrets::Secrets;
use crate::units::show_duration;

/// Prints each request with its answer, as soon as it has come.
pub(super) fn printer(program: &Arc<Program>) -> CallObserver {
    let secrets = program.secrets.clone();
    Box::new(move |traced| {
        // before anything of it is cut or shown
        if let Some(request) = &traced.request {
            secrets.learn_headers(&request.headers);
            request.target.query().into_iter().for_each(|query| secrets.learn_from_text(query));
            secrets.learn_body(&request.body);
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
        headers(&mut text, '>', &request.headers, secrets);
        let length = request.body.len() as u64;
        body(&mut text, '>', &body::lines(&request.body, &request.headers, length, secrets));
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
