use std::time::Duration;

use crate::diagnostic::{Problem, Problems, Sources, Span, did_you_mean};
use crate::plan::{At, Plan, RuleMap};
use crate::sample::{Catalog, MetricKind, RunGauge};
use crate::threshold::{
    Aggregate, Amount, Drift, Field, Limit, Matcher, NoData, OnBreak, Relation, Rule, Subject, Threshold,
};

/// What must hold where the plan says nothing.
const DEFAULT: &str = "error_rate < 1%";

pub(super) fn compile(plan: &Plan, catalog: &Catalog, sources: &Sources, problems: &mut Problems) -> Vec<Rule> {
    let Some(written) = &plan.thresholds else {
        let rule = Threshold::parse(DEFAULT).map(|require| Rule::new(require, DEFAULT));
        return rule.into_iter().collect();
    };
    if let Some(beyond) = written.0.get(Threshold::MOST) {
        let problem = Problem::at(beyond.span, format!("a plan has at most {} thresholds", Threshold::MOST));
        problems.push(problem.help("remove thresholds that say the same, or select by tag instead of by name"));
    }
    let rules = written.0.iter().filter_map(|text| rule(&text.value.0, catalog, sources, problems));
    rules.collect()
}

fn rule(written: &RuleMap, catalog: &Catalog, sources: &Sources, problems: &mut Problems) -> Option<Rule> {
    let place = Place { text: &written.require, sources };
    let require = match Threshold::parse(&written.require) {
        Ok(require) => require,
        Err(misparse) => {
            let problem = Problem::at(place.of(misparse.range), misparse.message);
            problems.push(problem.help_if(misparse.help));
            return None;
        }
    };
    if let Subject::Declared(name) = &require.subject
        && !catalog.metrics.iter().any(|metric| *metric.name == **name)
    {
        let at = written.require.find(name.as_str()).unwrap_or(0);
        let problem = Problem::at(place.of(at..at + name.len()), format!("unknown metric `{name}`"));
        let times = ["response_time", "service_time", "time_to_first_byte", "connect_time"];
        let known = catalog.metrics.iter().map(|metric| &*metric.name).chain(times);
        problems.push(problem.help_if(did_you_mean(name, known)));
    }
    check_units(&require, written, catalog, problems);
    check_gauge(&require, &place, problems);
    require.selector.iter().for_each(|matcher| check_selector(matcher, &place, catalog, problems));
    let aborts = written.abort == Some(true);
    if let (false, Some(_)) = (aborts, written.after) {
        let problem = Problem::at(written.require.span, "`after` has no effect without `abort: true`");
        problems.push(problem.help("add `abort: true`, or remove `after`"));
    }
    Some(Rule {
        require,
        text: written.require.value.clone(),
        name: written.name.clone(),
        on_break: if aborts { OnBreak::Abort } else { OnBreak::GoOn },
        after: written.after.map_or(Duration::ZERO, |after| after.0),
        no_data: written.no_data.unwrap_or(NoData::Fails),
        place: sources.place(written.require.span),
    })
}

/// Reports a time that is compared with a number, or the other way round.
fn check_units(require: &Threshold, written: &RuleMap, catalog: &Catalog, problems: &mut Problems) {
    let Subject::Declared(name) = &require.subject else { return };
    let Some(metric) = catalog.metrics.iter().find(|metric| *metric.name == **name) else { return };
    let is_time = metric.kind == MetricKind::Time && require.aggregate.is_of_samples();
    let amount = match require.limit {
        Limit::Amount(amount) | Limit::Baseline(Drift::By(_, amount), _) => amount,
        Limit::Baseline(Drift::None | Drift::Share(..), _) => return,
    };
    match amount {
        Amount::Number(number) if is_time => {
            let problem = Problem::at(written.require.span, format!("`{name}` is a time, and `{number}` has no unit"));
            problems.push(problem.help(format!("did you mean `{number}s` or `{number}ms`?")));
        }
        Amount::Time(_) if !is_time => {
            let problem = Problem::at(written.require.span, format!("`{name}` is a number and not a time"));
            problems.push(problem.help("compare it with a number, without a unit"));
        }
        _ => {}
    }
}

/// Reports a selector of requests on what is no property of a request.
fn check_gauge(require: &Threshold, place: &Place, problems: &mut Problems) {
    let Subject::Declared(name) = &require.subject else { return };
    if RunGauge::named(name).is_none() {
        return;
    }
    for matcher in require.selector.iter().filter(|matcher| matcher.field != Field::Stage) {
        let problem = Problem::at(place.of(matcher.range.clone()), format!("`{name}` is measured for the whole run"));
        problems.push(problem.help("remove the selector; only `stage` can be chosen"));
    }
    if require.aggregate == Aggregate::Count || require.aggregate == Aggregate::Rate {
        let problem = Problem::at(place.of(0..name.len()), format!("`{name}` is no count"));
        problems.push(problem.help(format!("ask for `min({name})`, `avg({name})` or `max({name})`")));
    }
}

/// Reports a selector that can match nothing.
fn check_selector(matcher: &Matcher, place: &Place, catalog: &Catalog, problems: &mut Problems) {
    let (what, names): (&str, Vec<&str>) = match matcher.field {
        Field::Endpoint => ("endpoint", catalog.endpoints.iter().map(|entry| &*entry.name).collect()),
        Field::User => ("user type", catalog.users.iter().map(|entry| &*entry.name).collect()),
        Field::Task => ("task", catalog.tasks.iter().map(|entry| &*entry.name).collect()),
        Field::Scenario => {
            ("scenario", catalog.stages.iter().map(|entry| &*entry.scenario).filter(|name| !name.is_empty()).collect())
        }
        Field::Stage => ("stage", catalog.stages.iter().map(|entry| &*entry.name).collect()),
        Field::Tag => {
            let endpoints = catalog.endpoints.iter().flat_map(|entry| &entry.tags);
            let tasks = catalog.tasks.iter().flat_map(|entry| &entry.tags);
            let users = catalog.users.iter().flat_map(|entry| &entry.tags);
            ("tag", endpoints.chain(tasks).chain(users).map(|tag| &**tag).collect())
        }
        // known at run time alone
        Field::Name | Field::Status => return,
    };
    let matches = |name: &&str| match &matcher.relation {
        Relation::Is | Relation::IsNot => **name == *matcher.text,
        Relation::Like(pattern) => pattern.is_match(name),
    };
    if names.is_empty() && matcher.field == Field::Scenario && !catalog.stages.is_empty() {
        let problem = Problem::at(place.of(matcher.range.clone()), "the plan has no scenarios");
        problems.push(problem.help("remove the selector, or select by `stage`, `user` or `tag`"));
        return;
    }
    // where nothing of the kind could be read, whatever names it is not at fault
    if names.is_empty() || names.iter().any(matches) {
        return;
    }
    let mut names = names;
    names.sort_unstable();
    names.dedup();
    let problem = Problem::at(place.of(matcher.range.clone()), format!("unknown {what} `{}`", matcher.text));
    problems.push(problem.help_if(did_you_mean(&matcher.text, names)));
}

struct Place<'a> {
    text: &'a At<String>,
    sources: &'a Sources,
}

impl Place<'_> {
    /// The place in the file of a part of the threshold's text.
    fn of(&self, range: std::ops::Range<usize>) -> Span {
        self.sources.part(self.text.span, &self.text.value, range)
    }
}
