//! What Plimsoll is got by: the content of packages, addresses and versions that agree, and the steps that CI systems take.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::command_line::{Ended, finish};
use crate::support::folder::Folder;
use crate::support::repository::{files_below, root, text};

const PLIMSOLL: &str = env!("CARGO_BIN_EXE_plimsoll");

fn has(tool: &str) -> bool {
    Command::new(tool).arg("--version").output().is_ok()
}

/// One of the scripts of `packaging/`; whatever goes into a package, its pages come from this build.
fn packaging(script: &str, arguments: &[&Path]) -> Ended {
    let mut command = Command::new(root().join("packaging").join(script));
    finish(command.current_dir(root()).env("PLIMSOLL_NATIVE", PLIMSOLL).args(arguments))
}

/// What each package has, wherever it puts it.
const CONTENT: [&str; 12] = [
    "bin/plimsoll",
    "man/man1/plimsoll.1.gz",
    "man/man1/plimsoll-run.1.gz",
    "man/man1/plimsoll-schema-install.1.gz",
    "bash-completion/completions/plimsoll",
    "/_plimsoll",
    "fish/vendor_completions.d/plimsoll.fish",
    "plimsoll/schemas/plan.schema.json",
    "doc/plimsoll/plans/quick.yaml",
    "doc/plimsoll/plans/shared/service.yaml",
    "doc/plimsoll/copyright",
    "doc/plimsoll/changelog.gz",
];

#[test]
fn a_package_has_the_manual_completions_schemas_and_plans_and_all_of_it_below_usr() {
    if !has("dpkg-deb") {
        return;
    }
    let folder = Folder::new();
    // the smallest binary there is stands in: what matters is all else
    let (code, made, told) = packaging("deb", &[Path::new("/bin/true"), &folder]);
    assert_eq!(code, 0, "{told}");
    let package = made.trim();
    let (_, content, _) = finish(Command::new("dpkg-deb").args(["--contents", package]));
    for file in CONTENT {
        assert!(content.lines().any(|line| line.ends_with(file)), "{file} is not in\n{content}");
    }
    for line in content.lines() {
        let path = line.split_whitespace().nth(5).unwrap();
        assert!(path == "./" || path.starts_with("./usr/"), "{line}");
        assert!(line.contains(" root/root ") && !line[..10].contains(['s', 't']), "{line}");
        assert!(line[..10].ends_with("r-x") || line[..10].ends_with("r--"), "{line}");
    }
    let (_, facts, _) = finish(Command::new("dpkg-deb").args(["--info", package]));
    assert!(facts.contains(&format!("Version: {}-1\n", env!("CARGO_PKG_VERSION"))), "{facts}");
    let (code, ..) = packaging("deb", &[Path::new("/bin/true"), &folder.join("again")]);
    assert_eq!(code, 0);
    let again = folder.join("again").join(Path::new(package).file_name().unwrap());
    assert!(fs::read(package).unwrap() == fs::read(again).unwrap(), "the same input makes another package");
}

#[test]
fn the_archive_has_what_the_installer_and_the_formula_take_and_checksums_name_it() {
    let folder = Folder::new();
    for machine in ["x86_64", "aarch64"] {
        let target = format!("{machine}-unknown-linux-musl");
        let (code, _, told) = packaging("tarball", &[Path::new("/bin/true"), Path::new(&target), &folder]);
        assert_eq!(code, 0, "{told}");
    }
    let name = format!("plimsoll-{}-x86_64-unknown-linux-musl", env!("CARGO_PKG_VERSION"));
    let archive = folder.join(format!("{name}.tar.gz"));
    let (_, content, _) = finish(Command::new("tar").arg("-tzf").arg(&archive));
    for file in ["plimsoll", "man/man1/plimsoll.1", "completions/plimsoll.bash", "completions/_plimsoll", "LICENSE-MIT"]
    {
        assert!(content.lines().any(|line| line == format!("{name}/{file}")), "{file} is not in\n{content}");
    }
    assert_eq!(packaging("checksums", &[&folder]).0, 0);
    let sums = fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
    assert!(sums.contains(&format!("  {name}.tar.gz\n")), "{sums}");
    let (code, formula, told) = packaging("formula", &[&folder]);
    assert!(code == 0 && !formula.contains('@'), "{told}{formula}");
    let sum = sums.lines().find(|line| line.ends_with(&format!("{name}.tar.gz"))).unwrap();
    assert!(formula.contains(&format!("sha256 \"{}\"", &sum[..64])), "{formula}");
}

#[test]
fn addresses_and_versions_are_those_of_the_manifest_in_every_file() {
    let (host, path) = env!("CARGO_PKG_REPOSITORY").rsplit_once("github.com/").unwrap();
    assert_eq!(host, "https://");
    let mut pages = vec!["README.md".into(), "SECURITY.md".into(), "action.yml".into(), "compose.yaml".into()];
    for folder in ["scripts", "packaging", "templates", ".github", "docs"] {
        for ending in [".sh", ".yml", ".yaml", ".json", ".md", ".template"] {
            pages.extend(files_below(folder, ending));
        }
    }
    let mut seen = 0;
    for page in pages {
        for behind in text(&page).split("github.com/").skip(1).filter(|behind| behind.contains("plimsoll")) {
            let owner_and_name = behind.split(['/', '"', ')', ' ', '\n']).take(2).collect::<Vec<_>>().join("/");
            if owner_and_name.contains("plimsoll") {
                assert_eq!(owner_and_name, path, "{}", page.display());
                seen += 1;
            }
        }
    }
    assert!(seen >= 4, "{seen}");
    let version = env!("CARGO_PKG_VERSION");
    for file in ["action.yml", "templates/plimsoll/template.yml"] {
        assert!(text(file).contains(&format!("default: \"{version}\"")), "{file}");
    }
    let entry: Value = serde_json::from_str(&text("packaging/schemastore/catalog_entry.json")).unwrap();
    let short = version.rsplit_once('.').unwrap().0;
    let plan: Value = serde_json::from_str(&text("schemas/plan.schema.json")).unwrap();
    assert_eq!(entry["versions"][short], plan["$id"]);
}

#[test]
fn scripts_are_scripts() {
    for script in ["stage", "deb", "rpm", "tarball", "all", "build", "check", "checksums", "formula", "notes"] {
        let (code, _, told) = finish(Command::new("bash").arg("-n").arg(root().join("packaging").join(script)));
        assert_eq!((code, told.as_str()), (0, ""), "{script}");
    }
    let (code, _, told) = finish(Command::new("sh").arg("-n").arg(root().join("scripts/install.sh")));
    assert_eq!((code, told.as_str()), (0, ""));
    let (code, notes, _) = packaging("notes", &[Path::new("Unreleased")]);
    assert!(code == 0 && notes.contains("### All changes") && !notes.contains("\n## "));
    assert_eq!(packaging("notes", &[Path::new("9.9.9")]).0, 1);
}

/// A plan in a folder of its own: one that passes, and one of which a threshold fails.
fn plans() -> Folder {
    let folder = Folder::new();
    let plan = |threshold: &str| {
        format!(
            "target: http://127.0.0.1:1/demo\nendpoints: {{products: {{get: /products}}}}\n\
             users: {{visitor: {{think_time: 100ms, tasks: {{look: products}}}}}}\n\
             shape: {{constant: {{users: 2, for: 1s}}}}\nthresholds: [\"{threshold}\"]\n"
        )
    };
    fs::write(folder.join("good.yaml"), plan("error_rate < 1%")).unwrap();
    fs::write(folder.join("bad.yaml"), plan("count > 1000000")).unwrap();
    folder
}

/// Runs a step of a CI system as that does: in a shell that ends at the first error, with this build on its path.
fn step(shell: &str, script: &str, folder: &Folder, variables: &[(&str, &str)]) -> Ended {
    let mut command = Command::new(shell);
    if shell == "bash" {
        command.args(["--noprofile", "--norc", "-o", "pipefail"]);
    }
    let path = format!("{}:{}", Path::new(PLIMSOLL).parent().unwrap().display(), std::env::var("PATH").unwrap());
    command.args(["-e", "-c", script]).current_dir(&**folder).env("PATH", path).env("NO_COLOR", "1");
    command.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
    finish(command.envs(variables.iter().copied()))
}

#[test]
fn the_action_runs_a_plan_and_tells_how_it_ended() {
    let action: Value = serde_saphyr::from_str(&text("action.yml")).unwrap();
    let steps = action["runs"]["steps"].as_array().unwrap();
    let run = steps.iter().find(|step| step["id"] == "run").unwrap();
    let script = run["run"].as_str().unwrap();
    let folder = plans();
    let (results, output) = (folder.join("results"), folder.join("output"));
    let summary = folder.join("summary.md");
    let job = |plan: &str| {
        fs::write(&output, "").unwrap();
        let variables = [
            ("PLAN", plan),
            ("ARGS", "--embedded --quiet"),
            ("RESULTS", results.to_str().unwrap()),
            ("GITHUB_OUTPUT", output.to_str().unwrap()),
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()),
        ];
        let ended = step("bash", script, &folder, &variables);
        (ended, fs::read_to_string(&output).unwrap())
    };
    let ((code, _, told), said) = job("good.yaml");
    // 4 where this machine is busy: the step tells that as well
    assert!([0, 4].contains(&code), "{told}");
    assert!(said.contains(&format!("exit-code={code}\n")) && said.contains("results="), "{said}");
    assert!(fs::read_to_string(&summary).unwrap().contains("good"));
    let ((code, stdout, stderr), said) = job("bad.yaml");
    assert!([1, 4].contains(&code) && said.contains(&format!("exit-code={code}\n")), "{stderr}{said}");
    assert!(format!("{stdout}{stderr}").contains("::error"), "{stdout}{stderr}");
    let ((code, ..), said) = job("missing.yaml");
    assert!(code == 2 && said.contains("exit-code=2\n"), "{said}");
    // nothing that comes in is run
    let ((code, ..), _) = job("good.yaml; touch harm $(touch harm)");
    assert!(code == 2 && !folder.join("harm").exists());
    assert!(!script.contains("${{"), "what comes in is put into the script's text");
}

#[test]
fn the_component_runs_a_plan_and_leaves_a_test_report() {
    let template = text("templates/plimsoll/template.yml");
    let (_, job) = template.split_once("\n---\n").unwrap();
    let folder = plans();
    let run = |plan: &str| {
        let mut filled = job.to_owned();
        let inputs = [("plan", plan), ("args", "--embedded --quiet"), ("version", "none"), ("job", "load test")];
        for (name, value) in inputs.into_iter().chain([("releases", ""), ("image", "x"), ("stage", "test")]) {
            filled = filled.replace(&format!("$[[ inputs.{name} ]]"), value);
        }
        assert!(!filled.contains("$[["), "{filled}");
        let job: Value = serde_saphyr::from_str(&filled).unwrap();
        let job = &job["load test"];
        let lines = ["before_script", "script"].map(|part| job[part].as_array().unwrap().clone()).concat();
        let script: Vec<&str> = lines.iter().map(|line| line.as_str().unwrap()).collect();
        let variables = job["variables"].as_object().unwrap();
        let variables: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
        step("sh", &script.join("\n"), &folder, &variables)
    };
    let (code, _, told) = run("good.yaml");
    assert!([0, 4].contains(&code), "{told}");
    let reports = fs::read_dir(folder.join("results")).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(reports.filter(|name| name.to_string_lossy().ends_with("_junit.xml")).count(), 1);
    assert!([1, 4].contains(&run("bad.yaml").0));
    assert_eq!(run("missing.yaml").0, 2);
}
