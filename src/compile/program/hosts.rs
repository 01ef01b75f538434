use crate::http::{Origin, Scheme};

/// Where a call may lead beside its service.
#[derive(Debug, Clone, Default)]
pub struct Hosts(Vec<HostPattern>);

/// Some origins: a host, or every host below a name, at one port or at the scheme's own, spoken to in one way or in any.
#[derive(Debug, Clone, PartialEq, Eq)]
struct HostPattern {
    scheme: Option<Scheme>,
    /// In small letters.
    host: String,
    /// Whether it is a name that the hosts lie below.
    is_above: bool,
    port: Option<u16>,
}

impl Hosts {
    /// Adds one as it is written: `files.example`, `*.files.example`, `files.example:8443`, `https://files.example`.
    ///
    /// # Errors
    /// What is none of these; why.
    pub(in crate::compile) fn add(&mut self, text: &str) -> Result<(), String> {
        let (scheme, rest) = match text.split_once("://") {
            Some(("http", rest)) => (Some(Scheme::Http), rest),
            Some(("https", rest)) => (Some(Scheme::Https), rest),
            Some(_) => return Err("the schemes are `http` and `https`".to_owned()),
            None => (None, text),
        };
        let (is_above, name) = match rest.strip_prefix("*.") {
            Some(name) => (true, name),
            None => (false, rest),
        };
        if name.contains('*') {
            return Err("a `*` stands for what is before the first dot: `*.files.example`".to_owned());
        }
        let origin = Origin::parse(&format!("{}://{name}", scheme.unwrap_or(Scheme::Http).name()));
        let origin = origin.map_err(|misread| misread.help)?;
        // the port as it is written: `:80` may be meant for `https` too
        let has_port = name.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|digit| digit.is_ascii_digit()));
        let port = has_port.then(|| origin.port());
        self.0.push(HostPattern { scheme, host: origin.host().to_owned(), is_above, port });
        Ok(())
    }

    /// Whether a call may lead to a host, at whatever port.
    #[must_use]
    pub(in crate::compile) fn names(&self, host: &str) -> bool {
        self.0.iter().any(|pattern| pattern.takes_host(host))
    }

    /// Whether a call may lead there.
    #[must_use]
    pub fn allow(&self, origin: &Origin) -> bool {
        self.0.iter().any(|pattern| pattern.takes(origin))
    }
}

impl HostPattern {
    fn takes(&self, origin: &Origin) -> bool {
        self.takes_host(origin.host())
            && self.scheme.is_none_or(|scheme| scheme == origin.scheme())
            && origin.port() == self.port.unwrap_or(origin.scheme().port())
    }

    fn takes_host(&self, host: &str) -> bool {
        match self.is_above {
            false => host == self.host,
            true => host.strip_suffix(&self.host).is_some_and(|below| below.ends_with('.') && below.len() > 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(pattern: &str, origin: &str) -> bool {
        let mut hosts = Hosts::default();
        hosts.add(pattern).unwrap();
        hosts.allow(&Origin::parse(origin).unwrap())
    }

    #[test]
    fn a_host_is_itself_and_a_star_is_what_lies_below() {
        for (pattern, origin) in [
            ("files.example", "http://files.example"),
            ("files.example", "https://FILES.example"),
            ("*.files.example", "https://eu.files.example"),
            ("*.files.example", "https://a.b.files.example"),
            ("files.example:8443", "https://files.example:8443"),
            ("https://files.example", "https://files.example"),
            ("http://[::1]:81", "http://[::1]:81"),
            ("127.0.0.1:80", "http://127.0.0.1"),
        ] {
            assert!(allows(pattern, origin), "{pattern} {origin}");
        }
        for (pattern, origin) in [
            ("files.example", "http://files.example.evil.test"),
            ("files.example", "http://evilfiles.example"),
            ("files.example", "http://eu.files.example"),
            ("files.example", "http://files.example:8080"),
            ("*.files.example", "http://files.example"),
            ("*.files.example", "http://evilfiles.example"),
            ("https://files.example", "http://files.example"),
            ("files.example:8443", "https://files.example"),
        ] {
            assert!(!allows(pattern, origin), "{pattern} {origin}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in ["", "*", "a.*.example", "ftp://files.example", "files.example/path", "user@files.example", "a:0"] {
            assert!(Hosts::default().add(text).is_err(), "{text}");
        }
    }
}
