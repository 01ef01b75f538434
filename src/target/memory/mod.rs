//! The memory API under `/v1`, as CONTINUUM 2.0.1 answers it: keys and limits, concepts that are learned and recalled,
//! and where it is asked for a federation of nodes. What it keeps is bounded.

mod access;
mod api;
mod concepts;
mod federation;
mod service;

pub(super) use api::answer;
pub(super) use service::{MemoryService, PATH, ROUTES, Route};
