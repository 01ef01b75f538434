use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use minijinja::value::Object;
use minijinja::{Environment, Error, State, Value};

use super::encodings::{text_of, text_or_bytes};
use super::table::wrong;
use crate::disk::{InputFile, NotRead, leads_away};
use crate::expression::scope::{FILES, SEQUENCES};

/// The files that expressions name, each read once: what is written in the plan before the run, and what is worked out
/// during it when it is first asked for.
#[derive(Debug, Default)]
pub struct Files(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    files: BTreeMap<PathBuf, Value>,
    bytes: u64,
}

/// All files together may hold this much.
const LARGEST: u64 = 64 << 20;
/// So many files may be read.
const MOST: usize = 10_000;

impl Files {
    /// What a file holds: a text, or bytes where it is none.
    ///
    /// # Errors
    /// Why it cannot be read, in a few words, with its path.
    pub fn read(&self, path: &Path) -> Result<Value, String> {
        self.read_within(path, None)
    }

    /// The same, where what was not read before the run lies in the plan's folder: a path that is worked out during it may
    /// be what an answer says.
    fn read_within(&self, path: &Path, worked_out: Option<&str>) -> Result<Value, String> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.files.get(path) {
            return Ok(known.clone());
        }
        let shown = path.display();
        if worked_out.is_some_and(leads_away) {
            return Err(format!(
                "{shown} is not read: a path that is worked out during a run leads to no file outside of the plan's folder"
            ));
        }
        if kept.files.len() >= MOST {
            return Err(format!("cannot read {shown}: expressions have read {MOST} files already"));
        }
        let bytes = InputFile::whole(path, LARGEST - kept.bytes).map_err(|why| match why {
            NotRead::TooLarge => {
                format!("cannot read {shown}: the files of expressions are larger than 64 MiB together")
            }
            why @ NotRead::System(_) => format!("cannot read {shown}: {why}"),
        })?;
        kept.bytes += bytes.len() as u64;
        let value = text_or_bytes(bytes);
        kept.files.insert(path.to_owned(), value.clone());
        Ok(value)
    }
}

impl Object for Files {}

pub(super) fn add_to(language: &mut Environment<'static>) {
    language.add_function("file", file);
}

/// A file of a folder: the folder is none that the plan writes, but that of the file it is written in.
fn file(state: &State, folder: Value, path: Value) -> Result<Value, Error> {
    let path = text_of(&path)?;
    let files = state.lookup(FILES).filter(|files| !files.is_undefined());
    match (folder.as_str(), files.as_ref().and_then(|files| files.downcast_object_ref::<Files>())) {
        (Some(folder), Some(files)) => {
            let is_run = state.lookup(SEQUENCES).is_some_and(|sequences| !sequences.is_undefined());
            files.read_within(&Path::new(folder).join(&*path), is_run.then_some(&*path)).map_err(wrong)
        }
        _ => Err(wrong("files cannot be read here")),
    }
}
