//! Every fuzzer: the environment's `FUZZER` names the entry that is fuzzed. One binary is built in the time of one.
#![no_main]

use std::sync::OnceLock;

use plimsoll_fuzz::{codec, json_path, outside, plan, template, threshold, units};

/// What an entry is fed: text, which bytes that are none never reach, or bytes.
enum Entry {
    Text(fn(&str)),
    Bytes(fn(&[u8])),
}

const ENTRIES: [(&str, Entry); 15] = [
    ("answer", Entry::Bytes(outside::answer)),
    ("codec", Entry::Bytes(codec::codec)),
    ("cookies", Entry::Bytes(outside::cookies)),
    ("exchange", Entry::Bytes(outside::exchange)),
    ("import", Entry::Text(outside::import)),
    ("journal", Entry::Bytes(outside::journal)),
    ("json_path", Entry::Text(json_path)),
    ("locust_csv", Entry::Bytes(outside::locust_csv)),
    ("markup", Entry::Bytes(outside::markup)),
    ("plan", Entry::Text(plan)),
    ("redirects", Entry::Bytes(outside::redirects)),
    ("rows", Entry::Bytes(outside::rows)),
    ("template", Entry::Text(template)),
    ("threshold", Entry::Text(threshold)),
    ("units", Entry::Text(units)),
];

static NAMED: OnceLock<&Entry> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let entry = NAMED.get_or_init(|| {
        let name = std::env::var("FUZZER").unwrap_or_default();
        let found = ENTRIES.iter().find(|(known, _)| *known == name);
        found.map(|(_, entry)| entry).unwrap_or_else(|| panic!("FUZZER names no fuzzer: `{name}`"))
    });
    match entry {
        Entry::Bytes(feed) => feed(bytes),
        Entry::Text(feed) => {
            if let Ok(text) = std::str::from_utf8(bytes) {
                feed(text);
            }
        }
    }
});
