use http::StatusCode;
use serde_json::{Map, Value, json};

use super::goods::{GOODS, Product};
use super::query::{Kind, Operation};
use super::service::{object, refuse};
use super::shop::Shop;
use crate::target::exchange::Reply;
use crate::target::state::State;

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
            let first = number(operation, "first").unwrap_or(GOODS.len() as u64);
            let taken = GOODS.iter().take_while(|product| product.id <= first);
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
