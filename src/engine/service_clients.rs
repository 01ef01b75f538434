use std::rc::Rc;

use crate::http::{Client, Transport};
use crate::sample::ServiceId;

/// The connections over which a user makes one call after another: at most one to each service, made when it is first
/// called. Most plans have one service, so its client lies with the user.
pub(super) struct ServiceClients {
    first: Client,
    others: Vec<(ServiceId, Client)>,
}

impl ServiceClients {
    /// Clients without connections. There is at least one transport.
    pub(super) fn new(transports: &[Rc<Transport>]) -> Self {
        Self { first: Client::new(transports[0].clone()), others: Vec::new() }
    }

    /// The client for a service.
    pub(super) fn of(&mut self, service: ServiceId, transports: &[Rc<Transport>]) -> &mut Client {
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
    }
}
