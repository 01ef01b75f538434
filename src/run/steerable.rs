use crate::compile::{Program, Shape, Until};
use crate::units::{Rate, Shard};

/// What of a run's load a person may change while it is made.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Steerable {
    /// Whether it may be paused: where the plan wants the same load all the time.
    pub pause: bool,
    /// How many users the plan wants, and how many there may be at most; none where their number is no constant.
    pub users: Option<(u32, u32)>,
    /// How many arrivals a second the plan wants, and how many there may be at most; none where it wants no one rate.
    pub rate: Option<(Rate, Rate)>,
    /// Why it may not be changed; empty where it may.
    pub fixed: &'static str,
}

/// How many times the users, or the rate, of the plan there may be.
const MOST: u32 = 10;

impl Steerable {
    /// What may be changed of a program's load. One of several machines cannot know what happens on the others.
    #[must_use]
    pub fn of(program: &Program, shard: Shard) -> Self {
        let fixed = |fixed| Self { fixed, ..Self::default() };
        if shard.is_part() {
            return fixed("this is one shard of a run, and the others would not know");
        }
        let [scenario] = program.scenarios.as_slice() else {
            return fixed("the plan has several scenarios, each with a load of its own");
        };
        match &scenario.shape {
            Shape::Closed(stages, Until::LastStage) => {
                let [stage] = stages.as_slice() else { return fixed(MOVES) };
                // rows are shared out among the users that the plan has
                let has_rows = program.users.iter().any(|user_type| !user_type.feeds.is_empty());
                let most = if has_rows { stage.users } else { stage.users.saturating_mul(MOST) };
                Self { pause: true, users: Some((stage.users, most)), ..Self::default() }
            }
            Shape::Open(stages, _, _, Until::LastStage) => {
                let [stage] = stages.as_slice() else { return fixed(MOVES) };
                let most = Rate::per_second(stage.rate.as_per_second() * f64::from(MOST));
                Self { pause: true, rate: Some((stage.rate, most)), ..Self::default() }
            }
            Shape::Closed(_, Until::FirstFailing(_)) | Shape::Open(_, _, _, Until::FirstFailing(_)) => {
                fixed("the plan climbs by what it measures, and a change would be judged as the service")
            }
            Shape::Search(_) => fixed("a search sets its rate by what it measures"),
            Shape::Iterations(_) => fixed("the plan has a fixed amount of work, and its users end with it"),
            Shape::Replay(..) => fixed("arrivals come when they were recorded"),
        }
    }
}

/// Why a load of several stages is not changed.
const MOVES: &str = "the plan's load moves by itself, from stage to stage";
