//! What the fuzzers kept, and what they start from, is read without a panic and in time, on every machine.

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::support::repository::root;

#[path = "../../fuzz/src/lib.rs"]
mod entries;

/// One input takes well below a second, here as much as a busy machine may need.
const LONGEST: Duration = Duration::from_secs(20);
/// What the main thread has, where the command line reads its plans.
const STACK: usize = 8 << 20;

/// The inputs of a target, in the order of their paths.
fn inputs(target: &str) -> Vec<PathBuf> {
    let folders = ["seeds", "corpus"].map(|folder| root().join("fuzz").join(folder).join(target));
    let mut found: Vec<_> =
        folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

/// Feeds every input of a target through its entry.
fn feed(target: &str, entry: fn(&str)) {
    let inputs = inputs(target);
    assert!(inputs.len() > 10, "only {} inputs were found for {target}", inputs.len());
    let (done, finished) = mpsc::channel();
    let shown = inputs.clone();
    let work = move || {
        for input in inputs {
            // as the fuzzer does: what is no UTF-8 never reaches the entry
            if let Ok(text) = fs::read_to_string(&input) {
                entry(&text);
            }
            if done.send(()).is_err() {
                return;
            }
        }
    };
    let worker = thread::Builder::new().stack_size(STACK).spawn(work).unwrap();
    for input in shown {
        match finished.recv_timeout(LONGEST) {
            Ok(()) => {}
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("{} takes longer than {LONGEST:?}", input.display()),
            Err(mpsc::RecvTimeoutError::Disconnected) => panic!("{} makes it panic", input.display()),
        }
    }
    worker.join().unwrap();
}

#[test]
fn every_kept_plan_is_read_compiled_and_told() {
    feed("plan", entries::plan);
}

#[test]
fn every_kept_template_is_parsed_and_filled_in() {
    feed("template", entries::template);
}

#[test]
fn every_kept_json_path_is_parsed_and_asked() {
    feed("json_path", entries::json_path);
}

#[test]
fn every_kept_threshold_is_parsed_and_reads_back_as_shown() {
    feed("threshold", entries::threshold);
}

#[test]
fn every_kept_quantity_is_parsed_and_reads_back_as_shown() {
    feed("units", entries::units);
}
