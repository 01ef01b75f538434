use serde_json::{Map, Value};

/// The key under which editors look for the schemas of YAML files.
const SCHEMAS: &str = "yaml.schemas";

/// An editor's settings, JSON with comments, to which schemas and the files they hold for are added. All else stays as it is
/// written. `None` of what are no settings.
pub(super) fn with_schemas(text: &str, schemas: &[(String, Vec<String>)]) -> Option<String> {
    let mut wanted = value(text)?;
    let mut text = text.to_owned();
    for (schema, files) in schemas {
        wanted = added(wanted, schema, files)?;
        text = written(text, schema, files)?;
    }
    // whatever these settings are, they must not come to mean anything else
    (value(&text)? == wanted).then_some(text)
}

/// What the settings are to be.
fn added(settings: Value, schema: &str, files: &[String]) -> Option<Value> {
    let Value::Object(mut settings) = settings else { return None };
    let known = settings.entry(SCHEMAS).or_insert_with(|| Value::Object(Map::new())).as_object_mut()?;
    let held = match known.get(schema) {
        Some(Value::Array(held)) => held.clone(),
        Some(held) => vec![held.clone()],
        None => Vec::new(),
    };
    let missing = files.iter().map(|file| Value::from(file.as_str())).filter(|file| !held.contains(file));
    let all: Vec<Value> = held.iter().cloned().chain(missing).collect();
    if all.len() > held.len() {
        known.insert(schema.to_owned(), Value::Array(all));
    }
    Some(Value::Object(settings))
}

/// The same in the text.
fn written(text: String, schema: &str, files: &[String]) -> Option<String> {
    let layout = Layout::of(&text)?;
    let root = layout.container(0)?;
    let list = |files: &[&str]| Some(serde_json::to_string(files).ok()?.replace("\",\"", "\", \""));
    let all: Vec<&str> = files.iter().map(String::as_str).collect();
    let Some(schemas) = root.member(SCHEMAS) else {
        let unit = root.indent(&layout).unwrap_or_else(|| "    ".to_owned());
        let entry = format!("{unit}{unit}{}: {}", Value::from(schema), list(&all)?);
        return Some(root.append(&layout, &format!("{SCHEMAS:?}: {{\n{entry}\n{unit}}}")));
    };
    let schemas = layout.container(schemas)?;
    let Some(held) = schemas.member(schema) else {
        return Some(schemas.append(&layout, &format!("{}: {}", Value::from(schema), list(&all)?)));
    };
    let token = layout.tokens.get(held)?;
    if token.kind != Kind::Open('[') {
        let one: Value = serde_json::from_str(layout.text.get(token.start..token.end)?).ok()?;
        let mut both = vec![one.as_str()?];
        both.extend(all.iter().filter(|file| Some(**file) != one.as_str()));
        let both = if both.len() > 1 { list(&both)? } else { return Some(text) };
        return Some(format!("{}{both}{}", &text[..token.start], &text[token.end..]));
    }
    let known: Vec<Value> = files.iter().map(|file| Value::from(file.as_str())).collect();
    let held_files = layout.container(held)?;
    let is_held =
        |file: &Value| held_files.elements.iter().any(|element| layout.value(*element).as_ref() == Some(file));
    let missing: Vec<String> = known.iter().filter(|file| !is_held(file)).map(ToString::to_string).collect();
    Some(if missing.is_empty() { text } else { held_files.append(&layout, &missing.join(", ")) })
}

/// The value of JSON with comments, and with commas behind the last of several.
fn value(text: &str) -> Option<Value> {
    let layout = Layout::of(text)?;
    let mut plain = String::new();
    for (index, token) in layout.tokens.iter().enumerate() {
        let is_last = || matches!(layout.tokens.get(index + 1), Some(Token { kind: Kind::Close, .. }));
        if token.kind != Kind::Comma || !is_last() {
            plain.push_str(&layout.text[token.start..token.end]);
            plain.push(' ');
        }
    }
    serde_json::from_str(&plain).ok()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Open(char),
    Close,
    Colon,
    Comma,
    /// A text, a number or a word.
    Scalar,
}

#[derive(Debug, Clone, Copy)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

/// Where in a text what stands.
struct Layout<'a> {
    text: &'a str,
    tokens: Vec<Token>,
}

/// An object or a list: where it opens and closes, and the tokens at which its members or elements begin.
#[derive(Default)]
struct Container {
    open: usize,
    close: usize,
    members: Vec<(String, usize)>,
    elements: Vec<usize>,
}

impl<'a> Layout<'a> {
    /// Everything but blanks and comments; `None` of what is never closed.
    fn of(text: &'a str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (mut tokens, mut at) = (Vec::new(), if text.starts_with('\u{feff}') { 3 } else { 0 });
        while let Some(byte) = bytes.get(at) {
            let rest = &text[at..];
            let (kind, length) = match byte {
                byte if byte.is_ascii_whitespace() => (None, 1),
                b'/' if rest.starts_with("//") => (None, rest.find('\n').unwrap_or(rest.len())),
                b'/' if rest.starts_with("/*") => (None, rest.get(2..)?.find("*/")? + 4),
                b'{' | b'[' => (Some(Kind::Open(char::from(*byte))), 1),
                b'}' | b']' => (Some(Kind::Close), 1),
                b':' => (Some(Kind::Colon), 1),
                b',' => (Some(Kind::Comma), 1),
                b'"' => (Some(Kind::Scalar), quoted(rest)?),
                _ => {
                    let ends = |c: char| c.is_ascii_whitespace() || "{}[]:,\"/".contains(c);
                    (Some(Kind::Scalar), rest.find(ends).unwrap_or(rest.len()).max(1))
                }
            };
            if let Some(kind) = kind {
                tokens.push(Token { kind, start: at, end: at + length });
            }
            at += length;
        }
        Some(Self { text, tokens })
    }

    /// What opens at a token.
    fn container(&self, open: usize) -> Option<Container> {
        let mut container = Container { open, ..Container::default() };
        let Kind::Open(bracket) = self.tokens.get(open)?.kind else { return None };
        let (mut depth, mut expects) = (0, true);
        for (index, token) in self.tokens.iter().enumerate().skip(open + 1) {
            if depth == 0 && expects && !matches!(token.kind, Kind::Close | Kind::Comma | Kind::Colon) {
                expects = false;
                container.elements.push(index);
                if bracket == '{' {
                    let key: String = serde_json::from_str(&self.text[token.start..token.end]).ok()?;
                    container.members.push((key, index + 2));
                }
            }
            match token.kind {
                Kind::Open(_) => depth += 1,
                Kind::Close if depth == 0 => {
                    container.close = index;
                    return Some(container);
                }
                Kind::Close => depth -= 1,
                Kind::Comma if depth == 0 => expects = true,
                _ => {}
            }
        }
        None
    }

    /// A text or a number.
    fn value(&self, token: usize) -> Option<Value> {
        let token = self.tokens.get(token)?;
        serde_json::from_str(self.text.get(token.start..token.end)?).ok()
    }

    /// The blanks a line begins with, if there is nothing else before a place.
    fn indent_at(&self, place: usize) -> Option<&'a str> {
        let line = self.text[..place].rfind('\n').map_or(0, |end| end + 1);
        let before = &self.text[line..place];
        before.trim().is_empty().then_some(before)
    }
}

impl Container {
    /// The token at which a member's value begins; of several the last, as readers take it.
    fn member(&self, name: &str) -> Option<usize> {
        self.members.iter().rfind(|(key, _)| key == name).map(|(_, value)| *value)
    }

    /// How far in its members are.
    fn indent(&self, layout: &Layout) -> Option<String> {
        let first = layout.tokens.get(*self.elements.first()?)?;
        layout.indent_at(first.start).filter(|indent| !indent.is_empty()).map(str::to_owned)
    }

    /// The text with one thing more at its end, with the lines and blanks of the others.
    fn append(&self, layout: &Layout, addition: &str) -> String {
        let (open, close) = (layout.tokens[self.open], layout.tokens[self.close]);
        let last = layout.tokens[self.close - 1];
        let comma = if self.close - 1 == self.open || last.kind == Kind::Comma { "" } else { "," };
        let text = layout.text;
        let is_list = open.kind == Kind::Open('[');
        if is_list && !text[open.start..close.start].contains('\n') {
            let blank = if self.elements.is_empty() { "" } else { " " };
            return format!("{}{comma}{blank}{addition}{}", &text[..last.end], &text[last.end..]);
        }
        let outer = layout.indent_at(close.start).or_else(|| layout.indent_at(open.start)).unwrap_or_default();
        let indent = self.indent(layout).unwrap_or_else(|| format!("{outer}    "));
        let between = text[last.end..close.start].trim_end();
        format!("{}{comma}{between}\n{indent}{addition}\n{outer}{}", &text[..last.end], &text[close.start..])
    }
}

/// How long the text in quotes is that begins here.
fn quoted(rest: &str) -> Option<usize> {
    let mut escaped = false;
    for (index, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return Some(index + 1),
            b'\n' => return None,
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(text: &str, schema: &str, files: &[&str]) -> Option<String> {
        with_schemas(text, &[(schema.to_owned(), files.iter().map(|file| (*file).to_owned()).collect())])
    }

    #[test]
    fn settings_get_an_entry_and_keep_all_they_have() {
        let settings = "// mine\n{\n  \"editor.tabSize\": 2, // two\n  /* why */ \"a\": {\"b\": [1, 2,]}, // \"yaml.schemas\": {}\n}\n";
        let new = add(settings, "./plans/plan.schema.json", &["plans/*.yaml", "!plans/all.yaml"]).unwrap();
        assert_eq!(
            new,
            "// mine\n{\n  \"editor.tabSize\": 2, // two\n  /* why */ \"a\": {\"b\": [1, 2,]}, // \"yaml.schemas\": {}\n  \
             \"yaml.schemas\": {\n    \"./plans/plan.schema.json\": [\"plans/*.yaml\", \"!plans/all.yaml\"]\n  }\n}\n"
        );
        let again = add(&new, "./plans/plan.schema.json", &["plans/*.yaml", "!plans/all.yaml"]).unwrap();
        assert_eq!(again, new);
        let more = add(&new, "./b.json", &["b.yaml"]).unwrap();
        assert!(more.contains("\"!plans/all.yaml\"],\n    \"./b.json\": [\"b.yaml\"]\n  }\n}\n"), "{more}");
    }

    #[test]
    fn an_entry_that_is_there_gets_only_what_it_lacks() {
        for (settings, expected) in [
            ("{\"yaml.schemas\": {\"s\": \"a\"}}", "{\"yaml.schemas\": {\"s\": [\"a\", \"b\"]}}"),
            ("{\"yaml.schemas\": {\"s\": \"b\"}}", "{\"yaml.schemas\": {\"s\": \"b\"}}"),
            ("{\"yaml.schemas\": {\"s\": [\"a\"]}}", "{\"yaml.schemas\": {\"s\": [\"a\", \"b\"]}}"),
            ("{\"yaml.schemas\": {\"s\": [\"a\", ]}}", "{\"yaml.schemas\": {\"s\": [\"a\", \"b\" ]}}"),
            ("{\"yaml.schemas\": {\"s\": []}}", "{\"yaml.schemas\": {\"s\": [\"b\"]}}"),
            ("{\"yaml.schemas\": {\"s\": [\n  \"a\"\n]}}", "{\"yaml.schemas\": {\"s\": [\n  \"a\",\n  \"b\"\n]}}"),
            ("{}", "{\n    \"yaml.schemas\": {\n        \"s\": [\"b\"]\n    }\n}"),
            ("{\"a\": 1}", "{\"a\": 1,\n    \"yaml.schemas\": {\n        \"s\": [\"b\"]\n    }\n}"),
            ("{\n\t\"yaml.schemas\": {}\n}", "{\n\t\"yaml.schemas\": {\n    \"s\": [\"b\"]\n}\n}"),
            ("{\n  // none yet\n}\n", "{\n  // none yet\n    \"yaml.schemas\": {\n        \"s\": [\"b\"]\n    }\n}\n"),
        ] {
            assert_eq!(add(settings, "s", &["b"]).as_deref(), Some(expected), "{settings}");
        }
    }

    #[test]
    fn what_are_no_settings_is_left_alone() {
        for text in [
            "",
            "[]",
            "{",
            "{\"a\": }",
            "{\"yaml.schemas\": []}",
            "{\"yaml.schemas\": {\"s\": [\"a\"]}",
            "{\"a\" 1}",
            "{a: 1}",
            "{} {}",
            "/*",
            "{\"a\": \"\n\"}",
        ] {
            assert_eq!(add(text, "s", &["b"]), None, "{text}");
        }
    }

    #[test]
    fn whatever_the_text_nothing_else_changes() {
        let pieces = [
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"yaml.schemas\"",
            "\"s\"",
            "\"b\"",
            "1",
            "// c\n",
            "/* } */",
            "\n",
            " ",
            "\"é\\\"\"",
        ];
        let mut state = 7_u64;
        let mut draw = |most: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % most
        };
        let mut understood = 0;
        for _ in 0..20_000 {
            let inside: String = (0..draw(12)).map(|_| pieces[draw(pieces.len())]).collect();
            let text = format!("{{\"a\": 1, {inside}}}");
            if let Some(new) = add(&text, "s", &["b"]) {
                understood += 1;
                assert_eq!(value(&new).unwrap()["a"], 1, "{text}");
            }
        }
        assert!(understood > 20, "{understood}");
    }
}
