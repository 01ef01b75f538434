//! The headers of an answer: kept as they came, and taken apart when somebody asks.

mod answer_headers;

pub use answer_headers::{AnswerHeaders, MOST_HEADERS};
