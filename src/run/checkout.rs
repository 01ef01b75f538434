use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use crate::disk::InputFile;

/// No folder is looked for further up than this.
const HIGHEST: usize = 64;
/// The longest file of a checkout that is read: one with all its packed references.
const LONGEST: u64 = 16 << 20;

/// The commit that is checked out where a file lies; `None` outside a checkout of Git, and where it cannot be told. Files of
/// the checkout may have been changed since.
///
/// Source: gitrepository-layout(5).
pub(super) fn commit_of(file: &Path) -> Option<String> {
    let file = file.canonicalize().ok()?;
    let git = file.ancestors().skip(1).take(HIGHEST).find_map(|folder| git_folder(&folder.join(".git")))?;
    let head = read(&git.join("HEAD"))?;
    let Some(reference) = head.trim().strip_prefix("ref: ") else { return hash(&head) };
    // what is read lies in the folder, whatever is written there
    let is_within = |part: Component<'_>| matches!(part, Component::Normal(_));
    if !reference.starts_with("refs/") || !Path::new(reference).components().all(is_within) {
        return None;
    }
    // a worktree has its references where they are all kept
    let common = read(&git.join("commondir")).map(|common| git.join(common.trim()));
    let places: Vec<PathBuf> = std::iter::once(git).chain(common).collect();
    let loose = || places.iter().find_map(|place| hash(&read(&place.join(reference))?));
    let packed = || {
        places.iter().find_map(|place| {
            let all = read(&place.join("packed-refs"))?;
            let line = all.lines().find_map(|line| line.strip_suffix(reference)?.strip_suffix(' '))?;
            hash(line)
        })
    };
    loose().or_else(packed)
}

/// The folder of Git's own files: `.git` itself, or the one it names.
fn git_folder(git: &Path) -> Option<PathBuf> {
    if git.is_dir() {
        return Some(git.to_owned());
    }
    let named = read(git)?;
    Some(git.parent()?.join(named.trim().strip_prefix("gitdir: ")?))
}

fn read(path: &Path) -> Option<String> {
    let file: File = InputFile::regular(path).ok()?;
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text).ok()?;
    Some(text)
}

/// A hash, SHA-1's or SHA-256's.
fn hash(text: &str) -> Option<String> {
    let text = text.trim();
    (matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const FIRST: &str = "41fc740b41fc740b41fc740b41fc740b41fc740b";
    const OTHER: &str = "0e20fb330e20fb330e20fb330e20fb330e20fb33";

    #[test]
    fn the_commit_is_the_one_that_is_checked_out_wherever_git_keeps_it() {
        let folder = std::env::temp_dir().join(format!("plimsoll_checkout_{}", std::process::id()));
        let write = |file: &str, text: &str| {
            let file = folder.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        };
        let plan = folder.join("plans/deep/plan.yaml");
        write("plans/deep/plan.yaml", "");
        let commit = || commit_of(&plan);
        write(".git/HEAD", &format!("{FIRST}\n"));
        assert_eq!(commit().as_deref(), Some(FIRST), "nothing but a commit is checked out");
        write(".git/HEAD", "ref: refs/heads/main\n");
        assert_eq!(commit(), None, "there is no commit yet");
        write(".git/packed-refs", &format!("# pack-refs\n{FIRST} refs/heads/main\n{OTHER} refs/heads/main2\n"));
        assert_eq!(commit().as_deref(), Some(FIRST));
        write(".git/refs/heads/main", &format!("{OTHER}\n"));
        assert_eq!(commit().as_deref(), Some(OTHER));
        write(".git/HEAD", "ref: refs/heads/../../../plans/deep/plan.yaml\n");
        assert_eq!(commit(), None, "it leads elsewhere");
        write("plans/.git", "gitdir: ../.git/worktrees/plans\n");
        write(".git/worktrees/plans/HEAD", "ref: refs/heads/main\n");
        write(".git/worktrees/plans/commondir", "../..\n");
        assert_eq!(commit().as_deref(), Some(OTHER), "a worktree");
        fs::remove_dir_all(&folder).unwrap();
    }
}
