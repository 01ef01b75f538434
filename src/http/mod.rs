//! The data plane: bytes on the wire, their phases timed.
//!
//! An [`Origin`] says where a service is; a [`Transport`] holds what a worker's connections to it share. Each user owns
//! one [`Client`], at most one connection, and makes one [`Exchange`] at a time over it: an [`Outgoing`] request goes
//! out, and how it ended comes back as data. A failure is never retried here, and never an error that ends a run.

mod body;
mod connect;
mod content;
mod deadline;
mod decode;
mod exchange;
mod failure;
mod known_names;
#[cfg(test)]
mod memory;
mod message;
mod metered_stream;
mod one;
mod origin;
mod race;
mod request_headers;
mod routes;
mod sending;
mod shared_buffer;
mod slow_line;
mod tcp;
mod tls;
mod transport;
mod two;

#[cfg(test)]
mod tests;

pub use connect::{NotReached, reach};
pub use content::{Coding, Content, ContentFile, ContentPart, Framing};
pub use decode::{CODINGS, decode};
pub use exchange::Client;
pub use known_names::{KnownNames, Place};
#[cfg(test)]
pub(crate) use memory::{Dialing, MemoryListener, MemoryNetwork, MemoryResolver, Reset};
pub use message::{Answer, Ending, Exchange, Keep, Outgoing, Statuses};
#[doc(hidden)]
pub use one::{AnswerDecoder, Broken, Fed};
pub use origin::{Origin, Scheme, in_brackets};
pub use request_headers::{PreparedHeaders, RequestHeaders};
pub use routes::{Addresses, unusable_source};
#[doc(hidden)]
pub use shared_buffer::{AnswerMemory, SharedBuffer};
pub use tls::Verify;
pub use transport::{Identity, KeepAlive, Network, Proxy, Reuse, Settings, Transport, TransportError, Version};
