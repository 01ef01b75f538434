use crate::compile::Scenario;
use crate::load::{Choice, Share, assign};
use crate::sample::UserTypeId;

/// Who the users of one scenario are.
#[derive(Debug, Clone)]
pub(super) struct UserAssignment {
    /// Users of the scenarios before this one: its own are numbered from here.
    pub(super) first: u64,
    /// The kind of each user, where they are all known before the run.
    kinds: Vec<UserTypeId>,
    /// How many of its kind are before it, those of earlier scenarios included.
    ranks: Vec<u32>,
    /// The kinds that arrivals are given to.
    parts: Vec<UserTypeId>,
    choice: Option<Choice>,
    /// How many users there may be for arrivals; none where all are known.
    pool: u32,
    /// How many users of each kind the scenarios before this one have.
    before: Vec<u32>,
}

impl UserAssignment {
    /// The casts of all scenarios, in their order.
    pub(super) fn of_all(scenarios: &[Scenario], kinds: usize) -> Vec<Self> {
        let mut before = vec![0_u32; kinds];
        let mut first = 0;
        let cast = |scenario: &Scenario| {
            let shares: Vec<Share> = scenario.kinds.iter().map(|(_, share)| *share).collect();
            let mut cast = Self {
                first,
                kinds: Vec::new(),
                ranks: Vec::new(),
                parts: scenario.kinds.iter().map(|(id, _)| *id).collect(),
                choice: Choice::new(shares.iter().map(|share| match share {
                    Share::Weight(weight) => *weight,
                    Share::Count(count) => f64::from(*count),
                })),
                pool: 0,
                before: before.clone(),
            };
            let peak = scenario.shape.peak();
            if scenario.shape.is_open() {
                // users are of the kind their arrivals need: any number of each
                cast.pool = peak;
                before.iter_mut().for_each(|count| *count += peak);
            } else {
                for kind in assign(&shares, peak) {
                    let kind = cast.parts[usize::from(kind)];
                    cast.kinds.push(kind);
                    cast.ranks.push(before[kind.index()]);
                    before[kind.index()] += 1;
                }
            }
            first += u64::from(peak);
            cast
        };
        scenarios.iter().map(cast).collect()
    }

    /// The kind and rank of a user, by number from 0.
    pub(super) fn of(&self, number: u64) -> (UserTypeId, u64) {
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        let kind = self.kinds.get(index).copied().unwrap_or(UserTypeId(0));
        (kind, u64::from(self.ranks.get(index).copied().unwrap_or(0)))
    }

    /// The numbers that users of a kind may have.
    pub(super) fn numbers(&self, kind: UserTypeId) -> impl Iterator<Item = u32> {
        let of_kind = self.kinds.iter().enumerate().filter(move |(_, known)| **known == kind);
        let known = of_kind.filter_map(|(number, _)| u32::try_from(number).ok());
        let pool = if self.parts.contains(&kind) { self.pool } else { 0 };
        known.chain(0..pool)
    }

    /// The kind an arrival is for; `share` is drawn evenly from 0 up to 1.
    pub(super) fn pick(&self, share: f64) -> UserTypeId {
        let index = self.choice.as_ref().map_or(0, |choice| choice.pick(share));
        self.parts.get(index).copied().unwrap_or(UserTypeId(0))
    }

    /// The rank of a user that is made for arrivals: the `made`th of its kind.
    pub(super) fn rank(&self, kind: UserTypeId, made: u64) -> u64 {
        u64::from(self.before.get(kind.index()).copied().unwrap_or(0)).saturating_add(made)
    }
}
