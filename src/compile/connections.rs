use std::collections::HashSet;
use std::net::IpAddr;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use ::http::HeaderValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::ServerName;

use crate::compile::program::Hosts;
use crate::diagnostic::{Problem, Problems, Sources};
use crate::disk::{InputFile, NotRead};
use crate::http::{
    Addresses, Identity, KeepAlive, KnownNames, Network, Origin, Place, Proxy, Reuse, Scheme, Settings, Verify, Version,
};
use crate::plan::{AddressesWord, At, ConnectionsWord, Http, VersionWord, instead_of_file};

/// The most a file of certificates may hold.
const LARGEST: u64 = 1 << 20;

/// What a plan says of the connections to a service.
pub(super) struct Written<'a> {
    pub(super) http: &'a Http,
    pub(super) origin: &'a Origin,
    /// Where endpoints may lead beside their services.
    pub(super) elsewhere: &'a Hosts,
}

/// How connections are made, with the files of certificates read.
pub(super) fn compile(all: &Written<'_>, sources: &Sources, problems: &mut Problems) -> Settings {
    let written = all.http;
    let for_tls = [
        ("ca", written.ca.as_ref()),
        ("certificate", written.certificate.as_ref()),
        ("key", written.key.as_ref()),
        ("server_name", written.server_name.as_ref()),
    ];
    for (name, at) in for_tls.into_iter().filter_map(|(name, at)| Some((name, at?))) {
        if all.origin.scheme() == Scheme::Http {
            let problem = Problem::at(at.span, format!("`{name}` has no effect without TLS"));
            problems.push(problem.help("remove it, or write the target's URL with `https`"));
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
        problems.push(problem.help("remove one of them"));
    }
    let proxy = written.proxy.as_ref().and_then(|proxy| self::proxy(proxy, problems));
    let peer = proxy.as_ref().map_or(all.origin, |proxy| &proxy.origin);
    over_a_socket(written, problems);
    let known_names = known_names(all, peer, problems);
    Settings {
        verify: if written.insecure == Some(true) { Verify::No } else { Verify::Yes },
        authorities: authorities.unwrap_or_default(),
        version: version(Some(written)),
        reuse: reuse(written, problems),
        identity,
        addresses: addresses(written, peer, problems),
        sources: source_addresses(written, (peer, &known_names), problems),
        known_names,
        server_name: written.server_name.as_ref().and_then(|name| server_name(name, problems)),
        proxy,
        network: match &written.unix_socket {
            Some(socket) => Network::Unix(place(socket, sources)),
            None => Network::Tcp,
        },
        bandwidth: written.bandwidth,
        ..Settings::default()
    }
}

/// Which HTTP is spoken.
pub(super) fn version(written: Option<&Http>) -> Version {
    match written.and_then(|http| http.version.as_ref()).map(|version| version.value) {
        Some(VersionWord::Two) => Version::Two,
        Some(VersionWord::One) | None => Version::One,
    }
}

/// Reports what says where a connection leads and has no effect, for it leads to a socket of this machine.
fn over_a_socket(written: &Http, problems: &mut Problems) {
    if written.unix_socket.is_none() {
        return;
    }
    let resolved = written.resolve.as_ref().and_then(|names| names.0.first()).map(|(name, _)| name.span);
    for (key, place) in [
        ("resolve", resolved),
        ("addresses", written.addresses.as_ref().map(|at| at.span)),
        ("source_addresses", written.source_addresses.as_ref().map(|at| at.span)),
    ] {
        if let Some(place) = place {
            let problem = Problem::at(place, format!("`{key}` has no effect over a Unix-domain socket"));
            problems.push(problem.help("remove one of them"));
        }
    }
}

/// For how long connections are kept.
fn reuse(written: &Http, problems: &mut Problems) -> Reuse {
    let (idle, most) = (written.idle_timeout.as_ref(), written.max_requests.as_ref());
    if let Some(ConnectionsWord::PerRequest) = written.connections.as_ref().map(|connections| connections.value) {
        let of_kept = [("idle_timeout", idle.map(|at| at.span)), ("max_requests", most.map(|at| at.span))];
        for (key, place) in of_kept.into_iter().filter_map(|(key, place)| Some((key, place?))) {
            let problem =
                Problem::at(place, format!("`{key}` has no effect where each request has its own connection"));
            problems.push(problem.help("remove it, or write `connections: per_user`"));
        }
        return Reuse::Once;
    }
    let idle = idle.filter(|idle| {
        let is_some = idle.value.0 > Duration::ZERO;
        if !is_some {
            let problem = Problem::at(idle.span, "an idle timeout of 0 keeps no connection");
            problems.push(problem.help("write a longer time, or `connections: per_request` in its place"));
        }
        is_some
    });
    let requests = most.and_then(|most| {
        let number = NonZeroU64::new(most.value.0);
        if number.is_none() {
            let problem = Problem::at(most.span, "a connection that serves no request is none");
            problems.push(problem.help("write 1 or more, or remove the line: any number"));
        }
        number
    });
    Reuse::Kept(KeepAlive { idle: idle.map(|idle| idle.value.0), requests })
}

/// Names that are not looked up.
fn known_names(all: &Written<'_>, peer: &Origin, problems: &mut Problems) -> KnownNames {
    let mut known = KnownNames::default();
    for (name, places) in all.http.resolve.iter().flat_map(|names| &names.0) {
        let Some(written) = places else { continue };
        let mut places = Vec::new();
        for place in &written.0 {
            match Place::parse(place) {
                Ok(place) => places.push(place),
                Err(misread) => problems.push(Problem::at(place.span, misread.message).help(misread.help)),
            }
        }
        if written.0.is_empty() {
            let problem = Problem::at(name.span, format!("`{}` has no address", name.value));
            problems.push(problem.help("give it one, such as `10.0.0.7`"));
        }
        let (host, port) = match known.add(&name.value, places) {
            Ok(of) => of,
            Err(misread) => {
                problems.push(Problem::at(name.span, misread.message).help(misread.help));
                continue;
            }
        };
        let is_peer = host == peer.host() && port.is_none_or(|port| port == peer.port());
        let is_behind_proxy = all.http.proxy.is_some();
        if is_peer || all.elsewhere.names(&host) && !is_behind_proxy || written.0.is_empty() {
            continue;
        }
        let problem = Problem::at(name.span, format!("no connection is made to `{}`", name.value));
        let help = match is_behind_proxy && host == all.origin.host() {
            true => "the proxy looks the service's name up".to_owned(),
            false => format!("connections are made to `{}:{}`", peer.host(), peer.port()),
        };
        problems.push(problem.help(help).warning());
    }
    known
}

fn addresses(written: &Http, peer: &Origin, problems: &mut Problems) -> Addresses {
    let Some(word) = &written.addresses else { return Addresses::First };
    if peer.address().is_some() && written.unix_socket.is_none() {
        let message = format!("`addresses` has no effect: `{}` is one address", peer.host());
        let problem = Problem::at(word.span, message).help("write a name into the URL, and its addresses as `resolve`");
        problems.push(problem.warning());
    }
    match word.value {
        AddressesWord::First => Addresses::First,
        AddressesWord::All => Addresses::All,
    }
}

/// Whether this machine has them is seen when a run begins: a plan may be checked on another.
fn source_addresses(
    written: &Http,
    (peer, known_names): (&Origin, &KnownNames),
    problems: &mut Problems,
) -> Vec<IpAddr> {
    let Some(list) = &written.source_addresses else { return Vec::new() };
    let (mut usable, mut seen) = (Vec::new(), HashSet::new());
    for source in &list.value.0 {
        let bare = source.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(source);
        let Ok(address) = bare.parse::<IpAddr>() else {
            let problem = Problem::at(source.span, format!("`{}` is not an IP address", source.value));
            problems.push(problem.help("write an address of this machine, such as `192.168.1.10`"));
            continue;
        };
        if address.is_unspecified() || address.is_multicast() {
            let problem = Problem::at(source.span, format!("`{address}` is nothing that connections are made from"));
            problems.push(problem.help("write an address of this machine, such as `192.168.1.10`"));
        } else if seen.insert(address) {
            usable.push(address);
        } else {
            problems.push(Problem::at(source.span, format!("`{address}` is written twice")).help("remove one"));
        }
    }
    if list.value.0.is_empty() {
        let problem = Problem::at(list.span, "`source_addresses` is empty");
        problems.push(problem.help("give it an address of this machine, or remove the line"));
    }
    let fits = |address: &IpAddr| usable.is_empty() || usable.iter().any(|from| from.is_ipv6() == address.is_ipv6());
    let addresses = match peer.address() {
        Some(address) => vec![address],
        None => known_names.addresses(peer).unwrap_or_default(),
    };
    if let Some(address) = addresses.first().filter(|_| !addresses.iter().any(fits)) {
        let kind = if address.is_ipv6() { "IPv6" } else { "IPv4" };
        let to = if peer.address().is_some() { String::new() } else { format!(", where `{}` leads,", peer.host()) };
        let problem = Problem::at(list.span, format!("no connection to {address}{to} is made from these addresses"));
        problems.push(problem.help(format!("give an {kind} address")));
    }
    usable
}

fn server_name(written: &At<String>, problems: &mut Problems) -> Option<ServerName<'static>> {
    let name = ServerName::try_from(written.value.clone());
    if name.is_err() {
        let problem = Problem::at(written.span, format!("`{}` is not a host's name", written.value));
        problems.push(problem.help("write the name that the service's certificate is for, such as `api.example`"));
    }
    name.ok()
}

fn place(file: &At<String>, sources: &Sources) -> PathBuf {
    sources.folder(file.span).join(&file.value)
}

/// A PEM file that holds at least one block of a kind.
fn read(file: &At<String>, block: &str, sources: &Sources, problems: &mut Problems) -> Option<Vec<u8>> {
    let path = place(file, sources);
    let shown = path.display();
    match InputFile::whole(&path, LARGEST) {
        Ok(bytes) if String::from_utf8_lossy(&bytes).contains(&format!("{block}-----")) => Some(bytes),
        Ok(_) => {
            let problem = Problem::at(file.span, format!("{shown} holds no `{block}`"));
            problems.push(problem.help("write it as PEM: text between `-----BEGIN` and `-----END` lines"));
            None
        }
        Err(NotRead::TooLarge) => {
            let problem = Problem::at(file.span, format!("{shown} is larger than 1 MiB"));
            problems.push(problem.help("name the PEM file of the certificate or key itself"));
            None
        }
        Err(error) => {
            let problem = Problem::at(file.span, format!("cannot read {shown}: {error}"));
            problems.push(problem.help(instead_of_file(&sources.folder(file.span), file)));
            None
        }
    }
}

fn proxy(written: &At<String>, problems: &mut Problems) -> Option<Proxy> {
    // the URL may hold a password: nothing of it is repeated
    let refuse = |help: &str| Problem::at(written.span.part(0..0), "the proxy's URL cannot be used").help(help);
    let Ok(url) = reqwest::Url::parse(&written.value) else {
        problems.push(refuse("write it like `http://proxy:3128`"));
        return None;
    };
    let Some(host) = url.host_str().filter(|_| url.scheme() == "http") else {
        problems.push(refuse("a proxy is reached over plain HTTP: write it like `http://proxy:3128`"));
        return None;
    };
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let authorization = (!url.username().is_empty() || url.password().is_some()).then(|| {
        let pair = format!("{}:{}", decoded(url.username()), decoded(url.password().unwrap_or_default()));
        let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair))).ok()?;
        value.set_sensitive(true);
        Some(value)
    });
    let origin = Origin::parse(&format!("http://{host}:{}", url.port().unwrap_or(80)));
    let origin = origin.map_err(|misread| problems.push(refuse(&misread.help))).ok()?;
    Some(Proxy { origin, authorization: authorization.flatten() })
}
