//! What the stand-in answers.

use serde_json::Value;

/// An answer, or why what was asked is wrong.
pub type Answer = Result<Reply, String>;

pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// Pieces of a body that come one after another.
    pub pieces: Vec<String>,
    /// Of a plan's setup, teardown or question before the load, which its figures leave out.
    pub outside: bool,
}

impl Reply {
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new(), pieces: Vec::new(), outside: false }
    }

    pub fn text(status: u16, kind: &str, body: impl Into<String>) -> Self {
        Self { body: body.into(), ..Self::empty(status) }.with("content-type", kind)
    }

    pub fn json(status: u16, body: Value) -> Self {
        Self::text(status, "application/json", body.to_string())
    }

    pub fn html(body: impl Into<String>) -> Self {
        Self::text(200, "text/html; charset=utf-8", body)
    }

    pub fn xml(status: u16, body: &str) -> Self {
        Self::text(status, "text/xml; charset=utf-8", format!("<?xml version=\"1.0\"?>{body}"))
    }

    /// A plain page of which nobody asks anything.
    pub fn page() -> Self {
        Self::text(200, "text/plain", "a page")
    }

    pub fn redirect(status: u16, place: impl Into<String>) -> Self {
        Self::empty(status).with("location", place)
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn outside(self) -> Self {
        Self { outside: true, ..self }
    }

    pub fn ok(self) -> Answer {
        Ok(self)
    }
}
