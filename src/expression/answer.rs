use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};

use super::json::{Json, NotJson, read_json, scalar};
use super::json_path::{JsonPath, Step};
use super::json_picks::{JsonPicks, Picked};
use super::work::{LARGEST, memory_of_json};
use crate::headers::AnswerHeaders;
use crate::markup::{Document, NotRead};
use crate::memory::{Held, NoRoom, hold};

/// An answer as expressions see it: `status`, `headers`, `json`, `body`, `elapsed`. Parsed when first asked for; a clone
/// shares it.
#[derive(Debug, Clone)]
pub struct Answer(Arc<Kept>);

/// An answer as it came.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: AnswerHeaders,
    /// The body as it came.
    pub body: Bytes,
    /// The call's response time.
    pub elapsed: Duration,
}

#[derive(Debug)]
struct Kept {
    answered: Answered,
    /// What its endpoint looks at, where that was picked.
    picked: Picked,
    parsed: Parsed,
    memory: Memory,
}

/// What a body is, once somebody has asked.
#[derive(Debug, Default)]
struct Parsed {
    json: OnceLock<Result<Arc<Json>, NotJson>>,
    markup: OnceLock<Result<Markup, NotMarkup>>,
}

/// A document with the memory it takes.
#[derive(Debug)]
struct Markup {
    document: Document,
    _held: Option<Held>,
}

/// Why a body was not read as HTML or XML.
#[derive(Debug, thiserror::Error)]
pub enum NotMarkup {
    /// It is too large, or no well-formed XML.
    #[error(transparent)]
    NotRead(#[from] NotRead),
    /// There is no memory left for it.
    #[error("a document for which there is no room: {0}")]
    NoRoom(#[from] NoRoom),
}

/// Whose memory an answer's headers and body lie in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Memory {
    /// They are parts of the buffer the answer was read into, which they keep as a whole.
    ReadBuffer,
    /// Its own.
    Own,
}

/// A longer body was put together from its pieces, and is no part of a read buffer.
const LONGEST_PIECE: usize = 64 << 10;

impl From<Answered> for Answer {
    fn from(answered: Answered) -> Self {
        Self(Arc::new(answered.into()))
    }
}

impl From<Answered> for Kept {
    fn from(answered: Answered) -> Self {
        Self { answered, picked: Picked::default(), parsed: Parsed::default(), memory: Memory::ReadBuffer }
    }
}

impl Answer {
    /// An answer; `elapsed` is the call's response time.
    #[must_use]
    pub fn new(status: u16, headers: impl Into<AnswerHeaders>, body: Bytes, elapsed: Duration) -> Self {
        Answered { status, headers: headers.into(), body, elapsed }.into()
    }

    /// An answer of which its endpoint picks something, in the memory of the one before it where nobody else has that.
    pub(super) fn in_place_of(before: Option<Self>, answered: Answered, picks: &JsonPicks) -> Self {
        let mut answer = match before {
            Some(mut before) => match Arc::get_mut(&mut before.0) {
                Some(kept) => {
                    *kept = Kept { picked: std::mem::take(&mut kept.picked), ..answered.into() };
                    before
                }
                None => answered.into(),
            },
            None => answered.into(),
        };
        if let Some(kept) = Arc::get_mut(&mut answer.0) {
            picks.pick(&kept.answered.body, &mut kept.picked);
        }
        answer
    }

    /// Copies headers and body into memory of just their size, so that the buffer they were read into is freed: for an
    /// answer that is kept for long. Doing so again costs nothing. One that somebody else has as well stays as it is.
    pub(super) fn compact(&mut self) {
        let Some(kept) = Arc::get_mut(&mut self.0).filter(|kept| kept.memory == Memory::ReadBuffer) else { return };
        kept.memory = Memory::Own;
        kept.answered.headers.compact();
        if kept.answered.body.len() <= LONGEST_PIECE {
            kept.answered.body = Bytes::copy_from_slice(&kept.answered.body);
        }
    }

    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.answered.status
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &http::HeaderMap {
        self.0.answered.headers.map()
    }

    /// The body as it came.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.0.answered.body
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// A body that is none, or that cannot be read as it.
    pub fn json(&self) -> Result<&Arc<Json>, &NotJson> {
        self.0.parsed.json.get_or_init(|| read_json(self.body()).map(Arc::new)).as_ref()
    }

    /// A copy of the first value that a path finds in the body, where there is room for it.
    ///
    /// # Errors
    /// As [`Answer::json`].
    pub fn first(&self, path: &JsonPath) -> Result<Option<Result<Value, NoRoom>>, &NotJson> {
        match self.0.picked.found(path) {
            Some(picked) => Ok(picked.cloned().map(Ok)),
            None => Ok(path.first(self.json()?).map(copy_of_json)),
        }
    }

    /// The body as HTML or XML.
    ///
    /// # Errors
    /// A body that cannot be read as it.
    pub fn markup(&self) -> Result<&Document, &NotMarkup> {
        let kind =
            self.headers().get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let read = || {
            let held = hold(Document::memory_of(self.body()))?;
            Ok(Markup { document: Document::read(kind, self.body())?, _held: held })
        };
        self.0.parsed.markup.get_or_init(read).as_ref().map(|markup| &markup.document)
    }

    pub(super) fn value(&self, name: &str) -> Option<Value> {
        match name {
            "status" => Some(Value::from(self.status())),
            "elapsed" => Some(Value::from(self.0.answered.elapsed.as_secs_f64())),
            "body" => Some(Value::from(String::from_utf8_lossy(self.body()))),
            "headers" => Some(Value::from_pairs(self.headers().iter().map(|(name, value)| {
                (name.as_str().to_owned(), Value::from(String::from_utf8_lossy(value.as_bytes())))
            }))),
            "json" => self.json().ok().map(|root| view(root.clone(), Vec::new(), root)),
            _ => None,
        }
    }
}

/// A part of an answer as a value of the language, where there is room for the copy.
///
/// # Errors
/// A copy for which there is no memory.
pub fn copy_of_json(json: &serde_json::Value) -> Result<Value, NoRoom> {
    let _held = hold(memory_of_json(json))?;
    Ok(json_to_value(json))
}

/// Parts of an answer as a list of the language, where there is room for their copies: parts may lie in each other.
///
/// # Errors
/// Copies for which there is no memory, or that are larger than a value may be.
pub fn copies_of_json(all: &[&serde_json::Value]) -> Result<Value, String> {
    let mut size = 0_usize;
    for json in all {
        size += memory_of_json(json);
        if size > LARGEST {
            return Err("larger than 64 MiB".to_owned());
        }
    }
    let _held = hold(size).map_err(|no_room| no_room.to_string())?;
    Ok(Value::from(all.iter().map(|json| json_to_value(json)).collect::<Vec<_>>()))
}

/// A JSON value as a value of the language, copied whole.
#[must_use]
pub fn json_to_value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Array(items) => Value::from(items.iter().map(json_to_value).collect::<Vec<_>>()),
        serde_json::Value::Object(map) => {
            Value::from_pairs(map.iter().map(|(key, value)| (key.clone(), json_to_value(value))))
        }
        _ => scalar(json).unwrap_or(Value::UNDEFINED),
    }
}

/// A place inside a JSON answer. Going down a step copies no part of the answer, so a check that reads one
/// number of a large body costs one number.
#[derive(Debug)]
struct JsonView {
    root: Arc<Json>,
    steps: Vec<Step>,
}

fn view(root: Arc<Json>, steps: Vec<Step>, at: &serde_json::Value) -> Value {
    match scalar(at) {
        Some(value) => value,
        None => Value::from_object(JsonView { root, steps }),
    }
}

/// The part of an answer that a value is, where it is one.
pub(super) fn json_of(value: &Value) -> Option<&serde_json::Value> {
    value.downcast_object_ref::<JsonView>().and_then(JsonView::at)
}

impl JsonView {
    fn at(&self) -> Option<&serde_json::Value> {
        Step::walk(&self.steps, &self.root)
    }

    fn child(&self, step: Step, at: &serde_json::Value) -> Value {
        let mut steps = self.steps.clone();
        steps.push(step);
        view(self.root.clone(), steps, at)
    }
}

impl Object for JsonView {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        match self.at() {
            Some(serde_json::Value::Array(_)) => ObjectRepr::Seq,
            _ => ObjectRepr::Map,
        }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match self.at()? {
            serde_json::Value::Array(items) => {
                let index = key.as_usize()?;
                Some(self.child(Step::Index(index), items.get(index)?))
            }
            serde_json::Value::Object(map) => {
                let key = key.as_str()?;
                Some(self.child(Step::Key(key.into()), map.get(key)?))
            }
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match self.at() {
            Some(serde_json::Value::Array(items)) => Enumerator::Seq(items.len()),
            Some(serde_json::Value::Object(map)) => {
                Enumerator::Values(map.keys().map(|key| Value::from(key.as_str())).collect())
            }
            _ => Enumerator::Empty,
        }
    }
}
