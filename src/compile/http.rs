use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::compile::program::{Compression, Connections, Cookies, Http, Identity, Proxy, Trust, Version};
use crate::diagnostic::{Problem, Problems, Sources};
use crate::plan::{self, At, ConnectionsWord, VersionWord};

/// The most a file of certificates may hold.
const LARGEST: u64 = 1 << 20;
/// More redirects than these are a circle.
pub(super) const MOST_REDIRECTS: u64 = 50;

/// How HTTP is spoken, with the files it names read.
pub(super) fn compile(written: &plan::Http, origin: &str, sources: &Sources, problems: &mut Problems) -> Http {
    let secure = origin.starts_with("https:");
    let for_tls =
        [("ca", written.ca.as_ref()), ("certificate", written.certificate.as_ref()), ("key", written.key.as_ref())];
    for (name, file) in for_tls.into_iter().filter_map(|(name, file)| Some((name, file?))) {
        if !secure {
            let problem = Problem::at(file.span, format!("`{name}` has no effect on a target in the clear"));
            problems.push(problem.help("take it away, or write the target's URL with `https`"));
        }
    }
    let authorities = written.ca.as_ref().and_then(|file| read(file, "CERTIFICATE", sources, problems));
    let identity = match (&written.certificate, &written.key) {
        (Some(chain), Some(key)) => {
            let chain = read(chain, "CERTIFICATE", sources, problems);
            let key = read(key, "PRIVATE KEY", sources, problems);
            chain.zip(key).map(|(chain, key)| Identity { chain, key })
        }
        (Some(alone), None) => {
            problems.push(Problem::at(alone.span, "a certificate needs its key").help("give its file as `key`"));
            None
        }
        (None, Some(alone)) => {
            let problem = Problem::at(alone.span, "a key needs its certificate");
            problems.push(problem.help("give its file as `certificate`"));
            None
        }
        (None, None) => None,
    };
    if let (Some(socket), Some(_)) = (&written.unix_socket, &written.proxy) {
        let problem = Problem::at(socket.span, "a Unix-domain socket is not reached through a proxy");
        problems.push(problem.help("take one away"));
    }
    Http {
        version: match written.version.as_ref().map(|version| version.value) {
            Some(VersionWord::Two) => Version::Two,
            Some(VersionWord::One) | None => Version::One,
        },
        connections: match written.connections {
            Some(ConnectionsWord::PerRequest) => Connections::PerRequest,
            Some(ConnectionsWord::PerUser) | None => Connections::PerUser,
        },
        compression: if written.compression == Some(true) { Compression::On } else { Compression::Off },
        cookies: if written.cookies == Some(false) { Cookies::Ignored } else { Cookies::Kept },
        trust: if written.insecure == Some(true) { Trust::Any } else { Trust::Needed },
        authorities: authorities.unwrap_or_default(),
        identity,
        proxy: written.proxy.as_ref().and_then(|proxy| self::proxy(proxy, problems)),
        unix_socket: written.unix_socket.as_ref().map(|socket| place(socket, sources)),
    }
}

/// How many redirects are followed; none where the plan says nothing.
pub(super) fn redirects(written: Option<&At<plan::Count>>, problems: &mut Problems) -> Option<u32> {
    let written = written?;
    if written.value.0 > MOST_REDIRECTS {
        let problem = Problem::at(written.span, format!("{} redirects are a circle", written.value.0));
        problems.push(problem.help(format!("follow at most {MOST_REDIRECTS}")));
    }
    u32::try_from(written.value.0).ok()
}

fn place(file: &At<String>, sources: &Sources) -> PathBuf {
    sources.folder(file.span).join(&file.value)
}

/// A PEM file that holds at least one block of a kind.
fn read(file: &At<String>, block: &str, sources: &Sources, problems: &mut Problems) -> Option<Vec<u8>> {
    let path = place(file, sources);
    let shown = path.display();
    let size = std::fs::metadata(&path).map(|data| data.len());
    let bytes = match size {
        Ok(size) if size > LARGEST => {
            problems.push(Problem::at(file.span, format!("{shown} is larger than 1 MiB")));
            return None;
        }
        Ok(_) => std::fs::read(&path),
        Err(error) => Err(error),
    };
    match bytes {
        Ok(bytes) if String::from_utf8_lossy(&bytes).contains(&format!("{block}-----")) => Some(bytes),
        Ok(_) => {
            let problem = Problem::at(file.span, format!("{shown} holds no `{block}`"));
            problems.push(problem.help("write it as PEM: text between `-----BEGIN` and `-----END` lines"));
            None
        }
        Err(error) => {
            let problem = Problem::at(file.span, format!("cannot read {shown}: {error}"));
            problems.push(problem.help("the path is relative to the file that names it"));
            None
        }
    }
}

fn proxy(written: &At<String>, problems: &mut Problems) -> Option<Proxy> {
    // what it says may be a password: nothing of it is repeated
    let refuse = |help: &str| Problem::at(written.span.part(0..0), "the proxy's URL cannot be used").help(help);
    let Ok(url) = reqwest::Url::parse(&written.value) else {
        problems.push(refuse("write it like `http://proxy:3128`"));
        return None;
    };
    let Some(host) = url.host_str().filter(|_| url.scheme() == "http") else {
        problems.push(refuse("a proxy is spoken to in the clear: write it like `http://proxy:3128`"));
        return None;
    };
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let authorization = (!url.username().is_empty() || url.password().is_some()).then(|| {
        let pair = format!("{}:{}", decoded(url.username()), decoded(url.password().unwrap_or_default()));
        format!("Basic {}", STANDARD.encode(pair))
    });
    Some(Proxy { origin: format!("http://{host}:{}", url.port().unwrap_or(80)), authorization })
}
