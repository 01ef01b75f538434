use std::net::IpAddr;

use crate::http::{Origin, Scheme};

/// Whether a host is within a domain (RFC 6265, section 5.1.3): it is that one, or a name below it. An address is within
/// itself alone. Both are in lower case.
pub(super) fn host_in_domain(origin: &Origin, domain: &str) -> bool {
    let host = origin.host();
    host == domain || origin.address().is_none() && host.strip_suffix(domain).is_some_and(|below| below.ends_with('.'))
}

/// Whether a domain is one under which anybody may have a name (RFC 6265, section 5.3, step 5), as far as its looks say:
/// `com`, and not `co.uk`. A plan's cookies go to one host alone, so nobody else could read them.
pub(super) fn is_public(domain: &str) -> bool {
    !domain.contains('.')
}

/// Whether what is for safe ways alone may go this way: over TLS, or to this machine, as browsers have it.
pub(super) fn is_safe(origin: &Origin) -> bool {
    origin.scheme() == Scheme::Https
        || origin.host() == "localhost"
        || origin.address().as_ref().is_some_and(IpAddr::is_loopback)
}

/// Whether a request's path is within a cookie's (RFC 6265, section 5.1.4).
pub(super) fn path_in(path: &str, of_cookie: &str) -> bool {
    path.strip_prefix(of_cookie)
        .is_some_and(|rest| rest.is_empty() || of_cookie.ends_with('/') || rest.starts_with('/'))
}

/// The path of a cookie that names none (RFC 6265, section 5.1.4): the request's, up to its last `/`.
pub(super) fn default_path(path: &str) -> &str {
    match path.rfind('/') {
        Some(end) if end > 0 && path.starts_with('/') => &path[..end],
        _ => "/",
    }
}
