//! The embedded target, on a port that is free.

use plimsoll::test_api::target::{Behaviour, Delay, Target};
use plimsoll::test_api::units::Ratio;

pub fn start(behaviour: Behaviour) -> Target {
    Target::start(behaviour, ([127, 0, 0, 1], 0).into()).unwrap()
}

/// One that answers at once and never fails.
pub fn ready() -> Target {
    start(Behaviour::default())
}

/// One whose answers take their time: `20ms`, `90%:1ms,10%:60ms`.
pub fn delayed(delay: &str) -> Target {
    start(Behaviour { delay: Delay::parse(delay).unwrap(), ..Behaviour::default() })
}

/// One that fails a share of its requests: `10%`.
pub fn failing(share: &str) -> Target {
    start(Behaviour { fail: Some(Ratio::parse(share).unwrap()), ..Behaviour::default() })
}

/// Where a plan finds its service.
pub fn url(target: &Target) -> String {
    format!("http://{}/v1", target.address())
}
