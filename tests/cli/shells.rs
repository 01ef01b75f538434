//! What a shell, a manual and an editor get: completions, pages, the version, and schemas beside plans.

use std::fs;
use std::process::{Command, Stdio};

use crate::support::command_line::{self, finish};
use crate::support::folder::Folder;
use crate::support::repository::root;

#[test]
fn every_shell_is_told_of_every_command() {
    let (_, help, _) = command_line::run(&["--help"]);
    let commands: Vec<&str> = help
        .split_once("Commands:")
        .and_then(|(_, list)| list.split_once("\n\n"))
        .map(|(list, _)| list.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).collect())
        .unwrap();
    let commands: Vec<&str> = commands.into_iter().filter(|command| !command.is_empty()).collect();
    assert!(commands.len() > 12, "{help}");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (code, script, stderr) = command_line::run(&["completions", shell]);
        assert_eq!((code, stderr.as_str()), (0, ""));
        for command in &commands {
            assert!(script.contains(command), "{command} for {shell}");
        }
        assert!(script.contains("embedded"), "{shell}");
    }
    let (code, _, stderr) = command_line::run(&["completions", "csh"]);
    assert!(code == 2 && stderr.contains("possible values: bash"), "{stderr}");
}

#[test]
fn bash_completes_commands_flags_and_values() {
    let (_, script, _) = command_line::run(&["completions", "bash"]);
    let folder = Folder::new();
    fs::write(folder.join("completions.sh"), &script).unwrap();
    let complete = |words: &[&str]| {
        let asks = "source ./completions.sh; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); \
            _plimsoll \"$1\" \"${@: -1}\" \"${@: -2:1}\"; printf '%s\\n' \"${COMPREPLY[@]}\"";
        let mut bash = Command::new("bash");
        bash.current_dir(&*folder).args(["--norc", "-c", asks, "bash"]).args(words).stdin(Stdio::null());
        finish(&mut bash).1
    };
    assert_eq!(complete(&["plimsoll", "comp"]), "compare\ncompletions\n");
    assert_eq!(complete(&["plimsoll", "run", "--emb"]), "--embedded\n");
    assert_eq!(complete(&["plimsoll", "completions", "f"]), "fish\n");
    // and where nothing fits, files
    assert!(script.contains("-o default"));
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let folder = Folder::new();
    let pages = folder.join("man").join("man1");
    let (code, _, stderr) = finish(command_line::command().arg("man").arg(&pages));
    assert_eq!(code, 0, "{stderr}");
    for page in ["plimsoll", "plimsoll-run", "plimsoll-runs-prune", "plimsoll-schema-install", "plimsoll-completions"] {
        let text = fs::read_to_string(pages.join(format!("{page}.1"))).unwrap();
        assert!(text.contains(".TH") && text.contains(".SH \"EXIT STATUS\""), "{page}: {text}");
    }
    let (code, first, _) = command_line::run(&["man"]);
    assert_eq!((code, first), (0, fs::read_to_string(pages.join("plimsoll.1")).unwrap()));
    fs::write(folder.join("file"), "").unwrap();
    let (code, _, stderr) = finish(command_line::command().arg("man").arg(folder.join("file").join("man")));
    assert!(code == 6 && stderr.starts_with("error: the manual cannot be written: "), "{stderr}");
}

#[test]
fn the_version_tells_commit_and_features() {
    let (_, short, _) = command_line::run(&["-V"]);
    assert_eq!(short, concat!("plimsoll ", env!("CARGO_PKG_VERSION"), "\n"));
    let (code, long, _) = command_line::run(&["--version"]);
    assert_eq!(code, 0);
    assert!(long.starts_with(&short), "{long}");
    for line in ["\ncommit: ", "\ntarget: ", "\nfeatures: http/1.1, http/2"] {
        assert!(long.contains(line), "{long}");
    }
}

/// A folder that an editor opens: a plan and a suite in `plans`, and settings with comments.
fn workspace() -> Folder {
    let folder = Folder::new();
    for inside in ["plans", ".vscode"] {
        fs::create_dir(folder.join(inside)).unwrap();
    }
    fs::write(folder.join("plans").join("quick.yaml"), "target: http://127.0.0.1:1\n").unwrap();
    fs::write(folder.join("plans").join("all.yaml"), "suite: [quick]\n").unwrap();
    fs::write(folder.join(".vscode").join("settings.json"), "{\n  // mine\n  \"editor.tabSize\": 2,\n}\n").unwrap();
    folder
}

#[test]
fn schemas_are_installed_beside_plans_and_settings_keep_what_they_have() {
    let folder = workspace();
    let install = |arguments: &[&str]| {
        finish(command_line::command().current_dir(&*folder).args(["schema", "install"]).args(arguments))
    };
    let (code, _, told) = install(&[]);
    assert_eq!(code, 0, "{told}");
    let files = ["plans/plan.schema.json", "plans/suite.schema.json", ".vscode/settings.json"];
    assert_eq!(told, files.map(|file| format!("written: {file}\n")).concat());
    for name in ["plan", "suite"] {
        let file = format!("{name}.schema.json");
        let installed = fs::read_to_string(folder.join("plans").join(&file)).unwrap();
        assert_eq!(installed, fs::read_to_string(root().join("schemas").join(&file)).unwrap());
    }
    let settings = fs::read_to_string(folder.join(files[2])).unwrap();
    assert_eq!(
        settings,
        "{\n  // mine\n  \"editor.tabSize\": 2,\n  \"yaml.schemas\": {\n    \
         \"./plans/plan.schema.json\": [\"plans/*.yaml\", \"!plans/all.yaml\"],\n    \
         \"./plans/suite.schema.json\": [\"plans/all.yaml\"]\n  }\n}\n"
    );
    let (code, _, told) = install(&["plans"]);
    assert_eq!((code, told), (0, files.map(|file| format!("unchanged: {file}\n")).concat()));

    fs::write(folder.join("one.yaml"), "target: http://127.0.0.1:1\n").unwrap();
    let (code, _, told) = install(&["one.yaml"]);
    assert_eq!((code, told.as_str()), (0, "written: plan.schema.json\nwritten: .vscode/settings.json\n"));
    assert!(fs::read_to_string(folder.join(files[2])).unwrap().contains("\"./plan.schema.json\": [\"one.yaml\"]"));
}

#[test]
fn what_is_no_schema_or_no_settings_is_never_replaced() {
    let folder = workspace();
    let install = |arguments: &[&str]| {
        finish(command_line::command().current_dir(&*folder).args(["schema", "install"]).args(arguments))
    };
    let settings = folder.join(".vscode").join("settings.json");
    fs::write(&settings, "{ mine").unwrap();
    let (code, _, told) = install(&["plans/quick.yaml"]);
    assert!(code == 2 && told.contains("settings.json is left as it is"), "{told}");
    assert!(told.contains("add to its `yaml.schemas`: \"./plans/plan.schema.json\": [\"plans/quick.yaml\"]"), "{told}");
    assert_eq!(fs::read_to_string(&settings).unwrap(), "{ mine");
    let other = folder.join("plans").join("plan.schema.json");
    fs::write(&other, "{\"title\": \"Another plan\"}").unwrap();
    let (code, _, told) = install(&["plans"]);
    assert!(code == 2 && told.contains("plan.schema.json holds something else"), "{told}");
    assert_eq!(fs::read_to_string(&other).unwrap(), "{\"title\": \"Another plan\"}");
    let (code, _, told) = install(&["."]);
    assert!(code == 2 && told.contains("may hold YAML files that are no plans"), "{told}");
    let (code, _, told) = install(&["missing"]);
    assert!(code == 2 && told.starts_with("error: cannot read missing: there is no such file"), "{told}");
    let (code, _, told) = install(&["plans", "--workspace", ".vscode"]);
    assert!(code == 2 && told.contains("is not in the folder that the editor opens"), "{told}");
    let (code, _, told) = command_line::run(&["schema", "plna"]);
    assert!(code == 2 && told.contains("'plan'"), "{told}");
}

#[test]
fn a_schema_says_where_its_version_stays() {
    for (of, file) in [("plan", "plan"), ("suite", "suite"), ("runs", "runs"), ("suite-report", "suite_report")] {
        let (_, schema, _) = command_line::run(&["schema", of]);
        let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
        let id = schema["$id"].as_str().unwrap();
        assert!(id.starts_with("https://"), "{id}");
        assert!(id.ends_with(&format!("/v{}/schemas/{file}.schema.json", env!("CARGO_PKG_VERSION"))), "{id}");
    }
}
