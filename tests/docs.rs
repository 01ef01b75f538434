//! The documentation tells the truth: its reference is the code's, and every YAML block in it compiles.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_reference_is_the_one_the_code_gives() {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll")).args(["schema", "reference"]).output().unwrap();
    let kept = fs::read(root().join("docs/reference.md")).unwrap_or_default();
    assert!(output.stdout == kept, "stale: run `cargo run -- schema reference > docs/reference.md`");
}

/// The YAML blocks of a page.
fn blocks(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap();
    let inside = text.split("```yaml\n").skip(1);
    inside.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn every_yaml_block_compiles() {
    let mut pages: Vec<PathBuf> =
        fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.push(root().join("README.md"));
    let examples = fs::read_dir(root().join("examples")).unwrap().map(|entry| entry.unwrap().path().join("README.md"));
    pages.extend(examples.filter(|page| page.exists()));
    let folder = std::env::temp_dir().join(format!("plimsoll-docs-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut checked = 0;
    for page in pages.iter().filter(|page| page.extension().is_some_and(|ending| ending == "md")) {
        for mut block in blocks(page) {
            // what the block leaves out is not what it is about
            let needs = [
                ("target:", "target: http://127.0.0.1:8000\n"),
                ("endpoints:", "endpoints: {health: {get: /health}}\n"),
                ("shape:", "shape: {constant: {users: 1, for: 1s}}\n"),
            ];
            for (key, line) in needs {
                let has = block
                    .lines()
                    .any(|known| known.starts_with(key) || (key == "shape:" && known.starts_with("scenarios:")));
                if !has {
                    block.push_str(line);
                }
            }
            let plan = folder.join("block.yaml");
            fs::write(&plan, &block).unwrap();
            let output = Command::new(env!("CARGO_BIN_EXE_plimsoll")).arg("check").arg(&plan).output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}:\n{block}\n{told}", page.display());
            checked += 1;
        }
    }
    fs::remove_dir_all(&folder).unwrap();
    assert!(checked > 10, "only {checked} blocks were found");
}

#[test]
fn a_plan_with_every_key_runs() {
    let out = std::env::temp_dir().join(format!("plimsoll-every-key-{}", std::process::id()));
    let run = |profile: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .args(["run", "tests/plans/good/every_key.yaml", "--embedded", "--quiet", "--profile", profile, "--out"])
            .arg(&out)
            .current_dir(root())
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, summary) = run("all_shapes");
    assert!(code == Some(0), "{summary}");
    assert!(summary.contains("checkout") && summary.contains("dropped 0"), "{summary}");
    let (code, summary) = run("climb");
    assert!(code.is_some_and(|code| code < 2) && summary.contains("step 1 (10/s)"), "{summary}");
    fs::remove_dir_all(&out).unwrap();
}
