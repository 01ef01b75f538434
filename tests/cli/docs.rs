//! The documentation tells the truth: its reference is the code's, every YAML block in it compiles, each link leads somewhere, and
//! each page is in the book.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::support::command_line::{self, finish};
use crate::support::folder::Folder;
use crate::support::repository::{files_below, root, text};
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

/// A page without what is code in it.
fn prose(page: &str) -> String {
    let outside: String = page.split("```").step_by(2).collect();
    outside.lines().map(|line| line.split('`').step_by(2).collect::<String>() + "\n").collect()
}

/// Where the links of a page lead: `[text](there)`.
fn links(page: &str) -> Vec<String> {
    let prose = prose(page);
    let pieces = prose.split("](").skip(1);
    pieces.filter_map(|piece| piece.split_once(')')).map(|(there, _)| there.to_owned()).collect()
}

/// The anchors of a page's headings, as GitHub and mdBook make them: the second of a name gets `-1`.
fn anchors(page: &str) -> Vec<String> {
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let outside: String = page.split("```").step_by(2).collect();
    let headings = outside.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let kept = |sign: &char| sign.is_alphanumeric() || [' ', '-', '_'].contains(sign);
            let name = line.trim_start_matches('#').trim().to_lowercase();
            let name = name.chars().filter(kept).collect::<String>().replace(' ', "-");
            let before = known.entry(name.clone()).or_default();
            *before += 1;
            if *before == 1 { name } else { format!("{name}-{}", *before - 1) }
        })
        .collect()
}

/// A path without `..` in it.
fn normal(path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(whole.pop()),
            Component::CurDir => {}
            part => whole.push(part),
        }
    }
    whole
}

#[test]
fn every_link_leads_somewhere() {
    let mut pages = files_below("docs", ".md");
    pages.extend(files_below("examples", ".md"));
    pages.extend(["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "plans/README.md"].map(PathBuf::from));
    let mut broken = Vec::new();
    let mut followed = 0;
    for page in &pages {
        for link in links(&text(page)).iter().filter(|link| !link.contains("://") && !link.starts_with("mailto:")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let there = if file.is_empty() { page.clone() } else { normal(&page.parent().unwrap().join(file)) };
            let leads = root().join(&there).exists();
            let is_page = there.extension().is_some_and(|ending| ending == "md");
            let has_anchor =
                || anchor.is_empty() || !is_page || anchors(&text(&there)).iter().any(|known| known == anchor);
            if !leads || !has_anchor() {
                broken.push(format!("{}: {link}", page.display()));
            }
            followed += 1;
        }
    }
    assert!(broken.is_empty() && followed > 100, "{followed} links:\n{}", broken.join("\n"));
}

#[test]
fn every_page_is_in_the_book_once() {
    let contents = links(&text("docs/SUMMARY.md"));
    let mut listed: Vec<PathBuf> = contents.iter().map(|link| Path::new("docs").join(link)).collect();
    listed.sort();
    let mut pages = files_below("docs", ".md");
    pages.retain(|page| !page.ends_with("SUMMARY.md"));
    pages.sort();
    assert_eq!(listed, pages);
    // the book is made of these alone, so a picture of it lies among them
    for page in pages {
        for picture in text(&page).split("![").skip(1).filter_map(|rest| rest.split_once("](")?.1.split_once(')')) {
            let there = normal(&page.parent().unwrap().join(picture.0));
            assert!(
                there.starts_with("docs") && fs::metadata(root().join(&there)).is_ok(),
                "{}: {}",
                page.display(),
                picture.0
            );
        }
    }
}
