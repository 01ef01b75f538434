use http::HeaderName;

use crate::compile::program::{Capture, CaptureFrom, Group, Matches};
use crate::compile::templates::Templates;
use crate::diagnostic::{Problem, Span, did_you_mean};
use crate::markup::{Selector, XPath};
use crate::plan::{AllText, At, CaptureMap, CaptureText, GroupText, Named};

/// What is kept of the answer in the user's state.
pub(super) fn captures(written: Option<&Named<At<CaptureText>>>, templates: &mut Templates) -> Vec<Capture> {
    let entries = written.into_iter().flat_map(Named::iter);
    let captured = entries.filter_map(|(name, place)| {
        let (from, matches, default) = match &place.value {
            CaptureText::Path(path) => {
                (CaptureFrom::Json(templates.json_path(path, place.span)?), Matches::First, None)
            }
            CaptureText::Map(map) => {
                // each of them is looked at, so that all that is wrong is said at once
                let found = self::place(map, place.span, templates);
                let default = map.default.as_ref().map(|default| templates.value(&default.value));
                let (from, matches) = found?;
                (
                    from,
                    matches,
                    match default {
                        Some(default) => Some(default?),
                        None => None,
                    },
                )
            }
        };
        Some(Capture { name: name.value.as_str().into(), from, matches, default, place: templates.place(name.span) })
    });
    captured.collect()
}

/// The one place that is named, and how much of it is kept.
fn place(map: &CaptureMap, span: Span, templates: &mut Templates) -> Option<(CaptureFrom, Matches)> {
    let (path_of_all, matches) = match map.all.as_ref().map(|all| (&all.value, all.span)) {
        None => (None, Matches::First),
        Some((AllText::Beside(true), _)) => (None, Matches::All),
        Some((AllText::Path(path), span)) => (Some((path, span)), Matches::All),
        Some((AllText::Beside(false), span)) => {
            let problem = Problem::at(span, "`all: false` is what a capture does anyway");
            templates.problems.push(problem.help("remove it: the first match is kept"));
            (None, Matches::First)
        }
    };
    let places: Vec<(&str, Span)> = [
        ("json", map.json.as_ref().map(|json| json.span)),
        ("all", path_of_all.map(|(_, span)| span)),
        ("header", map.header.as_ref().map(|header| header.span)),
        ("cookie", map.cookie.as_ref().map(|cookie| cookie.span)),
        ("regex", map.regex.as_ref().map(|regex| regex.span)),
        ("css", map.css.as_ref().map(|css| css.span)),
        ("xpath", map.xpath.as_ref().map(|xpath| xpath.span)),
        ("status", map.status.as_ref().map(|status| status.span)),
    ]
    .into_iter()
    .filter_map(|(name, span)| Some((name, span?)))
    .collect();
    match places.as_slice() {
        [_] => {}
        // a misspelt key has been reported
        [] if templates.problems.has_error_in(span) => return None,
        [] => {
            let problem = Problem::at(span.part(0..1), "the capture names no place in the answer");
            templates.problems.push(problem.help(
                "write a JSONPath, or one of `{header: …}`, `{cookie: …}`, `{regex: …}`, `{css: …}`, `{xpath: …}`",
            ));
            return None;
        }
        [("all", _), (other, span), ..] | [(other, _), ("all", span), ..] => {
            let problem = Problem::at(*span, format!("a capture has one place: `all` with a JSONPath, or `{other}`"));
            templates.problems.push(problem.help(format!("for all matches of `{other}` write `all: true` beside it")));
            return None;
        }
        [(one, _), (other, span), ..] => {
            let problem = Problem::at(*span, format!("a capture has one place: `{one}` or `{other}`"));
            templates.problems.push(problem.help("write the other under a name of its own"));
            return None;
        }
    }
    let mut fits = true;
    for (key, of, given, has) in [
        ("group", "regex", map.group.as_ref().map(|group| group.span), map.regex.is_some()),
        ("attribute", "css", map.attribute.as_ref().map(|attribute| attribute.span), map.css.is_some()),
    ] {
        if let Some(span) = given.filter(|_| !has) {
            let problem = Problem::at(span, format!("`{key}` belongs to `{of}`"));
            let help = match (key, &map.xpath) {
                ("attribute", Some(xpath)) => format!(
                    "write it into the path: `{}/@{}`",
                    xpath.value,
                    map.attribute.as_ref().map_or("", |name| &name.value)
                ),
                _ => format!("remove it, or write `{of}: …`"),
            };
            templates.problems.push(problem.help(help));
            fits = false;
        }
    }
    if let (Some(status), Matches::All) = (&map.status, matches) {
        templates.problems.push(Problem::at(status.span, "an answer has one status").help("remove `all`"));
        fits = false;
    }
    let from = from(map, path_of_all, templates)?;
    fits.then_some((from, matches))
}

fn from(map: &CaptureMap, all: Option<(&String, Span)>, templates: &mut Templates) -> Option<CaptureFrom> {
    if let Some((path, span)) = all {
        return Some(CaptureFrom::Json(templates.json_path(path, span)?));
    }
    if let Some(path) = &map.json {
        return Some(CaptureFrom::Json(templates.json_path(path, path.span)?));
    }
    if let Some(header) = &map.header {
        let name = HeaderName::from_bytes(header.as_bytes());
        let problem = |_| Problem::at(header.span, format!("`{}` is not a header's name", header.value));
        return name.map_err(|error| templates.problems.push(problem(error))).ok().map(CaptureFrom::Header);
    }
    if let Some(cookie) = &map.cookie {
        return Some(CaptureFrom::Cookie(cookie.value.as_str().into()));
    }
    if let Some(regex) = &map.regex {
        let pattern = templates.regex(regex, regex.span)?;
        let group = match &map.group {
            Some(group) => self::group(group, &pattern, templates)?,
            None => Group::Usual,
        };
        return Some(CaptureFrom::Regex(pattern, group));
    }
    if let Some(css) = &map.css {
        let selector = Selector::parse(&css.value).map_err(|(message, range)| {
            let at = templates.sources.part(css.span, &css.value, range);
            let help = "a selector looks like `form#login input[name=token]`";
            templates.problems.push(Problem::at(at, message).help(help));
        });
        let attribute = map.attribute.as_ref().map(|attribute| attribute.value.as_str().into());
        return selector.ok().map(|selector| CaptureFrom::Css(selector, attribute));
    }
    if let Some(xpath) = &map.xpath {
        let path = XPath::parse(&xpath.value).map_err(|(message, range, help)| {
            let at = templates.sources.part(xpath.span, &xpath.value, range);
            let help =
                help.unwrap_or_else(|| "a path looks like `//item[@id='7']/name` or `//input/@value`".to_owned());
            templates.problems.push(Problem::at(at, message).help(help));
        });
        return path.ok().map(CaptureFrom::XPath);
    }
    match &map.status {
        Some(word) if !word.value => {
            let problem = Problem::at(word.span, "`status: false` captures nothing");
            templates.problems.push(problem.help("write `{status: true}`, or remove the line"));
            None
        }
        _ => Some(CaptureFrom::Status),
    }
}

/// The group of a pattern that is meant.
fn group(written: &At<GroupText>, pattern: &regex::Regex, templates: &mut Templates) -> Option<Group> {
    let groups = pattern.captures_len() - 1;
    let counted = match groups {
        0 => "the regular expression has no groups".to_owned(),
        1 => "the regular expression has 1 group".to_owned(),
        _ => format!("the regular expression has {groups} groups"),
    };
    let around = || "put brackets around what is to be kept: `id=([0-9]+)`".to_owned();
    let (message, help) = match &written.value {
        GroupText::Name(name) if name == "all" && groups > 0 => return Some(Group::All),
        GroupText::Name(name) if name == "all" => (counted, around()),
        GroupText::Number(number) if *number <= groups => return Some(Group::Number(*number)),
        GroupText::Number(number) if groups == 0 => (format!("{counted}, and no group {number}"), around()),
        GroupText::Number(number) => {
            (format!("{counted}, and no group {number}"), format!("write a number from 0 to {groups}"))
        }
        GroupText::Name(name) => {
            let place = pattern.capture_names().position(|known| known == Some(name));
            if let Some(place) = place {
                return Some(Group::Number(place));
            }
            let near = did_you_mean(name, pattern.capture_names().flatten());
            let help = near.unwrap_or_else(|| format!("name a group: `(?<{name}>…)`, or write its number"));
            (format!("the regular expression has no group `{name}`"), help)
        }
    };
    templates.problems.push(Problem::at(written.span, message).help(help));
    None
}
