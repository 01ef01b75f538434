use std::time::Duration;

use clap::Args;

use super::plan_file::{FilterWords, assignment};
use crate::plan::{Aim, Overrides};
use crate::units::{Rate, Scale, Seed, parse_duration, show_duration};

/// What is said over a plan, on a command line or in a suite.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct PlanFlags {
    /// The service to aim at, with the path before every endpoint's: http://127.0.0.1:8000/v1. Of a plan with several
    /// targets NAME=URL, and may be given again
    #[arg(long, value_name = "URL")]
    pub(super) target: Vec<Aim>,

    /// The plan's profile whose sections stand in for the plan's own.
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,

    /// How many users a constant shape, arrivals or iterations have.
    #[arg(long, value_name = "N")]
    pub(super) users: Option<u64>,

    /// How long a constant shape or arrivals last: 30s, 10m
    #[arg(long, value_name = "TIME", value_parser = |text: &str| parse_duration(text))]
    pub(super) time: Option<Duration>,

    /// How many users a constant shape starts a second: 5/s
    #[arg(long, value_name = "RATE", value_parser = Rate::parse)]
    pub(super) spawn_rate: Option<Rate>,

    /// How many arrivals a second an arrivals shape has: 50/s
    #[arg(long, value_name = "RATE", value_parser = Rate::parse)]
    pub(super) rate: Option<Rate>,

    /// Makes a smaller run, as a rehearsal: this part of the users, rates and times, such as 0.1.
    #[arg(long, value_name = "PART", value_parser = Scale::parse)]
    pub(super) scale: Option<Scale>,

    /// Sets a var of the plan; may be given again.
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub(super) set: Vec<(String, String)>,

    /// The number all chance derives from; the same seed gives the same run.
    #[arg(long, value_name = "N", value_parser = Seed::parse)]
    pub(super) seed: Option<Seed>,

    /// Runs only this user type; may be given again.
    #[arg(long, value_name = "NAME")]
    pub(super) user: Vec<String>,

    /// Runs only tasks with this tag; may be given again.
    #[arg(long, value_name = "TAG")]
    pub(super) tag: Vec<String>,

    /// Leaves tasks with this tag out; may be given again.
    #[arg(long, value_name = "TAG")]
    pub(super) exclude_tag: Vec<String>,
}

impl PlanFlags {
    /// What they say over the plan; an embedded service goes before the target.
    pub(super) fn overrides(&self, embedded: Option<Aim>) -> Overrides {
        Overrides {
            profile: self.profile.clone(),
            targets: embedded.map_or_else(|| self.target.clone(), |aim| vec![aim]),
            users: self.users,
            time: self.time,
            spawn_rate: self.spawn_rate,
            rate: self.rate,
            set: self.set.clone(),
            seed: self.seed,
            scale: self.scale,
        }
    }

    /// Which tasks they leave.
    pub(super) fn filter(&self) -> FilterWords {
        FilterWords { users: self.user.clone(), tags: self.tag.clone(), exclude_tags: self.exclude_tag.clone() }
    }

    /// These flags, and where they say nothing, others.
    pub(super) fn or(&self, other: &Self) -> Self {
        let words = |own: &[String], others: &[String]| if own.is_empty() { others } else { own }.to_vec();
        Self {
            target: if self.target.is_empty() { other.target.clone() } else { self.target.clone() },
            profile: self.profile.clone().or_else(|| other.profile.clone()),
            users: self.users.or(other.users),
            time: self.time.or(other.time),
            spawn_rate: self.spawn_rate.or(other.spawn_rate),
            rate: self.rate.or(other.rate),
            scale: self.scale.or(other.scale),
            // of two values of a var the last is taken
            set: [other.set.clone(), self.set.clone()].concat(),
            seed: self.seed.or(other.seed),
            user: words(&self.user, &other.user),
            tag: words(&self.tag, &other.tag),
            exclude_tag: words(&self.exclude_tag, &other.exclude_tag),
        }
    }

    /// What is left of these flags where others go before them.
    pub(super) fn left_by(&self, others: &Self) -> Self {
        fn left<T: Clone, U>(own: &Option<T>, others: &Option<U>) -> Option<T> {
            own.clone().filter(|_| others.is_none())
        }
        let words = |own: &[String], others: &[String]| if others.is_empty() { own.to_vec() } else { Vec::new() };
        let set = self.set.iter().filter(|(name, _)| !others.set.iter().any(|(known, _)| known == name));
        Self {
            target: if others.target.is_empty() { self.target.clone() } else { Vec::new() },
            profile: left(&self.profile, &others.profile),
            users: left(&self.users, &others.users),
            time: left(&self.time, &others.time),
            spawn_rate: left(&self.spawn_rate, &others.spawn_rate),
            rate: left(&self.rate, &others.rate),
            scale: left(&self.scale, &others.scale),
            set: set.cloned().collect(),
            seed: left(&self.seed, &others.seed),
            user: words(&self.user, &others.user),
            tag: words(&self.tag, &others.tag),
            exclude_tag: words(&self.exclude_tag, &others.exclude_tag),
        }
    }

    /// As they could be typed. Values that are set are left out, as they may be secret.
    pub(super) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut add = |flag: &str, value: Option<String>| {
            words.extend(value.into_iter().flat_map(|value| [flag.to_owned(), value]));
        };
        self.target.iter().for_each(|aim| add("--target", Some(aim.to_string())));
        add("--profile", self.profile.clone());
        add("--users", self.users.map(|users| users.to_string()));
        add("--time", self.time.map(show_duration));
        add("--spawn-rate", self.spawn_rate.map(|rate| rate.to_string()));
        add("--rate", self.rate.map(|rate| rate.to_string()));
        add("--scale", self.scale.map(|scale| scale.to_string()));
        self.set.iter().for_each(|(name, _)| add("--set", Some(format!("{name}=…"))));
        add("--seed", self.seed.map(|seed| seed.to_string()));
        for (flag, given) in [("--user", &self.user), ("--tag", &self.tag), ("--exclude-tag", &self.exclude_tag)] {
            given.iter().for_each(|word| add(flag, Some(word.clone())));
        }
        words
    }
}
