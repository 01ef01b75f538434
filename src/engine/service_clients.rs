use std::convert::Infallible;
use std::rc::Rc;

use super::destination::Destination;
use super::few::Few;
use crate::http::{Client, Transport};
use crate::sample::ServiceId;

/// The connections over which a user makes one call after another: at most one to each service and a few to other
/// places, made when they are first called. Most plans have one service, so its client lies with the user.
pub(super) struct ServiceClients {
    first: Client,
    others: Few<ServiceId, Client, { usize::MAX }>,
    elsewhere: Few<Rc<Transport>, Client, MOST_ELSEWHERE>,
}

/// A user keeps so many connections to places that are no services of the plan.
const MOST_ELSEWHERE: usize = 4;

impl ServiceClients {
    /// Clients without connections. There is at least one transport.
    pub(super) fn new(transports: &[Rc<Transport>]) -> Self {
        Self { first: Client::new(transports[0].clone()), others: Few::default(), elsewhere: Few::default() }
    }

    /// The client for a place.
    pub(super) fn to(&mut self, destination: &Destination, transports: &[Rc<Transport>]) -> &mut Client {
        let made = |transport: &Rc<Transport>| Client::new(transport.clone());
        let found: Result<_, Infallible> = match destination {
            Destination::Service(ServiceId(0)) => return &mut self.first,
            Destination::Service(service) => {
                self.others.get_or_make(|known| known == service, || Ok((*service, made(&transports[service.index()]))))
            }
            Destination::Elsewhere(transport) => self
                .elsewhere
                .get_or_make(|known| Rc::ptr_eq(known, transport), || Ok((transport.clone(), made(transport)))),
        };
        let Ok(client) = found;
        client
    }
}
