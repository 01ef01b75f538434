//! Fuzzes `plimsoll_fuzz::plan`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| plimsoll_fuzz::plan(text));
