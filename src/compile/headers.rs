use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::compile::bindings::live_text;
use crate::compile::endpoints::Shared;
use crate::compile::names::Need;
use crate::compile::program::HeaderSource;
use crate::compile::templates::Templates;
use crate::diagnostic::{Problem, Span};
use crate::plan::{self, At, Auth, HeaderText, Named};

/// Where a header's value comes from, as written.
enum Written<'a> {
    Text(String, Span),
    Auth(&'a At<Auth>),
    Away,
}

/// An endpoint's headers: those that never change, and those that are filled in each time. The nearest wins: the
/// endpoint's own, its `auth`, the target's headers, the target's `auth`.
pub(super) fn compile(
    written: &plan::Endpoint,
    shared: &Shared,
    content_type: Option<&str>,
    texts: &mut Templates,
    needs: &mut Vec<Need>,
) -> (HeaderMap, Vec<(HeaderName, HeaderSource)>) {
    let mut all: Vec<(HeaderName, Written)> = Vec::new();
    all.extend(shared.auth.map(|auth| (AUTHORIZATION, Written::Auth(auth))));
    add(&mut all, shared.headers, texts);
    if let Some(kind) = content_type {
        all.retain(|(known, _)| *known != CONTENT_TYPE);
        all.push((CONTENT_TYPE, Written::Text(kind.to_owned(), Span::NOWHERE)));
    }
    if let Some(auth) = &written.auth {
        all.retain(|(known, _)| *known != AUTHORIZATION);
        all.push((AUTHORIZATION, Written::Auth(auth)));
    }
    add(&mut all, written.headers.as_ref(), texts);
    let (mut fixed, mut live) = (HeaderMap::new(), Vec::new());
    for (name, value) in all {
        let source = match value {
            Written::Away => continue,
            Written::Auth(auth) => self::auth(auth, texts, needs),
            Written::Text(text, span) => {
                live_text(&At { value: text, span }, texts, needs).map(|text| (HeaderSource::Text(text), span))
            }
        };
        let Some((source, span)) = source else { continue };
        let HeaderSource::Text(template) = &source else {
            live.push((name, source));
            continue;
        };
        match template.fixed().map(|text| HeaderValue::from_str(text)) {
            Some(Ok(value)) => drop(fixed.insert(name, value)),
            Some(Err(_)) => {
                let problem = Problem::at(span, format!("header `{name}` holds a sign that no header may"));
                texts.problems.push(problem.help("a header is one line of visible text"));
            }
            None => live.push((name, source)),
        }
    }
    (fixed, live)
}

fn add(all: &mut Vec<(HeaderName, Written)>, headers: Option<&Named<At<HeaderText>>>, texts: &mut Templates) {
    for (name, value) in headers.into_iter().flat_map(Named::iter) {
        let Ok(header) = HeaderName::from_bytes(name.as_bytes()) else {
            texts.problems.push(Problem::at(name.span, format!("`{}` is not a header's name", name.value)));
            continue;
        };
        all.retain(|(known, _)| *known != header);
        all.push(match &value.value {
            HeaderText::Text(text) => (header, Written::Text(text.clone(), value.span)),
            HeaderText::Away => (header, Written::Away),
        });
    }
}

fn auth(auth: &At<Auth>, texts: &mut Templates, needs: &mut Vec<Need>) -> Option<(HeaderSource, Span)> {
    match &auth.value {
        Auth::Bearer(token) => {
            live_text(token, texts, needs)?;
            let whole = texts.template(&format!("Bearer {}", token.value), token.span)?;
            Some((HeaderSource::Text(whole), token.span))
        }
        Auth::Basic(basic) => {
            let user = live_text(&basic.user, texts, needs);
            let password = live_text(&basic.password, texts, needs);
            Some((HeaderSource::Basic(user?, password?), auth.span))
        }
    }
}
