//! The documentation tells the truth: its reference is the code's, and every YAML block in it compiles.

use std::fs;
use std::path::PathBuf;

use crate::support::command_line::{self, finish};
use crate::support::folder::Folder;
use crate::support::repository::{files_below, text};
use crate::support::repository_run::RepositoryRun;

#[test]
fn the_reference_is_the_one_the_code_gives() {
    let (_, made, _) = command_line::run(&["schema", "reference"]);
    let kept = text("docs/reference.md");
    assert!(made == kept, "stale: run `cargo run -- schema reference > docs/reference.md`");
}

/// The YAML blocks of a page.
fn blocks(page: &PathBuf) -> Vec<String> {
    let text = text(page);
    let inside = text.split("```yaml\n").skip(1);
    inside.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn every_yaml_block_compiles() {
    let mut pages = files_below("docs", ".md");
    pages.push("README.md".into());
    pages.extend(files_below("examples", "README.md"));
    let folder = Folder::new();
    // files that pages name
    for (file, text) in [
        ("accounts.csv", "ann;7\n"),
        ("users.csv", "user,password,city\nann,ann-secret,Lisbon\nbob,bob-secret,Oslo\n"),
        ("ship.svg", "<svg/>"),
        ("words.txt", "tea\nrum\n"),
        ("orders.json", "[{\"id\": 1}]"),
        ("times.txt", "0.5\n1.5\n"),
    ] {
        fs::write(folder.join(file), text).unwrap();
    }
    for (inside, file) in [("uploads", "a.svg"), ("orders", "single.json"), ("files", "note.txt")] {
        fs::create_dir(folder.join(inside)).unwrap();
        fs::write(folder.join(inside).join(file), "{{ order.name | tojson }}").unwrap();
    }
    let mut plans = Vec::new();
    for page in &pages {
        for mut block in blocks(page) {
            // what the block leaves out is not what it is about
            let needs = [
                ("target:", "target: http://127.0.0.1:8000\n"),
                ("endpoints:", "endpoints: {health: {get: /health}}\n"),
                ("shape:", "shape: {constant: {users: 1, for: 1s}}\n"),
            ];
            let is_suite = block.contains("\nsuite:");
            for (key, line) in needs.into_iter().filter(|_| !is_suite) {
                let instead = match key {
                    "shape:" => "scenarios:",
                    "target:" => "targets:",
                    _ => key,
                };
                let has = block.lines().any(|known| known.starts_with(key) || known.starts_with(instead));
                if !has {
                    block.push_str(line);
                }
            }
            let name = page.to_str().unwrap().replace(['/', '.'], "_");
            let plan = folder.join(format!("{name}_{}.yaml", plans.len()));
            fs::write(&plan, &block).unwrap();
            plans.push(plan);
        }
    }
    assert!(plans.len() > 100, "only {} blocks were found", plans.len());
    let (code, _, told) = finish(command_line::command().arg("check").args(&plans));
    assert_eq!(code, 0, "{told}");
}

#[test]
fn a_plan_with_every_key_runs() {
    let run = |profile: &str| {
        let plan = ["tests/plans/good/every_key.yaml", "--embedded", "--quiet", "--profile", profile];
        let run = RepositoryRun::new(&plan, &[]);
        (run.code, run.stdout)
    };
    let (code, summary) = run("all_shapes");
    assert_eq!(code, 0, "{summary}");
    assert!(summary.contains("checkout") && summary.contains("dropped 0"), "{summary}");
    let (code, summary) = run("climb");
    assert!(code < 2 && summary.contains("step 1 (10/s)"), "{summary}");
}
