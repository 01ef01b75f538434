use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

use super::{demo, memory};

/// The paths that services stand under, the reference API first.
pub const PATHS: [&str; 2] = [memory::PATH, demo::PATH];

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Route {
    /// What it is counted as: `POST /v1/recall`, or `other`.
    pub(super) name: &'static str,
    pub(super) service: Service,
}

/// Who answers, by which of its routes; `None` where it has none for what is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    Memory(Option<memory::Route>),
    Demo(Option<demo::Route>),
}

/// What a request asks, besides its body.
pub(super) struct Ask<'a> {
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) headers: &'a HeaderMap,
}

/// An answer before it is written: status, JSON, and headers of its own.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Value,
    pub(super) headers: Vec<(&'static str, String)>,
    /// How long the work for it takes from here on.
    pub(super) after: Duration,
}

impl Route {
    pub(super) fn of(method: &Method, path: &str) -> Self {
        let is_demo = path.strip_prefix(demo::PATH).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if is_demo {
            let (name, route) = find(&demo::ROUTES, method, path);
            Self { name, service: Service::Demo(route) }
        } else {
            let (name, route) = find(&memory::ROUTES, method, path);
            Self { name, service: Service::Memory(route) }
        }
    }
}

impl<'a> Ask<'a> {
    /// A header that is text.
    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl Reply {
    pub(super) fn new(status: StatusCode, body: Value) -> Self {
        Self { status, body, headers: Vec::new(), after: Duration::ZERO }
    }

    pub(super) fn ok(body: Value) -> Self {
        Self::new(StatusCode::OK, body)
    }
}

/// The route that a request asks for, and what it is counted as. A route is written as it is counted, `METHOD PATH`, where
/// `ID` at the end stands for whatever comes there.
fn find<R: Copy>(routes: &[(&'static str, R)], method: &Method, path: &str) -> (&'static str, Option<R>) {
    let is_asked = |name: &str| {
        let Some((known, pattern)) = name.split_once(' ') else { return false };
        known == method.as_str()
            && pattern.strip_suffix("ID").map_or(pattern == path, |parent| path.starts_with(parent))
    };
    let found = routes.iter().find(|(name, _)| is_asked(name));
    found.map_or(("other", None), |(name, route)| (*name, Some(*route)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_is_counted_under_its_own_name() {
        let memory = memory::ROUTES.map(|(name, route)| (name, Service::Memory(Some(route))));
        let demo = demo::ROUTES.map(|(name, route)| (name, Service::Demo(Some(route))));
        for (name, service) in memory.into_iter().chain(demo) {
            let (method, path) = name.split_once(' ').unwrap();
            assert_eq!(Route::of(&method.parse().unwrap(), path), Route { name, service });
        }
        for (method, path) in [("GET", "/v1/recall"), ("PUT", "/v1/health"), ("GET", "/nowhere"), ("GET", "/demo/ID")] {
            assert_eq!(Route::of(&method.parse().unwrap(), path).name, "other", "{method} {path}");
        }
    }

    #[test]
    fn a_path_that_only_begins_like_the_shops_is_not_the_shops() {
        assert_eq!(Route::of(&Method::GET, "/demo").service, Service::Demo(None));
        assert_eq!(Route::of(&Method::GET, "/demonstration").service, Service::Memory(None));
    }
}
