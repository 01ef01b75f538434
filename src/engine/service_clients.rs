use std::rc::Rc;

use super::destination::Destination;
use crate::http::{Client, Transport};
use crate::sample::ServiceId;

/// The connections over which a user makes one call after another: at most one to each service and a few to other
/// places, made when they are first called. Most plans have one service, so its client lies with the user.
pub(super) struct ServiceClients {
    first: Client,
    others: Vec<(ServiceId, Client)>,
    /// Those to other places, the last made last.
    elsewhere: Vec<(Rc<Transport>, Client)>,
}

/// A user keeps so many connections to places that are no services of the plan.
const MOST_ELSEWHERE: usize = 4;

impl ServiceClients {
    /// Clients without connections. There is at least one transport.
    pub(super) fn new(transports: &[Rc<Transport>]) -> Self {
        Self { first: Client::new(transports[0].clone()), others: Vec::new(), elsewhere: Vec::new() }
    }

    /// The client for a place.
    pub(super) fn to(&mut self, destination: &Destination, transports: &[Rc<Transport>]) -> &mut Client {
        match destination {
            Destination::Service(service) => self.of(*service, transports),
            Destination::Elsewhere(transport) => self.elsewhere(transport),
        }
    }

    fn elsewhere(&mut self, transport: &Rc<Transport>) -> &mut Client {
        let known = self.elsewhere.iter().position(|(known, _)| Rc::ptr_eq(known, transport));
        let place = known.unwrap_or_else(|| {
            if self.elsewhere.len() >= MOST_ELSEWHERE {
                self.elsewhere.remove(0);
            }
            self.elsewhere.push((transport.clone(), Client::new(transport.clone())));
            self.elsewhere.len() - 1
        });
        &mut self.elsewhere[place].1
    }

    fn of(&mut self, service: ServiceId, transports: &[Rc<Transport>]) -> &mut Client {
        if service.index() == 0 {
            return &mut self.first;
        }
        let known = self.others.iter().position(|(known, _)| *known == service);
        let place = known.unwrap_or_else(|| {
            self.others.push((service, Client::new(transports[service.index()].clone())));
            self.others.len() - 1
        });
        &mut self.others[place].1
    }

    /// Gives back what connections need only while an exchange is under way; see [`Client::rest`].
    pub(super) fn rest(&mut self) {
        self.first.rest();
        self.others.iter_mut().for_each(|(_, client)| client.rest());
        self.elsewhere.iter_mut().for_each(|(_, client)| client.rest());
    }
}
