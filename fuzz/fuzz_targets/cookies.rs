//! Fuzzes `plimsoll_fuzz::outside::cookies`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| plimsoll_fuzz::outside::cookies(bytes));
