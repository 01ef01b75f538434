use serde_json::{Map, Value};

/// A GraphQL operation of the few this shop understands: one field, its arguments, and what is wanted of it.
#[derive(Debug, PartialEq)]
pub(super) struct Operation {
    pub(super) kind: Kind,
    pub(super) field: String,
    pub(super) arguments: Map<String, Value>,
    pub(super) selection: Vec<String>,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Query,
    Mutation,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Value(Value),
    Mark(char),
}

const LONGEST: usize = 10_000;

impl Operation {
    /// Reads one, its variables filled in. The language is that of the GraphQL specification, October 2021, section 2,
    /// without aliases, fragments, directives and nested selections.
    ///
    /// # Errors
    /// What is not understood, in words.
    pub(super) fn parse(text: &str, variables: &Value) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err("the query is too long".to_owned());
        }
        let mut tokens = tokens(text)?.into_iter().peekable();
        let mut kind = Kind::Query;
        if let Some(Token::Name(word)) = tokens.peek() {
            kind = match word.as_str() {
                "query" => Kind::Query,
                "mutation" => Kind::Mutation,
                other => return Err(format!("unexpected `{other}`")),
            };
            // the operation's name and the types of its variables say nothing that is needed here
            while tokens.next_if(|token| *token != Token::Mark('{')).is_some() {}
        }
        let mut need = |mark| match tokens.next() {
            Some(token) if token == Token::Mark(mark) => Ok(()),
            _ => Err(format!("expected `{mark}`")),
        };
        need('{')?;
        let Some(Token::Name(field)) = tokens.next() else { return Err("expected a field".to_owned()) };
        let mut arguments = Map::new();
        if tokens.next_if_eq(&Token::Mark('(')).is_some() {
            while let Some(Token::Name(name)) = tokens.next_if(|token| *token != Token::Mark(')')) {
                let colon = tokens.next();
                let value = match (colon, tokens.next()) {
                    (Some(Token::Mark(':')), Some(Token::Value(value))) => value,
                    (Some(Token::Mark(':')), Some(Token::Mark('$'))) => match tokens.next() {
                        Some(Token::Name(variable)) => variables.get(&variable).cloned().unwrap_or(Value::Null),
                        _ => return Err("expected a variable behind `$`".to_owned()),
                    },
                    _ => return Err(format!("expected a value for `{name}`")),
                };
                arguments.insert(name, value);
            }
            if tokens.next() != Some(Token::Mark(')')) {
                return Err("expected `)`".to_owned());
            }
        }
        let mut selection = Vec::new();
        if tokens.next_if_eq(&Token::Mark('{')).is_some() {
            while let Some(Token::Name(name)) = tokens.next_if(|token| matches!(token, Token::Name(_))) {
                selection.push(name);
            }
            if tokens.next() != Some(Token::Mark('}')) {
                return Err("expected `}`".to_owned());
            }
        }
        match (tokens.next(), tokens.next()) {
            (Some(Token::Mark('}')), None) => Ok(Self { kind, field, arguments, selection }),
            _ => Err("expected one field and then `}`".to_owned()),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches(blank);
    while let Some(first) = rest.chars().next() {
        let word = |part: fn(char) -> bool| rest.find(|c| !part(c)).unwrap_or(rest.len());
        let length = match first {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' => {
                let end = rest[1..].find('"').ok_or("a string is never closed")?;
                found.push(Token::Value(rest[1..=end].into()));
                end + 2
            }
            '0'..='9' | '-' => {
                let length = word(|c| c.is_ascii_digit() || c == '-');
                let number: i64 = rest[..length].parse().map_err(|_| format!("`{}` is no number", &rest[..length]))?;
                found.push(Token::Value(number.into()));
                length
            }
            c if c.is_ascii_alphabetic() || c == '_' => {
                let length = word(|c| c.is_ascii_alphanumeric() || c == '_');
                found.push(Token::Name(rest[..length].to_owned()));
                length
            }
            mark if "{}()[]:$!=".contains(mark) => {
                found.push(Token::Mark(mark));
                1
            }
            other => return Err(format!("unexpected `{}`", other.escape_default())),
        };
        rest = rest[length..].trim_start_matches(blank);
    }
    Ok(found)
}

/// What says nothing between two tokens; commas are among it.
const fn blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | ',')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_operation_is_read_with_its_variables() {
        let text =
            "query One($id: ID!, $n: Int = 3) { # what it is about\n product(id: $id, first: 2) { name, price } }";
        let read = Operation::parse(text, &json!({"id": 7})).unwrap();
        assert_eq!((read.kind, read.field.as_str()), (Kind::Query, "product"));
        assert_eq!(Value::Object(read.arguments), json!({"id": 7, "first": 2}));
        assert_eq!(read.selection, ["name", "price"]);
        let read = Operation::parse("mutation{review(text:\"a b\")}", &json!(null)).unwrap();
        assert_eq!((read.kind, read.arguments["text"].as_str()), (Kind::Mutation, Some("a b")));
    }

    #[test]
    fn what_is_no_operation_is_refused_in_words() {
        for text in [
            "",
            "{",
            "{}",
            "{a",
            "{a(",
            "{a(b)}",
            "{a(b:$)}",
            "{a{b{c}}}",
            "{a}{b}",
            "query",
            "fragment x",
            "{\"",
            "{a(b: 9999999999999999999999)}",
            "{ä}",
            "{a(b: --)}",
        ] {
            assert!(Operation::parse(text, &json!({})).is_err(), "{text}");
        }
        assert!(Operation::parse(&"{".repeat(LONGEST + 1), &json!({})).is_err());
    }
}
