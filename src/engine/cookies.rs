use cookie_store::CookieStore;
use http::header::{COOKIE, SET_COOKIE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue};
use url::Url;

/// The cookies one user has been sent (RFC 6265). Made when the first comes, for most users never have one.
#[derive(Default)]
pub(super) struct CookieJar(Option<Box<CookieStore>>);

/// How many cookies a user keeps; a service that sends more is not remembered further.
const MOST: usize = 200;

impl CookieJar {
    /// Adds the cookies that belong to a request, behind those the plan itself gives.
    pub(super) fn give(&self, origin: &str, target: &PathAndQuery, headers: &mut HeaderMap) {
        let Some(store) = &self.0 else { return };
        let Ok(url) = Url::parse(&format!("{origin}{target}")) else { return };
        let own = headers.get(COOKIE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let kept = store.get_request_values(&url).map(|(name, value)| format!("{name}={value}"));
        let all: Vec<String> = own.into_iter().chain(kept).collect();
        if let Ok(value) = HeaderValue::from_str(&all.join("; "))
            && !value.is_empty()
        {
            headers.insert(COOKIE, value);
        }
    }

    /// Keeps what an answer sets.
    pub(super) fn keep(&mut self, origin: &str, target: &PathAndQuery, headers: &HeaderMap) {
        if !headers.contains_key(SET_COOKIE) {
            return;
        }
        let Ok(url) = Url::parse(&format!("{origin}{target}")) else { return };
        let store = self.0.get_or_insert_default();
        for value in headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            if store.iter_unexpired().count() < MOST {
                // one that is malformed, or for another host, is not kept
                drop(store.parse(value, &url));
            }
        }
    }
}
