use crate::compile::Scenario;
use crate::load::{Choice, Share, assign};
use crate::sample::{StageId, UserTypeId};
use crate::units::Offset;

/// When each stage of one scenario begins and ends, in the run's time.
#[derive(Debug, Clone)]
pub(super) struct ScenarioTimeline {
    stages: Vec<(Offset, Offset)>,
    first: StageId,
}

impl ScenarioTimeline {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let at = |time| Offset::ZERO + scenario.start + time;
        let stages = scenario.shape.stages().into_iter().map(|(start, end)| (at(start), at(end)));
        Self { stages: stages.collect(), first: scenario.first_stage }
    }

    /// A timeline without stages, for what belongs to none.
    pub(super) const fn nowhere() -> Self {
        Self { stages: Vec::new(), first: StageId(u16::MAX) }
    }

    /// The stage a moment lies in: the last that has begun.
    pub(super) fn stage_at(&self, at: Offset) -> StageId {
        let begun = self.stages.partition_point(|(start, _)| *start <= at).saturating_sub(1);
        StageId(self.first.0.saturating_add(u16::try_from(begun).unwrap_or(u16::MAX)))
    }

    /// When its last stage ends.
    pub(super) fn end(&self) -> Offset {
        self.stages.last().map_or(Offset::ZERO, |(_, end)| *end)
    }
}

/// Who the users of one scenario are.
#[derive(Debug, Clone)]
pub(super) struct UserAssignment {
    /// Users of the scenarios before this one: its own are numbered from here.
    pub(super) first: u64,
    /// The type of each user, where they are all known before the run.
    of_users: Vec<UserTypeId>,
    /// How many of its type are before it, those of earlier scenarios included.
    ranks: Vec<u32>,
    /// The types that take part.
    types: Vec<UserTypeId>,
    choice: Option<Choice>,
    /// How many users there may be for arrivals; none where all are known.
    pool: u32,
    /// How many users of each type the scenarios before this one have.
    before: Vec<u32>,
    /// How many users of each type it has itself.
    of_types: Vec<u32>,
}

impl UserAssignment {
    /// The users of all scenarios, in their order.
    pub(super) fn of_all(scenarios: &[Scenario], user_types: usize) -> Vec<Self> {
        let mut before = vec![0_u32; user_types];
        let mut first = 0;
        let assignment = |scenario: &Scenario| {
            let shares: Vec<Share> = scenario.kinds.iter().map(|(_, share)| *share).collect();
            let mut assignment = Self {
                first,
                of_users: Vec::new(),
                ranks: Vec::new(),
                types: scenario.kinds.iter().map(|(id, _)| *id).collect(),
                choice: Choice::new(shares.iter().map(|share| match share {
                    Share::Weight(weight) => *weight,
                    Share::Count(count) => f64::from(*count),
                })),
                pool: 0,
                before: before.clone(),
                of_types: Vec::new(),
            };
            let peak = scenario.shape.peak();
            if scenario.shape.is_open() {
                // users are of the type their arrivals need: any number of each
                assignment.pool = peak;
                before.iter_mut().for_each(|count| *count += peak);
            } else {
                for index in assign(&shares, peak) {
                    let user_type = assignment.types[usize::from(index)];
                    assignment.of_users.push(user_type);
                    assignment.ranks.push(before[user_type.index()]);
                    before[user_type.index()] += 1;
                }
            }
            assignment.of_types = before.iter().zip(&assignment.before).map(|(after, before)| after - before).collect();
            first += u64::from(peak);
            assignment
        };
        scenarios.iter().map(assignment).collect()
    }

    /// The type and rank of a user, by number from 0.
    pub(super) fn of(&self, number: u64) -> (UserTypeId, u64) {
        let known = self.of_users.len() as u64;
        // of more than the plan has the types come again in their order
        let round = number.checked_div(known).unwrap_or(0);
        let index = number - round * known;
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let user_type = self.of_users.get(index).copied().unwrap_or(UserTypeId(0));
        let rank = u64::from(self.ranks.get(index).copied().unwrap_or(0));
        let of_type = u64::from(self.of_types.get(user_type.index()).copied().unwrap_or(0));
        (user_type, rank.saturating_add(round.saturating_mul(of_type)))
    }

    /// The numbers that users of a type may have.
    pub(super) fn numbers(&self, user_type: UserTypeId) -> impl Iterator<Item = u32> {
        let known = self.of_users.iter().enumerate().filter(move |(_, known)| **known == user_type);
        let known = known.filter_map(|(number, _)| u32::try_from(number).ok());
        let pool = if self.types.contains(&user_type) { self.pool } else { 0 };
        known.chain(0..pool)
    }

    /// The type an arrival is for; `share` is drawn evenly from 0 up to 1.
    pub(super) fn pick(&self, share: f64) -> UserTypeId {
        let index = self.choice.as_ref().map_or(0, |choice| choice.pick(share));
        self.types.get(index).copied().unwrap_or(UserTypeId(0))
    }

    /// The rank of a user that is started for arrivals: the `started`th of its type.
    pub(super) fn rank(&self, user_type: UserTypeId, started: u64) -> u64 {
        u64::from(self.before.get(user_type.index()).copied().unwrap_or(0)).saturating_add(started)
    }
}
