use std::sync::Arc;

use http::HeaderName;

use crate::compile::program::{
    Capture, CaptureFrom, Check, Expectation, Matcher, Record, RecordValue, StatusSet, Wanted,
};
use crate::compile::templates::{Templates, filled_source, source};
use crate::diagnostic::{Problem, Span, did_you_mean};
use crate::plan::{Any, At, Expect, MatcherMap, MatcherText, Named, Recorded};
use crate::sample::{Catalog, MetricId, RunGauge};

/// An endpoint's expectations, the one on the status first.
pub(super) fn checks(written: Option<&At<Expect>>, endpoint: Span, templates: &mut Templates) -> Vec<Check> {
    let place = templates.place(endpoint);
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
                let matcher = self::matcher(matcher, templates).map(|m| Expectation::Header(header, m));
                found.extend(matcher.map(|expectation| (expectation, name.span)));
            }
            Err(_) => {
                templates.problems.push(Problem::at(name.span, format!("`{}` is not a header's name", name.value)));
            }
        }
    }
    for (path, matcher) in expect.json.iter().flat_map(Named::iter) {
        let parsed = templates.json_path(&path.value, path.span);
        let matcher = self::matcher(matcher, templates);
        if let (Some(parsed), Some(matcher)) = (parsed, matcher) {
            found.push((Expectation::Json(parsed, matcher), path.span));
        }
    }
    if let Some(body) = &expect.body {
        found.extend(matcher(body, templates).map(|matcher| (Expectation::Body(matcher), body.span)));
    }
    if let Some(within) = &expect.within {
        found.push((Expectation::Within(within.value.0), within.span));
    }
    for that in expect.that.iter().flat_map(|that| &that.0) {
        if let Some(expr) = templates.expr(source(that), that.span) {
            found.push((Expectation::That(expr), that.span));
        }
    }
    let otherwise = expect.otherwise.as_ref().and_then(|words| templates.text(words)).map(Arc::new);
    found
        .into_iter()
        .map(|(expectation, span)| Check { expectation, otherwise: otherwise.clone(), place: templates.place(span) })
        .collect()
}

/// What is kept of the answer in metrics.
pub(super) fn records(
    written: Option<&Named<At<Recorded>>>,
    catalog: &Catalog,
    templates: &mut Templates,
) -> Vec<Record> {
    let entries = written.into_iter().flat_map(Named::iter);
    let recorded = entries.filter_map(|(name, value)| {
        if RunGauge::named(&name.value).is_some() {
            let problem = Problem::at(name.span, format!("`{}` is a built-in metric", name.value));
            templates.problems.push(problem.help("record under another name"));
            return None;
        }
        let index = catalog.metrics.iter().position(|metric| *metric.name == *name.value);
        let Some(metric) = index.and_then(|index| u16::try_from(index).ok()).map(MetricId) else {
            let problem = Problem::at(name.span, format!("unknown metric `{}`", name.value));
            let known =
                catalog.metrics.iter().map(|metric| &*metric.name).filter(|name| RunGauge::named(name).is_none());
            let help = did_you_mean(&name.value, known);
            templates.problems.push(
                problem.help_if(help).help(format!("declare it: `metrics: {{{}: {{trend: {{}}}}}}`", name.value)),
            );
            return None;
        };
        let recorded = match &value.value {
            Recorded::Number(number) => RecordValue::Constant(*number),
            Recorded::Text(text) if text.starts_with('$') => RecordValue::Json(templates.json_path(text, value.span)?),
            Recorded::Text(text) => {
                let source = filled_source(text, value.filling.as_deref());
                RecordValue::Expr(templates.expr(source, value.span)?)
            }
        };
        Some(Record { metric, value: recorded, place: templates.place(name.span) })
    });
    recorded.collect()
}

/// Whether any of them needs the answer's body.
pub(super) fn read_body(checks: &[Check], captures: &[Capture], records: &[Record]) -> bool {
    checks.iter().any(check_reads_body)
        || captures.iter().any(capture_reads_body)
        || records.iter().any(|record| !matches!(record.value, RecordValue::Constant(_)))
}

fn check_reads_body(check: &Check) -> bool {
    match &check.expectation {
        Expectation::Json(..) | Expectation::Body(_) => true,
        Expectation::That(expr) => expr.names().iter().any(|name| name == "json" || name == "body"),
        Expectation::Status(_) | Expectation::Header(..) | Expectation::Within(_) => false,
    }
}

const fn capture_reads_body(capture: &Capture) -> bool {
    use CaptureFrom::{Css, Json, Regex, XPath};
    matches!(capture.from, Json(_) | Regex(..) | Css(..) | XPath(_))
}

fn matcher(written: &At<MatcherText>, templates: &mut Templates) -> Option<Matcher> {
    match &written.value {
        MatcherText::Exists => Some(Matcher::Exists),
        MatcherText::Absent => Some(Matcher::Absent),
        MatcherText::Value(any) => wanted(any, templates).map(Matcher::Equals),
        MatcherText::Map(map) => all(map, templates),
    }
}

fn wanted(any: &Any, templates: &mut Templates) -> Option<Wanted> {
    let written = any.0.filled.filling().map(|filling| Arc::from(filling.written.as_str()));
    Some(Wanted { value: templates.value(any)?, written })
}

fn all(map: &MatcherMap, templates: &mut Templates) -> Option<Matcher> {
    let mut matchers = Vec::new();
    type Make = fn(Wanted) -> Matcher;
    let values: [(&Option<At<Any>>, Make); 5] = [
        (&map.equals, Matcher::Equals),
        (&map.not, Matcher::Not),
        (&map.at_most, Matcher::AtMost),
        (&map.at_least, Matcher::AtLeast),
        (&map.contains, Matcher::Contains),
    ];
    for (any, make) in values.iter().filter_map(|(any, make)| Some((any.as_ref()?, make))) {
        matchers.push(make(wanted(&any.value, templates)?));
    }
    if let Some(pattern) = &map.matches {
        matchers.push(Matcher::Matches(templates.regex(&pattern.value, pattern.span)?));
    }
    Some(Matcher::All(matchers))
}
