//! The cookies of one user, as RFC 6265 has them: read from what an answer sets, kept within bounds, sent with what they
//! belong to.
//!
//! Reading order: an answer's header is read as a [`set_cookie::SetCookie`], with its [`date`]; the [`jar`] keeps it where
//! it is for the service that set it ([`reach`]).

mod date;
mod jar;
mod reach;
mod set_cookie;

#[cfg(test)]
mod tests;

pub(super) use date::read as read_date;
pub use jar::{Asked, CookieJar, Moment};
