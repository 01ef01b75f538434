use std::sync::Arc;

use http::HeaderName;

use crate::compile::ValueTemplate;
use crate::compile::bindings::{leaf_needs, live_text};
use crate::compile::check::{Check, Expectation, Matcher, StatusSet};
use crate::compile::names::Need;
use crate::compile::templates::Templates;
use crate::diagnostic::{Problem, Span};
use crate::plan::{Any, At, Expect, MatcherMap, MatcherText, Named};

/// An endpoint's expectations, the one on the status first.
pub(super) fn compile(
    written: Option<&At<Expect>>,
    endpoint: Span,
    texts: &mut Templates,
    needs: &mut Vec<Need>,
) -> Vec<Check> {
    let place = texts.place(endpoint);
    let Some(expect) = written else {
        return vec![Check { expectation: Expectation::Status(StatusSet::usual()), otherwise: None, place }];
    };
    let mut found: Vec<(Expectation, Span)> = Vec::new();
    match &expect.status {
        Some(status) => found.push((Expectation::Status(StatusSet(status.value.0.clone())), status.span)),
        None => found.push((Expectation::Status(StatusSet::usual()), endpoint)),
    }
    for (name, matcher) in expect.header.iter().flat_map(Named::iter) {
        match HeaderName::from_bytes(name.as_bytes()) {
            Ok(header) => {
                let matcher = self::matcher(matcher, texts, needs).map(|m| Expectation::Header(header, m));
                found.extend(matcher.map(|expectation| (expectation, name.span)));
            }
            Err(_) => {
                texts.problems.push(Problem::at(name.span, format!("`{}` is not a header's name", name.value)));
            }
        }
    }
    for (path, matcher) in expect.json.iter().flat_map(Named::iter) {
        let parsed = texts.json_path(&path.value, path.span);
        let matcher = self::matcher(matcher, texts, needs);
        if let (Some(parsed), Some(matcher)) = (parsed, matcher) {
            found.push((Expectation::Json(parsed, matcher), path.span));
        }
    }
    if let Some(body) = &expect.body {
        found.extend(matcher(body, texts, needs).map(|matcher| (Expectation::Body(matcher), body.span)));
    }
    if let Some(within) = expect.within {
        found.push((Expectation::Within(within.0), expect.span));
    }
    for that in expect.that.iter().flat_map(|that| &that.0) {
        if let Some(expr) = texts.expr(&that.value, that.span) {
            needs.push(Need { names: expr.names(), text: that.value.clone(), span: that.span });
            found.push((Expectation::That(expr), that.span));
        }
    }
    let otherwise = expect.otherwise.as_ref().and_then(|words| live_text(words, texts, needs)).map(Arc::new);
    found
        .into_iter()
        .map(|(expectation, span)| Check { expectation, otherwise: otherwise.clone(), place: texts.place(span) })
        .collect()
}

/// Whether a check needs the answer's body.
pub(super) fn reads_body(check: &Check) -> bool {
    match &check.expectation {
        Expectation::Json(..) | Expectation::Body(_) => true,
        Expectation::That(expr) => expr.names().iter().any(|name| name == "json" || name == "body"),
        Expectation::Status(_) | Expectation::Header(..) | Expectation::Within(_) => false,
    }
}

fn matcher(written: &At<MatcherText>, texts: &mut Templates, needs: &mut Vec<Need>) -> Option<Matcher> {
    match &written.value {
        MatcherText::Exists => Some(Matcher::Exists),
        MatcherText::Absent => Some(Matcher::Absent),
        MatcherText::Value(any) => {
            leaf_needs(&any.0, needs);
            texts.blueprint(&At { value: any.clone(), span: written.span }).map(Matcher::Equals)
        }
        MatcherText::Map(map) => all(map, texts, needs),
    }
}

fn all(map: &MatcherMap, texts: &mut Templates, needs: &mut Vec<Need>) -> Option<Matcher> {
    let mut matchers = Vec::new();
    type Make = fn(ValueTemplate) -> Matcher;
    let values: [(&Option<At<Any>>, Make); 5] = [
        (&map.equals, Matcher::Equals),
        (&map.not, Matcher::Not),
        (&map.at_most, Matcher::AtMost),
        (&map.at_least, Matcher::AtLeast),
        (&map.contains, Matcher::Contains),
    ];
    for (any, make) in values.iter().filter_map(|(any, make)| Some((any.as_ref()?, make))) {
        leaf_needs(&any.value.0, needs);
        matchers.push(make(texts.blueprint(any)?));
    }
    if let Some(pattern) = &map.matches {
        matchers.push(Matcher::Matches(texts.regex(&pattern.value, pattern.span)?));
    }
    Some(Matcher::All(matchers))
}
