/// The password of `scheme://user:password@host`.
pub(super) fn password_of(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (who, _) = authority.rsplit_once('@')?;
    let (_, password) = who.split_once(':')?;
    (!password.is_empty()).then_some(password)
}

/// A URL without what may be a password or a key in it: user, query and fragment are left out.
pub(crate) fn url_without_secrets(url: &str) -> String {
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = bare.split_once("://").unwrap_or(("http", bare));
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

/// What may be shown of a text that should be a URL and is none: what stands before an `@` may be a password, and what
/// follows a `?` a key.
pub(crate) fn no_url_without_secrets(text: &str) -> &str {
    text.split('?').next().and_then(|text| text.rsplit('@').next()).unwrap_or_default()
}

/// A line whose URLs show no user name and password: each of their bytes is a star, so that carets stay where they are.
pub(crate) fn star_credentials(line: &str) -> String {
    let mut out = line.to_owned();
    let mut from = 0;
    while let Some(at) = out[from..].find("://").map(|at| from + at + 3) {
        let end = out[at..].find(['/', ' ', '"', '\'', ',', '}']).map_or(out.len(), |end| at + end);
        if let Some(sign) = out[at..end].rfind('@') {
            out.replace_range(at..at + sign, &"*".repeat(sign));
        }
        from = end;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_secrets() {
        assert_eq!(url_without_secrets("https://me:pw@here:80/a@b?key=x#y"), "https://here:80/a@b");
        assert_eq!(url_without_secrets("https://here"), "https://here");
        assert_eq!(no_url_without_secrets("ftp://me:pw@here?key"), "here");
        assert_eq!(no_url_without_secrets("here"), "here");
    }

    #[test]
    fn a_password_is_found_in_a_url_and_nowhere_else() {
        assert_eq!(password_of("http://me:silence@proxy:3128/x"), Some("silence"));
        for text in ["http://me@proxy", "http://me:@proxy", "http://proxy/a:b@c", "me:silence@proxy", ""] {
            assert_eq!(password_of(text), None, "{text}");
        }
    }

    #[test]
    fn a_line_keeps_its_length_without_its_credentials() {
        let line = "proxy: \"http://me:pw@proxy:1/a@b\" # https://x, ftp://you@z";
        assert_eq!(star_credentials(line), "proxy: \"http://*****@proxy:1/a@b\" # https://x, ftp://***@z");
    }
}
