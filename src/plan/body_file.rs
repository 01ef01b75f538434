use std::borrow::Cow;
use std::collections::HashMap;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::decode::{At, Decode};
use super::document::{Node, text_up_to};
use super::endpoint::Part;
use super::near_file::instead_of_sent_file;
use super::record::record;
use super::root::Plan;
use crate::diagnostic::{Problem, Problems, Sources, Span};
use crate::disk::files_matching;
use crate::units::Size;

record! {
    /// A file that is sent.
    pub struct BodyFileMap("a file", short: text = "path") {
        /// Where it is, with expressions where it is another each time: `bodies/{{ row.kind }}.json`. Relative to the file that
        /// names it.
        required path: At<String> = "path";
        /// Whether the file is a text with expressions, filled in for each request. Default false: it is sent as it is.
        optional template: bool = "template";
    }
}

/// A file that is sent: its path alone, or a map.
#[derive(Debug, Clone)]
pub struct BodyFile {
    /// Where it is.
    pub path: At<String>,
    /// Where it is filled in, the files it may be, each by its path: they are read with the plan.
    pub texts: Option<Vec<(String, At<String>)>>,
}

/// A file that is filled in has no more bytes than this.
const LARGEST: Size = Size::from_bytes(1 << 20);
/// A path with expressions may be so many files that are filled in, of so many bytes in all.
const MOST: usize = 1_000;
const MOST_BYTES: usize = 64 << 20;

const RELATIVE: &str = "the path is relative to the file that names it";

impl Decode for BodyFile {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let BodyFileMap { path, template } = BodyFileMap::decode(node, problems)?;
        Some(Self { path, texts: (template == Some(true)).then(Vec::new) })
    }
}

impl JsonSchema for BodyFile {
    fn schema_name() -> Cow<'static, str> {
        "BodyFile".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let map = generator.subschema_for::<BodyFileMap>();
        json_schema!({"anyOf": [{"type": "string", "examples": ["bodies/order.json"]}, map]})
    }
}

/// The pattern of the files that a path with expressions may be, where each expression stands for a name or a part of one; `None`
/// where there is none, or nothing but expressions.
#[must_use]
pub fn pattern_of(path: &str) -> Option<String> {
    let mut pattern = String::new();
    let mut rest = path;
    while let Some((before, behind)) = rest.split_once("{{") {
        let (_, after) = behind.split_once("}}")?;
        pattern.push_str(before);
        pattern.push('*');
        rest = after;
    }
    pattern.push_str(rest);
    let says_something = pattern.contains(|sign| !matches!(sign, '*' | '/' | '.'));
    (says_something && path.contains("{{") && !path.contains("{%")).then_some(pattern)
}

/// Reads the files that are filled in for each request, so that what is wrong in them has its place.
pub(super) fn read_texts(plan: &mut Plan, sources: &mut Sources, problems: &mut Problems) {
    let mut reader = Reader { known: HashMap::new(), bytes: 0, sources, problems };
    let endpoints = plan.endpoints.iter_mut().flat_map(|endpoints| &mut endpoints.0);
    for endpoint in endpoints.filter_map(|(_, endpoint)| endpoint.as_mut()) {
        let parts = endpoint.value.multipart.iter_mut().flat_map(|parts| &mut parts.0);
        let of_parts = parts.filter_map(|(_, part)| match &mut part.as_mut()?.value {
            Part::Map(map) => map.file.as_mut(),
            Part::Value(_) => None,
        });
        for file in endpoint.value.file.iter_mut().chain(of_parts) {
            if file.texts.is_some() {
                file.texts = Some(reader.texts(&file.path));
            }
        }
    }
}

struct Reader<'a> {
    /// A file that several endpoints send is read once.
    known: HashMap<PathBuf, Option<At<String>>>,
    bytes: usize,
    sources: &'a mut Sources,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    /// The files a path may be, each by its path as it is written there.
    fn texts(&mut self, path: &At<String>) -> Vec<(String, At<String>)> {
        let folder = self.sources.folder(path.span);
        if !path.contains("{{") && !path.contains("{%") {
            let text = self.text((folder.join(&path.value), &path.value), path.span);
            return text.map(|text| (path.value.clone(), text)).into_iter().collect();
        }
        let mut refuse = |message: String, help: &str| {
            self.problems.push(Problem::at(path.span, message).help(help));
            Vec::new()
        };
        let Some(pattern) = pattern_of(&path.value) else {
            let help = "write in which folder the templates are, and use `{{ … }}` alone: `bodies/{{ row.kind }}.json`";
            return refuse(format!("nobody knows before the run which templates `{}` may be", path.value), help);
        };
        let files = match files_matching(&folder, &pattern, MOST) {
            Ok(files) if files.is_empty() => return refuse(format!("no file is like `{pattern}`"), RELATIVE),
            Ok(files) => files,
            Err(why) => return refuse(format!("the files like `{pattern}` cannot be read: {why}"), RELATIVE),
        };
        files
            .into_iter()
            .filter_map(|file| {
                let text = self.text((file.path, &file.text), path.span)?;
                Some((file.text, text))
            })
            .collect()
    }

    fn text(&mut self, (path, written): (PathBuf, &str), named_at: Span) -> Option<At<String>> {
        if let Some(known) = self.known.get(&path) {
            return known.clone();
        }
        let folder = self.sources.folder(named_at);
        let read = text_up_to(&path, LARGEST, "send what is larger as it is, without `template`");
        let read = read.map_err(|problem| {
            let help = if problem.help.is_empty() || problem.message.starts_with("cannot read") {
                vec![instead_of_sent_file(&folder, written)]
            } else {
                problem.help.clone()
            };
            self.problems.push(Problem { span: Some(named_at), help, ..*problem });
        });
        let text = read.ok().and_then(|text| {
            self.bytes += text.len();
            if self.bytes > MOST_BYTES {
                let problem = Problem::at(named_at, "the templates are larger than 64 MiB together");
                self.problems.push(problem.help("send fewer of them, or send them as they are"));
                return None;
            }
            let source = self.sources.add(path.display().to_string(), &text);
            let span = Span { source, start: 0, end: text.len() };
            Some(At::plain(text, span))
        });
        self.known.insert(path, text.clone());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_in_a_path_stands_for_a_name() {
        for (path, pattern) in [
            ("bodies/{{ row.kind }}.json", Some("bodies/*.json")),
            ("{{ a }}-{{ b }}/x", Some("*-*/x")),
            ("bodies/{{ '}' }}", Some("bodies/*")),
            ("{{ row.path }}", None),
            ("../{{ row.path }}", None),
            ("bodies/{{ open", None),
            ("bodies/{% if x %}a{% endif %}{{ b }}", None),
            ("bodies/order.json", None),
        ] {
            assert_eq!(pattern_of(path).as_deref(), pattern, "{path}");
        }
    }
}
