use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use super::kind::Kind;
use super::settings::with_schemas;
use crate::cli::terminal::{refuse, talk};
use crate::disk::{InputFile, plain};
use crate::plan::holds_suite;
use crate::report::visible;
use crate::verdict::Exit;

/// Writes the schema beside plans, and tells VS Code's settings of it: an editor then completes and explains every key.
///
/// What stands in the settings stays as it is, comments too.
#[derive(Debug, Args)]
pub(super) struct InstallArgs {
    /// A plan or a suite, or a folder with some; may be several. Default: `plans`.
    #[arg(value_name = "PLAN")]
    plans: Vec<PathBuf>,

    /// The folder that VS Code opens. Default: the nearest around the plans that has `.vscode` or `.git` in it, or else the
    /// current one.
    #[arg(long, value_name = "FOLDER")]
    workspace: Option<PathBuf>,
}

/// No settings of an editor and no schema are larger.
const LARGEST: u64 = 8 << 20;

pub(super) fn install(args: &InstallArgs) -> Exit {
    installed(args).err().unwrap_or(Exit::Passed)
}

fn installed(args: &InstallArgs) -> Result<(), Exit> {
    let named = if args.plans.is_empty() { &[PathBuf::from("plans")][..] } else { &args.plans };
    let mut wanted = BTreeMap::new();
    let mut workspace = args.workspace.as_deref().map(real).transpose()?;
    for path in named {
        let path = real(path)?;
        let folder = if path.is_dir() { &path } else { path.parent().unwrap_or(&path) };
        let workspace = match &workspace {
            Some(workspace) => workspace.clone(),
            None => workspace.insert(around(folder)?).clone(),
        };
        let Ok(below) = folder.strip_prefix(&workspace) else {
            let why = format!("{} is not in the folder that the editor opens, {}", path.display(), workspace.display());
            return Err(refuse(why, "name that folder with `--workspace`"));
        };
        let below = Below { below, folder };
        if path.is_dir() { below.all(&workspace, &mut wanted)? } else { below.one(&path, &mut wanted) }
    }
    let workspace = workspace.unwrap_or_default();
    for schema in wanted.keys() {
        write_schema(&workspace.join(&schema.file), schema.kind)?;
    }
    let schemas: Vec<(String, Vec<String>)> =
        wanted.into_iter().map(|(schema, files)| (format!("./{}", schema.file), files)).collect();
    settle_settings(&workspace, &schemas)
}

/// A schema's file, by its path from the workspace, and of what it is.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Installed {
    file: String,
    kind: Kind,
}

/// A folder with plans, and its way from the workspace.
struct Below<'a> {
    below: &'a Path,
    folder: &'a Path,
}

impl Below<'_> {
    /// A path in it, as the editor's settings write it.
    fn path(&self, name: impl Display) -> String {
        let mut steps: Vec<String> = self.below.iter().map(|step| step.to_string_lossy().into_owned()).collect();
        steps.push(name.to_string());
        steps.join("/")
    }

    fn schema(&self, kind: Kind) -> Installed {
        Installed { file: self.path(kind.file().unwrap_or_default()), kind }
    }

    /// One plan or suite.
    fn one(&self, file: &Path, wanted: &mut BTreeMap<Installed, Vec<String>>) {
        let kind = if holds_suite(file) { Kind::Suite } else { Kind::Plan };
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        wanted.entry(self.schema(kind)).or_default().push(self.path(name));
    }

    /// Whatever lies in the folder, now or later.
    fn all(&self, workspace: &Path, wanted: &mut BTreeMap<Installed, Vec<String>>) -> Result<(), Exit> {
        if self.folder == workspace {
            // the editor takes a pattern for one of every folder
            let why = format!("{} may hold YAML files that are no plans", self.folder.display());
            return Err(refuse(why, "name the plans one by one, or the folder that has only plans"));
        }
        let suites: Vec<String> = self.suites().map_err(|error| unread(self.folder, &error))?;
        let plans = wanted.entry(self.schema(Kind::Plan)).or_default();
        plans.push(self.path("*.yaml"));
        plans.extend(suites.iter().map(|suite| format!("!{}", self.path(suite))));
        if !suites.is_empty() {
            let of_suites = wanted.entry(self.schema(Kind::Suite)).or_default();
            of_suites.extend(suites.iter().map(|suite| self.path(suite)));
        }
        Ok(())
    }

    /// The names of the suites in it.
    fn suites(&self) -> io::Result<Vec<String>> {
        let mut suites = Vec::new();
        for entry in std::fs::read_dir(self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "yaml") && holds_suite(&path) {
                suites.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
            }
        }
        suites.sort();
        Ok(suites)
    }
}

/// A path without links; refused where nothing is there.
fn real(path: &Path) -> Result<PathBuf, Exit> {
    path.canonicalize().map_err(|error| unread(path, &error))
}

fn unread(path: &Path, error: &io::Error) -> Exit {
    refuse(format!("cannot read {}: {}", path.display(), plain(error)), "name a plan, or a folder with plans")
}

/// The folder that an editor is likely to open for what lies in a folder.
fn around(folder: &Path) -> Result<PathBuf, Exit> {
    let marked = folder.ancestors().find(|folder| [".vscode", ".git"].iter().any(|mark| folder.join(mark).exists()));
    match marked {
        Some(marked) => Ok(marked.to_owned()),
        None => {
            let current = real(Path::new("."))?;
            Ok(if folder.starts_with(&current) { current } else { folder.to_owned() })
        }
    }
}

/// Writes a schema where there is none, or one of another version.
fn write_schema(file: &Path, kind: Kind) -> Result<(), Exit> {
    let schema = kind.text().unwrap_or_default();
    match existing(file)? {
        Some(text) if text == schema => told("unchanged", file),
        Some(text) if !kind.is_held_by(&text) => {
            let why = format!("{} holds something else", file.display());
            return Err(refuse(why, "move it out of the way"));
        }
        _ => {
            replace(file, &schema)?;
            told("written", file);
        }
    }
    Ok(())
}

/// Adds schemas to the settings of a workspace.
fn settle_settings(workspace: &Path, schemas: &[(String, Vec<String>)]) -> Result<(), Exit> {
    let file = workspace.join(".vscode").join("settings.json");
    let text = existing(&file)?;
    let Some(new) = with_schemas(text.as_deref().unwrap_or("{}\n"), schemas) else {
        let entries: Vec<String> = schemas.iter().map(|(schema, files)| format!("{schema:?}: {files:?}")).collect();
        let why = format!("{} is left as it is: it does not look like settings", file.display());
        return Err(refuse(why, format!("add to its `yaml.schemas`: {}", entries.join(", "))));
    };
    if text.as_ref() == Some(&new) {
        told("unchanged", &file);
        return Ok(());
    }
    std::fs::create_dir_all(workspace.join(".vscode")).map_err(|error| unwritten(&file, &error))?;
    replace(&file, &new)?;
    told("written", &file);
    Ok(())
}

/// What a file holds; `None` where there is none.
fn existing(file: &Path) -> Result<Option<String>, Exit> {
    if !file.exists() {
        return Ok(None);
    }
    let refused = |why: &dyn Display| {
        refuse(format!("cannot read {}: {why}", file.display()), "it would be replaced: look at what it is")
    };
    let bytes = InputFile::whole(file, LARGEST).map_err(|error| refused(&error))?;
    String::from_utf8(bytes).map(Some).map_err(|_| refused(&"it is not UTF-8 text"))
}

/// Puts a text in the place of a file's: all of it or nothing. A link stays one.
fn replace(file: &Path, text: &str) -> Result<(), Exit> {
    let write = || {
        let file = if file.exists() { file.canonicalize()? } else { file.to_owned() };
        let part = file.with_extension("json.part");
        std::fs::write(&part, text)?;
        if let Ok(metadata) = file.metadata() {
            std::fs::set_permissions(&part, metadata.permissions())?;
        }
        std::fs::rename(&part, &file)
    };
    write().map_err(|error| unwritten(file, &error))
}

fn unwritten(file: &Path, error: &io::Error) -> Exit {
    talk(&visible(&format!("error: {} cannot be written: {}\n", file.display(), plain(error))));
    Exit::Lost
}

/// Says what became of a file, by its path from the current folder.
fn told(what: &str, file: &Path) {
    let here = std::env::current_dir().and_then(|folder| folder.canonicalize()).unwrap_or_default();
    let shown = file.strip_prefix(here).unwrap_or(file);
    talk(&visible(&format!("{what}: {}\n", shown.display())));
}
