//! A plan from one `curl` command, as browsers copy it.

mod body;
mod headers;
mod options;
mod request;

pub use request::from_curl;
