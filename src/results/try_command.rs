use crate::journal::Header;

/// What of a run's command line `plimsoll try` takes as well: with a value behind it.
const WITH_VALUE: [&str; 4] = ["--target", "--profile", "--env-file", "--set"];
/// The same, without one.
const BARE: [&str; 1] = ["--embedded"];

/// The command that makes a call of an endpoint once and shows it.
pub(super) fn try_command(header: &Header, endpoint: &str) -> String {
    let mut words = vec!["plimsoll".to_owned(), "try".to_owned(), quoted(&header.plan.file)];
    words.extend(["--endpoint".to_owned(), quoted(endpoint)]);
    let mut arguments = header.environment.arguments.iter();
    while let Some(argument) = arguments.next() {
        let flag = argument.split_once('=').map_or(argument.as_str(), |(flag, _)| flag);
        if BARE.contains(&argument.as_str()) || (WITH_VALUE.contains(&flag) && flag != argument) {
            words.push(value(argument));
        } else if WITH_VALUE.contains(&flag) {
            words.push(argument.clone());
            words.extend(arguments.next().map(|argument| value(argument)));
        }
    }
    words.join(" ")
}

/// A word of a command line, quoted. A value that a run was given by `--set` is kept nowhere: in its place stands what a shell
/// refuses, and says why, until a person has put it there.
fn value(word: &str) -> String {
    let Some(set) = word.strip_suffix("=…") else { return quoted(word) };
    let var = set.strip_prefix("--set=").unwrap_or(set);
    let var: String = var.chars().filter(|c| c.is_ascii_alphanumeric() || "_-.".contains(*c)).collect();
    format!("{}=\"${{VALUE:?put the value of {var} here}}\"", quoted(set))
}

/// A word as a shell takes it for one.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_not_kept_is_asked_for() {
        assert_eq!(value("who=…"), r#"who="${VALUE:?put the value of who here}""#);
        assert_eq!(value("--set=who=…"), r#"--set=who="${VALUE:?put the value of who here}""#);
        assert_eq!(value("http://a/b=c"), "http://a/b=c");
    }

    #[test]
    fn a_word_is_quoted_where_a_shell_would_take_it_for_more() {
        assert_eq!(
            ["/v1/a-b", "get it", "it's", "", "$(x)"].map(quoted),
            ["/v1/a-b", "'get it'", r"'it'\''s'", "''", "'$(x)'"]
        );
    }
}
