use std::sync::Arc;

use bytes::Bytes;

use crate::expression::{EvalError, Scope, Template};

/// A request's body, as far as it is known before the run.
#[derive(Debug)]
pub enum Payload {
    /// None.
    Empty,
    /// The same bytes each time.
    Fixed(Bytes),
    /// A text to fill in.
    Text(Template),
    /// JSON: stretches of finished text, and slots whose values are written as JSON between them.
    Json(Vec<JsonPiece>),
}

/// A stretch of a JSON body.
#[derive(Debug)]
pub enum JsonPiece {
    /// Finished JSON text.
    Text(Box<str>),
    /// A text that is one expression, written as the JSON of its value's own type.
    Value(Template),
    /// A text to fill in, written as a JSON string.
    String(Template),
}

impl Payload {
    /// The body's bytes in a scope.
    ///
    /// # Errors
    /// A template that cannot be filled in, or a value that has no JSON form.
    pub fn render(&self, scope: &Arc<Scope>) -> Result<Bytes, EvalError> {
        match self {
            Self::Empty => Ok(Bytes::new()),
            Self::Fixed(bytes) => Ok(bytes.clone()),
            Self::Text(template) => template.render(scope).map(Bytes::from),
            Self::Json(pieces) => {
                let mut out = Vec::with_capacity(256);
                for piece in pieces {
                    piece.render_to(scope, &mut out)?;
                }
                Ok(Bytes::from(out))
            }
        }
    }
}

impl JsonPiece {
    fn render_to(&self, scope: &Arc<Scope>, out: &mut Vec<u8>) -> Result<(), EvalError> {
        let written = match self {
            Self::Text(text) => {
                out.extend_from_slice(text.as_bytes());
                return Ok(());
            }
            Self::Value(template) => serde_json::to_writer(&mut *out, &template.eval(scope)?),
            Self::String(template) => serde_json::to_writer(&mut *out, &template.render(scope)?),
        };
        written.map_err(|error| EvalError { message: format!("the body cannot be written as JSON: {error}") })
    }
}
