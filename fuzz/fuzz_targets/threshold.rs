//! Fuzzes `plimsoll_fuzz::threshold`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| plimsoll_fuzz::threshold(text));
