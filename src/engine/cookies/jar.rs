use std::time::SystemTime;

use http::header::{COOKIE, SET_COOKIE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue};

use super::reach::{default_path, host_in_domain, is_public, is_safe, path_in};
use super::set_cookie::SetCookie;
use crate::http::Origin;
use crate::memory::{self, Held};
use crate::sample::ServiceId;
use crate::units::Offset;

/// The cookies one user has been sent (RFC 6265). Made when the first comes, for most users never have one.
#[derive(Default)]
pub struct CookieJar(Option<Box<Jar>>);

/// What is asked: a path of a service, which stands for all services with its origin.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The service, or the first of those with its origin.
    pub service: ServiceId,
    /// Its origin.
    pub origin: &'a Origin,
    /// The path.
    pub target: &'a PathAndQuery,
}

/// When something comes: how long cookies last is counted by the run's clock, what they say of a date by the wall's.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Since the run began.
    pub now: Offset,
    /// By the wall.
    pub wall_clock: SystemTime,
}

#[derive(Default)]
struct Jar {
    /// In the order they are sent in: those with a longer path first, of these the oldest.
    kept: Vec<Kept>,
    bytes: usize,
    /// How often cookies were set or sent so far.
    uses: u64,
    /// When the first of them is past its time.
    next_expiry: Option<Offset>,
    /// Its bytes within the run's budget, where they are many.
    held: Option<Held>,
}

struct Kept {
    /// Cookies never go from one origin to another, though RFC 6265 would let those of one host.
    service: ServiceId,
    name: Box<[u8]>,
    value: Box<[u8]>,
    path: Box<str>,
    domain: Box<str>,
    host_only: bool,
    secure: bool,
    expires: Option<Offset>,
    /// Which use of the jar was its last, and which set it.
    used: u64,
    set: u64,
}

/// How many cookies of one domain a user keeps: as many as a browser. RFC 6265 (section 6.1) asks for 50.
const MOST_OF_DOMAIN: usize = 180;
/// How many in all. They are for one host, so their domains are that one and those above it.
const MOST: usize = 400;
/// How much they may be together: the 50 cookies of 4,096 bytes that RFC 6265 asks for, and some room.
const MOST_BYTES: usize = 256 << 10;
/// A longer one is not kept: RFC 6265 asks for 4,096 bytes.
const LONGEST_COOKIE: usize = 8 << 10;

impl CookieJar {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|jar| jar.kept.is_empty())
    }

    /// Adds the cookies that belong to a request, behind those the plan itself gives.
    pub fn add_to(&mut self, asked: Asked<'_>, now: Offset, headers: &mut HeaderMap) {
        let Some(jar) = &mut self.0 else { return };
        jar.purge(now);
        let own: Vec<&[u8]> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
        let mut all = own.join(&b"; "[..]);
        if jar.write(asked, &mut all)
            && let Ok(value) = HeaderValue::from_maybe_shared(bytes::Bytes::from(all))
        {
            headers.insert(COOKIE, value);
        }
    }

    /// Keeps what an answer sets, and forgets what it takes back.
    pub fn keep(&mut self, asked: Asked<'_>, at: Moment, headers: &HeaderMap) {
        let set = headers.get_all(SET_COOKIE).iter();
        let set = set.map(HeaderValue::as_bytes).filter(|written| written.len() <= LONGEST_COOKIE);
        for cookie in set.filter_map(SetCookie::read) {
            if let Some(kept) = Kept::new(&cookie, asked, at) {
                let jar = self.0.get_or_insert_default();
                jar.purge(at.now);
                jar.set(kept, at.now);
            }
        }
    }

    /// How many there are, and how many bytes.
    #[cfg(test)]
    pub(super) fn size(&self) -> (usize, usize) {
        self.0.as_ref().map_or((0, 0), |jar| (jar.kept.len(), jar.bytes))
    }
}

impl Kept {
    /// A cookie as it is kept; `None` where it is for another host.
    fn new(cookie: &SetCookie<'_>, asked: Asked<'_>, at: Moment) -> Option<Self> {
        let Asked { service, origin, target } = asked;
        // a public name is no domain for a cookie, unless it is the host itself: then it is for that host alone
        let domain = cookie.domain.as_deref().filter(|domain| !(is_public(domain) && *domain == origin.host()));
        if domain.is_some_and(|domain| is_public(domain) || !host_in_domain(origin, domain)) {
            return None;
        }
        let path = cookie.path.unwrap_or_else(|| default_path(target.path()));
        let of_date = || Some(cookie.expires?.duration_since(at.wall_clock).unwrap_or_default());
        let lasts = cookie.max_age.or_else(of_date);
        Some(Self {
            service,
            name: cookie.name.into(),
            value: cookie.value.into(),
            path: path.into(),
            domain: domain.unwrap_or_else(|| origin.host()).into(),
            host_only: domain.is_none(),
            secure: cookie.secure,
            expires: lasts.map(|lasts| at.now + lasts),
            used: 0,
            set: 0,
        })
    }

    fn is(&self, other: &Self) -> bool {
        (self.service, &self.name, &self.path, &self.domain) == (other.service, &other.name, &other.path, &other.domain)
    }

    fn is_over(&self, now: Offset) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    fn belongs_to(&self, Asked { service, origin, target }: Asked<'_>) -> bool {
        let host = if self.host_only { origin.host() == &*self.domain } else { host_in_domain(origin, &self.domain) };
        let path = target.path();
        self.service == service && host && path_in(path, &self.path) && (!self.secure || is_safe(origin))
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.name.len() + self.value.len() + self.path.len() + self.domain.len()
    }
}

impl Jar {
    /// Writes what belongs to a request (RFC 6265, section 5.4); whether that is anything.
    fn write(&mut self, asked: Asked<'_>, all: &mut Vec<u8>) -> bool {
        self.uses += 1;
        let mut any = false;
        for kept in self.kept.iter_mut().filter(|kept| kept.belongs_to(asked)) {
            kept.used = self.uses;
            if !all.is_empty() {
                all.extend_from_slice(b"; ");
            }
            all.extend_from_slice(&kept.name);
            all.push(b'=');
            all.extend_from_slice(&kept.value);
            any = true;
        }
        any
    }

    /// Keeps one (RFC 6265, section 5.3): in the place of the one it replaces, if there is one.
    fn set(&mut self, mut cookie: Kept, now: Offset) {
        self.uses += 1;
        (cookie.used, cookie.set) = (self.uses, self.uses);
        let known = self.kept.iter().position(|known| known.is(&cookie));
        if cookie.is_over(now) {
            known.into_iter().for_each(|place| self.remove(place));
            return;
        }
        self.next_expiry = [self.next_expiry, cookie.expires].into_iter().flatten().min();
        self.bytes += cookie.bytes();
        if let Some(known) = known.and_then(|place| self.kept.get_mut(place)) {
            self.bytes -= known.bytes();
            *known = cookie;
        } else {
            let place = self.kept.partition_point(|known| known.path.len() >= cookie.path.len());
            let domain = cookie.domain.clone();
            self.kept.insert(place, cookie);
            if self.kept.iter().filter(|kept| kept.domain == domain).count() > MOST_OF_DOMAIN {
                self.evict(|kept| kept.domain == domain);
            }
        }
        while self.kept.len() > MOST || self.bytes > MOST_BYTES {
            self.evict(|_| true);
        }
        self.hold();
    }

    /// Forgets what is past its time.
    fn purge(&mut self, now: Offset) {
        if self.next_expiry.is_none_or(|at| at > now) {
            return;
        }
        self.kept.retain(|kept| !kept.is_over(now));
        self.bytes = self.kept.iter().map(Kept::bytes).sum();
        self.next_expiry = self.kept.iter().filter_map(|kept| kept.expires).min();
        self.hold();
    }

    /// Forgets the one that was not used for the longest time; of several, the one that was set first.
    fn evict(&mut self, of: impl Fn(&Kept) -> bool) {
        let candidates = self.kept.iter().enumerate().filter(|(_, kept)| of(kept));
        if let Some((place, _)) = candidates.min_by_key(|(_, kept)| (kept.used, kept.set)) {
            self.remove(place);
        }
    }

    fn remove(&mut self, place: usize) {
        self.bytes -= self.kept.remove(place).bytes();
    }

    /// Counts what it has in the run's budget; what there is no room for goes.
    fn hold(&mut self) {
        self.held = None;
        loop {
            match memory::hold(self.bytes) {
                Ok(held) => return self.held = held,
                Err(_) => self.evict(|_| true),
            }
        }
    }
}
