use std::cell::RefCell;
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

thread_local! {
    static NOTED: RefCell<Option<Noted>> = const { RefCell::new(None) };
}

/// The files and folders that a piece of work looked at, as they were when it did.
#[derive(Debug, Default)]
pub struct Noted(BTreeMap<PathBuf, Option<Stamp>>);

/// What tells one state of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    /// An editor may write a new file and give it the name of the old one.
    inode: u64,
    is_folder: bool,
}

impl Stamp {
    /// That of what is there; `None` where nothing is.
    fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self {
            modified: metadata.modified().ok(),
            length: metadata.len(),
            inode: metadata.ino(),
            is_folder: metadata.is_dir(),
        })
    }
}

impl Noted {
    /// Does a piece of work, and notes what it looks at on this thread; also what was not there.
    pub fn during<T>(work: impl FnOnce() -> T) -> (T, Self) {
        let before = NOTED.replace(Some(Self::default()));
        let done = work();
        let noted = NOTED.replace(before).unwrap_or_default();
        (done, noted)
    }

    /// How many files of them are there.
    #[must_use]
    pub fn files(&self) -> usize {
        self.0.values().flatten().filter(|stamp| !stamp.is_folder).count()
    }

    /// One that is no longer as it was: a file rather than the folder it is in.
    #[must_use]
    pub fn changed(&self) -> Option<&Path> {
        let now = self.0.iter().map(|(path, stamp)| (path, stamp, Stamp::of(path)));
        let changed = now.filter(|(_, stamp, now)| now != *stamp);
        let one = changed.min_by_key(|(_, _, now)| now.is_some_and(|now| now.is_folder));
        one.map(|(path, ..)| path.as_path())
    }

    /// The same files and folders as they are now.
    #[must_use]
    pub fn now(&self) -> Self {
        Self(self.0.keys().map(|path| (path.clone(), Stamp::of(path))).collect())
    }
}

/// Notes a file or a folder that is about to be looked at, where somebody wants to know.
pub fn note(path: &Path) {
    NOTED.with_borrow_mut(|noted| {
        if let Some(Noted(noted)) = noted
            && !noted.contains_key(path)
        {
            noted.insert(path.to_owned(), Stamp::of(path));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::{InputFile, files_matching};

    #[test]
    fn what_a_piece_of_work_reads_or_looks_for_is_noted_and_so_are_changes_of_it() {
        let folder = std::env::temp_dir().join(format!("plimsoll-noted-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("rows")).unwrap();
        let (plan, missing, rows) = (folder.join("plan.yaml"), folder.join("more.yaml"), folder.join("rows"));
        std::fs::write(&plan, "one").unwrap();
        let look = || {
            let work = || {
                InputFile::whole(&plan, 10).unwrap();
                InputFile::whole(&missing, 10).unwrap_err();
                files_matching(&rows, "*.csv", 10).unwrap();
            };
            Noted::during(work).1
        };
        let noted = look();
        assert_eq!((noted.files(), noted.changed()), (1, None));
        std::fs::write(&missing, "two").unwrap();
        assert_eq!(noted.changed(), Some(&*missing));
        std::fs::remove_file(&missing).unwrap();
        assert_eq!(noted.changed(), None);
        // the system's clock for files goes in steps
        std::thread::sleep(std::time::Duration::from_millis(20));
        std::fs::write(rows.join("a.csv"), "a").unwrap();
        assert_eq!(noted.changed(), Some(&*rows));
        let noted = look();
        std::fs::write(folder.join("new"), "owt").unwrap();
        std::fs::rename(folder.join("new"), &plan).unwrap();
        assert_eq!(noted.changed(), Some(&*plan));
        note(&missing);
        assert!(NOTED.with_borrow(Option::is_none));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
