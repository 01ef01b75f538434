//! Fuzzes `plimsoll_fuzz::outside::locust_csv`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| plimsoll_fuzz::outside::locust_csv(bytes));
