use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use minijinja::value::Kwargs;
use minijinja::{Environment, Error, Value};
use ring::{digest, hmac};

use super::encodings::bytes_of;
use super::md5::md5;
use super::table::{chosen, wrong};

/// How the bytes of a digest may be written.
pub(super) const ENCODINGS: [&str; 4] = ["hex", "base64", "base64url", "raw"];
/// What a text may be digested with.
pub(super) const ALGORITHMS: [&str; 4] = ["sha1", "sha256", "sha384", "sha512"];

pub(super) fn add_to(language: &mut Environment<'static>) {
    language.add_filter("md5", |value: Value, options: Kwargs| written(&md5(&bytes_of(&value)?), &options));
    language.add_function("md5", |value: Value, options: Kwargs| written(&md5(&bytes_of(&value)?), &options));
    for (name, algorithm) in [
        ("sha1", &digest::SHA1_FOR_LEGACY_USE_ONLY),
        ("sha256", &digest::SHA256),
        ("sha384", &digest::SHA384),
        ("sha512", &digest::SHA512),
    ] {
        let sha = move |value: Value, options: Kwargs| {
            written(digest::digest(algorithm, &bytes_of(&value)?).as_ref(), &options)
        };
        language.add_filter(name, sha);
        language.add_function(name, sha);
    }
    language.add_function("hmac", |algorithm: Value, key: Value, text: Value, options: Kwargs| {
        let key = hmac::Key::new(keyed(&algorithm)?, &bytes_of(&key)?);
        written(hmac::sign(&key, &bytes_of(&text)?).as_ref(), &options)
    });
}

fn keyed(algorithm: &Value) -> Result<hmac::Algorithm, Error> {
    Ok(match chosen("the algorithm of `hmac`", algorithm, &ALGORITHMS)? {
        "sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "sha384" => hmac::HMAC_SHA384,
        "sha512" => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    })
}

/// Bytes as the caller wants them: hexadecimal, unless it says `encoding=…`.
pub(super) fn written(bytes: &[u8], options: &Kwargs) -> Result<Value, Error> {
    let encoding: Option<Value> = options.get("encoding")?;
    options.assert_all_used()?;
    let encoding = match &encoding {
        Some(encoding) => chosen("`encoding`", encoding, &ENCODINGS)?,
        None => "hex",
    };
    Ok(match encoding {
        "base64" => Value::from(STANDARD.encode(bytes)),
        "base64url" => Value::from(URL_SAFE_NO_PAD.encode(bytes)),
        "raw" => Value::from_bytes(bytes.to_vec()),
        _ => Value::from(hex(bytes)),
    })
}

/// The signature of a token.
pub(super) fn sign(algorithm: &str, key: &Value, text: &str) -> Result<Vec<u8>, Error> {
    let algorithm = match algorithm {
        "HS256" => hmac::HMAC_SHA256,
        "HS384" => hmac::HMAC_SHA384,
        "HS512" => hmac::HMAC_SHA512,
        _ => return Err(wrong(format!("`{algorithm}` signs no token"))),
    };
    let key = hmac::Key::new(algorithm, &bytes_of(key)?);
    Ok(hmac::sign(&key, text.as_bytes()).as_ref().to_vec())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 0xF)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}
