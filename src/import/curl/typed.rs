use super::options::{Means, long, names, short};
use crate::diagnostic::{Problem, nearest};

/// A piece of a body, as typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Data {
    /// As it stands.
    Raw(String),
    /// Still to be encoded: `text`, `=text` or `name=text`.
    Encoded(String),
}

/// A command's options, sorted by what they say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Typed {
    pub(super) url: Option<String>,
    pub(super) method: Option<String>,
    pub(super) headers: Vec<String>,
    pub(super) data: Vec<Data>,
    pub(super) json: Vec<String>,
    /// Fields of a multipart form; `true` where the value stands for itself.
    pub(super) form: Vec<(String, bool)>,
    pub(super) user: Option<String>,
    pub(super) bearer: Option<String>,
    pub(super) cookies: Vec<String>,
    pub(super) agent: Option<String>,
    pub(super) referer: Option<String>,
    pub(super) query: Vec<Data>,
    pub(super) timeout: Option<String>,
    pub(super) is_get: bool,
    pub(super) is_head: bool,
    /// What is left out, in words.
    pub(super) notes: Vec<String>,
}

type Refused = Box<Problem>;

/// Sorts the words after `curl`.
pub(super) fn sort(words: &[String]) -> Result<Typed, Refused> {
    let mut words = words.iter();
    let program = words.next().map(String::as_str).unwrap_or_default();
    if !["curl", "curl.exe"].contains(&program.rsplit('/').next().unwrap_or_default()) {
        let problem = Problem::new("the command does not start with `curl`");
        return Err(Box::new(
            problem.help("copy a request as cURL in the browser, and give the whole of it in quotes"),
        ));
    }
    let mut typed = Typed::default();
    while let Some(word) = words.next() {
        if word == "--" {
            words.by_ref().try_for_each(|url| typed.address(url))?;
        } else if let Some(name) = word.strip_prefix("--") {
            let means =
                long(name).or_else(|| name.strip_prefix("no-").and_then(long).filter(|means| !means.takes_value()));
            let means = means.ok_or_else(|| unknown(word, nearest(name, names())))?;
            let value = if means.takes_value() { Some(words.next().ok_or_else(|| bare(word))?) } else { None };
            typed.take(means, word, value.map(String::as_str).unwrap_or_default())?;
        } else if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            typed.letters(letters, &mut words)?;
        } else {
            typed.address(word)?;
        }
    }
    Ok(typed)
}

impl Typed {
    /// Letters run together: `-sSL`, `-XPOST`, `-dtext`.
    fn letters<'a>(&mut self, letters: &str, words: &mut impl Iterator<Item = &'a String>) -> Result<(), Refused> {
        for (at, letter) in letters.char_indices() {
            let shown = format!("-{letter}");
            let means = short(letter).ok_or_else(|| unknown(&shown, None))?;
            if !means.takes_value() {
                self.take(means, &shown, "")?;
                continue;
            }
            let glued = &letters[at + letter.len_utf8()..];
            let value = if glued.is_empty() { words.next().ok_or_else(|| bare(&shown))?.as_str() } else { glued };
            return self.take(means, &shown, value);
        }
        Ok(())
    }

    fn address(&mut self, url: &str) -> Result<(), Refused> {
        if self.url.is_some() {
            let problem = Problem::new("the command has two URLs");
            let help = "a word without an option before it is a URL: are quotes missing? else give one URL at a time";
            return Err(Box::new(problem.help(help)));
        }
        self.url = Some(url.to_owned());
        Ok(())
    }

    fn take(&mut self, means: Means, option: &str, value: &str) -> Result<(), Refused> {
        let owned = value.to_owned();
        match means {
            Means::Method => self.method = Some(owned),
            Means::Header => self.headers.push(no_file(option, value)?),
            Means::Data => self.data.push(Data::Raw(no_file(option, value)?)),
            Means::RawData => self.data.push(Data::Raw(owned)),
            Means::EncodedData => self.data.push(encoded(option, value)?),
            Means::Json => self.json.push(no_file(option, value)?),
            Means::Form => self.form.push((owned, false)),
            Means::FormText => self.form.push((owned, true)),
            Means::Get => self.is_get = true,
            Means::Head => self.is_head = true,
            Means::User => self.user = Some(owned),
            Means::Bearer => self.bearer = Some(owned),
            Means::Cookie if value.contains('=') => self.cookies.push(owned),
            Means::Cookie => self.notes.push("the cookies of a file (`-b FILE`) are left out".into()),
            Means::Agent => self.agent = Some(owned),
            Means::Referer => self.referer = Some(owned.trim_end_matches(";auto").to_owned()),
            Means::Url => self.address(value)?,
            Means::UrlQuery => self.query.push(encoded(option, value)?),
            Means::Timeout => self.timeout = Some(owned),
            Means::Nothing | Means::NothingWithValue => {}
            Means::Told(note) | Means::ToldWithValue(note) => self.note(note),
        }
        Ok(())
    }

    fn note(&mut self, note: &str) {
        if !self.notes.iter().any(|known| known == note) {
            self.notes.push(note.to_owned());
        }
    }
}

fn no_file(option: &str, value: &str) -> Result<String, Refused> {
    match value.strip_prefix('@') {
        Some(file) => Err(from_file(option, file)),
        None => Ok(value.to_owned()),
    }
}

/// `name@file` reads a file; an `@` after the first `=` is text.
fn encoded(option: &str, value: &str) -> Result<Data, Refused> {
    match value.split_once(['=', '@']) {
        Some((name, file)) if value[name.len()..].starts_with('@') => Err(from_file(option, file)),
        _ => Ok(Data::Encoded(value.to_owned())),
    }
}

fn from_file(option: &str, file: &str) -> Refused {
    let problem = Problem::new(format!("`{option}` takes its value from the file `{file}`"));
    Box::new(problem.help("put the file's text into the command, after `--data-raw` where it is a body"))
}

fn unknown(option: &str, near: Option<&str>) -> Refused {
    let problem = Problem::new(format!("unknown option `{option}` of `curl`"));
    let help = near.map(|near| format!("did you mean `--{near}`?"));
    Box::new(problem.help_if(help).help("take it away where the request is the same without it"))
}

fn bare(option: &str) -> Refused {
    Box::new(Problem::new(format!("`{option}` has no value")).help("is the command copied whole?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Result<Typed, Refused> {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        sort(&words)
    }

    #[test]
    fn letters_may_run_together() {
        let typed = typed("/usr/bin/curl -sSLXPOST -dx=1 -H a:b --no-compressed http://here").unwrap();
        assert_eq!(typed.method.as_deref(), Some("POST"));
        assert_eq!(typed.data, [Data::Raw("x=1".into())]);
        assert_eq!(typed.headers, ["a:b"]);
        assert_eq!(typed.url.as_deref(), Some("http://here"));
        assert_eq!(typed.notes.len(), 1);
    }

    #[test]
    fn what_cannot_be_taken_is_told_with_the_way_out() {
        for (text, said) in [
            ("wget x", "start with `curl`"),
            ("curl --heder x", "`--heder`"),
            ("curl -Z x", "`-Z`"),
            ("curl x y", "two URLs"),
            ("curl -H", "no value"),
            ("curl x -d @body.json", "`body.json`"),
            ("curl x --data-urlencode a@b", "the file `b`"),
        ] {
            let problem = typed(text).unwrap_err();
            assert!(problem.message.contains(said), "{text}: {}", problem.message);
            assert!(!problem.help.is_empty(), "{text}");
        }
        assert_eq!(typed("curl --heder x").unwrap_err().help[0], "did you mean `--header`?");
    }
}
