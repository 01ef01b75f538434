use crate::plan::Aim;
use crate::target::{Behaviour, PATHS, Target};

/// Starts the reference service in this process, on a port that is free.
///
/// # Errors
/// Why it cannot be, in words.
pub(super) fn start() -> Result<Target, String> {
    let started = Target::start(Behaviour::default(), ([127, 0, 0, 1], 0).into());
    started.map_err(|error| format!("the embedded service could not start: {error}"))
}

/// Aims a plan at it; the plan's path stays where it is one that the service has.
pub(super) fn aim(target: &Target) -> Aim {
    Aim::InPlace { origin: format!("http://{}", target.address()), paths: &PATHS }
}
