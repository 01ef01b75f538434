//! What browsers see of a run under way: the page of its report, which follows the run, and what a person asks of it there.
//!
//! [`WebView`] listens to the run and tells a thread of its own what each second changes; that thread renders it once for all
//! pages, and waits for none of them. [`Server`] is the little of HTTP that is needed, within bounds; whoever has something
//! else to show is a [`Site`] of it. [`Access`] says who may see it.

mod access;
mod address;
mod answer;
mod control;
mod hub;
mod run_site;
mod server;
mod socket;
mod view;

pub use access::Reach;
pub use address::{WebAddress, reach};
pub use server::listen;
pub use view::{WebHands, WebView};
