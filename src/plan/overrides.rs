use std::time::Duration;

use super::any::Any;
use super::decode::{At, Named};
use super::document::{Data, Node};
use super::root::Plan;
use super::scalars::{Count, Time};
use super::shape::{Constant, Shape};
use super::target::{Target, TargetMap};
use crate::diagnostic::{Problem, Problems, Sources, Span, did_you_mean};
use crate::units::{Rate, Seed, show_duration};

/// What the command line says over the plan. Each must have an effect: one that cannot is a problem.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--profile NAME`: the profile whose sections stand in.
    pub profile: Option<String>,
    /// `--target URL`.
    pub target: Option<String>,
    /// `--users N`: of a constant shape.
    pub users: Option<u64>,
    /// `--time D`: of a constant shape.
    pub time: Option<Duration>,
    /// `--spawn-rate R`: of a constant shape.
    pub spawn_rate: Option<Rate>,
    /// `--set NAME=VALUE`: vars.
    pub set: Vec<(String, String)>,
    /// `--seed N`.
    pub seed: Option<Seed>,
}

impl Overrides {
    /// The plan with all of them applied, the profile first.
    #[must_use]
    pub fn apply(&self, plan: Plan, sources: &mut Sources, problems: &mut Problems) -> Plan {
        let mut plan = self.profile(plan, sources, problems);
        if let Some(url) = &self.target {
            let url = At { value: url.clone(), span: flag(sources, "--target", url) };
            let span = url.span;
            let old = plan.target.take().map(|target| target.value.0);
            let map = match old {
                Some(old) => TargetMap { url, ..old },
                None => TargetMap { url, headers: None, timeout: None, connect_timeout: None, ready: None },
            };
            plan.target = Some(At { value: Target(map), span });
        }
        plan.seed = self.seed.or(plan.seed);
        self.vars(&mut plan, sources, problems);
        self.shape(&mut plan, sources, problems);
        plan
    }

    fn profile(&self, mut plan: Plan, sources: &mut Sources, problems: &mut Problems) -> Plan {
        let Some(name) = &self.profile else { return plan };
        let profiles = plan.profiles.take().unwrap_or_default();
        let chosen = profiles.iter().find(|(known, _)| known.value == *name).map(|(_, profile)| profile.value.clone());
        plan.profiles = Some(profiles);
        match (chosen, &plan.profiles) {
            (Some(profile), _) => plan.with_profile(profile),
            // one that is there but could not be read has been told already
            (None, Some(profiles)) if profiles.has(name) => plan,
            (None, profiles) => {
                let span = flag(sources, "--profile", name);
                let problem = Problem::at(span, format!("unknown profile `{name}`"));
                let known: Vec<&str> = profiles.iter().flat_map(Named::names).collect();
                problems.push(match known.as_slice() {
                    [] => problem.help("the plan has no profiles"),
                    _ => problem.help_if(did_you_mean(name, known)),
                });
                plan
            }
        }
    }

    fn vars(&self, plan: &mut Plan, sources: &mut Sources, problems: &mut Problems) {
        for (name, value) in &self.set {
            // the value may be a secret, and what is pointed at is printed
            let span = flag(sources, "--set", &format!("{name}=…"));
            let vars = plan.vars.get_or_insert_default();
            let node = Node { span, value: Data::Text(value.clone()), filled: true };
            match vars.0.iter_mut().find(|(known, _)| known.value == *name) {
                Some((_, old)) => *old = Some(At { value: Any(scalar(node)), span }),
                None => {
                    let problem = Problem::at(span.part(0..name.len()), format!("the plan has no var `{name}`"));
                    problems.push(problem.help_if(did_you_mean(name, vars.names())));
                }
            }
        }
    }

    fn shape(&self, plan: &mut Plan, sources: &mut Sources, problems: &mut Problems) {
        let users =
            self.users.map(|users| At { value: Count(users), span: flag(sources, "--users", &users.to_string()) });
        let time = self.time.map(|time| At { value: Time(time), span: flag(sources, "--time", &show_duration(time)) });
        let rate =
            self.spawn_rate.map(|rate| At { value: rate, span: flag(sources, "--spawn-rate", &rate.to_string()) });
        let first =
            users.as_ref().map(|at| at.span).or(time.as_ref().map(|at| at.span)).or(rate.as_ref().map(|at| at.span));
        let Some(span) = first else { return };
        match plan.shape.as_mut().map(|shape| &mut shape.value) {
            Some(Shape::Constant(constant)) => {
                let Constant { users: old_users, length, spawn_rate } = constant;
                *old_users = users.unwrap_or(old_users.clone());
                *length = time.unwrap_or(length.clone());
                *spawn_rate = rate.or(spawn_rate.take());
            }
            Some(Shape::Stages(_)) => {
                for (flag, span) in [
                    ("--users", users.map(|at| at.span)),
                    ("--time", time.map(|at| at.span)),
                    ("--spawn-rate", rate.map(|at| at.span)),
                ] {
                    let Some(span) = span else { continue };
                    let problem = Problem::at(span, format!("`{flag}` has no effect: the shape has stages of its own"));
                    problems.push(problem.help("change the stages, or give the plan a profile with a constant shape"));
                }
            }
            None => match (users, time) {
                (Some(users), Some(length)) => {
                    let constant = Constant { users, length, spawn_rate: rate };
                    plan.shape = Some(At { value: Shape::Constant(constant), span });
                }
                _ => {
                    let problem = Problem::at(span, "the plan has no shape to change");
                    problems.push(problem.help("give both `--users` and `--time`, or write a shape"));
                }
            },
        }
    }
}

/// A place on the command line to point at.
pub fn flag(sources: &mut Sources, flag: &str, value: &str) -> Span {
    let source = sources.add("command line", format!("{flag} {value}"));
    Span { source, start: flag.len() + 1, end: flag.len() + 1 + value.len() }
}

/// `--set n=5` sets a number, `--set on=true` a truth value, as the plan itself would.
fn scalar(node: Node) -> Node {
    let read = node.text().and_then(|text| match serde_json::from_str(text) {
        Ok(serde_json::Value::Number(number)) => Some(Data::Number(number)),
        Ok(serde_json::Value::Bool(truth)) => Some(Data::Bool(truth)),
        _ => None,
    });
    match read {
        Some(value) => Node { value, ..node },
        None => node,
    }
}
