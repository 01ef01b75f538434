use std::collections::VecDeque;

use cookie_store::{Cookie, CookieStore};
use http::header::{COOKIE, SET_COOKIE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue};
use url::Url;

/// The cookies one user has been sent (RFC 6265). Made when the first comes, for most users never have one.
#[derive(Default)]
pub(super) struct CookieJar(Option<Box<Jar>>);

#[derive(Default)]
struct Jar {
    store: CookieStore,
    /// What is in the store, what was set longest ago first.
    kept: VecDeque<Kept>,
}

/// Which cookie it is, and what it takes.
struct Kept {
    domain: String,
    path: String,
    name: String,
    bytes: usize,
}

/// How many cookies a user keeps: what RFC 6265 (section 6.1) asks for one host, four times.
const MOST_COOKIES: usize = 200;
/// How much they may be together, as they were sent. Services refuse requests with so much.
const MOST_BYTES: usize = 64 << 10;
/// A longer one is not kept: RFC 6265 asks for 4,096 bytes.
const LONGEST_COOKIE: usize = 8 << 10;

impl CookieJar {
    /// Adds the cookies that belong to a request, behind those the plan itself gives.
    pub(super) fn add_to(&self, origin: &str, target: &PathAndQuery, headers: &mut HeaderMap) {
        let Some(jar) = &self.0 else { return };
        let Ok(url) = Url::parse(&format!("{origin}{target}")) else { return };
        let own = headers.get(COOKIE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let kept = jar.store.get_request_values(&url).map(|(name, value)| format!("{name}={value}"));
        let all: Vec<String> = own.into_iter().chain(kept).collect();
        if let Ok(value) = HeaderValue::from_str(&all.join("; "))
            && !value.is_empty()
        {
            headers.insert(COOKIE, value);
        }
    }

    /// Keeps what an answer sets, and forgets what it takes back.
    pub(super) fn keep(&mut self, origin: &str, target: &PathAndQuery, headers: &HeaderMap) {
        if !headers.contains_key(SET_COOKIE) {
            return;
        }
        let Ok(url) = Url::parse(&format!("{origin}{target}")) else { return };
        let jar = self.0.get_or_insert_default();
        for value in headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            jar.set(value, &url);
        }
    }
}

impl Jar {
    fn set(&mut self, written: &str, url: &Url) {
        if written.len() > LONGEST_COOKIE {
            return;
        }
        // one that is malformed, or for another host, is not kept
        let Ok(cookie) = Cookie::parse(written, url).map(Cookie::into_owned) else { return };
        let kept = Kept {
            domain: String::from(&cookie.domain),
            path: String::from(&cookie.path),
            name: cookie.name().to_owned(),
            bytes: written.len(),
        };
        let gone = cookie.is_expired();
        if self.store.insert(cookie, url).is_err() && !gone {
            return;
        }
        self.kept.retain(|known| !known.is(&kept));
        if gone {
            self.store.remove(&kept.domain, &kept.path, &kept.name);
        } else {
            self.kept.push_back(kept);
            self.shrink();
        }
    }

    /// Forgets what is past its time, and as much of the rest as there is too much of it.
    fn shrink(&mut self) {
        let store = &mut self.store;
        self.kept.retain(|kept| {
            let expired = store.get_any(&kept.domain, &kept.path, &kept.name).is_none_or(|cookie| cookie.is_expired());
            if expired {
                store.remove(&kept.domain, &kept.path, &kept.name);
            }
            !expired
        });
        let mut bytes: usize = self.kept.iter().map(|kept| kept.bytes).sum();
        while self.kept.len() > MOST_COOKIES || bytes > MOST_BYTES {
            let Some(oldest) = self.kept.pop_front() else { return };
            self.store.remove(&oldest.domain, &oldest.path, &oldest.name);
            bytes -= oldest.bytes;
        }
    }
}

impl Kept {
    fn is(&self, other: &Self) -> bool {
        (&self.name, &self.path, &self.domain) == (&other.name, &other.path, &other.domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "http://shop.test";

    fn set(jar: &mut CookieJar, path: &str, cookies: &[&str]) {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(SET_COOKIE, cookie.parse().unwrap());
        }
        jar.keep(ORIGIN, &path.parse().unwrap(), &headers);
    }

    /// What goes out with a request, in order.
    fn sent(jar: &CookieJar, path: &str) -> Vec<String> {
        let mut headers = HeaderMap::new();
        jar.add_to(ORIGIN, &path.parse().unwrap(), &mut headers);
        let all = headers.get(COOKIE).map_or("", |value| value.to_str().unwrap()).to_owned();
        let mut all: Vec<String> = all.split("; ").filter(|one| !one.is_empty()).map(str::to_owned).collect();
        all.sort();
        all
    }

    fn size(jar: &CookieJar) -> (usize, usize) {
        let jar = jar.0.as_ref().unwrap();
        (jar.kept.len(), jar.store.iter_any().count())
    }

    #[test]
    fn a_cookie_is_replaced_and_taken_back() {
        let mut jar = CookieJar::default();
        set(&mut jar, "/", &["session=1", "theme=dark; Path=/shop", "gone=1; Max-Age=0"]);
        assert_eq!((sent(&jar, "/"), sent(&jar, "/shop/x").len()), (vec!["session=1".to_owned()], 2));
        set(&mut jar, "/", &["session=2"]);
        assert_eq!(sent(&jar, "/"), ["session=2"]);
        set(&mut jar, "/", &["session=; Max-Age=0", "theme=; Path=/shop; Expires=Thu, 01 Jan 1970 00:00:00 GMT"]);
        assert_eq!((sent(&jar, "/shop"), size(&jar)), (Vec::new(), (0, 0)));
    }

    #[test]
    fn a_full_jar_takes_new_ones_in_the_place_of_the_oldest() {
        let mut jar = CookieJar::default();
        set(&mut jar, "/", &["session=first"]);
        for number in 0..1000 {
            set(&mut jar, "/", &[&format!("c{number}={number}"), "session=rotated"]);
        }
        assert_eq!(size(&jar), (MOST_COOKIES, MOST_COOKIES));
        let sent = sent(&jar, "/");
        assert!(sent.contains(&"session=rotated".to_owned()) && sent.contains(&"c999=999".to_owned()));
        assert!(!sent.contains(&"c1=1".to_owned()));
    }

    #[test]
    fn cookies_of_any_kind_take_bounded_room() {
        let mut jar = CookieJar::default();
        for number in 0..2000 {
            let (long, path) = ("x".repeat(number * 10 % 9000), format!("/p{number}"));
            set(&mut jar, "/", &[&format!("n{number}={long}; Path={path}"), &format!("d{number}=1; Max-Age=0")]);
            let back = format!("n{number}=; Max-Age=-1; Path={path}");
            set(&mut jar, &path, &[back.as_str()][..number % 2]);
        }
        let (kept, stored) = size(&jar);
        assert!(kept == stored && kept <= MOST_COOKIES, "{kept} {stored}");
        let bytes: usize = jar.0.unwrap().kept.iter().map(|kept| kept.bytes).sum();
        assert!(bytes <= MOST_BYTES, "{bytes}");
    }

    #[test]
    fn cookies_of_other_hosts_are_not_kept() {
        let mut jar = CookieJar::default();
        set(&mut jar, "/", &["a=1; Domain=elsewhere.test", "b=1; Domain=shop.test", "; ;", "=", "c"]);
        assert_eq!(sent(&jar, "/"), ["b=1"]);
    }
}
