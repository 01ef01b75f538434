use super::decode::{At, Decode, Filled};
use super::document::{Data, Node};
use super::record::{choice, record, words};
use super::scalars::{Count, Time};
use crate::diagnostic::Problems;
use crate::units::Rate;

choice! {
    /// How much load, when.
    pub enum Shape("a shape") {
        /// That many users, each waiting for its own answers.
        Constant(Constant) = "constant",
        /// One level after another, all in users or all in rates.
        Stages(Filled<At<Stage>>) = "stages",
        /// A staircase of levels.
        Steps(Steps) = "steps",
        /// Arrivals at a rate, whether or not earlier ones have their answers.
        Arrivals(Arrivals) = "arrivals",
        /// A fixed amount of work.
        Iterations(Iterations) = "iterations",
        /// Finds the highest rate at which every threshold holds.
        Search(Search) = "search",
        /// Arrivals at recorded times.
        Replay(Replay) = "replay",
    }
}

record! {
    /// A number of users for a time.
    pub struct Constant("a constant shape") {
        /// How many users.
        required users: At<Count> = "users";
        /// How long, from the first user's start.
        required length: At<Time> = "for";
        /// How many users start a second. Default: all at once.
        optional spawn_rate: At<Rate> = "spawn_rate";
    }
}

record! {
    /// A stage: it moves from the last level to its own, then holds. Its length is exact.
    pub struct Stage("a stage") {
        /// Its name, for reports and selectors. Default `stage 1`, `stage 2` …
        optional name: At<String> = "name";
        /// How many users it moves to.
        optional users: At<Count> = "users";
        /// The rate of arrivals it moves to, in the place of users.
        optional rate: At<Rate> = "rate";
        /// How long it lasts, from its start.
        required length: At<Time> = "for";
        /// It moves evenly over this time.
        optional ramp: At<Time> = "ramp";
        /// It moves by that many users a second. Default: at once.
        optional spawn_rate: At<Rate> = "spawn_rate";
        /// Whether it is left out of thresholds that name no stage. Default false.
        optional warm_up: bool = "warm_up";
    }
}

record! {
    /// A staircase: it begins at a level and adds to it again and again.
    pub struct Steps("a staircase") {
        /// The first level in users.
        optional users: At<Count> = "users";
        /// The first level as a rate of arrivals, in the place of users.
        optional rate: At<Rate> = "rate";
        /// What each further step adds: a number of users, or a rate.
        required add: At<AddText> = "add";
        /// How long each step lasts.
        required every: At<Time> = "every";
        /// How long the whole lasts.
        required length: At<Time> = "for";
        /// Within each step it moves by that many users a second. Default: at once.
        optional spawn_rate: At<Rate> = "spawn_rate";
        /// `failing` ends it after the first step that breaks a threshold.
        optional until: UntilWord = "until";
        /// With `until: failing`: the least level that must hold, in users or as a rate. Default: none is asked for.
        optional at_least: At<AddText> = "at_least";
    }
}

record! {
    /// Arrivals at a rate.
    pub struct Arrivals("an arrivals shape") {
        /// How many a second.
        required rate: At<Rate> = "rate";
        /// How long.
        required length: At<Time> = "for";
        /// `even` (the default): equal gaps. `poisson`: gaps as between independent visitors.
        optional spacing: Spacing = "spacing";
        /// The most users there may be to take arrivals. Default: enough for arrivals of ten seconds, at most 10,000.
        optional max_users: At<Count> = "max_users";
        /// What happens to an arrival without a free user: `drop` (the default) or `late`.
        optional when_busy: WhenBusy = "when_busy";
        /// Who arrives: `returning` (the default), a user of the pool that has been here before, or `new`: a user of its
        /// own with fresh state, cookies and connection.
        optional visitor: Visitor = "visitor";
    }
}

record! {
    /// A fixed amount of work.
    pub struct Iterations("an iterations shape") {
        /// How many users share it.
        required users: At<Count> = "users";
        /// How many tasks each user does.
        optional each: At<Count> = "each";
        /// How many tasks they do together.
        optional total: At<Count> = "total";
        /// The time it may take; what is left then is not done. Default `10m`.
        optional within: At<Time> = "within";
    }
}

record! {
    /// A search for the highest rate at which every threshold holds.
    pub struct Search("a search") {
        /// Where it looks.
        required rate: SearchRange = "rate";
        /// How long each level is tried.
        required each: At<Time> = "each";
        /// How near the answer has to be. Default a twentieth of the upper end.
        optional precision: At<Rate> = "precision";
        /// The least rate that must hold. Default: none is asked for.
        optional at_least: At<Rate> = "at_least";
        /// The most users there may be to take arrivals. Default as for `arrivals`.
        optional max_users: At<Count> = "max_users";
        /// Who arrives: `returning` (the default) or `new`, as for `arrivals`.
        optional visitor: Visitor = "visitor";
    }
}

record! {
    /// The rates a search looks between.
    pub struct SearchRange("a search's range") {
        /// The lowest.
        required from: At<Rate> = "from";
        /// The highest.
        required to: At<Rate> = "to";
    }
}

record! {
    /// Arrivals at recorded times.
    pub struct Replay("a replay") {
        /// A text file with one time a line: seconds from the start (`12.5`), a duration (`12.5s`), or a time of day (RFC
        /// 3339). Relative to the file that names it.
        required file: At<String> = "file";
        /// The most users there may be to take arrivals. Default 1000.
        optional max_users: At<Count> = "max_users";
        /// What happens to an arrival without a free user: `drop` (the default) or `late`.
        optional when_busy: WhenBusy = "when_busy";
        /// Who arrives: `returning` (the default), a user of the pool that has been here before, or `new`: a user of its
        /// own with fresh state, cookies and connection.
        optional visitor: Visitor = "visitor";
    }
}

record! {
    /// A group of user types with a shape of its own.
    pub struct Scenario("a scenario") {
        /// Its user types. Default: all.
        optional users: Filled<At<String>> = "users";
        /// How much load, when, from its start.
        required shape: At<Shape> = "shape";
        /// When it starts, from the run's start. Default at once.
        optional start: At<Time> = "start";
    }
}

words! {
    /// What ends a staircase early.
    pub enum UntilWord {
        /// A step that breaks a threshold.
        Failing = "failing",
    }
    /// How arrivals are spaced.
    pub enum Spacing {
        /// Equal gaps.
        Even = "even",
        /// Gaps drawn from an exponential distribution.
        Poisson = "poisson",
    }
    /// Who an arrival is.
    pub enum Visitor {
        /// A user of the pool, with the state, cookies and connection it has from its arrivals before.
        Returning = "returning",
        /// A new user: it does `on_start`, a task or its whole `sequence`, and `on_stop`, and is gone.
        New = "new",
    }
    /// What happens to an arrival without a free user.
    pub enum WhenBusy {
        /// It is dropped, and counted as such.
        Drop = "drop",
        /// It waits for the next free user; its lateness counts in its response time.
        Late = "late",
    }
}

/// What a staircase adds, or has to come to: users or a rate.
#[derive(Debug, Clone, Copy)]
pub enum AddText {
    /// So many users.
    Users(u64),
    /// So many arrivals a second.
    Rate(Rate),
}

impl Decode for AddText {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::Text(text) if text.contains('/') => Rate::decode(node, problems).map(Self::Rate),
            _ => Count::decode(node, problems).map(|count| Self::Users(count.0)),
        }
    }
}

impl schemars::JsonSchema for AddText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AddText".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let (count, rate) = (generator.subschema_for::<Count>(), generator.subschema_for::<Rate>());
        schemars::json_schema!({"anyOf": [count, rate]})
    }
}
