//! `plimsoll schema`: [`command`] prints schemas, which [`kind`] names; [`install`] puts those that editors need beside plans, and
//! [`settings`] tells an editor's settings of them.

mod command;
mod install;
mod kind;
mod settings;

pub(super) use command::{SchemaArgs, run};
