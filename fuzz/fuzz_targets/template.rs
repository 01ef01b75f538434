//! Fuzzes `plimsoll_fuzz::template`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| plimsoll_fuzz::template(text));
