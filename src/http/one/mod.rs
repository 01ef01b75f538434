//! HTTP/1.1 by a codec of our own (RFC 9112): a request is written into one buffer, an answer is read where it lies.
//!
//! [`AnswerDecoder`] is pure: it takes bytes as they come, and knows nothing of connections. What hyper makes of the same
//! bytes, it makes of them; `tests/` holds the two side by side.

mod answer_decoder;
mod answer_head;
mod body_decoder;
mod connection;
mod known_head;
mod request_head;

pub use answer_decoder::{AnswerDecoder, Broken, Fed, LONGEST_HEAD, LONGEST_HEADS};
pub use answer_head::Malformed;
pub use connection::{Connection, Ongoing, Order};
pub use known_head::KnownHead;
pub use request_head::{WrongLength, check_length, write_lines};
