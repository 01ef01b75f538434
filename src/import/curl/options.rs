use crate::diagnostic::{Problem, nearest};

/// A piece of a body, as typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Data {
    /// As it stands.
    Raw(String),
    /// Still to be encoded: `text`, `=text` or `name=text`.
    Encoded(String),
}

/// A command's options, by what they say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct CurlOptions {
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

/// What an option of `curl` does for a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OptionKind {
    Method,
    Header,
    /// A body; `@` names a file.
    Data,
    /// A body as it stands.
    RawData,
    EncodedData,
    Json,
    Form,
    /// A form's field as it stands.
    FormText,
    Get,
    Head,
    User,
    Bearer,
    Cookie,
    Agent,
    Referer,
    Url,
    UrlQuery,
    Timeout,
    /// It changes nothing that a plan says.
    Nothing,
    /// As above, with a value.
    NothingWithValue,
    /// It is left out, and a comment says so.
    LeftOut(&'static str),
    /// As above, with a value.
    LeftOutWithValue(&'static str),
}

type Refused = Box<Problem>;

/// Each option: its letter (a blank where it has none), its long names, and what it means.
const OPTIONS: [(char, &[&str], OptionKind); 50] = [
    ('X', &["request"], OptionKind::Method),
    ('H', &["header"], OptionKind::Header),
    ('d', &["data", "data-ascii"], OptionKind::Data),
    (' ', &["data-raw"], OptionKind::RawData),
    (' ', &["data-binary"], OptionKind::Data),
    (' ', &["data-urlencode"], OptionKind::EncodedData),
    (' ', &["json"], OptionKind::Json),
    ('F', &["form"], OptionKind::Form),
    (' ', &["form-string"], OptionKind::FormText),
    ('G', &["get"], OptionKind::Get),
    ('I', &["head"], OptionKind::Head),
    ('u', &["user"], OptionKind::User),
    (' ', &["oauth2-bearer"], OptionKind::Bearer),
    ('b', &["cookie"], OptionKind::Cookie),
    ('A', &["user-agent"], OptionKind::Agent),
    ('e', &["referer"], OptionKind::Referer),
    (' ', &["url"], OptionKind::Url),
    (' ', &["url-query"], OptionKind::UrlQuery),
    ('m', &["max-time"], OptionKind::Timeout),
    ('s', &["silent"], OptionKind::Nothing),
    ('S', &["show-error"], OptionKind::Nothing),
    ('v', &["verbose"], OptionKind::Nothing),
    ('i', &["include", "show-headers"], OptionKind::Nothing),
    ('f', &["fail", "fail-with-body", "fail-early"], OptionKind::Nothing),
    ('g', &["globoff"], OptionKind::Nothing),
    ('N', &["no-buffer"], OptionKind::Nothing),
    ('#', &["progress-bar", "no-progress-meter"], OptionKind::Nothing),
    ('4', &["ipv4"], OptionKind::Nothing),
    ('6', &["ipv6"], OptionKind::Nothing),
    ('j', &["junk-session-cookies"], OptionKind::Nothing),
    ('O', &["remote-name", "remote-header-name"], OptionKind::Nothing),
    (' ', &["compressed", "basic", "path-as-is", "tcp-nodelay", "no-keepalive", "styled-output"], OptionKind::Nothing),
    ('0', &["http1.0", "http1.1"], OptionKind::Nothing),
    ('1', &["tlsv1", "tlsv1.2", "tlsv1.3", "ssl-reqd", "ssl"], OptionKind::Nothing),
    ('o', &["output", "output-dir"], OptionKind::NothingWithValue),
    ('w', &["write-out"], OptionKind::NothingWithValue),
    ('c', &["cookie-jar"], OptionKind::NothingWithValue),
    ('D', &["dump-header"], OptionKind::NothingWithValue),
    (' ', &["stderr", "trace", "trace-ascii", "keepalive-time", "max-redirs"], OptionKind::NothingWithValue),
    (' ', &["connect-timeout"], OptionKind::NothingWithValue),
    (
        'L',
        &["location", "location-trusted"],
        OptionKind::LeftOut("`--location` is left out: an answer that redirects is measured as such"),
    ),
    (
        'k',
        &["insecure"],
        OptionKind::LeftOut(
            "`--insecure` is left out: the target's certificate is checked where the target does not say otherwise",
        ),
    ),
    (' ', &["http2", "http2-prior-knowledge", "http3"], OptionKind::LeftOut("the version of HTTP is left out")),
    (
        ' ',
        &["retry", "retry-delay", "retry-max-time"],
        OptionKind::LeftOutWithValue("`--retry` is left out: a failure is counted, not hidden"),
    ),
    (' ', &["retry-connrefused", "retry-all-errors"], OptionKind::Nothing),
    ('x', &["proxy", "socks5", "socks5-hostname"], OptionKind::LeftOutWithValue("the proxy is left out")),
    (' ', &["noproxy"], OptionKind::NothingWithValue),
    (
        'E',
        &["cert", "key", "cert-type", "key-type", "pass"],
        OptionKind::LeftOutWithValue("the client's certificate is left out"),
    ),
    (' ', &["cacert", "capath", "ciphers"], OptionKind::LeftOutWithValue("the certificate authorities are left out")),
    (
        ' ',
        &["resolve", "connect-to"],
        OptionKind::LeftOutWithValue(
            "`--resolve` is left out: write it as `http: {resolve: {NAME: ADDRESS}}` of the target",
        ),
    ),
];

/// Reads the words of a command that begins with `curl`.
pub(super) fn parse(words: &[String]) -> Result<CurlOptions, Refused> {
    let mut words = words.iter();
    let program = words.next().map(String::as_str).unwrap_or_default();
    if !["curl", "curl.exe"].contains(&program.rsplit('/').next().unwrap_or_default()) {
        let problem = Problem::new("the command does not start with `curl`");
        return Err(Box::new(
            problem.help("copy a request as cURL in the browser, and give the whole of it in quotes"),
        ));
    }
    let mut options = CurlOptions::default();
    while let Some(word) = words.next() {
        if word == "--" {
            words.by_ref().try_for_each(|url| options.address(url))?;
        } else if let Some(name) = word.strip_prefix("--") {
            let kind =
                long(name).or_else(|| name.strip_prefix("no-").and_then(long).filter(|kind| !kind.takes_value()));
            let kind = kind.ok_or_else(|| unknown(word, nearest(name, names())))?;
            let value = if kind.takes_value() { Some(words.next().ok_or_else(|| bare(word))?) } else { None };
            options.take(kind, word, value.map(String::as_str).unwrap_or_default())?;
        } else if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            options.letters(letters, &mut words)?;
        } else {
            options.address(word)?;
        }
    }
    Ok(options)
}

impl CurlOptions {
    /// Letters run together: `-sSL`, `-XPOST`, `-dtext`.
    fn letters<'a>(&mut self, letters: &str, words: &mut impl Iterator<Item = &'a String>) -> Result<(), Refused> {
        for (at, letter) in letters.char_indices() {
            let shown = format!("-{letter}");
            let kind = short(letter).ok_or_else(|| unknown(&shown, None))?;
            if !kind.takes_value() {
                self.take(kind, &shown, "")?;
                continue;
            }
            let glued = &letters[at + letter.len_utf8()..];
            let value = if glued.is_empty() { words.next().ok_or_else(|| bare(&shown))?.as_str() } else { glued };
            return self.take(kind, &shown, value);
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

    fn take(&mut self, kind: OptionKind, option: &str, value: &str) -> Result<(), Refused> {
        let owned = value.to_owned();
        match kind {
            OptionKind::Method => self.method = Some(owned),
            OptionKind::Header => self.headers.push(no_file(option, value)?),
            OptionKind::Data => self.data.push(Data::Raw(no_file(option, value)?)),
            OptionKind::RawData => self.data.push(Data::Raw(owned)),
            OptionKind::EncodedData => self.data.push(encoded(option, value)?),
            OptionKind::Json => self.json.push(no_file(option, value)?),
            OptionKind::Form => self.form.push((owned, false)),
            OptionKind::FormText => self.form.push((owned, true)),
            OptionKind::Get => self.is_get = true,
            OptionKind::Head => self.is_head = true,
            OptionKind::User => self.user = Some(owned),
            OptionKind::Bearer => self.bearer = Some(owned),
            OptionKind::Cookie if value.contains('=') => self.cookies.push(owned),
            OptionKind::Cookie => self.notes.push("the cookies of a file (`-b FILE`) are left out".into()),
            OptionKind::Agent => self.agent = Some(owned),
            OptionKind::Referer => self.referer = Some(owned.trim_end_matches(";auto").to_owned()),
            OptionKind::Url => self.address(value)?,
            OptionKind::UrlQuery => self.query.push(encoded(option, value)?),
            OptionKind::Timeout => self.timeout = Some(owned),
            OptionKind::Nothing | OptionKind::NothingWithValue => {}
            OptionKind::LeftOut(note) | OptionKind::LeftOutWithValue(note) => self.note(note),
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

impl OptionKind {
    /// Whether a value follows the option.
    const fn takes_value(self) -> bool {
        !matches!(self, Self::Get | Self::Head | Self::Nothing | Self::LeftOut(_))
    }
}

/// What a long option means, given without its dashes.
fn long(name: &str) -> Option<OptionKind> {
    OPTIONS.iter().find(|(_, names, _)| names.contains(&name)).map(|(_, _, kind)| *kind)
}

/// What a letter means.
fn short(letter: char) -> Option<OptionKind> {
    OPTIONS.iter().find(|(known, _, _)| *known == letter && letter != ' ').map(|(_, _, kind)| *kind)
}

/// Every long name, for “did you mean”.
fn names() -> impl Iterator<Item = &'static str> {
    OPTIONS.iter().flat_map(|(_, names, _)| names.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(text: &str) -> Result<CurlOptions, Refused> {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        parse(&words)
    }

    #[test]
    fn letters_may_run_together() {
        let options = options("/usr/bin/curl -sSLXPOST -dx=1 -H a:b --no-compressed http://here").unwrap();
        assert_eq!(options.method.as_deref(), Some("POST"));
        assert_eq!(options.data, [Data::Raw("x=1".into())]);
        assert_eq!(options.headers, ["a:b"]);
        assert_eq!(options.url.as_deref(), Some("http://here"));
        assert_eq!(options.notes.len(), 1);
    }

    #[test]
    fn what_cannot_be_taken_is_refused_with_the_way_out() {
        for (text, said) in [
            ("wget x", "start with `curl`"),
            ("curl --heder x", "`--heder`"),
            ("curl -Z x", "`-Z`"),
            ("curl x y", "two URLs"),
            ("curl -H", "no value"),
            ("curl x -d @body.json", "`body.json`"),
            ("curl x --data-urlencode a@b", "the file `b`"),
        ] {
            let problem = options(text).unwrap_err();
            assert!(problem.message.contains(said), "{text}: {}", problem.message);
            assert!(!problem.help.is_empty(), "{text}");
        }
        assert_eq!(options("curl --heder x").unwrap_err().help[0], "did you mean `--header`?");
    }
}
