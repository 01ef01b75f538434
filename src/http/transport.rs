use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::TlsConnector;

use super::origin::{Origin, Scheme};
use super::tls::{self, Verify};
use crate::units::Size;

const SCRATCH_BYTES: usize = 64 << 10;

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
}

impl Default for Settings {
    /// Ten seconds to connect, certificates verified against the public authorities, bodies kept up to 16 MiB.
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            verify: Verify::Yes,
            authorities: Vec::new(),
            body_cap: Size::from_bytes(16 << 20),
        }
    }
}

/// What one worker's connections to a service share. TLS sessions are resumed within it, and shared with no other.
pub struct Transport {
    origin: Origin,
    settings: Settings,
    tls: Option<TlsConnector>,
    scratch: Rc<RefCell<Box<[u8]>>>,
}

/// Why a [`Transport`] cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unready {
    /// The extra certificate authorities cannot be read.
    #[error("the certificate authorities cannot be read: {0}")]
    Authorities(String),
    /// TLS cannot be brought up.
    #[error("TLS cannot be brought up: {0}")]
    Tls(String),
}

impl Transport {
    /// The transport to `origin`. For `https` this brings TLS up, so that no request pays for it.
    ///
    /// # Errors
    /// Certificate authorities that are not PEM or hold no certificate.
    pub fn new(origin: Origin, settings: Settings) -> Result<Self, Unready> {
        let tls = match origin.scheme() {
            Scheme::Http => None,
            Scheme::Https => {
                Some(TlsConnector::from(Arc::new(tls::client_config(settings.verify, &settings.authorities)?)))
            }
        };
        let scratch = Rc::new(RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice()));
        Ok(Self { origin, settings, tls, scratch })
    }

    /// Where the service is.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(super) const fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) const fn tls(&self) -> Option<&TlsConnector> {
        self.tls.as_ref()
    }

    /// The buffer every read of this worker goes through; see `Wire`.
    pub(super) const fn scratch(&self) -> &Rc<RefCell<Box<[u8]>>> {
        &self.scratch
    }
}
