use std::time::Duration;

use ::http::Method;

use crate::compile::bindings::{bindings, live_text, untangled};
use crate::compile::names::{Names, Need};
use crate::compile::program::{BodyUse, Endpoint, Path, Record, RecordValue, Target};
use crate::compile::templates::Templates;
use crate::compile::{bodies, captures, checks, headers, http};
use crate::diagnostic::{Problem, did_you_mean};
use crate::expression::Template;
use crate::plan::{self, Any, At, Auth, HeaderText, Named, Recorded};
use crate::sample::{Catalog, EndpointId, MetricId, RunGauge};

/// A compiled endpoint with what the compiler must still know about it.
pub(super) struct Compiled {
    pub(super) endpoint: Endpoint,
    pub(super) needs: Vec<Need>,
    /// Names its own `with` binds and its captures leave behind.
    pub(super) binds: Names,
    pub(super) leaves: Names,
}

/// What all endpoints share.
pub(super) struct Shared<'a> {
    pub(super) target: &'a Target,
    pub(super) headers: Option<&'a Named<At<HeaderText>>>,
    pub(super) auth: Option<&'a At<Auth>>,
    /// How many redirects a call follows where its endpoint does not say.
    pub(super) redirects: u32,
    pub(super) catalog: &'a Catalog,
}

pub(super) fn compile(
    id: EndpointId,
    name: &At<String>,
    written: &At<plan::Endpoint>,
    shared: &Shared,
    texts: &mut Templates,
) -> Option<Compiled> {
    let mut needs = Vec::new();
    let with = untangled(written.with.as_ref(), texts, &mut needs);
    let (method, path) = method(name, written, texts)?;
    let label = written.name.as_ref().unwrap_or(path);
    let label = live_text(label, texts, &mut needs);
    let route = route(path, written.query.as_ref(), shared.target, texts, &mut needs);
    let body = bodies::compile(id, written, texts, &mut needs)?;
    let headers = headers::compile(written, shared, body.content_type.as_deref(), texts, &mut needs);
    let expect = checks::compile(written.expect.as_ref(), name.span, texts, &mut needs);
    let capture = captures::compile(written.capture.as_ref(), texts);
    let record = records(written.record.as_ref(), shared.catalog, texts, &mut needs);
    let body_use = if expect.iter().any(checks::reads_body)
        || capture.iter().any(|capture| captures::reads_body(&capture.from))
        || record.iter().any(|record| !matches!(record.value, RecordValue::Constant(_)))
        || needs.iter().any(Need::reads_body)
    {
        BodyUse::Read
    } else {
        BodyUse::Unread
    };
    let mut binds = Names::default();
    binds.add(with.iter().map(|(name, _)| &**name));
    let mut leaves = Names::default();
    leaves.add(capture.iter().map(|capture| &*capture.name));
    let endpoint = Endpoint {
        id,
        name: name.value.as_str().into(),
        place: texts.place(name.span),
        method,
        path: route?,
        label: label?,
        with,
        headers: headers.0,
        live_headers: headers.1,
        payload: body.payload,
        expect,
        capture,
        record,
        timeout: written.timeout.map_or(shared.target.timeout, |time| time.0),
        body_use,
        redirects: http::redirects(written.redirects.as_ref(), texts.problems).unwrap_or(shared.redirects),
    };
    Some(Compiled { endpoint, needs, binds, leaves })
}

fn method<'a>(
    name: &At<String>,
    written: &'a plan::Endpoint,
    texts: &mut Templates,
) -> Option<(Method, &'a At<String>)> {
    let methods = written.methods();
    match methods.as_slice() {
        [(method, path)] => Method::from_bytes(method.as_bytes()).ok().map(|method| (method, *path)),
        [] => {
            let problem = Problem::at(name.span, format!("endpoint `{}` has no method", name.value));
            texts.problems.push(problem.help("give it one, such as `get: /health` or `post: /recall`"));
            None
        }
        [_, (second, path), ..] => {
            let second = second.to_lowercase();
            let problem = Problem::at(path.span, format!("endpoint `{}` has two methods", name.value));
            texts.problems.push(problem.help(format!("make the `{second}` an endpoint of its own")));
            None
        }
    }
}

fn route(
    path: &At<String>,
    query: Option<&Named<At<Any>>>,
    target: &Target,
    texts: &mut Templates,
    needs: &mut Vec<Need>,
) -> Option<Path> {
    if path.contains("://") {
        let problem = Problem::at(path.span, "a path cannot name another host");
        texts.problems.push(problem.help("write the path alone, such as `/health`; the host is the target's"));
        return None;
    }
    if !path.starts_with('/') {
        let problem = Problem::at(path.span, format!("the path `{}` does not start with `/`", path.value));
        texts.problems.push(problem.help(format!("did you mean `/{}`?", path.value)));
        return None;
    }
    let template = live_text(path, texts, needs);
    let query = bindings(query, texts, needs);
    let template = template?;
    let fixed_query: Option<Vec<_>> = query.iter().map(|(name, value)| Some((name, value.constant()?))).collect();
    let (Some(text), Some(fixed_query)) = (template.fixed(), fixed_query) else {
        let text = format!("{}{}", target.prefix, path.value);
        // the prefix holds no `{{`, so this parses as the path alone did
        return Template::parse(&text).ok().map(|path| Path::Live { path, query });
    };
    let mut whole = format!("{}{text}", target.prefix);
    for (name, value) in fixed_query {
        append_query(&mut whole, name, value);
    }
    match whole.parse() {
        Ok(fixed) => Some(Path::Fixed(fixed)),
        Err(_) => {
            let problem = Problem::at(path.span, format!("`{}` is not a path", path.value));
            texts.problems.push(problem.help("encode blanks and other signs, such as `%20`, or use `query`"));
            None
        }
    }
}

/// Appends a name and its value to a path's query, percent-encoded (RFC 3986, unreserved letters kept).
/// A value that is `none` or undefined takes its name out; a list repeats it.
pub fn append_query(path: &mut String, name: &str, value: &crate::expression::Value) {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    if value.is_none() || value.is_undefined() {
        return;
    }
    if value.kind() == minijinja::value::ValueKind::Seq {
        for item in value.try_iter().into_iter().flatten() {
            append_query(path, name, &item);
        }
        return;
    }
    path.push(if path.contains('?') { '&' } else { '?' });
    path.extend(utf8_percent_encode(name, KEPT));
    path.push('=');
    path.extend(utf8_percent_encode(&value.to_string(), KEPT));
}

fn records(
    written: Option<&Named<At<Recorded>>>,
    catalog: &Catalog,
    texts: &mut Templates,
    needs: &mut Vec<Need>,
) -> Vec<Record> {
    let entries = written.into_iter().flat_map(Named::iter);
    let recorded = entries.filter_map(|(name, value)| {
        if RunGauge::named(&name.value).is_some() {
            let problem = Problem::at(name.span, format!("`{}` is measured by itself", name.value));
            texts.problems.push(problem.help("record under a name of your own"));
            return None;
        }
        let index = catalog.metrics.iter().position(|metric| *metric.name == *name.value);
        let Some(metric) = index.and_then(|index| u16::try_from(index).ok()).map(MetricId) else {
            let problem = Problem::at(name.span, format!("unknown metric `{}`", name.value));
            let known =
                catalog.metrics.iter().map(|metric| &*metric.name).filter(|name| RunGauge::named(name).is_none());
            let help = did_you_mean(&name.value, known);
            texts.problems.push(
                problem.help_if(help).help(format!("declare it: `metrics: {{{}: {{trend: {{}}}}}}`", name.value)),
            );
            return None;
        };
        let value = match &value.value {
            Recorded::Number(number) => RecordValue::Constant(*number),
            Recorded::Text(text) if text.starts_with('$') => RecordValue::Json(texts.json_path(text, value.span)?),
            Recorded::Text(text) => {
                let expr = texts.expr(text, value.span)?;
                needs.push(Need { names: expr.names(), text: text.clone(), span: value.span });
                RecordValue::Expr(expr)
            }
        };
        Some(Record { metric, value, place: texts.place(name.span) })
    });
    recorded.collect()
}

/// The time one exchange may take where the plan says nothing.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);
