//! HTML and XML: read within bounds, and looked into by CSS selectors and XPath. Pure.
//!
//! What comes from a service is hostile until it is read: a document takes memory in proportion to its bytes and time in
//! proportion to them, whatever is in it, and a search ends when it has done what one may do.

mod css;
mod css_match;
mod entities;
mod read_html;
mod read_xml;
#[cfg(test)]
mod tests;
mod tree;
mod work;
mod xpath;
mod xpath_axes;
mod xpath_eval;
mod xpath_functions;
mod xpath_tokens;

pub use css::Selector;
pub use entities::without_entities;
pub use tree::{Document, NotRead};
pub use work::TooLong;
pub use xpath::XPath;
pub use xpath_eval::Found;
