//! The floors of the house: a module imports only from floors below it, as `ARCHITECTURE.md` draws them.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// Each module with the modules it may import.
const FLOORS: [(&str, &[&str]); 32] = [
    ("units", &[]),
    ("timer", &[]),
    ("memory", &[]),
    ("headers", &[]),
    ("markup", &[]),
    ("disk", &[]),
    ("secrets", &[]),
    ("spool", &[]),
    ("diagnostic", &["secrets"]),
    ("threshold", &["units", "diagnostic", "secrets"]),
    ("expression", &["diagnostic", "disk", "headers", "markup", "memory", "units"]),
    ("load", &["units"]),
    ("sample", &["units"]),
    ("plan", &["units", "diagnostic", "disk", "secrets", "threshold"]),
    ("rows", &["disk", "expression", "units"]),
    ("metrics", &["sample", "memory", "units"]),
    ("http", &["headers", "sample", "memory", "units"]),
    (
        "compile",
        &[
            "http",
            "metrics",
            "rows",
            "plan",
            "load",
            "expression",
            "markup",
            "threshold",
            "sample",
            "diagnostic",
            "disk",
            "secrets",
            "units",
        ],
    ),
    ("journal", &["disk", "load", "memory", "metrics", "threshold", "sample", "units"]),
    ("verdict", &["journal", "load", "metrics", "threshold", "sample", "units"]),
    (
        "engine",
        &[
            "compile",
            "expression",
            "rows",
            "load",
            "http",
            "markup",
            "metrics",
            "sample",
            "secrets",
            "memory",
            "timer",
            "units",
        ],
    ),
    ("results", &["load", "memory", "verdict", "journal", "metrics", "threshold", "sample", "units"]),
    (
        "run",
        &[
            "disk",
            "results",
            "engine",
            "verdict",
            "journal",
            "compile",
            "http",
            "metrics",
            "load",
            "sample",
            "expression",
            "plan",
            "threshold",
            "diagnostic",
            "memory",
            "secrets",
            "units",
        ],
    ),
    (
        "report",
        &["disk", "results", "verdict", "journal", "metrics", "threshold", "sample", "secrets", "spool", "units"],
    ),
    (
        "live",
        &[
            "disk",
            "secrets",
            "run",
            "report",
            "results",
            "verdict",
            "journal",
            "metrics",
            "threshold",
            "load",
            "sample",
            "units",
        ],
    ),
    ("target", &["timer", "units"]),
    ("import", &["expression", "diagnostic", "secrets", "units"]),
    ("analysis", &["report", "results", "verdict", "metrics", "threshold", "units"]),
    ("runs", &["report", "results", "verdict", "journal", "threshold", "disk", "diagnostic"]),
    (
        "cli",
        &[
            "disk",
            "secrets",
            "spool",
            "memory",
            "units",
            "diagnostic",
            "threshold",
            "plan",
            "expression",
            "compile",
            "sample",
            "load",
            "metrics",
            "http",
            "journal",
            "verdict",
            "engine",
            "results",
            "run",
            "report",
            "live",
            "analysis",
            "runs",
            "target",
            "import",
        ],
    ),
    // made of tests alone
    (
        "simulation",
        &[
            "disk", "memory", "secrets", "units", "compile", "journal", "verdict", "engine", "results", "run",
            "report", "http",
        ],
    ),
    ("lib.rs", &[]),
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

fn imports(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code: String = code.flat_map(|line| [line, "\n"]).collect();
    let named = code.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        rest[..end].to_owned()
    });
    named.filter(|name| !name.is_empty()).collect()
}

#[test]
fn every_module_imports_only_from_floors_below_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (floor, allowed) in FLOORS.iter().filter(|(floor, _)| src.join(floor).is_dir()) {
        for file in files(&src.join(floor)) {
            seen += 1;
            for import in imports(&file) {
                // tests of the engine play whole plans, and so read them
                let reads_plans = file.components().any(|part| part.as_os_str() == "tests")
                    && ["plan", "diagnostic"].contains(&import.as_str());
                if import != *floor && !allowed.contains(&import.as_str()) && !reads_plans {
                    wrong.push(format!("{} imports crate::{import}", file.display()));
                }
            }
        }
    }
    assert!(seen > 20, "the scan found only {seen} files");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_folder_of_the_house_has_a_floor() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(src).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert!(FLOORS.iter().any(|(floor, _)| *floor == name), "`{name}` has no floor in the table");
        }
    }
}

#[test]
fn the_monotonic_clock_lives_in_two_places_alone() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let allowed = ["engine/clock.rs", "http/", "target/", "simulation/"];
    for file in files(&src) {
        let shown = file.strip_prefix(&src).unwrap().to_string_lossy().into_owned();
        let code = fs::read_to_string(&file).unwrap();
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        // tests read the clock of their own runtime, whose time may be paused
        let uses = code.contains("Instant") && !shown.contains("/tests/");
        assert!(!uses || allowed.iter().any(|place| shown.starts_with(place)), "{shown} uses Instant");
    }
}

#[test]
fn text_leaves_the_process_by_doors_that_mask_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    // what is printed; files of results; and the plan that `new` drafts, which is a person's own
    // the modes and the size of the terminal are asked for, and nothing is written there
    // the manual and the schemas are the program's own, and an editor's settings a person's
    let doors = ["cli/terminal.rs", "disk/", "cli/new.rs", "live/tty.rs", "cli/man.rs", "cli/schema/install.rs"];
    let ways =
        ["println!", "eprintln!", "print!(", "io::stdout", "io::stderr", "File::create", "fs::write", "OpenOptions"];
    for file in files(&src) {
        let shown = file.strip_prefix(&src).unwrap().to_string_lossy().into_owned();
        let code = fs::read_to_string(&file).unwrap();
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        let is_test = shown.contains("tests") || shown.contains("torture") || shown.starts_with("simulation/");
        let used = ways.iter().find(|way| code.contains(**way)).filter(|_| !is_test);
        let allowed = doors.iter().any(|door| shown.starts_with(door));
        assert!(used.is_none() || allowed, "{shown} uses {}", used.unwrap_or(&""));
    }
    // and files of results are opened by those who mask what goes into them: the journal's entries come masked
    let openers: Vec<String> = files(&src)
        .into_iter()
        .filter(|file| {
            let code = fs::read_to_string(file).unwrap();
            let code = code.split("#[cfg(test)]").next().unwrap_or_default();
            [".create(", ".create_new(", ".append(path)"].iter().any(|way| code.contains(&format!("disk{way}")))
                || code.contains("Disk::System.append(")
        })
        .map(|file| file.strip_prefix(&src).unwrap().to_string_lossy().into_owned())
        .collect();
    for opener in &openers {
        let known = ["cli/run/write_results.rs", "journal/writer.rs", "report/files.rs"];
        assert!(known.contains(&opener.as_str()), "{opener} opens files");
    }
}

#[test]
fn a_door_holds_no_logic() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in files(&src).into_iter().filter(|file| file.ends_with("mod.rs")) {
        let shown = file.strip_prefix(&src).unwrap().display().to_string();
        // the command line's door is where its one match stands
        if shown != "cli/mod.rs" && !shown.contains("tests/") {
            assert!(!fs::read_to_string(&file).unwrap().contains("fn "), "{shown} has a function");
        }
    }
}
