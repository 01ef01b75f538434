/// What an option of `curl` means for a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Means {
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
    Told(&'static str),
    /// As above, with a value.
    ToldWithValue(&'static str),
}

impl Means {
    /// Whether a value follows the option.
    pub(super) const fn takes_value(self) -> bool {
        !matches!(self, Self::Get | Self::Head | Self::Nothing | Self::Told(_))
    }
}

/// Each option: its letter (a blank where it has none), its long names, and what it means.
const OPTIONS: [(char, &[&str], Means); 50] = [
    ('X', &["request"], Means::Method),
    ('H', &["header"], Means::Header),
    ('d', &["data", "data-ascii"], Means::Data),
    (' ', &["data-raw"], Means::RawData),
    (' ', &["data-binary"], Means::Data),
    (' ', &["data-urlencode"], Means::EncodedData),
    (' ', &["json"], Means::Json),
    ('F', &["form"], Means::Form),
    (' ', &["form-string"], Means::FormText),
    ('G', &["get"], Means::Get),
    ('I', &["head"], Means::Head),
    ('u', &["user"], Means::User),
    (' ', &["oauth2-bearer"], Means::Bearer),
    ('b', &["cookie"], Means::Cookie),
    ('A', &["user-agent"], Means::Agent),
    ('e', &["referer"], Means::Referer),
    (' ', &["url"], Means::Url),
    (' ', &["url-query"], Means::UrlQuery),
    ('m', &["max-time"], Means::Timeout),
    ('s', &["silent"], Means::Nothing),
    ('S', &["show-error"], Means::Nothing),
    ('v', &["verbose"], Means::Nothing),
    ('i', &["include", "show-headers"], Means::Nothing),
    ('f', &["fail", "fail-with-body", "fail-early"], Means::Nothing),
    ('g', &["globoff"], Means::Nothing),
    ('N', &["no-buffer"], Means::Nothing),
    ('#', &["progress-bar", "no-progress-meter"], Means::Nothing),
    ('4', &["ipv4"], Means::Nothing),
    ('6', &["ipv6"], Means::Nothing),
    ('j', &["junk-session-cookies"], Means::Nothing),
    ('O', &["remote-name", "remote-header-name"], Means::Nothing),
    (' ', &["compressed", "basic", "path-as-is", "tcp-nodelay", "no-keepalive", "styled-output"], Means::Nothing),
    ('0', &["http1.0", "http1.1"], Means::Nothing),
    ('1', &["tlsv1", "tlsv1.2", "tlsv1.3", "ssl-reqd", "ssl"], Means::Nothing),
    ('o', &["output", "output-dir"], Means::NothingWithValue),
    ('w', &["write-out"], Means::NothingWithValue),
    ('c', &["cookie-jar"], Means::NothingWithValue),
    ('D', &["dump-header"], Means::NothingWithValue),
    (' ', &["stderr", "trace", "trace-ascii", "keepalive-time", "max-redirs"], Means::NothingWithValue),
    (' ', &["connect-timeout"], Means::NothingWithValue),
    (
        'L',
        &["location", "location-trusted"],
        Means::Told("`--location` is left out: an answer that redirects is measured as such"),
    ),
    (
        'k',
        &["insecure"],
        Means::Told(
            "`--insecure` is left out: the target's certificate is checked where the target does not say otherwise",
        ),
    ),
    (' ', &["http2", "http2-prior-knowledge", "http3"], Means::Told("the version of HTTP is left out")),
    (
        ' ',
        &["retry", "retry-delay", "retry-max-time"],
        Means::ToldWithValue("`--retry` is left out: a failure is counted, not hidden"),
    ),
    (' ', &["retry-connrefused", "retry-all-errors"], Means::Nothing),
    ('x', &["proxy", "socks5", "socks5-hostname"], Means::ToldWithValue("the proxy is left out")),
    (' ', &["noproxy"], Means::NothingWithValue),
    (
        'E',
        &["cert", "key", "cert-type", "key-type", "pass"],
        Means::ToldWithValue("the client's certificate is left out"),
    ),
    (' ', &["cacert", "capath", "ciphers"], Means::ToldWithValue("the certificate authorities are left out")),
    (
        ' ',
        &["resolve", "connect-to"],
        Means::ToldWithValue("`--resolve` is left out: the host is asked where its name says"),
    ),
];

/// What a long option means, given without its dashes.
pub(super) fn long(name: &str) -> Option<Means> {
    OPTIONS.iter().find(|(_, names, _)| names.contains(&name)).map(|(_, _, means)| *means)
}

/// What a letter means.
pub(super) fn short(letter: char) -> Option<Means> {
    OPTIONS.iter().find(|(known, _, _)| *known == letter && letter != ' ').map(|(_, _, means)| *means)
}

/// Every long name, for “did you mean”.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    OPTIONS.iter().flat_map(|(_, names, _)| names.iter().copied())
}
