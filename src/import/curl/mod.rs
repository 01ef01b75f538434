//! A plan from one `curl` command, as browsers copy it.

mod body;
mod headers;
mod multipart;
mod options;
mod request;
mod typed;

pub use request::from_curl;
