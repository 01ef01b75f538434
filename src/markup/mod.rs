//! HTML and XML: read within bounds, and looked into by CSS selectors and XPath. Pure.

mod entities;

pub use entities::without_entities;
