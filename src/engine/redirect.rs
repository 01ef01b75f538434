use http::header::{CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE, LOCATION};
use http::uri::PathAndQuery;
use http::{HeaderMap, Method};
use percent_encoding::{CONTROLS, percent_encode};
use url::Url;

use crate::http::{Content, Origin, Outgoing};

/// What an answer asks its caller to do next.
pub enum Redirect {
    /// Nothing: it is the answer.
    None,
    /// To make this request of the same origin.
    Follow(Box<Outgoing>),
    /// To make this request of another origin.
    Away(Box<(Origin, Outgoing)>),
    /// To go where no request goes; the place.
    Elsewhere(String),
    /// To go nowhere: the answer does not say where to, or nobody can read it.
    Unreadable(String),
}

/// The next request of a redirect (RFC 9110, section 15.4), with its place read as the URL standard reads it. Whether one
/// to another origin is followed is its endpoint's to say.
#[must_use]
pub fn redirect(status: u16, headers: &HeaderMap, origin: &str, asked: &Outgoing) -> Redirect {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return Redirect::None;
    }
    let location = match location(headers) {
        Ok(location) => location,
        Err(why) => return Redirect::Unreadable(format!("it redirects ({status}), and {why}")),
    };
    let base = Url::parse(&format!("{origin}{}", asked.target));
    let unreadable = || Redirect::Unreadable(format!("it redirects ({status}) to `{location}`, which is not a URL"));
    let Ok(next) = base.and_then(|base| base.join(&location)) else { return unreadable() };
    let home = Url::parse(origin).map(|url| url.origin());
    let away = home.is_ok_and(|home| home != next.origin()).then(|| next.origin());
    let away = match away.map(|away| (away.is_tuple(), away.ascii_serialization())) {
        None => None,
        Some((false, _)) => return Redirect::Elsewhere(location),
        Some((true, place)) => match Origin::parse(&place) {
            Ok(origin) => Some(origin),
            Err(_) => return Redirect::Elsewhere(place),
        },
    };
    let path = match next.query() {
        Some(query) => format!("{}?{query}", next.path()),
        None => next.path().to_owned(),
    };
    let Ok(target) = path.parse::<PathAndQuery>() else { return unreadable() };
    let mut request = Outgoing { target, ..asked.clone() };
    let becomes_get = status == 303 && request.method != Method::HEAD
        || matches!(status, 301 | 302) && request.method == Method::POST;
    if becomes_get {
        request.method = Method::GET;
        request.body = Content::EMPTY;
        // what the Fetch standard calls the names of request-body headers, and the length
        for name in [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION] {
            request.headers.own().remove(name);
        }
    }
    match away {
        None => Redirect::Follow(Box::new(request)),
        Some(origin) => Redirect::Away(Box::new((origin, request))),
    }
}

/// Where an answer redirects to. Bytes beyond ASCII are taken as browsers take them: as UTF-8, or each for itself.
fn location(headers: &HeaderMap) -> Result<String, &'static str> {
    let mut all = headers.get_all(LOCATION).iter();
    let first = all.next().ok_or("it has no `Location` header")?;
    if all.any(|other| other != first) {
        return Err("it has several `Location` headers");
    }
    let text = std::str::from_utf8(first.as_bytes()).map(str::to_owned);
    Ok(text.unwrap_or_else(|_| percent_encode(first.as_bytes(), CONTROLS).to_string()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::http::Keep;

    fn answered(status: u16, locations: &[&[u8]]) -> Redirect {
        let mut headers = HeaderMap::new();
        for location in locations {
            headers.append(LOCATION, HeaderValue::from_bytes(location).unwrap());
        }
        let asked = Outgoing {
            method: Method::POST,
            target: "/shop/cart?id=1".parse().unwrap(),
            headers: HeaderMap::new().into(),
            body: bytes::Bytes::from_static(b"{}").into(),
            timeout: std::time::Duration::from_secs(1),
            keep: Keep::Nothing,
        };
        redirect(status, &headers, "http://shop.test:8080", &asked)
    }

    #[test]
    fn a_redirect_is_followed_as_the_url_standard_reads_it() {
        let followed: [(&[u8], &str); 10] = [
            (b"/a", "/a"),
            (b"b?c#d", "/shop/b?c"),
            (b"../up/./here", "/up/here"),
            (b"?only=query", "/shop/cart?only=query"),
            (b"//shop.test:8080/x", "/x"),
            (b" HTTP://SHOP.test:8080/y ", "/y"),
            (b"\\back\\slash", "/back/slash"),
            ("/caf\u{e9} au lait".as_bytes(), "/caf%C3%A9%20au%20lait"),
            (b"/caf\xe9", "/caf%E9"),
            (b"", "/shop/cart?id=1"),
        ];
        for (location, target) in followed {
            match answered(302, &[location]) {
                Redirect::Follow(next) => assert_eq!((next.target.as_str(), &next.method), (target, &Method::GET)),
                _ => panic!("{location:?} is not followed"),
            }
        }
        assert!(matches!(answered(307, &[b"/a"]), Redirect::Follow(next) if next.method == Method::POST));
    }

    #[test]
    fn a_redirect_that_nobody_can_follow_is_no_answer() {
        for status in [301, 302, 303, 307, 308] {
            assert!(matches!(answered(status, &[]), Redirect::Unreadable(why) if why.contains("no `Location`")));
            assert!(
                matches!(answered(status, &[b"http://[::1"]), Redirect::Unreadable(why) if why.contains("not a URL"))
            );
            assert!(matches!(answered(status, &[b"/a", b"/b"]), Redirect::Unreadable(why) if why.contains("several")));
            assert!(matches!(answered(status, &[b"/a", b"/a"]), Redirect::Follow(_)));
        }
        for status in [200, 300, 304, 305, 404] {
            assert!(matches!(answered(status, &[]), Redirect::None));
        }
    }

    #[test]
    fn a_redirect_to_another_origin_is_told_apart() {
        let away: [(&[u8], &str); 5] = [
            (b"https://shop.test:8080/a", "https://shop.test:8080"),
            (b"http://shop.test/a", "http://shop.test"),
            (b"//user:secret@elsewhere.test/a", "http://elsewhere.test"),
            (b"mailto:a@b.c", "mailto:a@b.c"),
            (b"file:///etc/passwd", "file:///etc/passwd"),
        ];
        for (location, place) in away {
            let led = match answered(302, &[location]) {
                Redirect::Away(away) => away.0.to_string(),
                Redirect::Elsewhere(place) => place,
                _ => "here".to_owned(),
            };
            assert_eq!(led, place, "{location:?}");
        }
    }
}
