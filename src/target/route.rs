use http::Method;

/// The paths that services stand under, the reference API first.
pub const PATHS: [&str; 2] = ["/v1", "/demo"];

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    /// The memory API.
    Memory,
    /// The shop that the examples run against.
    Demo,
}

/// A route; its number is its place among the counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Health,
    Recall,
    Learn,
    Turn,
    Stats,
    Entities,
    Keys,
    Contribute,
    Sync,
    Peers,
    Heartbeat,
    Login,
    Me,
    Products,
    Product,
    Cart,
    AddToCart,
    EmptyCart,
    Checkout,
    Quote,
    Graphql,
    Upload,
    Other,
}

/// What the routes are counted as, in their order.
pub(super) const ROUTES: [&str; 23] = [
    "GET /v1/health",
    "POST /v1/recall",
    "POST /v1/learn",
    "POST /v1/turn",
    "GET /v1/stats",
    "GET /v1/entities",
    "POST /v1/keys",
    "POST /v1/federation/contribute",
    "POST /v1/federation/request",
    "GET /v1/federation/peers",
    "POST /v1/federation/heartbeat",
    "POST /demo/login",
    "GET /demo/me",
    "GET /demo/products",
    "GET /demo/products/ID",
    "GET /demo/cart",
    "POST /demo/cart",
    "DELETE /demo/cart",
    "POST /demo/checkout",
    "GET /demo/quote",
    "POST /demo/graphql",
    "POST /demo/upload",
    "other",
];

impl Service {
    pub(super) fn at(path: &str) -> Self {
        match path.strip_prefix("/demo") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => Self::Demo,
            _ => Self::Memory,
        }
    }
}

impl Route {
    /// The route of a method and path.
    pub(super) fn of(method: &Method, path: &str) -> Self {
        match (method.as_str(), path) {
            ("GET", "/v1/health") => Self::Health,
            ("POST", "/v1/recall") => Self::Recall,
            ("POST", "/v1/learn") => Self::Learn,
            ("POST", "/v1/turn") => Self::Turn,
            ("GET", "/v1/stats") => Self::Stats,
            ("GET", "/v1/entities") => Self::Entities,
            ("POST", "/v1/keys") => Self::Keys,
            ("POST", "/v1/federation/contribute") => Self::Contribute,
            ("POST", "/v1/federation/request") => Self::Sync,
            ("GET", "/v1/federation/peers") => Self::Peers,
            ("POST", "/v1/federation/heartbeat") => Self::Heartbeat,
            ("POST", "/demo/login") => Self::Login,
            ("GET", "/demo/me") => Self::Me,
            ("GET", "/demo/products") => Self::Products,
            ("GET", path) if path.starts_with("/demo/products/") => Self::Product,
            ("GET", "/demo/cart") => Self::Cart,
            ("POST", "/demo/cart") => Self::AddToCart,
            ("DELETE", "/demo/cart") => Self::EmptyCart,
            ("POST", "/demo/checkout") => Self::Checkout,
            ("GET", "/demo/quote") => Self::Quote,
            ("POST", "/demo/graphql") => Self::Graphql,
            ("POST", "/demo/upload") => Self::Upload,
            _ => Self::Other,
        }
    }

    pub(super) const fn is_of_nodes(self) -> bool {
        matches!(self, Self::Contribute | Self::Sync | Self::Peers | Self::Heartbeat)
    }

    pub(super) const fn learns(self) -> bool {
        matches!(self, Self::Learn | Self::Turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_is_counted_under_its_own_name() {
        for (index, name) in ROUTES.iter().enumerate().filter(|(_, name)| **name != "other") {
            let (method, path) = name.split_once(' ').unwrap();
            let route = Route::of(&method.parse().unwrap(), path);
            assert_eq!(route as usize, index, "{name}");
        }
        assert_eq!(Route::Other as usize, ROUTES.len() - 1);
    }

    #[test]
    fn a_path_that_only_begins_like_the_shops_is_not_the_shops() {
        assert_eq!(Service::at("/demo/cart"), Service::Demo);
        assert_eq!(Service::at("/demonstration"), Service::Memory);
    }
}
