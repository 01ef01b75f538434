use crate::compile::{Program, Service};
use crate::diagnostic::Problem;
use crate::http::Reuse;
use crate::units::Shard;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::shard_fit::peak;

/// The system allows fewer open files than the run needs: each user has a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{wanted} open files are needed and the system allows {allowed}")]
pub struct TooFew {
    /// How many the run needs.
    pub wanted: u64,
    /// How many the system allows.
    pub allowed: u64,
}

/// The connections that a run may have open at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// As many as there are users, at most.
    pub most: u64,
    /// For how long a user has one.
    pub held: Held,
}

/// For how long a user has its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// From its first request on: there will be as many as there are users.
    Kept,
    /// For a request alone (`connections: per_request`): how many there are at once is the service's to say.
    WhileAsked,
}

impl Connections {
    /// Those of a shard of a program.
    #[must_use]
    pub fn of(shard: Shard, program: &Program) -> Self {
        let once = |service: &Service| matches!(service.connections.reuse, Reuse::Once);
        let held = if program.services.iter().all(once) { Held::WhileAsked } else { Held::Kept };
        Self { most: peak(shard, program), held }
    }

    /// The open files that they take at most.
    const fn files(self) -> u64 {
        self.most.saturating_add(SPARE)
    }
}

/// Files the process needs besides its users' connections.
const SPARE: u64 = 64;

/// Warns of so many connections that no run could start on this machine, or that some may fail.
#[must_use]
pub fn foresee_files(connections: Connections) -> Option<Problem> {
    let (wanted, allowed) = (connections.files(), getrlimit(Resource::Nofile).maximum?);
    let (message, help) = match connections.held {
        Held::Kept => (
            format!("{}: here no run of this would start", TooFew { wanted, allowed }),
            "raise the limit with `ulimit -n`, or ask for fewer users",
        ),
        Held::WhileAsked => (
            format!(
                "up to {wanted} open files may be needed and the system allows {allowed}: what is asked beyond that fails"
            ),
            "raise the limit with `ulimit -n` where the service may be slow to answer so many",
        ),
    };
    (wanted > allowed).then(|| Problem::new(message).help(help).warning())
}

/// Raises the process's limit on open files to what connections need; where that is not sure, as far as the system allows.
///
/// # Errors
/// [`TooFew`], where they need more than the system's hard limit for sure.
pub fn raise(connections: Connections) -> Result<(), TooFew> {
    let wanted = connections.files();
    let limit = getrlimit(Resource::Nofile);
    // no limit is as good as any
    let Some(allowed) = limit.maximum else { return Ok(()) };
    let as_far_as_allowed = || {
        // what cannot be raised shows as connections that fail, and is counted there
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    };
    if allowed >= wanted {
        as_far_as_allowed();
        return Ok(());
    }
    // only a privileged user may go beyond the hard limit; asking does no harm
    let beyond = Rlimit { current: Some(wanted), maximum: Some(wanted) };
    match (setrlimit(Resource::Nofile, beyond), connections.held) {
        (Ok(()), _) => Ok(()),
        (Err(_), Held::Kept) => Err(TooFew { wanted, allowed }),
        (Err(_), Held::WhileAsked) => {
            as_far_as_allowed();
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOO_MANY: u64 = u64::MAX / 4;

    #[test]
    fn connections_that_are_kept_need_their_files_and_those_of_a_request_alone_may() {
        let [kept, while_asked] = [Held::Kept, Held::WhileAsked].map(|held| Connections { most: TOO_MANY, held });
        assert!(raise(kept).is_err());
        assert_eq!(raise(while_asked), Ok(()));
        let said = |connections| foresee_files(connections).map(|problem| problem.message);
        if let (Some(sure), Some(perhaps)) = (said(kept), said(while_asked)) {
            assert!(
                sure.contains("no run of this would start") && perhaps.contains("may be needed"),
                "{sure}; {perhaps}"
            );
        }
    }
}
