use http::StatusCode;
use serde_json::{Map, Value, json};

use super::service::{object, refuse};
use super::shop::{PRODUCTS, Product, Shop};
use crate::target::exchange::Reply;
use crate::target::state::State;

/// A GraphQL operation of the few this shop understands: one field, its arguments, and what is wanted of it.
#[derive(Debug, PartialEq)]
struct Operation {
    kind: Kind,
    field: String,
    arguments: Map<String, Value>,
    selection: Vec<String>,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
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

/// Answers a GraphQL request. As GraphQL over HTTP has it, an error of the query comes with status 200.
pub(super) fn answer(state: &State, body: &[u8]) -> Result<Reply, Box<Reply>> {
    let asked = object(body)?;
    let Some(text) = asked.get("query").and_then(Value::as_str) else {
        return refuse(StatusCode::BAD_REQUEST, "`query` is missing");
    };
    let operation = match Operation::parse(text, asked.get("variables").unwrap_or(&Value::Null)) {
        Ok(operation) => operation,
        Err(why) => return Ok(Reply::ok(json!({"errors": [{"message": why}]}))),
    };
    let field = &operation.field;
    Ok(Reply::ok(match perform(&mut state.shop(), &operation) {
        Ok(data) => json!({"data": {field: data}}),
        Err(why) => json!({"errors": [{"message": why, "path": [field]}], "data": {field: null}}),
    }))
}

fn perform(shop: &mut Shop, operation: &Operation) -> Result<Value, String> {
    let wanted = &operation.selection;
    match (operation.kind, operation.field.as_str()) {
        (Kind::Query, "products") => {
            let first = number(operation, "first").unwrap_or(PRODUCTS.len() as u64);
            let taken = PRODUCTS.iter().take_while(|product| product.id <= first);
            taken.map(|product| selected(shop, product, wanted)).collect()
        }
        (Kind::Query, "product") => selected(shop, product(operation, "id")?, wanted),
        (Kind::Mutation, "review") => {
            let product = product(operation, "product")?;
            let stars = number(operation, "stars").filter(|stars| (1..=5).contains(stars));
            shop.review(product, stars.ok_or("`stars` must be from 1 to 5")?);
            selected(shop, product, wanted)
        }
        (kind, field) => Err(format!("there is no {} `{field}`", word(kind))),
    }
}

/// What is wanted of a product.
fn selected(shop: &Shop, product: &Product, wanted: &[String]) -> Result<Value, String> {
    if wanted.is_empty() {
        return Err("say which fields of the product are wanted".to_owned());
    }
    let reviews = shop.reviews(product);
    let mut out = Map::new();
    for name in wanted {
        let value = match name.as_str() {
            "id" => product.id.into(),
            "name" => product.name.into(),
            "category" => product.category.into(),
            "price" => product.price.into(),
            "reviews" => reviews.count.into(),
            "stars" => json!(reviews.mean()),
            other => return Err(format!("a product has no field `{other}`")),
        };
        out.insert(name.clone(), value);
    }
    Ok(Value::Object(out))
}

fn product(operation: &Operation, argument: &str) -> Result<&'static Product, String> {
    let id = operation.arguments.get(argument);
    let found = number(operation, argument).and_then(Product::of);
    found.ok_or_else(|| format!("there is no product {}", id.unwrap_or(&Value::Null)))
}

/// A number, or a text that is one, as ids may be.
fn number(operation: &Operation, argument: &str) -> Option<u64> {
    let value = operation.arguments.get(argument)?;
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Query => "query",
        Kind::Mutation => "mutation",
    }
}

impl Operation {
    /// Reads one, its variables filled in. The language is that of the GraphQL specification, October 2021, section 2,
    /// without aliases, fragments, directives and nested selections.
    ///
    /// # Errors
    /// What is not understood, in words.
    fn parse(text: &str, variables: &Value) -> Result<Self, String> {
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
