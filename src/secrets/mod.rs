//! The one policy of what no output may show. [`Secrets`] knows every secret that a run has met, finds each in whatever
//! encoding it turns up, and takes it out of a text. Whatever learns of a secret tells it here, and whatever writes a text
//! that leaves the process asks here last.

mod fields;
mod masking;
mod names;
mod patterns;
mod plan_tree;
mod registry;
#[cfg(test)]
mod tests;
mod urls;
mod views;
mod writer;

pub(crate) use masking::floor;
pub(crate) use names::holds_secret;
pub use registry::Secrets;
pub(crate) use registry::Told;
pub(crate) use urls::{no_url_without_secrets, star_credentials, url_without_secrets};
pub(crate) use writer::{Document, MaskingWriter};
