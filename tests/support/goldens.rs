//! Goldens: what was made, held against the files it is kept in.
//!
//! `UPDATE_GOLDENS=1 cargo test --test BINARY MODULE::` writes them anew; read the difference before keeping it.

use std::fs;
use std::path::{Path, PathBuf};

use super::repository::root;

/// Holds each text against its file, a path from the root; all of them, before it fails.
pub fn assert_goldens(made: impl IntoIterator<Item = (PathBuf, String)>) {
    let update = std::env::var_os("UPDATE_GOLDENS").is_some();
    let mut different = Vec::new();
    for (path, text) in made {
        let kept = root().join(&path);
        if update {
            fs::write(&kept, &text).unwrap();
        } else if fs::read_to_string(&kept).unwrap_or_default() != text {
            different.push(format!("{}:\n{text}", path.display()));
        }
    }
    assert!(
        different.is_empty(),
        "these differ from their goldens (UPDATE_GOLDENS=1 writes them):\n{}",
        different.join("\n")
    );
}

/// The same for one text.
pub fn assert_golden(path: impl AsRef<Path>, text: &str) {
    assert_goldens([(path.as_ref().to_owned(), text.to_owned())]);
}
