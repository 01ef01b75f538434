use crate::compile::{Program, Shape, Until};
use crate::units::Shard;

/// What of a run's load a person may change while it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Steerable {
    /// Whether it may be paused: where the plan wants the same load all the time.
    pub pause: bool,
    /// How many users the plan wants, and how many there may be at most; none where their number is no constant.
    pub users: Option<(u32, u32)>,
}

/// How many times the users of the plan there may be.
const MOST: u32 = 10;

impl Steerable {
    /// What may be changed of a program's load. One of several machines cannot know what happens on the others.
    #[must_use]
    pub fn of(program: &Program, shard: Shard) -> Self {
        let [scenario] = program.scenarios.as_slice() else { return Self::default() };
        if shard.is_part() {
            return Self::default();
        }
        match &scenario.shape {
            Shape::Closed(stages, Until::LastStage) => {
                let [stage] = stages.as_slice() else { return Self::default() };
                // rows are shared out among the users that the plan has
                let has_rows = program.users.iter().any(|user_type| !user_type.feeds.is_empty());
                let most = if has_rows { stage.users } else { stage.users.saturating_mul(MOST) };
                Self { pause: true, users: Some((stage.users, most)) }
            }
            Shape::Open(stages, _, _, Until::LastStage) => Self { pause: stages.len() == 1, users: None },
            _ => Self::default(),
        }
    }
}
