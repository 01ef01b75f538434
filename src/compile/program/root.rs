use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;

use super::endpoint::Endpoint;
use super::scenario::Scenario;
use super::step::Step;
use super::user::UserType;
use crate::expression::{Globals, SharedStore, SharedThing};
use crate::http::{Origin, Settings};
use crate::sample::{Catalog, ServiceId};
use crate::secrets::Secrets;
use crate::threshold::{LeftOut, Rule};
use crate::units::{Scale, Seed, Shard};

/// A plan made ready to run: every name is an id, every template, path and threshold is parsed, what never
/// changes is rendered. Nothing in it can fail to parse or resolve later. Immutable, shared by all workers.
#[derive(Debug)]
pub struct Program {
    /// The plan's name, or its file's.
    pub name: Arc<str>,
    /// The plan's description; empty where it gives none.
    pub description: String,
    /// The services under test; a [`ServiceId`](crate::sample::ServiceId) is an index here. There is at least one.
    pub services: Vec<Service>,
    /// Vars and data.
    pub globals: Arc<Globals>,
    /// What all users of a run share, as it is at first.
    pub shared: Vec<(Arc<str>, SharedThing)>,
    /// The endpoints; an [`EndpointId`](crate::sample::EndpointId) is an index here.
    pub endpoints: Vec<Endpoint>,
    /// The user types; a [`UserTypeId`](crate::sample::UserTypeId) is an index here.
    pub users: Vec<UserType>,
    /// The groups of users, each with its own shape; a plan with one shape has one.
    pub scenarios: Vec<Scenario>,
    /// Steps once before the load.
    pub setup: Vec<Step>,
    /// Steps once after it.
    pub teardown: Vec<Step>,
    /// What must hold. Where the plan says nothing, the default rule, which has no place in it.
    pub rules: Vec<Rule>,
    /// What the plan asks for and a run of this does not.
    pub left_out: Vec<LeftOut>,
    /// The part of the plan's users, rates and times that it has.
    pub scale: Scale,
    /// The names behind the ids.
    pub catalog: Arc<Catalog>,
    /// The number all chance derives from.
    pub seed: Seed,
    /// What no output may show; a run goes on learning.
    pub secrets: Secrets,
}

/// A service under test: the plan's target, or one of its targets.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its name among the plan's targets; none where the plan has one `target`.
    pub name: Option<Arc<str>>,
    /// The first service with the same origin, be it itself: those share cookies.
    pub first_of_origin: ServiceId,
    /// Scheme, host and port.
    pub origin: Origin,
    /// The path every endpoint's path is put behind; empty, or starts with `/` and does not end with one.
    pub prefix: String,
    /// What to ask before the load starts.
    pub ready: Option<Ready>,
    /// How connections to it are made.
    pub connections: Settings,
    /// `plan.yaml:3:40`: where it says which addresses connections are made from, where it does.
    pub sources_place: Option<Arc<str>>,
    /// Whether answers may come compressed.
    pub compression: Compression,
    /// Whether users keep cookies.
    pub cookies: Cookies,
}

/// Whether answers may come compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// They are not asked to.
    Off,
    /// They are.
    On,
}

/// Whether users keep the cookies they are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookies {
    /// They do.
    Kept,
    /// They do not.
    Ignored,
}

/// A request repeated before the load starts, until the target answers 2xx or 3xx; not counted.
#[derive(Debug, Clone)]
pub struct Ready {
    /// The whole path, prefix included.
    pub path: String,
    /// The service's `host` header, where that is another than its URL's.
    pub host: Option<HeaderValue>,
    /// How long to go on asking.
    pub within: Duration,
}

impl Program {
    /// The service an endpoint is of.
    #[must_use]
    pub fn service(&self, endpoint: &Endpoint) -> &Service {
        &self.services[endpoint.service.index()]
    }

    /// What the users of one shard of a run see, with what they share as it is at first.
    #[must_use]
    pub fn globals_of_run(&self, shard: Shard) -> Arc<Globals> {
        let globals = self.globals.of_run(shard);
        Arc::new(if self.shared.is_empty() { globals } else { globals.sharing(SharedStore::of_run(&self.shared)) })
    }

    /// How long the load lasts at most, from the run's start.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.scenarios.iter().map(|scenario| scenario.start + scenario.shape.length()).max().unwrap_or_default()
    }

    /// The most users there are at once, over all scenarios.
    #[must_use]
    pub fn peak(&self) -> u64 {
        self.scenarios.iter().map(|scenario| u64::from(scenario.shape.peak())).sum()
    }
}
