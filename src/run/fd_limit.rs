use crate::diagnostic::Problem;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The system allows fewer open files than the run needs: each user has a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{wanted} open files are needed and the system allows {allowed}")]
pub struct TooFew {
    /// How many the run needs.
    pub wanted: u64,
    /// How many the system allows.
    pub allowed: u64,
}

/// Files the process needs besides its users' connections.
const SPARE: u64 = 64;

/// Warns of so many connections that no run could start on this machine.
#[must_use]
pub fn foresee_files(connections: u64) -> Option<Problem> {
    let (wanted, allowed) = (connections.saturating_add(SPARE), getrlimit(Resource::Nofile).maximum?);
    let message = format!("{}: here no run of this would start", TooFew { wanted, allowed });
    let help = "raise the limit with `ulimit -n`, or ask for fewer users";
    (wanted > allowed).then(|| Problem::new(message).help(help).warning())
}

/// Raises the process's limit on open files to what so many connections need.
///
/// # Errors
/// [`TooFew`], where the system's hard limit is below that.
pub fn raise(connections: u64) -> Result<(), TooFew> {
    let wanted = connections + SPARE;
    let limit = getrlimit(Resource::Nofile);
    // no limit is as good as any
    let Some(allowed) = limit.maximum else { return Ok(()) };
    if allowed >= wanted {
        // what cannot be raised shows as connections that fail, and is counted there
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
        return Ok(());
    }
    // only a privileged user may go beyond the hard limit; asking does no harm
    let beyond = Rlimit { current: Some(wanted), maximum: Some(wanted) };
    setrlimit(Resource::Nofile, beyond).map_err(|_| TooFew { wanted, allowed })
}
