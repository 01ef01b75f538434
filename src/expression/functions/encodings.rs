use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Value};
use percent_encoding::percent_decode;

use super::table::wrong;
use crate::expression::text::{no_text, to_text};
use crate::expression::work::{count_bytes, measure};
use crate::markup::without_entities;

/// Whether a URL may hold it as it is, wherever (RFC 3986, unreserved).
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// A text in base64, with the signs of either alphabet put into the standard one.
const READER: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

pub(super) fn add_to(language: &mut Environment<'static>) {
    macro_rules! both {
        ($($name:ident)*) => {$(
            language.add_filter(stringify!($name), $name);
            language.add_function(stringify!($name), $name);
        )*};
    }
    both!(b64encode b64decode b64url urlencode urldecode html_unescape);
}

/// The bytes of a value: of a text its own, of anything else those of the text it is written as. They are counted.
pub(super) fn bytes_of(value: &Value) -> Result<Cow<'_, [u8]>, Error> {
    let bytes = match value.as_bytes() {
        Some(bytes) => Cow::Borrowed(bytes),
        None => Cow::Owned(text_of(value)?.into_owned().into_bytes()),
    };
    count_bytes(bytes.len())?;
    Ok(bytes)
}

/// The text a value is, or is written as. It is counted.
pub(super) fn text_of(value: &Value) -> Result<Cow<'_, str>, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let text = match (value.as_str(), no_text(value)) {
        (Some(text), _) => Cow::Borrowed(text),
        (None, Some(why)) => return Err(wrong(why)),
        (None, None) => {
            measure(value)?;
            Cow::Owned(to_text(value))
        }
    };
    count_bytes(text.len())?;
    Ok(text)
}

/// Bytes as a text where they are one.
pub(super) fn text_or_bytes(bytes: Vec<u8>) -> Value {
    match String::from_utf8(bytes) {
        Ok(text) => Value::from(text),
        Err(error) => Value::from_bytes(error.into_bytes()),
    }
}

fn b64encode(value: Value) -> Result<String, Error> {
    Ok(STANDARD.encode(bytes_of(&value)?))
}

fn b64url(value: Value) -> Result<String, Error> {
    Ok(URL_SAFE_NO_PAD.encode(bytes_of(&value)?))
}

fn b64decode(value: Value) -> Result<Value, Error> {
    from_base64(&text_of(&value)?).map(text_or_bytes)
}

/// What a text in base64 stands for, of either alphabet, with padding or without.
pub(super) fn from_base64(text: &str) -> Result<Vec<u8>, Error> {
    let standard: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        })
        .collect();
    READER.decode(standard).map_err(|error| wrong(format!("this is no base64: {}", lower(&error.to_string()))))
}

fn lower(message: &str) -> String {
    let mut letters = message.trim_end_matches('.').chars();
    letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect()
}

fn urlencode(value: Value, options: Kwargs) -> Result<String, Error> {
    let safe: Option<Value> = options.get("safe")?;
    options.assert_all_used()?;
    let safe = safe.as_ref().map(text_of).transpose()?.unwrap_or_default();
    let encoded = |value: &Value| -> Result<String, Error> {
        let bytes = bytes_of(value)?;
        count_bytes(bytes.len().saturating_mul(3))?;
        let mut out = String::with_capacity(bytes.len());
        for byte in bytes.iter().copied() {
            match byte {
                _ if is_unreserved(byte) || (byte.is_ascii() && safe.contains(char::from(byte))) => {
                    out.push(char::from(byte));
                }
                _ => out.push_str(&format!("%{byte:02X}")),
            }
        }
        Ok(out)
    };
    if value.kind() != ValueKind::Map {
        return encoded(&value);
    }
    // the fields of a form or a query
    measure(&value)?;
    let mut out = String::new();
    for key in value.try_iter()? {
        let field = value.get_item(&key)?;
        let separator = if out.is_empty() { "" } else { "&" };
        out.push_str(&format!("{separator}{}={}", encoded(&key)?, encoded(&field)?));
    }
    Ok(out)
}

fn urldecode(value: Value, options: Kwargs) -> Result<Value, Error> {
    let plus: Option<bool> = options.get("plus")?;
    options.assert_all_used()?;
    let bytes = bytes_of(&value)?;
    let decoded = match plus {
        Some(true) => {
            let spaced: Vec<u8> = bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
            percent_decode(&spaced).collect()
        }
        _ => percent_decode(&bytes).collect::<Vec<u8>>(),
    };
    Ok(text_or_bytes(decoded))
}

fn html_unescape(value: Value) -> Result<String, Error> {
    Ok(without_entities(&text_of(&value)?).into_owned())
}
