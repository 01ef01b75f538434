use std::time::Duration;

use crate::compile::compile_plan::CompileOptions;
use crate::compile::left_out::left;
use crate::compile::program::UserType;
use crate::compile::scale;
use crate::compile::users::CompiledUser;
use crate::diagnostic::{Problem, Problems, Sources, Span, did_you_mean};
use crate::plan::{At, Plan, RowPer, RuleMap};
use crate::sample::{Catalog, MetricKind, RunGauge};
use crate::threshold::{
    Aggregate, Amount, Drift, Field, LeftOut, Limit, Matcher, NoData, OnBreak, Relation, Rule, Subject, Threshold,
};
use crate::units::Scale;

/// What must hold where the plan says nothing of errors.
const ERRORS: &str = "error_rate < 1%";
/// What must hold besides where users have something to do before their first task.
const STARTS: &str = "start_error_rate < 1%";

/// The plan's thresholds, and behind them the defaults. A plan that asks nothing of its errors would pass though
/// everything failed: what fails is often quick.
pub(super) fn compile(
    plan: &Plan,
    (catalog, users): (&Catalog, &[CompiledUser]),
    options: &CompileOptions,
    problems: &mut Problems,
) -> (Vec<Rule>, Vec<LeftOut>) {
    let written = plan.thresholds.as_ref().map_or(&[][..], |written| &written.0);
    if let Some(beyond) = written.get(Threshold::MOST) {
        let problem = Problem::at(beyond.span, format!("a plan has at most {} thresholds", Threshold::MOST));
        problems.push(problem.help("remove thresholds that say the same, or select by tag instead of by name"));
    }
    let mut left_out = Vec::new();
    let rules = written.iter().filter_map(|text| {
        let mut rule = rule(&text.value.0, catalog, options, problems)?;
        match scaled(&mut rule, catalog, options.scale) {
            Ok(()) => Some(rule),
            Err(why) => {
                left_out.push(left(&rule, why));
                None
            }
        }
    });
    let mut rules: Vec<Rule> = rules.collect();
    let default = |text: &str| Threshold::parse(text).ok().map(|require| Rule::new(require, text));
    let allows_all = rules.iter().any(|rule| of_all_errors(&rule.require) && allows(&rule.require, 1.0));
    let of_errors = rules.iter().any(|rule| of_all_errors(&rule.require));
    let of_starts = rules.iter().any(|rule| rule.require.aggregate == Aggregate::StartErrorRate);
    rules.extend(default(ERRORS).filter(|_| !of_errors));
    if !of_starts && !allows_all && users.iter().any(|compiled| may_fail_to_start(&compiled.user)) {
        rules.extend(default(STARTS));
    }
    (rules, left_out)
}

/// Makes a rule ask for what a smaller run comes to.
///
/// # Errors
/// Why there is no such rule.
fn scaled(rule: &mut Rule, catalog: &Catalog, scale: Scale) -> Result<(), String> {
    let mut of_stages = rule.require.selector.iter().filter(|matcher| matcher.field == Field::Stage);
    // steps are called after their levels
    if scale != Scale::WHOLE && of_stages.any(|matcher| !catalog.stages.iter().any(|stage| matcher.takes(&stage.name)))
    {
        return Err(format!("no stage is called so in a run at scale {scale}"));
    }
    scale::threshold(rule, scale)
}

/// Whether it is of the errors of all requests: of some, it leaves the others without any.
fn of_all_errors(require: &Threshold) -> bool {
    matches!(require.aggregate, Aggregate::ErrorRate | Aggregate::Errors)
        && require.selector.is_empty()
        && require.subject.is_of_requests()
}

/// Whether it allows a share of errors.
fn allows(require: &Threshold, share: f64) -> bool {
    let limit = require.limit.amount().map(Amount::value);
    require.aggregate == Aggregate::ErrorRate && limit.is_some_and(|limit| require.operator.holds(share, limit))
}

/// Whether a user of a type has anything to do before its first task that may fail.
fn may_fail_to_start(user: &UserType) -> bool {
    !user.on_start.is_empty() || !user.state.is_empty() || user.feeds.iter().any(|feed| feed.per == RowPer::User)
}

fn rule(written: &RuleMap, catalog: &Catalog, options: &CompileOptions, problems: &mut Problems) -> Option<Rule> {
    let sources = options.sources;
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
    check_transaction(&require, &place, catalog, problems);
    check_units(&require, written, catalog, problems);
    check_gauge(&require, &place, problems);
    // the stages of a smaller run may be called otherwise
    let known = |matcher: &&Matcher| options.scale == Scale::WHOLE || matcher.field != Field::Stage;
    require.selector.iter().filter(known).for_each(|matcher| check_selector(matcher, &place, catalog, problems));
    let aborts = written.abort == Some(true);
    if let (false, Some(_)) = (aborts, written.after) {
        let problem = Problem::at(written.require.span, "`after` has no effect without `abort: true`");
        problems.push(problem.help("add `abort: true`, or remove `after`"));
    }
    Some(Rule {
        require,
        text: written.require.value.clone(),
        unscaled: None,
        name: written.name.clone(),
        on_break: if aborts { OnBreak::Abort } else { OnBreak::GoOn },
        after: written.after.map_or(Duration::ZERO, |after| after.0),
        no_data: written.no_data.unwrap_or(NoData::Fails),
        place: sources.place(written.require.span),
    })
}

/// Reports errors of a metric that has none.
fn check_transaction(require: &Threshold, place: &Place, catalog: &Catalog, problems: &mut Problems) {
    let Subject::Declared(name) = &require.subject else { return };
    let metric = catalog.metrics.iter().find(|metric| *metric.name == **name);
    let of_errors = matches!(require.aggregate, Aggregate::ErrorRate | Aggregate::Errors);
    if of_errors && metric.is_some_and(|metric| metric.kind != MetricKind::Time) {
        let at = place.text.find(name.as_str()).unwrap_or(0);
        let problem = Problem::at(place.of(at..at + name.len()), format!("`{name}` is no transaction: it cannot fail"));
        problems.push(problem.help(format!("write `{}` alone, or name a transaction", require.aggregate)));
    }
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
        Field::Service => ("service", catalog.endpoints.iter().filter_map(|entry| entry.service.as_deref()).collect()),
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
    if names.is_empty() && matcher.field == Field::Service && !catalog.endpoints.is_empty() {
        let problem =
            Problem::at(place.of(matcher.range.clone()), "the plan has one `target`, and no services to tell apart");
        problems.push(problem.help("remove the selector, or name the services with `targets`"));
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
