use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use crate::disk::{InputFile, leads_away, plain};
use crate::expression::{EvalError, Part, Scope, Template, to_text};
use crate::http::{ContentFile, ContentPart};

/// The files that the plan's data sets list, by their paths as expressions see them.
pub type ListedFiles = BTreeMap<String, PathBuf>;

/// A file whose path is made for each request. What a value says leads to no other folder than the one the plan writes.
#[derive(Debug)]
pub struct LiveFile {
    /// Where relative paths begin.
    pub folder: PathBuf,
    /// Its path, in which what is written can be told from what is filled in.
    pub path: Template,
    /// Files that may be sent wherever they are, for the plan itself lists them.
    pub listed: Arc<ListedFiles>,
}

/// One of several files, each filled in as a text.
#[derive(Debug)]
pub struct LiveText {
    /// Which of them.
    pub file: LiveFile,
    /// The files, by their paths.
    pub texts: BTreeMap<String, Template>,
    /// What the files are like, for messages.
    pub pattern: String,
}

/// A file up to so many bytes is read at once; a larger one in pieces, while it is sent.
const SMALL: u64 = 64 << 10;
/// So much of a path is shown in a message.
const SHOWN: usize = 120;

impl LiveFile {
    /// The path as it is now, and where that is.
    ///
    /// # Errors
    /// A path that cannot be filled in, and one that leads away.
    fn named(&self, scope: &Arc<Scope>) -> Result<(String, PathBuf), EvalError> {
        let (mut text, mut written) = (String::new(), None);
        for part in self.path.parts(scope)? {
            match part {
                Part::Written(part) => text.push_str(&part),
                Part::Value(value) => {
                    // where the plan ends to say in which folder it is
                    written.get_or_insert_with(|| text.rfind('/').map_or(0, |slash| slash + 1));
                    text.push_str(&to_text(&value));
                }
            }
        }
        if let Some(path) = self.listed.get(&text) {
            return Ok((text, path.clone()));
        }
        let below = written.map_or("", |from| &text[from..]);
        if leads_away(below) || text.contains('\0') {
            let message = format!(
                "the file `{}` is not sent: a value leads out of the folder that the plan writes",
                shown(&text)
            );
            return Err(EvalError { message });
        }
        let path = self.folder.join(&text);
        Ok((text, path))
    }

    /// The file as it is now: its path, and what it holds.
    ///
    /// # Errors
    /// As [`LiveFile::named`], and a file that cannot be read.
    pub(super) fn open(&self, scope: &Arc<Scope>) -> Result<(String, ContentPart), EvalError> {
        let (text, path) = self.named(scope)?;
        let opened = InputFile::regular(&path).and_then(|file| content(file, &text));
        let content = opened.map_err(|error| EvalError {
            message: format!("cannot read the file `{}`: {}", shown(&text), plain(&error)),
        })?;
        Ok((text, content))
    }
}

impl LiveText {
    /// The text of the file as it is now, filled in, with its path.
    ///
    /// # Errors
    /// A path that leads to none of the files, and what cannot be filled in.
    pub(super) fn fill(&self, scope: &Arc<Scope>) -> Result<(String, String), EvalError> {
        let (path, _) = self.file.named(scope)?;
        let Some(template) = self.texts.get(&path) else {
            let message = format!(
                "`{}` is none of the files like `{}` that were read before the run",
                shown(&path),
                self.pattern
            );
            return Err(EvalError { message });
        };
        let text = template.render(scope)?;
        Ok((path, text))
    }
}

fn content(mut file: File, shown: &str) -> std::io::Result<ContentPart> {
    let length = file.metadata()?.len();
    if length > SMALL {
        return Ok(ContentPart::File(ContentFile::new(file, length, shown)));
    }
    let mut bytes = Vec::new();
    // one that grows meanwhile is sent as far as it was there
    file.by_ref().take(SMALL).read_to_end(&mut bytes)?;
    Ok(ContentPart::Bytes(Bytes::from(bytes)))
}

/// The beginning of a path: it may be of any length.
fn shown(path: &str) -> String {
    let beginning: String = path.chars().take(SHOWN).collect();
    if beginning.len() < path.len() { format!("{beginning}…") } else { beginning }
}
