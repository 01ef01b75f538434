use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::fetch::fetch;
use super::terminal::{data, secrets, talk, talk_style};
use crate::diagnostic::{Problem, Problems, Sources, render};
use crate::import::{DocumentSource, LARGEST_DOCUMENT, NewPlan, STARTER, Variable, from_curl, from_openapi};
use crate::plan::text_up_to;
use crate::secrets::{Told, url_without_secrets};
use crate::verdict::Exit;

/// Writes a plan to start from: one that teaches, or one made from a curl command or an OpenAPI document.
#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// The file to write; one that exists is left alone. Default: stdout.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// A curl command in quotes, as browsers copy it; `-` reads it from stdin.
    #[arg(long, value_name = "COMMAND", conflicts_with = "from_openapi", allow_hyphen_values = true)]
    from_curl: Option<String>,

    /// An OpenAPI document (3.0 or 3.1, YAML or JSON): a file, or a URL to fetch it from.
    #[arg(long, value_name = "FILE|URL")]
    from_openapi: Option<String>,
}

/// No curl command is longer.
const LONGEST: u64 = 4 << 20;

pub(super) fn run(args: &NewArgs) -> Exit {
    let plan = match drafted(args) {
        Ok(plan) => plan,
        Err(problem) => return refuse(*problem),
    };
    let written = match &args.file {
        Some(file) => written(file, &plan.text),
        None => data(&plan.text),
    };
    if let Err(exit) = written {
        return exit;
    }
    let is_starter = args.from_curl.is_none() && args.from_openapi.is_none();
    talk(&next(&plan.variables, args.file.as_deref(), is_starter));
    Exit::Passed
}

fn drafted(args: &NewArgs) -> Result<NewPlan, Box<Problem>> {
    match (&args.from_curl, &args.from_openapi) {
        (Some(command), _) if command == "-" => of_curl(&stdin()?),
        (Some(command), _) => of_curl(command),
        (None, Some(place)) if place.starts_with("http://") || place.starts_with("https://") => from_openapi(
            &fetch(place)?,
            &DocumentSource { shown: url_without_secrets(place), url: Some(place.clone()) },
        ),
        (None, Some(place)) => {
            let text = text_up_to(Path::new(place), LARGEST_DOCUMENT, "is it an OpenAPI document?")?;
            from_openapi(&text, &DocumentSource { shown: place.clone(), url: None })
        }
        (None, None) => Ok(NewPlan { text: STARTER.to_owned(), variables: Vec::new() }),
    }
}

/// The plan of a curl command; what is wrong with the command is said without the secrets in it.
fn of_curl(command: &str) -> Result<NewPlan, Box<Problem>> {
    from_curl(command).inspect_err(|_| {
        secrets().learn_from_text(command);
        let words: Vec<&str> = command.split_whitespace().collect();
        let user = words.windows(2).filter(|pair| matches!(pair[0], "-u" | "--user")).map(|pair| pair[1]);
        let user = user.chain(words.iter().filter_map(|word| word.strip_prefix("-u").or(word.strip_prefix("--user="))));
        for pair in user.map(|pair| pair.trim_matches(['\'', '"'])) {
            secrets().learn(pair.split_once(':').map_or(pair, |(_, password)| password), Told::Declared);
        }
    })
}

fn stdin() -> Result<String, Box<Problem>> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(LONGEST).read_to_string(&mut text);
    read.map_err(|error| Box::new(Problem::new(format!("stdin cannot be read: {error}"))))?;
    Ok(text)
}

/// Writes a file that must not be there yet.
fn written(file: &Path, plan: &str) -> Result<(), Exit> {
    let shown = file.display();
    let mut opened = std::fs::OpenOptions::new().write(true).create_new(true).open(file).map_err(|error| {
        refuse(match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                Problem::new(format!("{shown} exists already")).help("choose another name, or move it out of the way")
            }
            std::io::ErrorKind::NotFound => Problem::new(format!("{shown} cannot be written: there is no such folder"))
                .help("make the folder first"),
            _ => Problem::new(format!("{shown} cannot be written: {error}")),
        })
    })?;
    opened.write_all(plan.as_bytes()).map_err(|error| {
        talk(&format!("error: {shown} was not written whole: {error}\n"));
        Exit::Lost
    })
}

/// What to do before the plan runs.
fn next(variables: &[Variable], file: Option<&Path>, is_starter: bool) -> String {
    let mut out = String::new();
    if !variables.is_empty() {
        out.push_str("secrets come from the environment; set before a run:\n");
        for variable in variables {
            out.push_str(&format!("  {}: {}\n", variable.name, variable.holds));
        }
    }
    if let Some(file) = file {
        let next =
            if is_starter { format!("run {} --embedded", file.display()) } else { format!("check {}", file.display()) };
        out.push_str(&format!("written: {}\nnext: plimsoll {next}\n", file.display()));
    }
    out
}

fn refuse(problem: Problem) -> Exit {
    let mut problems = Problems::default();
    problems.push(problem);
    talk(&render(&problems, &Sources::default(), talk_style()));
    Exit::Usage
}
