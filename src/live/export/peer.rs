use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, StatusCode, Url, redirect};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore, crypto::ring};

use super::courier::Missed;
use crate::disk::InputFile;

/// A service that takes what is posted to it. Its certificate is verified, and nothing leads away from it.
#[derive(Debug)]
pub(super) struct Peer {
    client: Client,
    url: Url,
    headers: HeaderMap,
}

/// How a peer is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Where it is.
    pub url: Url,
    /// What is said besides.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// How long one request may take.
    pub within: Duration,
}

/// A file of certificates is no larger.
const LARGEST_AUTHORITIES: u64 = 4 << 20;
/// So much of what a peer says about a failure is read.
const SAID: usize = 400;
const CONNECTED_WITHIN: Duration = Duration::from_secs(5);

/// How TLS is spoken with peers: the public authorities are trusted, and those of a file.
///
/// # Errors
/// A file that cannot be read, or without certificates.
pub(super) fn tls(authorities: Option<&Path>) -> io::Result<Arc<ClientConfig>> {
    let wrong = |error: &dyn std::fmt::Display| io::Error::new(io::ErrorKind::InvalidData, error.to_string());
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = authorities {
        let pem = InputFile::whole(path, LARGEST_AUTHORITIES).map_err(|error| wrong(&error))?;
        let mut count = 0;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            roots.add(certificate.map_err(|error| wrong(&error))?).map_err(|error| wrong(&error))?;
            count += 1;
        }
        if count == 0 {
            return Err(wrong(&"there is no `BEGIN CERTIFICATE` in it; write them as PEM"));
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| wrong(&error))?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

impl Peer {
    /// A peer that is posted to with these headers besides its own.
    pub(super) fn new(post: &Post, tls: &ClientConfig, more: &[(&'static str, &'static str)]) -> io::Result<Self> {
        let mut headers = HeaderMap::new();
        for (name, value) in more {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        for (name, value) in &post.headers {
            headers.insert(name.clone(), value.clone());
        }
        let client = Client::builder()
            .use_preconfigured_tls(tls.clone())
            .redirect(redirect::Policy::none())
            .user_agent(concat!("plimsoll/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECTED_WITHIN.min(post.within))
            .timeout(post.within)
            .build()
            .map_err(|error| io::Error::other(deepest(&error)))?;
        Ok(Self { client, url: post.url.clone(), headers })
    }

    /// Posts a body; what the peer said where it took it.
    pub(super) async fn post(&self, body: Vec<u8>) -> Result<Vec<u8>, Missed> {
        let request = self.client.post(self.url.clone()).headers(self.headers.clone()).body(body);
        // an error may name the URL, and that may be a secret
        let mut answer = request.send().await.map_err(|error| Missed::ForNow(told(&error.without_url()), None))?;
        let status = answer.status();
        let after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let mut said = Vec::new();
        while let Ok(Some(chunk)) = answer.chunk().await {
            said.extend_from_slice(chunk.get(..chunk.len().min(SAID - said.len())).unwrap_or_default());
            if said.len() >= SAID {
                break;
            }
        }
        if status.is_success() {
            return Ok(said);
        }
        let said = String::from_utf8_lossy(&said);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let why =
            if said.is_empty() { format!("it answered {status}") } else { format!("it answered {status}: {said}") };
        let again =
            status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
        Err(if again { Missed::ForNow(why, after.map(Duration::from_secs)) } else { Missed::ForGood(why) })
    }
}

/// An error in words: what it is, and the cause behind it.
fn told(error: &reqwest::Error) -> String {
    if error.is_timeout() { "no answer in time".to_owned() } else { deepest(error) }
}

/// The cause behind an error: what wraps it says no more than that there was one.
fn deepest(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
