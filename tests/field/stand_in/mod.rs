//! A service that stands in for those of the plans: it answers what a plan has to send, and refuses anything else with the
//! reason.

mod artillery;
mod ask;
mod drill;
mod flows;
mod gatling;
mod goose;
mod k6;
mod k6_sites;
mod memory;
mod reply;
mod server;
mod table;
mod taurus;

pub use server::{Counts, StandIn};
pub use table::{FIELD, FLOWS, Field};
