//! Tells the program which commit it is built from.
//!
//! In this order: what `PLIMSOLL_COMMIT` says, for whoever builds without a repository; what `cargo package` noted, in a crate from
//! the registry; what git says of this folder, if it is a repository itself. A development build is of no commit: it would be
//! compiled again after each.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=PLIMSOLL_COMMIT");
    let told = std::env::var("PLIMSOLL_COMMIT").ok().filter(|commit| !commit.trim().is_empty());
    let commit = told.or_else(|| is_release().then(|| packaged().or_else(checked_out)).flatten());
    let commit = commit.map_or_else(|| "unknown".to_owned(), |commit| commit.trim().to_owned());
    println!("cargo:rustc-env=PLIMSOLL_BUILT_FROM={commit}");
    println!("cargo:rustc-env=PLIMSOLL_BUILT_FOR={}", std::env::var("TARGET").unwrap_or_default());
}

fn is_release() -> bool {
    std::env::var("PROFILE").is_ok_and(|profile| profile == "release")
}

/// The commit that a package was made of.
fn packaged() -> Option<String> {
    let noted = std::fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let (_, behind) = noted.split_once("\"sha1\"")?;
    let commit = behind.split('"').nth(1)?;
    Some(format!("{}{}", commit.get(..12)?, if noted.contains("\"dirty\": true") { "+" } else { "" }))
}

/// The commit that is checked out here, with a `+` where a file is not as it is there.
fn checked_out() -> Option<String> {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")?;
    let top = git(&["rev-parse", "--show-toplevel"])?;
    // a repository around this folder says nothing about it
    if Path::new(&top).canonicalize().ok()? != Path::new(&here).canonicalize().ok()? {
        return None;
    }
    for what in ["HEAD", "logs/HEAD"] {
        let file = git(&["rev-parse", "--git-path", what])?;
        if Path::new(&file).exists() {
            println!("cargo:rerun-if-changed={file}");
        }
    }
    for path in ["src", "Cargo.toml", "Cargo.lock"] {
        println!("cargo:rerun-if-changed={path}");
    }
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_none_or(|changed| !changed.is_empty());
    Some(format!("{commit}{}", if changed { "+" } else { "" }))
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
