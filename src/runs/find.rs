use super::folder::RunsFolder;
use super::head::RunHead;
use crate::diagnostic::nearest;
use crate::journal::LATEST;

/// Why no run is meant by a word, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRun {
    /// Why.
    pub why: String,
    /// What to write instead.
    pub help: String,
}

/// How many runs a message names.
const NAMED: usize = 5;
/// How many words are compared with one that nobody knows.
const COMPARED: usize = 500;

/// The run of a folder that a word means: `latest`, a run's name (the newest so called), or the beginning of a file's name
/// that no other run's has. `~1` behind the first two means the one before, `~2` the one before that.
///
/// # Errors
/// A word that means no run, or several.
pub fn find<'a>(folder: &'a RunsFolder, word: &str) -> Result<&'a RunHead, NoRun> {
    let place = folder.path.display();
    if folder.runs.is_empty() {
        let why = format!("there is no run `{word}`: `{place}` has none");
        return Err(NoRun { why, help: "`plimsoll run` writes one; `--results DIR` names another folder".to_owned() });
    }
    let (base, back) = match word.split_once('~').map(|(base, back)| (base, back.parse::<usize>())) {
        Some((base, Ok(back))) => (base, Some(back)),
        _ => (word, None),
    };
    let named: Vec<&RunHead> = match base {
        LATEST => folder.runs.iter().collect(),
        _ => folder.runs.iter().filter(|run| run.name.as_deref() == Some(base)).collect(),
    };
    if !named.is_empty() {
        return named.get(back.unwrap_or(0)).copied().ok_or_else(|| {
            let oldest = named.len() - 1;
            let of_all = if base == LATEST { format!("`{place}` has") } else { format!("`{base}` is the name of") };
            let why = format!("there is no run `{word}`: {of_all} {}", runs(named.len()));
            let help = if oldest == 0 { base.to_owned() } else { format!("{base}~{oldest}") };
            NoRun { why, help: format!("the oldest of them is `{help}`") }
        });
    }
    by_file(folder, word)
}

/// The run whose files' names begin with a word.
fn by_file<'a>(folder: &'a RunsFolder, word: &str) -> Result<&'a RunHead, NoRun> {
    let is_whole = |run: &&RunHead| run.stem == word || run.file().file_name().is_some_and(|name| name == word);
    if let Some(run) = folder.runs.iter().find(is_whole) {
        return Ok(run);
    }
    let begun: Vec<&RunHead> = folder.runs.iter().filter(|run| run.stem.starts_with(word)).collect();
    match begun.as_slice() {
        [one] => Ok(one),
        [] => Err(unknown(folder, word)),
        several => {
            let names: Vec<String> = several.iter().take(NAMED).map(|run| format!("`{}`", run.stem)).collect();
            let more = several.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} older") } else { String::new() };
            let why = format!("`{word}` is the beginning of {}", runs(several.len()));
            Err(NoRun { why, help: format!("write more of one: {}{more}", names.join(", ")) })
        }
    }
}

fn unknown(folder: &RunsFolder, word: &str) -> NoRun {
    let place = folder.path.display();
    let why = format!("there is no run `{word}` in `{place}`, and no such file");
    if folder.runs.iter().any(|run| run.plan == word) {
        let help = format!("`{word}` is a plan: `plimsoll runs --plan {word}` lists its runs");
        return NoRun { why, help };
    }
    let names = folder.runs.iter().filter_map(|run| run.name.as_deref());
    let stems = folder.runs.iter().map(|run| run.stem.as_str());
    let known: Vec<&str> = std::iter::once(LATEST).chain(names.chain(stems).take(COMPARED)).collect();
    let (base, back) = word.split_once('~').unwrap_or((word, ""));
    // what is meant is told with how far back it is meant
    let back = back.parse::<usize>().map(|back| format!("~{back}")).unwrap_or_default();
    let near = nearest(base, known).map(|near| format!("did you mean `{near}{back}`?"));
    let help = near.unwrap_or_else(|| "`plimsoll runs` lists what is there; `latest` is the newest".to_owned());
    NoRun { why, help }
}

fn runs(count: usize) -> String {
    if count == 1 { "1 run".to_owned() } else { format!("{count} runs") }
}
