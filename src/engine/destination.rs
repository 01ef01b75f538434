use std::rc::Rc;

use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE, HOST, PROXY_AUTHORIZATION};

use super::worker_context::WorkerContext;
use crate::compile::{Endpoint, Program};
use crate::http::{Origin, Transport, TransportError};
use crate::sample::ServiceId;

/// Where a request goes.
#[derive(Clone)]
pub(super) enum Destination {
    /// To a service of the plan.
    Service(ServiceId),
    /// To another origin, which the endpoint's `hosts` allow.
    Elsewhere(Rc<Transport>),
}

/// Why no request goes to a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Barred {
    /// It is neither the endpoint's service's nor among its hosts.
    NotAllowed,
    /// It is allowed, and connections to it cannot be made ready.
    NotSetUp(TransportError),
}

/// How a request came to leave its service: whether a person wrote its headers for that place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaving {
    /// By its own URL: what the endpoint itself says goes with it.
    ByUrl,
    /// By a redirect: nothing secret goes with it.
    ByRedirect,
}

impl Destination {
    /// Where a URL or a redirect of an endpoint leads.
    ///
    /// # Errors
    /// Why no request goes there.
    pub(super) fn of(context: &WorkerContext, endpoint: &Endpoint, origin: &Origin) -> Result<Self, Barred> {
        let services = &context.program.services;
        if services[endpoint.service.index()].origin == *origin {
            return Ok(Self::Service(endpoint.service));
        }
        if !endpoint.hosts.allow(origin) {
            return Err(Barred::NotAllowed);
        }
        let known = services.iter().position(|service| service.origin == *origin);
        match known.and_then(|known| u16::try_from(known).ok()) {
            Some(service) => Ok(Self::Service(ServiceId(service))),
            None => {
                let transport = context.transport_to(endpoint.service, origin);
                transport.map(Self::Elsewhere).map_err(Barred::NotSetUp)
            }
        }
    }

    /// Scheme, host and port.
    pub(super) fn origin<'a>(&'a self, program: &'a Program) -> &'a Origin {
        match self {
            Self::Service(service) => &program.services[service.index()].origin,
            Self::Elsewhere(transport) => transport.origin(),
        }
    }

    /// Makes the headers of a request to the endpoint's service those of a request to this place: what is the service's own
    /// stays with it.
    pub(super) fn fit(&self, headers: &mut HeaderMap, (context, endpoint): (&WorkerContext, &Endpoint), how: Leaving) {
        let is_home = matches!(self, Self::Service(service) if *service == endpoint.service);
        if is_home && how == Leaving::ByUrl {
            return;
        }
        let host = self.origin(&context.program).host_header();
        if is_home {
            // it comes back from another place
            headers.insert(HOST, endpoint.headers.get(HOST).unwrap_or(host).clone());
            return;
        }
        endpoint.service_headers.iter().for_each(|name| drop(headers.remove(name)));
        headers.remove(COOKIE);
        if how == Leaving::ByRedirect {
            let secrets = &context.program.secrets;
            let is_secret = |name: &http::HeaderName| secrets.names_secret(name.as_str());
            let secret: Vec<_> = headers.keys().filter(|name| is_secret(name)).cloned().collect();
            secret.iter().chain(&[AUTHORIZATION, PROXY_AUTHORIZATION]).for_each(|name| drop(headers.remove(name)));
        }
        headers.insert(HOST, host.clone());
    }
}
