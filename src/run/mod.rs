//! The run: the one place where engine and results meet. It starts the engine, emits the entries of the run, gives each
//! to the results and to whoever listens, and brings the run to its end when the results, the plan or an interrupt ask
//! for it.

mod checkout;
mod collector;
mod dry_run;
mod fd_limit;
mod header;
mod interrupts;
mod journal_recorder;
mod level_controller;
mod masked_entries;
mod pace;
mod planned;
mod planned_calls;
mod ports;
mod preparation;
mod probe;
mod process_stats;
mod run_loop;
mod shard_fit;
mod steerable;
#[cfg(test)]
mod tests;
mod withheld_time;

pub use dry_run::dry_run;
pub use fd_limit::{Connections, Held, foresee_files, raise};
pub use header::{PlanSource, header};
pub(crate) use interrupts::next_signal;
pub use interrupts::{Hand, Interrupts, Signals, Steer, Wish};
pub use journal_recorder::JournalRecorder;
pub use ports::{Ports, foresee_ports};
pub use probe::probe;
pub use run_loop::{Event, Job, NotStarted, conduct};
pub use shard_fit::{Misfit, SeedFrom, fits, timely};
pub use steerable::Steerable;
