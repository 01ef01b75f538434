use serde_json::{Map, Value as Json};

use super::body::secret_or;
use crate::diagnostic::Problem;
use crate::import::literal::literal;
use crate::import::secret_vars::SecretVars;

/// The fields of a form given with `-F`; `true` where a value stands for itself.
pub(super) fn multipart(parts: &[(String, bool)], secrets: &mut SecretVars) -> Result<Json, Box<Problem>> {
    let mut map = Map::new();
    for (part, is_text) in parts {
        let Some((name, value)) = part.split_once('=') else {
            let problem = Problem::new("a field of the form (`-F`) is not `name=value`");
            return Err(Box::new(problem.help("is the command copied whole?")));
        };
        if map.contains_key(name) {
            let problem = Problem::new(format!("the form has the field `{name}` twice"));
            return Err(Box::new(problem.help("a plan's `multipart` is a map: keep one of them")));
        }
        let value = if *is_text { literal(value).into() } else { field(name, value, secrets)? };
        map.insert(name.to_owned(), value);
    }
    Ok(Json::Object(map))
}

/// One field of `-F`: text, or a file with what is said about it.
fn field(name: &str, value: &str, secrets: &mut SecretVars) -> Result<Json, Box<Problem>> {
    if let Some(file) = value.strip_prefix('<') {
        let problem = Problem::new(format!("the form's field `{name}` takes its text from the file `{file}`"));
        return Err(Box::new(problem.help(format!("write it into the command: `-F '{name}=…'`"))));
    }
    let mut pieces = value.split(';');
    let first = pieces.next().unwrap_or_default();
    let unquoted =
        |text: &str| text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text).to_owned();
    let Some(path) = first.strip_prefix('@') else {
        let text = value.split(";type=").next().unwrap_or_default();
        return Ok(secret_or(name, &unquoted(text), secrets).into());
    };
    let mut file = Map::new();
    file.insert("file".into(), literal(&unquoted(path)).into());
    for piece in pieces {
        match piece.trim().split_once('=') {
            Some(("type", kind)) => drop(file.insert("type".into(), literal(kind).into())),
            Some(("filename", shown)) => drop(file.insert("name".into(), literal(&unquoted(shown)).into())),
            _ => {}
        }
    }
    Ok(Json::Object(file))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_form_with_a_file_says_what_the_file_is() {
        let parts = [("a=b;type=text/plain".into(), false), ("f=@x.png;type=image/png;filename=\"y\"".into(), false)];
        let made = multipart(&parts, &mut SecretVars::default()).unwrap();
        assert_eq!(made, json!({"a": "b", "f": {"file": "x.png", "type": "image/png", "name": "y"}}));
        assert!(multipart(&[("f=<x".into(), false)], &mut SecretVars::default()).is_err());
        assert!(multipart(&[("f".into(), false)], &mut SecretVars::default()).is_err());
    }
}
