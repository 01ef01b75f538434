use super::decode::{At, Filled};
use super::record::{choice, record};
use super::scalars::{Count, Time};
use crate::units::Rate;

choice! {
    /// How much load, when.
    pub enum Shape("a shape") {
        /// That many users, each waiting for its own answers.
        Constant(Constant) = "constant",
        /// One level after another.
        Stages(Filled<At<Stage>>) = "stages",
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
        required users: At<Count> = "users";
        /// How long it lasts, from its start.
        required length: At<Time> = "for";
        /// It moves evenly over this time.
        optional ramp: At<Time> = "ramp";
        /// It moves by that many users a second. Default: at once.
        optional spawn_rate: At<Rate> = "spawn_rate";
        /// Whether it is left out of thresholds that name no stage.
        optional warm_up: bool = "warm_up";
    }
}
