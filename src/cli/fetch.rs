use std::time::Duration;

use super::runtime::block_on;
use crate::diagnostic::Problem;
use crate::import::LARGEST_DOCUMENT;
use crate::secrets::url_without_secrets;

const WITHIN: Duration = Duration::from_secs(30);
/// A name is looked up, and a connection made, within this.
const CONNECTED_WITHIN: Duration = Duration::from_secs(5);

/// The text at a URL, of bounded size.
pub(super) fn fetch(url: &str) -> Result<String, Box<Problem>> {
    let bytes = block_on(bytes(url)).map_err(|error| refused(url, &format!("no runtime could start: {error}")))??;
    String::from_utf8(bytes).map_err(|_| refused(url, "it is not UTF-8 text"))
}

async fn bytes(url: &str) -> Result<Vec<u8>, Box<Problem>> {
    // an error says that one is installed already, which is as good
    drop(rustls::crypto::ring::default_provider().install_default());
    let failed = |error: reqwest::Error| refused(url, &deepest(&error));
    let client =
        reqwest::Client::builder().timeout(WITHIN).connect_timeout(CONNECTED_WITHIN).build().map_err(failed)?;
    let mut answer = client.get(url).send().await.map_err(failed)?;
    if !answer.status().is_success() {
        return Err(refused(url, &format!("it answered {}", answer.status())));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        if (bytes.len() + chunk.len()) as u64 > LARGEST_DOCUMENT.as_bytes() {
            return Err(refused(url, &format!("it is larger than {LARGEST_DOCUMENT}")));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The cause behind an error: what wraps it says no more than that there was one.
fn deepest(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn refused(url: &str, why: &str) -> Box<Problem> {
    Box::new(
        Problem::new(format!("cannot fetch {}: {why}", url_without_secrets(url)))
            .help("download it, and give the file"),
    )
}
