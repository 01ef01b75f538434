use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, Value};

use super::digests::sign;
use super::documents::read_document;
use super::encodings::{from_base64, text_of};
use super::table::{chosen, wrong};
use crate::expression::text::to_json;
use crate::expression::work::measure;

/// What a token may be signed with.
pub(super) const ALGORITHMS: [&str; 4] = ["HS256", "HS384", "HS512", "none"];

pub(super) fn add_to(language: &mut Environment<'static>) {
    language.add_function("jwt", jwt);
    language.add_function("jwt_claims", jwt_claims);
    language.add_filter("jwt_claims", jwt_claims);
}

/// A signed token (RFC 7519).
fn jwt(claims: Value, key: Value, options: Kwargs) -> Result<String, Error> {
    let algorithm: Option<Value> = options.get("algorithm")?;
    let more: Option<Value> = options.get("header")?;
    options.assert_all_used()?;
    let algorithm = match &algorithm {
        Some(algorithm) => chosen("the algorithm of `jwt`", algorithm, &ALGORITHMS)?,
        None => "HS256",
    };
    for (what, value) in [("the claims", Some(&claims)), ("the header", more.as_ref())] {
        if value.is_some_and(|value| value.kind() != ValueKind::Map) {
            return Err(wrong(format!("{what} of `jwt` are a map: write `{{'sub': user.id}}`")));
        }
    }
    measure(&claims)?;
    let mut header = vec![("alg".to_owned(), Value::from(algorithm)), ("typ".to_owned(), Value::from("JWT"))];
    if let Some(more) = &more {
        measure(more)?;
        for name in more.try_iter()? {
            let value = more.get_item(&name)?;
            let name = text_of(&name)?.into_owned();
            match header.iter_mut().find(|(known, _)| *known == name) {
                Some((_, old)) => *old = value,
                None => header.push((name, value)),
            }
        }
    }
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(to_json(value));
    let text = format!("{}.{}", encoded(&Value::from_pairs(header)), encoded(&claims));
    if algorithm == "none" {
        return Ok(format!("{text}."));
    }
    let signature = sign(algorithm, &key, &text)?;
    Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// What a token says, whoever signed it.
fn jwt_claims(token: Value) -> Result<Value, Error> {
    let token = text_of(&token)?;
    let mut parts = token.split('.');
    let claims = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(_), Some(claims), Some(_), None) => from_base64(claims)?,
        _ => return Err(wrong("this is no JSON Web Token: it has three parts with dots between them")),
    };
    read_document(&claims)
}
