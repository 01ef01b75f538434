use std::borrow::Cow;
use std::time::Duration;

use crate::compile::program::{Scenario, Shape};
use crate::plan::{self, AddText, At, Count, Named, Plan, Time};
use crate::sample::RunGauge;
use crate::threshold::{Aggregate, Amount, Limit, Operator, Rule, Subject, Threshold};
use crate::units::{Rate, Scale};

/// No level of a search is shorter: it would prove nothing.
const SHORTEST_LEVEL: Duration = Duration::from_secs(2);

/// The plan, with a smaller load where the run is a rehearsal.
pub(super) fn scaled(plan: &Plan, scale: Scale) -> Cow<'_, Plan> {
    if scale == Scale::WHOLE {
        return Cow::Borrowed(plan);
    }
    let mut smaller = plan.clone();
    if let Some(shape) = &mut smaller.shape {
        shape.value = self::shape(&shape.value, scale);
    }
    for (_, scenario) in smaller.scenarios.iter_mut().flat_map(|Named(scenarios)| scenarios) {
        let Some(scenario) = scenario else { continue };
        scenario.value.shape.value = self::shape(&scenario.value.shape.value, scale);
        if let Some(start) = &mut scenario.value.start {
            start.value = Time(scale.moment(start.value.0));
        }
    }
    Cow::Owned(smaller)
}

fn shape(whole: &plan::Shape, scale: Scale) -> plan::Shape {
    let mut shape = whole.clone();
    match &mut shape {
        plan::Shape::Constant(constant) => {
            let shorter = shorten(&mut constant.length, scale);
            fewer(&mut constant.users, scale);
            climb(&mut constant.spawn_rate, scale, shorter);
        }
        plan::Shape::Stages(stages) => {
            for stage in stages.0.iter_mut().map(|stage| &mut stage.value) {
                let shorter = shorten(&mut stage.length, scale);
                stage.users.iter_mut().for_each(|users| fewer(users, scale));
                stage.rate.iter_mut().for_each(|rate| slower(rate, scale));
                climb(&mut stage.spawn_rate, scale, shorter);
                if let Some(ramp) = &mut stage.ramp {
                    ramp.value = Time(ramp.value.0.mul_f64(shorter));
                }
            }
        }
        plan::Shape::Steps(steps) => {
            let (every, whole) = (steps.every.value.0, steps.length.value.0);
            let shorter = shorten(&mut steps.every, scale);
            if !every.is_zero() {
                // as many steps as before
                let full = u32::try_from(whole.as_nanos() / every.as_nanos()).unwrap_or(u32::MAX);
                let rest = Duration::from_nanos(u64::try_from(whole.as_nanos() % every.as_nanos()).unwrap_or(u64::MAX));
                steps.length.value = Time(steps.every.value.0.saturating_mul(full) + rest.mul_f64(shorter));
            }
            steps.users.iter_mut().for_each(|users| fewer(users, scale));
            steps.rate.iter_mut().for_each(|rate| slower(rate, scale));
            smaller(&mut steps.add.value, scale);
            steps.at_least.iter_mut().for_each(|least| smaller(&mut least.value, scale));
            climb(&mut steps.spawn_rate, scale, shorter);
        }
        plan::Shape::Arrivals(arrivals) => {
            shorten(&mut arrivals.length, scale);
            slower(&mut arrivals.rate, scale);
            arrivals.max_users.iter_mut().for_each(|users| fewer(users, scale));
        }
        plan::Shape::Iterations(work) => {
            fewer(&mut work.users, scale);
            work.each.iter_mut().for_each(|each| fewer(each, scale));
            // fewer users, and less for each of them
            work.total.iter_mut().for_each(|total| {
                fewer(total, scale);
                fewer(total, scale);
            });
            if let Some(within) = &mut work.within {
                shorten(within, scale);
            }
        }
        plan::Shape::Search(search) => {
            let each = &mut search.each.value.0;
            *each = scale.moment(*each).max(SHORTEST_LEVEL.min(*each));
            let rates = [&mut search.rate.from, &mut search.rate.to];
            rates
                .into_iter()
                .chain(&mut search.precision)
                .chain(&mut search.at_least)
                .for_each(|rate| slower(rate, scale));
            search.max_users.iter_mut().for_each(|users| fewer(users, scale));
        }
        plan::Shape::Replay(replay) => replay.max_users.iter_mut().for_each(|users| fewer(users, scale)),
    }
    shape
}

/// Makes a length of time shorter; by how much it is.
fn shorten(length: &mut At<Time>, scale: Scale) -> f64 {
    let whole = length.value.0;
    length.value = Time(scale.length(whole));
    if whole.is_zero() { 1.0 } else { length.value.0.as_secs_f64() / whole.as_secs_f64() }
}

fn fewer(count: &mut At<Count>, scale: Scale) {
    count.value = Count(scale.count(count.value.0));
}

fn slower(rate: &mut At<Rate>, scale: Scale) {
    rate.value = scale.rate(rate.value);
}

/// How many users start a second: fewer of them, in less time.
fn climb(rate: &mut Option<At<Rate>>, scale: Scale, shorter: f64) {
    if let Some(rate) = rate {
        rate.value = Rate::per_second(rate.value.as_per_second() * scale.factor() / shorter);
    }
}

fn smaller(level: &mut AddText, scale: Scale) {
    *level = match level {
        AddText::Users(users) => AddText::Users(scale.count(*users)),
        AddText::Rate(rate) => AddText::Rate(scale.rate(*rate)),
    };
}

/// Makes recorded arrivals fewer, and what is left of them come sooner: they are found in a file, and not in the plan.
pub(super) fn thin_out(scenarios: &mut [Scenario], scale: Scale) {
    let share = scale.factor() * scale.factor();
    for scenario in scenarios {
        let Shape::Replay(times, _) = &mut scenario.shape else { continue };
        // evenly, the first among them
        let is_kept =
            |index: usize| index == 0 || (index as f64 * share).floor() > ((index - 1) as f64 * share).floor();
        let kept = times.iter().enumerate().filter(|(index, _)| is_kept(*index));
        *times = kept.map(|(_, time)| (*time as f64 * scale.factor()).round() as u64).collect::<Vec<_>>().into();
    }
}

/// The same threshold for a smaller run, where it asks for something else there. Times and shares stay as they are.
///
/// # Errors
/// Why there is none.
pub(super) fn threshold(rule: &mut Rule, scale: Scale) -> Result<(), String> {
    if scale == Scale::WHOLE {
        return Ok(());
    }
    let written = rule.require.to_string();
    rule.after = scale.moment(rule.after);
    let require = &mut rule.require;
    require.window = require.window.map(|window| scale.length(window));
    if let Limit::Amount(amount) = require.limit {
        let whole = amount.value();
        let power = power(require);
        if power > 0 && whole > 0.0 && matches!(require.operator, Operator::Equal | Operator::NotEqual) {
            return Err(format!("a run at scale {scale} comes to less, and not to a part of it exactly"));
        }
        // what doubles lose in it is less than this
        let part = (whole * scale.factor().powi(power) * 1e9).round() / 1e9;
        let part = match (power, amount, require.operator) {
            (0, ..) => whole,
            // what is counted is whole
            (_, Amount::Number(_) | Amount::Size(_), Operator::Above) => part.floor(),
            // a number of users is rounded
            (1, Amount::Number(_), Operator::AtLeast) => part.floor().max(whole.min(1.0)),
            (_, Amount::Number(_) | Amount::Size(_), _) => part.ceil(),
            _ => part,
        };
        require.limit = Limit::Amount(amount.with(part));
    }
    let text = require.to_string();
    if text != written {
        rule.unscaled = Some(std::mem::replace(&mut rule.text, text));
    }
    Ok(())
}

/// How often the scale goes into what a threshold measures: once into a rate, which grows with the users, and twice into a
/// count, which grows with the time as well.
fn power(require: &Threshold) -> i32 {
    let is_gauge = matches!(&require.subject, Subject::Declared(name) if RunGauge::named(name).is_some());
    match require.aggregate {
        Aggregate::Rate => 1,
        Aggregate::Count | Aggregate::Errors | Aggregate::Dropped | Aggregate::Bytes => 2,
        Aggregate::Min | Aggregate::Avg | Aggregate::Max | Aggregate::Stddev | Aggregate::Quantile(_) if is_gauge => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::program::{IterationCount, Program};
    use crate::compile::{CompileOptions, Filter, compile};
    use crate::diagnostic::{Problems, Sources};
    use crate::plan::read_text;
    use crate::units::Seed;

    fn compiled(rest: &str, scale: &str) -> Program {
        let text = format!(
            "target: http://127.0.0.1:1\nmetrics: {{seen: {{counter: {{}}}}}}\nendpoints: {{a: {{get: /, record: {{seen: 1}}}}}}\n{rest}"
        );
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let plan = read_text("plan.yaml", &text, &|_| None, &mut sources, &mut problems).unwrap();
        let (filter, scale) = (Filter::default(), Scale::parse(scale).unwrap());
        let options = CompileOptions { name: "plan", seed: Seed::new(1), filter: &filter, scale, sources: &sources };
        let program = compile(&plan, &options, &mut problems);
        program.unwrap_or_else(|| panic!("{:#?}", problems.sorted()))
    }

    #[test]
    fn a_smaller_curve_keeps_its_form() {
        let spikes = "shape: {stages: [{users: 100, for: 60s, spawn_rate: 10/s}, {users: 1000, for: 60s, ramp: 20s}, {users: 0, for: 5s}]}";
        let program = compiled(spikes, "0.1");
        let Shape::Closed(stages, _) = &program.scenarios[0].shape else { panic!("not of users") };
        let seen: Vec<_> = stages.iter().map(|stage| (stage.users, stage.length.as_millis())).collect();
        // what was longer than a second is not shorter than one
        assert_eq!(seen, [(10, 6000), (100, 6000), (0, 1000)]);
        assert_eq!(stages[0].ramp, crate::load::Ramp::Rate(Rate::per_second(10.0)));
        assert_eq!(stages[1].ramp, crate::load::Ramp::Over(Duration::from_secs(2)));
        // a staircase has as many steps, of a tenth the height
        let steps = "shape: {steps: {users: 100, add: 100, every: 60s, for: 10m, until: failing, at_least: 500}}";
        let program = compiled(steps, "10%");
        assert_eq!(program.catalog.stages.len(), 10);
        assert_eq!(&*program.catalog.stages[9].name, "step 10 (100 users)");
        assert_eq!(program.scenarios[0].shape.at_least().map(|least| least.to_string()).as_deref(), Some("50 users"));
        assert_eq!(program.length(), Duration::from_secs(60));
    }

    #[test]
    fn arrivals_searches_and_work_are_made_smaller_and_a_whole_run_is_left_alone() {
        let rate = |program: &Program| match &program.scenarios[0].shape {
            Shape::Open(stages, _, pool, _) => (stages[0].rate.as_per_second(), pool.max_users),
            Shape::Search(search) => (search.to.as_per_second(), search.each.as_millis() as u32),
            Shape::Iterations(work) => match work.count {
                IterationCount::Each(count) | IterationCount::Total(count) => (count as f64, work.users),
            },
            Shape::Closed(..) | Shape::Replay(..) => (0.0, 0),
        };
        let arrivals = "shape: {arrivals: {rate: 50/s, for: 1m, max_users: 30}}";
        assert_eq!(rate(&compiled(arrivals, "0.1")), (5.0, 3));
        assert_eq!(rate(&compiled(arrivals, "1")), (50.0, 30));
        // a level of less than two seconds proves nothing
        let search = "shape: {search: {rate: {from: 10/s, to: 400/s}, each: 10s}}";
        assert_eq!(rate(&compiled(search, "0.1")), (40.0, 2000));
        assert_eq!(rate(&compiled("shape: {iterations: {users: 20, total: 1000}}", "0.1")), (10.0, 2));
        assert_eq!(rate(&compiled("shape: {iterations: {users: 20, each: 50}}", "0.1")), (5.0, 2));
        let scenarios = "scenarios: {a: {start: 10s, shape: {constant: {users: 40, for: 1m}}}}";
        let program = compiled(scenarios, "0.5");
        assert_eq!((program.scenarios[0].start, program.peak()), (Duration::from_secs(5), 20));
    }

    #[test]
    fn thresholds_ask_a_smaller_run_for_what_it_can_come_to() {
        let asked = |written: &str| {
            let plan =
                format!("shape: {{constant: {{users: 20, for: 1m}}}}\nthresholds: [\"{written}\", error_rate < 5%]");
            let program = compiled(&plan, "0.1");
            match program.rules.first().filter(|rule| rule.text != "error_rate < 5%") {
                Some(rule) => (rule.text.clone(), rule.unscaled.clone()),
                None => ("left out".to_owned(), program.left_out.first().map(|left| left.require.clone())),
            }
        };
        for (written, smaller) in [
            ("rate >= 1000/min", "rate >= 100/min"),
            ("rate(seen) < 30/s", "rate(seen) < 3/s"),
            ("count >= 3000", "count >= 30"),
            ("count(seen) >= 5", "count(seen) >= 1"),
            ("errors < 250", "errors < 3"),
            ("max(concurrent_users) >= 15", "max(concurrent_users) >= 1"),
            ("p95 < 100ms over 30s", "p95 < 100ms over 3s"),
        ] {
            assert_eq!(asked(written), (smaller.to_owned(), Some(written.to_owned())), "{written}");
        }
        for same in ["p95 < 100ms", "error_rate < 1%", "share{endpoint=a} >= 60%", "count(seen) > 0", "dropped == 0"] {
            assert_eq!(asked(same), (same.to_owned(), None));
        }
        assert_eq!(asked("count == 300"), ("left out".to_owned(), Some("count == 300".to_owned())));
    }

    #[test]
    fn recorded_arrivals_are_fewer_and_come_sooner() {
        let (times, pool) = match compiled("shape: {arrivals: {rate: 5/s, for: 1m}}", "1").scenarios.remove(0).shape {
            Shape::Open(_, _, pool, _) => ((0..1000_u64).map(|index| index * 1_000_000_000).collect(), pool),
            _ => panic!("not of arrivals"),
        };
        let mut program = compiled("shape: {constant: {users: 1, for: 1s}}", "1");
        program.scenarios[0].shape = Shape::Replay(times, pool);
        thin_out(&mut program.scenarios, Scale::parse("0.1").unwrap());
        let Shape::Replay(times, _) = &program.scenarios[0].shape else { panic!("not recorded") };
        // a hundredth of them, in a tenth of the time
        assert!((10..=11).contains(&times.len()), "{times:?}");
        assert!(times.last().unwrap() <= &100_000_000_000 && times[0] == 0, "{times:?}");
        thin_out(&mut program.scenarios, Scale::WHOLE);
    }
}
