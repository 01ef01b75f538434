//! The one policy of what never prints: which names hold secrets, what of a plan's text is one, and how a text loses
//! the secrets that are in it. Whatever writes a text that leaves the process asks here.

mod names;
mod plan_text;
mod redactor;
mod urls;

pub(crate) use names::{holds_secret, holds_secret_in_query};
pub(crate) use plan_text::secrets_of_plan;
pub use redactor::{DeclaredSecrets, Redactor};
pub(crate) use urls::{no_url_without_secrets, star_credentials, url_without_secrets};
