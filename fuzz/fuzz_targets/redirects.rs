//! Fuzzes `plimsoll_fuzz::outside::redirects`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| plimsoll_fuzz::outside::redirects(bytes));
