use std::path::Path;

use crate::diagnostic::nearest;
use crate::disk::files_matching;

/// What to write in the place of a path at which there is no file: one beside it that is called nearly the same, if there is any.
#[must_use]
pub fn instead_of_file(folder: &Path, written: &str) -> String {
    // of a folder with more files than these nobody expects a suggestion
    const MOST: usize = 1_000;
    let above = written.rfind('/').map_or("", |slash| &written[..=slash]);
    let beside = files_matching(folder, &format!("{above}*"), MOST).unwrap_or_default();
    match near_file(written, beside.iter().map(|file| file.text.as_str())) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "the path is relative to the file that names it".to_owned(),
    }
}

/// The same of a file that is sent, where a path may be meant for several.
#[must_use]
pub fn instead_of_sent_file(folder: &Path, written: &str) -> String {
    if written.contains(['*', '?']) {
        return format!(
            "a `file` is one: for another each time, write `data: {{uploads: {{files: \"{written}\"}}}}`, a `feed` of it, and \
             `file: \"{{{{ row.path }}}}\"`"
        );
    }
    instead_of_file(folder, written)
}

/// The path among some whose last part is called nearly as that of another path.
#[must_use]
pub fn near_file<'a>(written: &str, paths: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // folders that both have would make any two names seem alike
    let name = |path: &'a str| path.rsplit('/').next().unwrap_or(path);
    let paths: Vec<&str> = paths.collect();
    let near = nearest(written.rsplit('/').next()?, paths.iter().copied().map(name))?;
    paths.into_iter().find(|path| name(path) == near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_near_by_its_name_and_not_by_its_folder() {
        let paths = ["a_long_folder/order.json", "a_long_folder/refund.json"];
        let near = |written| near_file(written, paths.into_iter());
        assert_eq!(near("a_long_folder/ordre.json"), Some(paths[0]));
        assert_eq!(near("a_long_folder/stock.csv"), None);
    }
}
