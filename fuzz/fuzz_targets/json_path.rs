//! Fuzzes `plimsoll_fuzz::json_path`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| plimsoll_fuzz::json_path(text));
