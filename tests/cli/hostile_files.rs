//! Files that are not what they say: endless, silent, enormous, or small and enormous once they are read. Each is refused
//! with its cause in bounded memory.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use plimsoll::test_api::journal::{Reader, Writer};
use plimsoll::test_api::metrics::{Counts, Interval, SeriesCount, SeriesKey};
use plimsoll::test_api::sample::{EndpointId, StageId, TaskId, UserTypeId};

use crate::support::command_line::{Ended, finish, through_shell};
use crate::support::folder::Folder;
use crate::support::repository::root;

/// Runs Plimsoll with no more memory than its own budget and what the program itself takes.
fn limited(arguments: &[&str]) -> Ended {
    finish(through_shell("ulimit -v 1500000; exec \"$0\" \"$@\"").args(arguments))
}

/// What cannot be read: endless, a pipe that nobody writes to, a folder, and a file that takes no room and has ten gigabytes.
fn unreadable(folder: &Folder) -> Vec<PathBuf> {
    let (pipe, sparse) = (folder.join("pipe"), folder.join("sparse"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    File::create(&sparse).unwrap().set_len(10 << 30).unwrap();
    vec!["/dev/zero".into(), pipe, folder.to_path_buf(), sparse]
}

const REST: &str = "endpoints: {a: {get: /}}\nshape: {constant: {users: 1, for: 1s}}\n";

#[test]
fn a_plan_that_names_what_cannot_be_read_is_refused_with_the_place() {
    let folder = Folder::new();
    let written = folder.join("plan.yaml");
    for (index, path) in unreadable(&folder).into_iter().enumerate() {
        let shown = path.display();
        let target = "target: http://127.0.0.1:9\n";
        // a file of any size is sent as it is: it is read meanwhile
        let file = if index == 3 { format!("{{path: {shown}, template: true}}") } else { shown.to_string() };
        // each waits a while for a pipe
        let plans = match index {
            1 => vec![format!("{target}{REST}include: [{shown}]\n")],
            _ => vec![
                format!("{target}{REST}include: [{shown}]\n"),
                format!(
                    "{target}endpoints: {{a: {{post: /, file: {file}}}}}\nshape: {{constant: {{users: 1, for: 1s}}}}\n"
                ),
                format!(
                    "{target}endpoints: {{a: {{post: /, multipart: {{x: {{file: {file}}}}}}}}}\nshape: {{constant: {{users: 1, for: 1s}}}}\n"
                ),
                format!("target: {{url: \"https://127.0.0.1:9\", http: {{ca: {shown}}}}}\n{REST}"),
                format!(
                    "target: {{url: \"https://127.0.0.1:9\", http: {{certificate: {shown}, key: {shown}}}}}\n{REST}"
                ),
                format!("{target}data: {{rows: {{file: {shown}, format: lines}}}}\n{REST}"),
                format!("{target}data: {{rows: {{file: {shown}, format: csv}}}}\n{REST}"),
                format!("{target}data: {{rows: {{file: {shown}, format: json}}}}\n{REST}"),
            ],
        };
        for plan in plans {
            fs::write(&written, &plan).unwrap();
            let (code, _, stderr) = limited(&["check", written.to_str().unwrap()]);
            assert_eq!(code, 2, "{plan}\n{stderr}");
            assert!(stderr.contains("error: ") && stderr.contains("plan.yaml:"), "{plan}\n{stderr}");
        }
    }
}

#[test]
fn whatever_file_a_command_is_given_it_never_hangs_and_never_reads_all_of_it() {
    let folder = Folder::new();
    for path in unreadable(&folder) {
        let path = path.to_str().unwrap();
        let commands: &[&[&str]] = &[
            &["check", path],
            &["check", "examples/shopping_flow/plan.yaml", "--env-file", path],
            &["show", path],
            &["analyze", path],
            &["compare", path, path],
            &["new", "--from-openapi", path],
        ];
        for command in commands {
            let (code, _, stderr) = limited(command);
            assert_eq!(code, 2, "{command:?}: {stderr}");
            assert!(stderr.contains("error: "), "{command:?}: {stderr}");
        }
    }
}

/// A journal of a few kilobytes that counts very many series.
fn with_many_series(folder: &Folder) -> PathBuf {
    let known = fs::read_dir(root().join("tests/journals")).unwrap().map(|entry| entry.unwrap().path());
    let known = known.filter(|path| path.extension().is_some_and(|ending| ending == "journal")).min().unwrap();
    let header = Reader::open(&known).unwrap().header().clone();
    let path = folder.join("many.journal");
    let mut writer = Writer::create(&path, &header).unwrap();
    let mut interval = Interval::empty(0);
    interval.series = (0..150_000_u32)
        .map(|number| SeriesCount {
            key: SeriesKey {
                endpoint: EndpointId(0),
                name: "x".into(),
                user: UserTypeId(0),
                task: TaskId((number / 50_000) as u16),
                stage: StageId(0),
                status: Some((number % 50_000) as u16),
            },
            counts: Counts { ok: 1, ..Counts::default() },
            times: Vec::new(),
        })
        .collect();
    writer.second(&interval).unwrap();
    path
}

fn told(command: &[&str], path: &Path) {
    let (code, _, stderr) = limited(command);
    assert_eq!(code, 2, "{command:?}: {stderr}");
    assert!(stderr.contains("memory"), "{command:?}: {stderr}");
    assert!(path.exists());
}

#[test]
fn a_small_journal_that_would_take_all_memory_is_refused_by_whoever_reads_it() {
    let folder = Folder::new();
    let path = with_many_series(&folder);
    assert!(fs::metadata(&path).unwrap().len() < 2 << 20);
    let (journal, into) = (path.to_str().unwrap(), folder.join("all.journal"));
    told(&["show", journal, "--memory", "64MiB"], &path);
    told(&["analyze", journal, "--memory", "64MiB"], &path);
    told(&["compare", journal, journal, "--memory", "64MiB"], &path);
    told(&["merge", journal, "-o", into.to_str().unwrap(), "--memory", "64MiB"], &path);
    assert!(!into.exists(), "what cannot be read leaves nothing");
}

#[test]
fn a_csv_whose_one_line_has_millions_of_cells_is_refused() {
    let folder = Folder::new();
    let path = folder.join("x_stats.csv");
    fs::write(&path, format!("Type,Name,Request Count,Failure Count{}\n", ",".repeat(20 << 20))).unwrap();
    let (code, _, stderr) = limited(&["analyze", path.to_str().unwrap()]);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("more than 10000 cells"), "{stderr}");
}
