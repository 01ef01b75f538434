//! What people see of a run while it is under way. Each view listens to the run's events and asks the results; nothing
//! here counts anything itself.
//!
//! On a terminal a [`Screen`](screen::Screen) shows a picture below what was printed before; [`picture`] draws it, a pure
//! function of the results. Elsewhere there is a line now and then. In browsers, the page of the report follows the run
//! ([`WebView`]).

mod ansi;
mod export;
mod keys;
mod picture;
mod progress;
mod screen;
mod terminal;
#[cfg(test)]
mod tests;
mod tty;
mod web;

pub use export::{Destination, Exporters, NotADestination, Surroundings};
pub use keys::restore_terminal;
pub use screen::ScreenTalk;
pub use terminal::{Hands, Talk, Terminal};
pub use web::{Reach, WebAddress, WebHands, WebView, listen, reach};
