//! The repository: its root, its files, and the schemas that hold for what Plimsoll reads and writes.

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::Value;

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a file, by its path from the root.
pub fn text(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of a folder whose names end so (`.yaml`), by their paths from the root, in order.
pub fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let with_ending = entries.filter(|path| path.to_string_lossy().ends_with(ending));
    let mut found: Vec<PathBuf> = with_ending.map(|path| path.strip_prefix(root()).unwrap().to_owned()).collect();
    found.sort();
    found
}

/// The same, of a folder and of those within it.
pub fn files_below(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = files(folder, ending);
    for entry in
        fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        found.extend(files_below(entry.strip_prefix(root()).unwrap().to_str().unwrap(), ending));
    }
    found
}

/// `schemas/NAME.schema.json`.
pub fn schema(name: &str) -> Validator {
    let schema = serde_json::from_str(&text(format!("schemas/{name}.schema.json"))).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// A JSON document that Plimsoll wrote, valid by its schema: `report`, `analysis` or `comparison`.
pub fn valid(document: &str, name: &str) -> Value {
    let document: Value = serde_json::from_str(document).unwrap();
    let errors: Vec<String> = schema(name).iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    document
}
