use std::sync::Arc;

use crate::analysis::{EndpointNames, KnownEndpoint};
use crate::compile::{Action, Program, Step};

/// The names of a plan's endpoints, by which its thresholds can be judged on another tool's rows.
pub(super) fn names(program: &Program) -> EndpointNames {
    let endpoints = program.endpoints.iter().map(|endpoint| KnownEndpoint {
        endpoint: endpoint.name.to_string(),
        label: endpoint.label.fixed().map(ToString::to_string),
        tags: program.catalog.endpoints.get(endpoint.id.index()).map(|entry| texts(&entry.tags)).unwrap_or_default(),
    });
    let mut elsewhere: Vec<String> = program.catalog.users.iter().flat_map(|user| texts(&user.tags)).collect();
    for task in program.users.iter().flat_map(|user| &user.tasks) {
        let tags = program.catalog.tasks.get(task.id.index()).map(|entry| texts(&entry.tags)).unwrap_or_default();
        elsewhere.extend(tags.into_iter().filter(|tag| !calls_only(&task.steps, tag, program)));
    }
    EndpointNames { endpoints: endpoints.collect(), elsewhere }
}

/// Whether all that a task does is to call endpoints that have the tag themselves: it then says nothing more.
fn calls_only(steps: &[Step], tag: &str, program: &Program) -> bool {
    steps.iter().all(|step| match &step.action {
        Action::Call(call) => {
            let entry = program.catalog.endpoints.get(call.endpoint.index());
            entry.is_some_and(|entry| entry.tags.iter().any(|known| **known == *tag))
        }
        _ => false,
    })
}

fn texts(tags: &[Arc<str>]) -> Vec<String> {
    tags.iter().map(ToString::to_string).collect()
}
