use serde_json::Value as Json;

/// A text from outside as the plan must write it, so that it comes out as it was: no expression, no variable.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        // single quotes, so that the text may stand in a JSON text as it is;
        // of `{%` and `{#` only the brace is written as an expression: a text that holds them whole is read as statements
        let (written, length) = match rest.as_bytes().get(at + 1) {
            Some(b'{') => ("{{ '{{' }}", 2),
            Some(b'%' | b'#') => ("{{ '{' }}", 1),
            _ => ("{", 1),
        };
        out.push_str(written);
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    plain(&out)
}

/// A text from outside for a place of the plan that takes variables of the environment, but no expressions.
pub(super) fn plain(text: &str) -> String {
    text.replace("${", "$${")
}

/// A value from outside with every text in it literal.
pub(super) fn literal_value(value: &Json) -> Json {
    match value {
        Json::String(text) => literal(text).into(),
        Json::Array(items) => items.iter().map(literal_value).collect(),
        Json::Object(entries) => entries.iter().map(|(key, value)| (key.clone(), literal_value(value))).collect(),
        other => other.clone(),
    }
}

/// Text from outside as one short line, for names and comments.
pub(super) fn one_line(text: &str, longest: usize) -> String {
    let blank = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
    let words: Vec<&str> = text.split(blank).filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    if line.chars().count() <= longest {
        return line;
    }
    let cut: String = line.chars().take(longest).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_and_variables_from_outside_are_kept_apart_from_the_plans_own() {
        assert_eq!(literal("{{ x }}"), "{{ '{{' }} x }}");
        assert_eq!(literal("{% if %}{#"), "{{ '{' }}% if %}{{ '{' }}#");
        assert_eq!(literal("${HOME} $${HOME}"), "$${HOME} $$${HOME}");
        assert_eq!(literal("${{ secret }}"), "$${{ '{{' }} secret }}");
        assert_eq!(literal(r#"{"a": {"b": 1}}"#), r#"{"a": {"b": 1}}"#);
    }

    #[test]
    fn a_comment_is_one_line_whatever_it_was() {
        assert_eq!(one_line(" a\r\nb\u{85}c\u{2028}d\0e ", 80), "a b c d e");
        assert_eq!(one_line("abcdef", 3), "abc…");
    }
}
