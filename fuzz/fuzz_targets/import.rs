//! Fuzzes `plimsoll_fuzz::outside::import`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| plimsoll_fuzz::outside::import(text));
