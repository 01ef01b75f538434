use std::cell::{Cell, RefCell};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use rustls::pki_types::ServerName;
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;

use super::known_names::KnownNames;
use super::origin::{Origin, Scheme};
use super::routes::{Addresses, Route, routes};
use super::shared_buffer::AnswerMemory;
use super::tls::{self, Verify};
use crate::units::{Bandwidth, Size};

const READ_BUFFER_BYTES: usize = 64 << 10;
/// How many names are looked up at once. Each takes a thread, which stays for as long as the system's resolver does not
/// come back.
const LOOK_UPS: usize = 128;

/// What may be chosen about the connections to a service.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long making the TCP connection may take.
    pub connect_timeout: Duration,
    /// Whether the service's certificate has to be trusted.
    pub verify: Verify,
    /// Certificate authorities trusted beside the public ones, as PEM; empty for none.
    pub authorities: Vec<u8>,
    /// The most of one answer's body that is ever kept, whatever a request asks for.
    pub body_cap: Size,
    /// Which HTTP is spoken.
    pub version: Version,
    /// Whether a connection serves more than one exchange.
    pub reuse: Reuse,
    /// The client's own certificate.
    pub identity: Option<Identity>,
    /// A proxy all connections go through.
    pub proxy: Option<Proxy>,
    /// What connections are made over.
    pub network: Network,
    /// Names that are not looked up, and where they lead.
    pub known_names: KnownNames,
    /// Which of a name's addresses a connection is first tried at.
    pub addresses: Addresses,
    /// The addresses of this machine that connections are made from, in turn; empty for the system's choice.
    pub sources: Vec<IpAddr>,
    /// What the service is called within TLS, and what its certificate has to be for, where that is not its host.
    pub server_name: Option<ServerName<'static>>,
    /// How much each connection carries in a second, each way; as much as it can where there is none.
    pub bandwidth: Option<Bandwidth>,
}

/// What connections are made over.
#[derive(Debug, Clone, Default)]
pub enum Network {
    /// TCP, to the service's host or to the proxy.
    #[default]
    Tcp,
    /// A socket of this machine that the service listens on, in the place of its host and port.
    Unix(PathBuf),
    /// Memory, to a service that a test plays.
    #[cfg(test)]
    Memory(super::memory::MemoryNetwork),
}

/// A version of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Version {
    /// HTTP/1.1.
    #[default]
    One,
    /// HTTP/2: over TLS as negotiated (ALPN), in the clear with prior knowledge.
    Two,
}

/// Whether a connection serves more than one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reuse {
    /// As many as the peer, and these limits, let it.
    Kept(KeepAlive),
    /// One.
    Once,
}

/// For how long a connection is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeepAlive {
    /// One that was unused for so long is not used again; none for any time.
    pub idle: Option<Duration>,
    /// One serves so many exchanges at most; none for any number.
    pub requests: Option<NonZeroU64>,
}

/// A client's certificate.
#[derive(Clone)]
pub struct Identity {
    /// The certificate and those that vouch for it, as PEM.
    pub chain: Vec<u8>,
    /// Its private key, as PEM.
    pub key: Vec<u8>,
}

/// A proxy: plain requests are handed to it whole, and tunnels made for TLS (RFC 9110, section 9.3.6).
#[derive(Clone)]
pub struct Proxy {
    /// Where it is.
    pub origin: Origin,
    /// The value of `proxy-authorization`, where it asks for one.
    pub authorization: Option<HeaderValue>,
}

// Keys and passwords are not printed.

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Proxy").field(&self.origin).finish()
    }
}

impl Default for Settings {
    /// Ten seconds to connect, certificates verified against the public authorities, bodies kept up to 16 MiB.
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            verify: Verify::Yes,
            authorities: Vec::new(),
            body_cap: Size::from_bytes(16 << 20),
            version: Version::One,
            reuse: Reuse::Kept(KeepAlive::default()),
            identity: None,
            proxy: None,
            network: Network::Tcp,
            known_names: KnownNames::default(),
            addresses: Addresses::First,
            sources: Vec::new(),
            server_name: None,
            bandwidth: None,
        }
    }
}

/// What one worker's connections to a service share. TLS sessions are resumed within it, and shared with no other.
pub struct Transport {
    origin: Origin,
    settings: Settings,
    tls: Option<TlsConnector>,
    read_buffer: Rc<RefCell<Box<[u8]>>>,
    write_buffer: RefCell<Vec<u8>>,
    answers: RefCell<AnswerMemory>,
    look_ups: Arc<Semaphore>,
    /// How many connections were tried: what comes in turn is counted by it.
    turn: Cell<usize>,
}

/// Why a [`Transport`] cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The extra certificate authorities cannot be read.
    #[error("the certificate authorities cannot be read: {0}")]
    Authorities(String),
    /// The client's certificate or its key cannot be used.
    #[error("the client's certificate cannot be used: {0}")]
    Identity(String),
    /// TLS cannot be brought up.
    #[error("TLS cannot be brought up: {0}")]
    Tls(String),
}

impl Transport {
    /// The transport to `origin`. For `https` this brings TLS up, so that no request pays for it.
    ///
    /// # Errors
    /// Certificate authorities that are not PEM or hold no certificate.
    pub fn new(origin: Origin, settings: Settings) -> Result<Self, TransportError> {
        let tls = match origin.scheme() {
            Scheme::Http => None,
            Scheme::Https => Some(TlsConnector::from(Arc::new(tls::client_config(&settings)?))),
        };
        let read_buffer = Rc::new(RefCell::new(vec![0; READ_BUFFER_BYTES].into_boxed_slice()));
        let look_ups = Arc::new(Semaphore::new(LOOK_UPS));
        let (write_buffer, answers) = (RefCell::default(), RefCell::default());
        Ok(Self { origin, settings, tls, read_buffer, write_buffer, answers, look_ups, turn: Cell::new(0) })
    }

    /// Has what comes in turn begin at the `turn`th, so that workers do not all begin at the first.
    pub fn begin_turns_at(&self, turn: usize) {
        self.turn.set(turn);
    }

    /// The way to another origin with the same settings, but for what is this one's alone: the client's certificate, a
    /// socket of this machine and the name within TLS.
    ///
    /// # Errors
    /// As [`Transport::new`].
    pub fn toward(&self, origin: Origin) -> Result<Self, TransportError> {
        let network = match &self.settings.network {
            Network::Unix(_) => Network::Tcp,
            network => network.clone(),
        };
        Self::new(origin, Settings { identity: None, network, server_name: None, ..self.settings.clone() })
    }

    /// Where the service is.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Where connections are made to: the proxy, or the service itself.
    pub(super) fn peer(&self) -> &Origin {
        self.settings.proxy.as_ref().map_or(&self.origin, |proxy| &proxy.origin)
    }

    /// What a certificate has to be for; `None` in the clear.
    pub(super) fn certified_name(&self) -> Option<&ServerName<'static>> {
        self.settings.server_name.as_ref().or_else(|| self.origin.certified_name())
    }

    /// The addresses of the peer, where they are known without a look-up.
    pub(super) fn known_addresses(&self) -> Option<Vec<SocketAddr>> {
        let peer = self.peer();
        match (peer.address(), &self.settings.network) {
            (Some(address), _) => Some(vec![SocketAddr::new(address, peer.port())]),
            // in memory every name leads to the one service
            #[cfg(test)]
            (None, Network::Memory(network)) if !network.has_resolver() && self.settings.known_names.is_empty() => {
                Some(vec![SocketAddr::from(([0, 0, 0, 0], peer.port()))])
            }
            (None, _) => self.settings.known_names.places(peer),
        }
    }

    /// The ways that the next connection is tried in, to one of these addresses.
    pub(super) fn next_routes(&self, addresses: &[SocketAddr]) -> Vec<Route> {
        let turn = self.turn.replace(self.turn.get().wrapping_add(1));
        routes(addresses, self.settings.addresses, &self.settings.sources, turn)
    }

    /// The proxy that requests are handed to whole; `None` where there is none, or a tunnel through it.
    pub(super) fn forward_proxy(&self) -> Option<&Proxy> {
        self.settings.proxy.as_ref().filter(|_| self.origin.scheme() == Scheme::Http)
    }

    pub(super) const fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) const fn tls(&self) -> Option<&TlsConnector> {
        self.tls.as_ref()
    }

    /// The places for looking names up.
    pub(super) const fn look_ups(&self) -> &Arc<Semaphore> {
        &self.look_ups
    }

    /// The buffer every read of this worker goes through.
    pub(super) const fn read_buffer(&self) -> &Rc<RefCell<Box<[u8]>>> {
        &self.read_buffer
    }

    /// The buffer in which requests are put together.
    pub(super) const fn write_buffer(&self) -> &RefCell<Vec<u8>> {
        &self.write_buffer
    }

    /// What is kept for the answers that are read.
    pub(super) const fn answers(&self) -> &RefCell<AnswerMemory> {
        &self.answers
    }
}
