use std::fs::File;
use std::path::Path;

use bytes::Bytes;

use crate::compile::program::{LiveFile, LiveText, PartSource, ValueTemplate, kind_of};
use crate::compile::templates::{Templates, source};
use crate::diagnostic::{Problem, Span, did_you_mean};
use crate::disk::{InputFile, NotRead, files_matching, note};
use crate::expression::Template;
use crate::http::{ContentFile, ContentPart};
use crate::plan::{At, BodyFile, instead_of_sent_file, near_file, pattern_of};

/// A file that is sent.
pub(super) struct FileBody {
    /// What is sent: the same each time, a text that is filled in, or a file that is found when it is sent.
    pub(super) body: PartSource,
    /// What it is, where that is the same each time.
    pub(super) kind: Option<String>,
    /// Its path, where that is the same each time.
    pub(super) path: Option<String>,
}

/// A file up to so many bytes is kept in memory; a larger one is read while it is sent.
const KEPT: u64 = 8 << 20;
/// And so many bytes of all.
const ALL_KEPT: u64 = 64 << 20;
/// The most that comes from what is no file: a pipe is read once, and kept.
const LARGEST: u64 = 64 << 20;
/// So many files are looked at to know whether there is any.
const LOOKED_AT: usize = 100_000;

const RELATIVE: &str = "the path is relative to the file that names it";

pub(super) fn file_body(file: &BodyFile, templates: &mut Templates) -> Option<FileBody> {
    let path = templates.text(&file.path)?;
    let fixed = path.fixed().map(|path| path.to_string());
    // where the plan writes the ending, it is always that
    let ending = fixed.as_deref().unwrap_or(&file.path);
    let kind =
        (fixed.is_some() || !ending.ends_with("}}") && !ending.contains("{%")).then(|| kind_of(ending).to_owned());
    let body = match (&file.texts, fixed.clone()) {
        (None, Some(path)) => PartSource::Fixed(read(&path, file.path.span, templates)?),
        (None, None) => {
            look_for_any(&file.path, templates);
            PartSource::File(live(&file.path, templates)?)
        }
        // that there is none is reported where they are read
        (Some(texts), _) if texts.is_empty() => return None,
        (Some(texts), Some(path)) => {
            let Some((_, text)) = texts.iter().find(|(known, _)| *known == path) else {
                not_among(texts, &path, file, templates);
                return None;
            };
            let template = templates.text(text)?;
            match template.fixed() {
                Some(text) => PartSource::Fixed(ContentPart::Bytes(Bytes::from(text.to_string()))),
                None => PartSource::Value(ValueTemplate::Text(template.of_file(&path))),
            }
        }
        (Some(texts), None) => {
            // each is looked at, so that all that is wrong in them is told
            let read = texts.iter().map(|(path, text)| Some((path.clone(), templates.text(text)?.of_file(path))));
            let read: Vec<_> = read.collect();
            let pattern = pattern_of(&file.path).unwrap_or_default();
            let file = live(&file.path, templates)?;
            PartSource::FileText(LiveText { file, texts: read.into_iter().collect::<Option<_>>()?, pattern })
        }
    };
    Some(FileBody { body, kind, path: fixed })
}

/// Reports that a path, which is the same each time, is none of the files that were read for it.
fn not_among(texts: &[(String, At<String>)], path: &str, file: &BodyFile, templates: &mut Templates) {
    let place = templates.sources.folder(file.path.span).join(path);
    if templates.problems.has_error_in(file.path.span) {
        // it is one that could not be read
        return;
    }
    let problem = if place.exists() {
        let problem = Problem::at(file.path.span, format!("the file `{path}` was not looked for"));
        problem.help("a name stands for one part of a path: write its folders as text, or as `${NAME}`")
    } else {
        let problem = Problem::at(file.path.span, format!("cannot read {}: there is no such file", place.display()));
        let known = || texts.iter().map(|(known, _)| known.as_str());
        match near_file(path, known()) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help_if(did_you_mean("", known())),
        }
    };
    templates.problems.push(problem);
}

/// A file that is found when it is sent.
fn live(path: &At<String>, templates: &Templates) -> Option<LiveFile> {
    let folder = templates.sources.folder(path.span);
    // what is wrong with it is reported already
    let template = Template::path(source(path).within(&folder)).ok()?;
    Some(LiveFile { folder, path: template, listed: templates.listed.clone() })
}

/// Reports a folder that is not there, and warns where no file is.
fn look_for_any(path: &At<String>, templates: &mut Templates) {
    let Some(pattern) = pattern_of(path) else { return };
    let problem = match files_matching(&templates.sources.folder(path.span), &pattern, LOOKED_AT) {
        Ok(files) if files.is_empty() => Problem::at(path.span, format!("no file is like `{pattern}`")).warning(),
        Ok(_) => return,
        Err(why) => {
            // that there are many is no fault
            if matches!(why, crate::disk::NotListed::TooMany(_)) {
                return;
            }
            Problem::at(path.span, format!("the files like `{pattern}` cannot be sent: {why}"))
        }
    };
    templates.problems.push(problem.help(RELATIVE));
}

/// A file that is always the same.
fn read(written: &str, span: Span, templates: &mut Templates) -> Option<ContentPart> {
    let path = templates.sources.folder(span).join(written);
    let shown = path.display();
    match content(&path, written, ALL_KEPT - templates.kept_of_files) {
        Ok(content) => {
            if let ContentPart::Bytes(bytes) = &content {
                templates.kept_of_files += bytes.len() as u64;
            }
            return Some(content);
        }
        Err(NotRead::TooLarge) => {
            let problem = Problem::at(span, format!("more than 64 MiB come from {shown}"));
            templates.problems.push(problem.help("only files may be larger: write it to one"));
        }
        Err(NotRead::System(error)) if error.kind() == std::io::ErrorKind::IsADirectory => {
            templates.problems.push(Problem::at(span, format!("{shown} is a folder")).help("name a file in it"));
        }
        Err(error) => {
            let problem = Problem::at(span, format!("cannot read {shown}: {error}"));
            templates.problems.push(problem.help(instead_of_sent_file(&templates.sources.folder(span), written)));
        }
    }
    None
}

/// What a file holds: its bytes, or where it is large the file itself.
fn content(path: &Path, shown: &str, room: u64) -> Result<ContentPart, NotRead> {
    note(path);
    let metadata = std::fs::metadata(path)?;
    if metadata.is_file() && metadata.len() > KEPT.min(room) {
        let file: File = InputFile::regular(path)?;
        let length = file.metadata()?.len();
        return Ok(ContentPart::File(ContentFile::new(file, length, shown)));
    }
    InputFile::whole(path, LARGEST.min(room)).map(|bytes| ContentPart::Bytes(Bytes::from(bytes)))
}
