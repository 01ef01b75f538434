//! What the fuzzers kept, and what they start from, is read without a panic and in time, on every machine.

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::support::repository::root;

#[path = "../../fuzz/src/lib.rs"]
pub mod entries;

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

/// Feeds every input of a target through its entry; as the fuzzer does: what is no UTF-8 never reaches it.
fn feed(target: &str, entry: fn(&str)) {
    feed_bytes(target, move |bytes| {
        if let Ok(text) = str::from_utf8(bytes) {
            entry(text);
        }
    });
}

/// The same of an entry that takes any bytes.
fn feed_bytes(target: &str, entry: impl Fn(&[u8]) + Send + 'static) {
    let inputs = inputs(target);
    assert!(inputs.len() >= 4, "only {} inputs were found for {target}", inputs.len());
    let (done, finished) = mpsc::channel();
    let shown = inputs.clone();
    let work = move || {
        for input in inputs {
            entry(&fs::read(&input).unwrap());
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

#[test]
fn every_kept_journal_is_told_in_every_format() {
    feed_bytes("journal", entries::outside::journal);
}

#[test]
fn every_kept_page_is_read_and_searched() {
    feed_bytes("markup", entries::outside::markup);
}

#[test]
fn every_kept_answer_on_the_wire_is_read_or_fails() {
    feed_bytes("exchange", entries::outside::exchange);
}

#[test]
fn every_kept_answer_is_what_hyper_makes_of_it() {
    feed_bytes("codec", entries::codec::codec);
}

#[test]
fn every_kept_body_is_unpacked_and_searched() {
    feed_bytes("answer", entries::outside::answer);
}

#[test]
fn every_kept_cookie_is_kept_within_bounds_or_not_at_all() {
    feed_bytes("cookies", entries::outside::cookies);
}

#[test]
fn every_kept_redirect_stays_with_its_target() {
    feed_bytes("redirects", entries::outside::redirects);
}

#[test]
fn every_kept_csv_of_another_tool_is_read_or_refused() {
    feed_bytes("locust_csv", entries::outside::locust_csv);
}

#[test]
fn every_kept_data_file_is_read_again_as_it_was() {
    feed_bytes("rows", entries::outside::rows);
}

#[test]
fn every_kept_document_becomes_a_plan_or_is_refused() {
    feed("import", entries::outside::import);
}
