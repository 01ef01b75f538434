use std::collections::BTreeSet;

use crate::compile::program::ListedFiles;
use crate::diagnostic::{Problem, Problems, Sources};
use crate::disk::{ListedFile, files_matching};
use crate::expression::Value;
use crate::plan::At;
use crate::rows::Table;

/// A data set lists so many files.
const MOST: usize = 100_000;

/// The files that are like some patterns, as rows of a data set: each with its path, its name and its size.
pub(super) fn file_rows(
    patterns: &[At<String>],
    listed: &mut ListedFiles,
    sources: &Sources,
    problems: &mut Problems,
) -> Option<Table> {
    let before = problems.errors();
    let (mut found, mut seen) = (Vec::<ListedFile>::new(), BTreeSet::new());
    for pattern in patterns {
        let folder = sources.folder(pattern.span);
        let refuse = |message: String| Problem::at(pattern.span, message);
        if pattern.contains("{{") {
            let problem = refuse("a pattern of files holds no expressions".to_owned());
            problems.push(problem.help("write it as text, such as `uploads/*.jpg`; `${NAME}` may stand in it"));
            continue;
        }
        if pattern.contains("**") {
            let problem = refuse("`**` is no part of a pattern: `*` stands for a part of one name".to_owned());
            problems.push(problem.help("write one `*` for each folder: `uploads/*/*.jpg`"));
            continue;
        }
        let files = match files_matching(&folder, pattern, MOST) {
            Ok(files) => files,
            Err(why) => {
                let problem = refuse(format!("the files like `{}` cannot be listed: {why}", pattern.value));
                problems.push(problem.help("the path is relative to the file that names it"));
                continue;
            }
        };
        if files.is_empty() {
            let is_folder = folder.join(&pattern.value).is_dir();
            let problem = match is_folder {
                true => refuse(format!("`{}` is a folder", pattern.value))
                    .help(format!("write `{}/*` for every file in it", pattern.trim_end_matches('/'))),
                false => refuse(format!("no file is like `{}`", pattern.value))
                    .help("the path is relative to the file that names it; `*` and `?` stand for parts of a name"),
            };
            problems.push(problem);
        }
        for file in files {
            let elsewhere = listed.get(&file.text).is_some_and(|known| *known != file.path);
            if elsewhere {
                let problem = refuse(format!("`{}` is a file of two folders", file.text));
                problems.push(problem.help("name the data sets that list them in one file, or rename a folder"));
                break;
            }
            // what two patterns have in common comes once
            if seen.insert(file.text.clone()) {
                listed.insert(file.text.clone(), file.path.clone());
                found.push(file);
            }
        }
    }
    if problems.errors() > before {
        return None;
    }
    if found.len() > MOST {
        let problem = Problem::at(patterns.first()?.span, format!("the data set lists more than {MOST} files"));
        problems.push(problem.help("list fewer: a part of them by a longer pattern"));
        return None;
    }
    Some(Table::listed(found.into_iter().map(row).collect()))
}

fn row(file: ListedFile) -> Value {
    let name = file.text.rsplit('/').next().unwrap_or(&file.text).to_owned();
    Value::from_pairs([
        ("path".to_owned(), Value::from(file.text)),
        ("name".to_owned(), Value::from(name)),
        ("size".to_owned(), Value::from(file.length)),
    ])
}
