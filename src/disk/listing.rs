use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::input::plain;
use super::noted::note;

/// A file that fits a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedFile {
    /// Its path as the pattern would write it.
    pub text: String,
    /// Where it is.
    pub path: PathBuf,
    /// How many bytes it has.
    pub length: u64,
}

/// Why the files of a pattern are not known.
#[derive(Debug, thiserror::Error)]
pub enum NotListed {
    /// More files than are taken, or folders with more entries than are looked at.
    #[error("there are more than {0} files")]
    TooMany(usize),
    /// A name that no text can be.
    #[error("the name of {} is not UTF-8", .0.display())]
    NoText(PathBuf),
    /// The system refuses.
    #[error("cannot read the folder {}: {}", .0.display(), no_folder(.1))]
    System(PathBuf, io::Error),
}

/// So many entries of folders are looked at.
const MOST_LOOKED_AT: usize = 1_000_000;

/// The files that fit a pattern, by their texts: `*` stands for any signs of one name and `?` for one sign, but not for the dot a
/// hidden name begins with. What is relative lies in `folder`.
///
/// # Errors
/// More than `most` files, a name that is not UTF-8, and a folder that cannot be read.
pub fn files_matching(folder: &Path, pattern: &str, most: usize) -> Result<Vec<ListedFile>, NotListed> {
    let mut found = vec![match pattern.starts_with('/') {
        true => (String::new(), PathBuf::from("/")),
        false => (String::new(), folder.to_owned()),
    }];
    let mut looked_at = 0;
    let (folders, name) = pattern.rsplit_once('/').map_or((None, pattern), |(folders, name)| (Some(folders), name));
    let mut wild = false;
    for component in folders.iter().flat_map(|folders| folders.split('/')) {
        wild |= component.contains(['*', '?']);
        let mut inside = Vec::new();
        for (text, path) in found {
            for (name, path) in entries(&path, component, most, &mut looked_at)? {
                if path.is_dir() {
                    inside.push((format!("{text}{name}/"), path));
                } else if !wild {
                    return Err(NotListed::System(path, io::ErrorKind::NotFound.into()));
                }
            }
        }
        found = inside;
    }
    let mut files = Vec::new();
    for (text, path) in found {
        for (name, path) in entries(&path, name, most, &mut looked_at)? {
            let Ok(metadata) = fs::metadata(&path) else { continue };
            if metadata.is_file() {
                files.push(ListedFile { text: format!("{text}{name}"), path, length: metadata.len() });
            }
            if files.len() > most {
                return Err(NotListed::TooMany(most));
            }
        }
    }
    files.sort_by(|one, other| one.text.cmp(&other.text));
    Ok(files)
}

/// The entries of a folder whose names fit, with their names.
fn entries(
    folder: &Path,
    pattern: &str,
    most: usize,
    looked_at: &mut usize,
) -> Result<Vec<(String, PathBuf)>, NotListed> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    if !pattern.contains(['*', '?']) {
        let path = if pattern.is_empty() { folder.to_owned() } else { folder.join(pattern) };
        return Ok(vec![(pattern.to_owned(), path)]);
    }
    note(folder);
    let refused = |error| NotListed::System(folder.to_owned(), error);
    let mut fitting = Vec::new();
    for entry in fs::read_dir(folder).map_err(refused)? {
        let entry = entry.map_err(refused)?;
        *looked_at += 1;
        if *looked_at > MOST_LOOKED_AT {
            return Err(NotListed::TooMany(most));
        }
        let name = entry.file_name();
        let Some(name) = name.to_str() else { return Err(NotListed::NoText(entry.path())) };
        if (!name.starts_with('.') || pattern.starts_with('.')) && fits(pattern, name) {
            fitting.push((name.to_owned(), entry.path()));
        }
    }
    Ok(fitting)
}

fn no_folder(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such folder".to_owned(),
        _ => plain(error),
    }
}

/// Whether a name fits a pattern. It goes back to the last `*` alone, so that no pattern takes long.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut seen, mut star) = (0, 0, None);
    while seen < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(sign) if *sign == '?' || *sign == name[seen] => (at, seen) = (at + 1, seen + 1),
            _ => {
                let Some((star_at, taken)) = star else { return false };
                star = Some((star_at, taken + 1));
                (at, seen) = (star_at + 1, taken + 1);
            }
        }
    }
    pattern[at..].iter().all(|sign| *sign == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_signs_and_a_question_mark_for_one() {
        for (pattern, name, fit) in [
            ("*.jpg", "a.jpg", true),
            ("*.jpg", "a.jpeg", false),
            ("*", "", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a*b*c", "a--b-b--c", true),
            ("a*b*c", "a--b-b--d", false),
            ("ü*", "über", true),
            ("**a", "aaaa", true),
        ] {
            assert_eq!(fits(pattern, name), fit, "{pattern} {name}");
        }
        let long = "a".repeat(5_000);
        assert!(!fits(&"a*".repeat(200), &format!("{}b", "b".repeat(5_000))));
        assert!(fits(&"*a".repeat(200), &long));
    }

    #[test]
    fn the_files_of_a_pattern_come_by_name_without_hidden_ones_and_folders() {
        let root = std::env::temp_dir().join(format!("plimsoll-listing-{}", std::process::id()));
        for folder in ["one", "two", "one/x.jpg"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        for file in ["one/b.jpg", "one/a.jpg", "one/.c.jpg", "one/d.png", "two/e.jpg"] {
            fs::write(root.join(file), file).unwrap();
        }
        let texts = |pattern: &str| -> Vec<String> {
            files_matching(&root, pattern, 10).unwrap().into_iter().map(|file| file.text).collect()
        };
        assert_eq!(texts("one/*.jpg"), ["one/a.jpg", "one/b.jpg"]);
        assert_eq!(texts("./*/?.jpg"), ["./one/a.jpg", "./one/b.jpg", "./two/e.jpg"]);
        assert_eq!(texts("one/d.png"), ["one/d.png"]);
        assert_eq!(texts("one/../two/*"), ["one/../two/e.jpg"]);
        assert!(texts("one").is_empty() && texts("*/x").is_empty());
        let whole = format!("{}/two/*", root.display());
        assert_eq!(texts(&whole), [format!("{}/two/e.jpg", root.display())]);
        assert!(matches!(files_matching(&root, "*/*", 3), Err(NotListed::TooMany(3))));
        let missing = files_matching(&root, "three/*", 3).unwrap_err().to_string();
        assert!(missing.contains("three") && missing.ends_with("there is no such folder"), "{missing}");
        fs::remove_dir_all(root).unwrap();
    }
}
