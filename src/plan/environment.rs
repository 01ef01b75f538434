use std::sync::Arc;

use super::document::{Data, Node};
use super::filling::{FilledBy, Filling};
use crate::diagnostic::{Problem, Problems, did_you_mean};

/// Where `${NAME}` looks its value up; the process's environment, or a test's own.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Fills in every `${NAME}` and `${NAME:-default}` of a document; a missing one is a problem. `$${` is `${` itself, and
/// `${{` a dollar sign before an expression: no variable has a brace in its name.
pub(super) fn fill_in(node: &mut Node, lookup: Lookup, problems: &mut Problems) {
    match &mut node.value {
        Data::Text(text) if text.contains("${") => match filled(text, lookup) {
            Ok(filling) => {
                *text = filling.text();
                for (range, value) in &filling.values {
                    let written = &filling.written[range.clone()];
                    // a default is written in the plan, for all to see
                    if !written.ends_with(&format!(":-{value}}}")) {
                        problems.hide(value, written);
                    }
                }
                node.filled = FilledBy::Values(Arc::new(filling));
            }
            Err(Missing::Name(name)) => {
                // an empty one is as one that is not set, and is not misspelt
                let (is, near) = match std::env::var_os(&name) {
                    Some(_) => ("empty", None),
                    None => ("not set", near(&name)),
                };
                let problem = Problem::at(node.span, format!("the environment variable `{name}` is {is}"));
                problems.push_unset(problem.help(format!("set it, or give a default: `${{{name}:-…}}`")).help_if(near));
            }
            Err(Missing::Brace) => {
                problems.push_last(Problem::at(node.span, "`${` is never closed").help("end the name with `}`"));
            }
        },
        Data::List(items) => items.iter_mut().for_each(|item| fill_in(item, lookup, problems)),
        Data::Map(entries) => entries.iter_mut().for_each(|(_, value)| fill_in(value, lookup, problems)),
        _ => {}
    }
}

enum Missing {
    Name(String),
    Brace,
}

fn filled(text: &str, lookup: Lookup) -> Result<Filling, Missing> {
    let mut values = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find("${").map(|found| at + found) {
        if text[..open].ends_with('$') && open > at {
            // the brace stays the text's own: another may follow it
            values.push((open - 1..open + 1, "$".into()));
            at = open + 1;
            continue;
        }
        let inside = &text[open + 2..];
        if inside.starts_with('{') {
            // the brace is an expression's
            values.push((open..open + 1, "$".into()));
            at = open + 1;
            continue;
        }
        let end = inside.find('}').ok_or(Missing::Brace)?;
        let (name, default) = match inside[..end].split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (&inside[..end], None),
        };
        let set = lookup(name).filter(|value| !value.is_empty());
        let value = set.or_else(|| default.map(str::to_owned)).ok_or_else(|| Missing::Name(name.to_owned()))?;
        at = open + 2 + end + 1;
        values.push((open..at, value.into()));
    }
    Ok(Filling { written: text.to_owned(), values })
}

/// A variable that is set and nearly has the name. Only names are ever shown, never values.
fn near(name: &str) -> Option<String> {
    let set: Vec<String> = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    crate::diagnostic::nearest(name, set.iter().map(String::as_str))
        .and_then(|near| did_you_mean(name, std::iter::once(near)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(text: &str) -> Option<String> {
        filled(text, &|name| (name == "HOST").then(|| "here".to_owned())).ok().map(|filling| filling.text())
    }

    #[test]
    fn variables_are_filled_in_with_their_defaults() {
        assert_eq!(fill("http://${HOST}:${PORT:-80}/").unwrap(), "http://here:80/");
        assert_eq!(fill("${PORT:-}").unwrap(), "");
        assert_eq!(fill("$${HOST}").unwrap(), "${HOST}");
        assert_eq!(fill("a$${HOST} $${}${HOST}").unwrap(), "a${HOST} ${}here");
        assert_eq!(fill("costs ${{ price }} at ${HOST}").unwrap(), "costs ${{ price }} at here");
        assert_eq!(fill("$${{ price }}").unwrap(), "${{ price }}");
        assert_eq!(fill("${NOWHERE}"), None);
        assert_eq!(fill("${HOST"), None);
    }
}
