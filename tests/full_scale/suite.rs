//! CONTINUUM's suite, run: each plan on the embedded service, at its full number of users and for a few seconds. Its
//! requests are shared out as the weights say, its user types read and write as they should, its curves are the tables'.

use std::collections::BTreeMap;

use plimsoll::test_api::compile::{CompileOptions, Filter, Shape, compile};
use plimsoll::test_api::diagnostic::{Problems, Sources};
use plimsoll::test_api::load::UserCurve;
use plimsoll::test_api::plan::{Overrides, read};
use plimsoll::test_api::target::Behaviour;
use plimsoll::test_api::units::{Offset, Scale, Seed};
use serde_json::Value;

use crate::support::report::{assert_adds_up, metric, user_type};
use crate::support::repository::{root, text};
use crate::support::repository_run::RepositoryRun;
use crate::support::target::{self, url};

/// Runs a plan of the suite on the embedded service; its report.
fn run(arguments: &[&str]) -> Value {
    run_against(arguments, &["--embedded"])
}

fn run_against(arguments: &[&str], target: &[&str]) -> Value {
    // a busy machine may break a limit of time, or make the run invalid; nothing else may go wrong
    let report = RepositoryRun::new(&[arguments, target, &["--quiet", "--seed", "7"]].concat(), &[]).report;
    assert_adds_up(&report);
    assert_eq!(report["failures"], Value::Array(Vec::new()), "{arguments:?}");
    assert_eq!(report["exceptions"], Value::Array(Vec::new()), "{arguments:?}");
    for threshold in report["thresholds"].as_array().unwrap() {
        assert_ne!(threshold["state"], "no_data", "{arguments:?}: {threshold}");
    }
    for metric in report["metrics"].as_array().unwrap() {
        assert!(metric["count"].as_u64().unwrap() > 0, "{arguments:?}: no samples of {metric}");
    }
    report
}

/// Requests of a user type by task, each divided by how many requests one turn of that task makes.
fn turns(report: &Value, user: &str, calls: &[(&str, f64)]) -> BTreeMap<String, f64> {
    let calls: BTreeMap<&str, f64> = calls.iter().copied().collect();
    let tasks = user_type(report, user)["tasks"].as_array().unwrap().iter().map(|task| {
        let name = task["name"].as_str().unwrap();
        (name.to_owned(), task["requests"].as_f64().unwrap() / calls.get(name).copied().unwrap_or(1.0))
    });
    tasks.collect()
}

/// Pearson's chi-square test: the counts are as likely as one run in a million under these weights.
fn assert_shared_out(report: &Value, user: &str, calls: &[(&str, f64)], weights: &[(&str, f64)]) {
    let turns = turns(report, user, calls);
    let observed: Vec<f64> = weights.iter().map(|(task, _)| turns.get(*task).copied().unwrap_or(0.0)).collect();
    let (all, whole) = (observed.iter().sum::<f64>(), weights.iter().map(|(_, weight)| weight).sum::<f64>());
    let square: f64 = observed
        .iter()
        .zip(weights)
        .map(|(count, (_, weight))| {
            let expected = all * weight / whole;
            assert!(expected >= 5.0, "{user}: too few requests to judge: {turns:?}");
            (count - expected).powi(2) / expected
        })
        .sum();
    // Wilson and Hilferty 1931: the quantile of chi-square through that of the normal distribution, here 4.75
    let freedom = (weights.len() - 1) as f64;
    let limit = freedom * (1.0 - 2.0 / (9.0 * freedom) + 4.75 * (2.0 / (9.0 * freedom)).sqrt()).powi(3);
    assert!(square < limit, "{user}: chi-square {square:.1} is beyond {limit:.1}: {turns:?}");
}

/// The share of a user type's requests to endpoints with a tag.
fn share(report: &Value, user: &str, tag: &str) -> f64 {
    let user = user_type(report, user);
    user["tags"][tag].as_f64().unwrap_or(0.0) / user["requests"].as_f64().unwrap()
}

const MEMORY: [(&str, f64); 5] = [
    ("recall_memory", 60.0),
    ("learn_new_memory", 20.0),
    ("get_stats", 5.0),
    ("list_entities", 3.0),
    ("process_turn", 2.0),
];
const SEARCH: [(&str, f64); 5] = [
    ("semantic_search", 50.0),
    ("complex_semantic_search", 30.0),
    ("entity_search", 15.0),
    ("pagination_search", 5.0),
    ("targeted_recall", 10.0),
];
const FEDERATION: [(&str, f64); 5] = [
    ("contribute_memory", 40.0),
    ("request_sync", 30.0),
    ("discover_peers", 20.0),
    ("simulate_conflict", 10.0),
    ("send_heartbeat", 5.0),
];
/// The user's own behaviour (5) is one of three other tasks: of three leanings one browses, one learns, and one does
/// either of them or recalls.
const REALISTIC: [(&str, f64); 8] = [
    ("recall_context", 35.0 + 5.0 / 9.0),
    ("check_stats", 15.0),
    ("browse_entities", 10.0 + 5.0 * 4.0 / 9.0),
    ("health_check", 5.0),
    ("learn_from_conversation", 20.0 + 5.0 * 4.0 / 9.0),
    ("process_full_turn", 10.0),
    ("semantic_search", 8.0),
    ("complex_search", 2.0),
];

#[test]
fn the_memory_scenario_shares_its_requests_out_by_weight() {
    let report = run(&["memory", "--time", "5s", "--spawn-rate", "500/s"]);
    // an update waits until there is something to update, so it is left out here and looked at by itself
    assert_shared_out(&report, "memory", &[], &MEMORY);
    let turns = turns(&report, "memory", &[]);
    let updates = turns["update_memory"] / turns["learn_new_memory"];
    assert!(updates > 0.05 && updates < 0.75, "{updates}");
}

#[test]
fn the_search_scenario_shares_its_requests_out_by_weight() {
    let report = run(&["search", "--time", "5s", "--spawn-rate", "300/s"]);
    assert_shared_out(&report, "search", &[], &SEARCH);
}

#[test]
fn the_federation_scenario_shares_its_requests_out_by_weight() {
    let report = run(&["federation", "--time", "5s", "--spawn-rate", "200/s"]);
    assert_shared_out(&report, "federation", &[("simulate_conflict", 2.0)], &FEDERATION);
    let of = |tag: &str| report["users"][0]["tags"][tag].as_f64().unwrap();
    assert_eq!(metric(&report, "sync_operations")["sum"].as_f64().unwrap(), of("sync"));
    assert_eq!(metric(&report, "peer_count")["count"].as_f64().unwrap(), of("discovery"));
    assert_eq!(metric(&report, "conflicts_detected")["count"].as_f64().unwrap() * 2.0, of("conflict"));
}

#[test]
fn a_service_with_a_federation_tells_its_peers_and_its_conflicts() {
    let behaviour = Behaviour { federation: true, ..Behaviour::default() };
    let target = target::start(behaviour);
    let report = run_against(&["federation", "--time", "3s", "--spawn-rate", "200/s"], &["--target", &url(&target)]);
    assert_eq!(metric(&report, "conflicts_detected")["min"], 1.0);
    assert!(metric(&report, "peer_count")["max"].as_f64().unwrap() > 10.0);
    let counts = target.stop();
    assert!(counts.routes.values().all(|route| route.status.keys().all(|status| *status == 200)), "{counts:#?}");
    // the readiness probe is the one call that is not in the books
    assert_eq!(counts.total - 1, report["books"]["ok"].as_u64().unwrap());
}

#[test]
fn readers_and_writers_read_and_write_in_their_shares() {
    let report = run(&["api", "--time", "8s", "--spawn-rate", "1000/s"]);
    let everyday = user_type(&report, "realistic");
    let part = everyday["share"].as_f64().unwrap();
    assert!((0.04..0.1).contains(&part), "everyday users make {part} of the requests");
    let (reads, writes) = (everyday["tags"]["read"].as_u64(), everyday["tags"]["write"].as_u64());
    assert!(reads > writes && writes > Some(0), "{everyday}");
    for (user, reads) in [("heavy_reader", 0.8), ("balanced", 0.6), ("content_creator", 0.4)] {
        let (read, write) = (share(&report, user, "read"), share(&report, user, "write"));
        assert!((read + write - 1.0).abs() < 1e-9, "{user}: {read} and {write}");
        let requests = user_type(&report, user)["requests"].as_f64().unwrap();
        // a task makes up to three requests of one kind, which widens the spread by less than the root of three
        let spread = (3.0 * reads * (1.0 - reads) / requests).sqrt();
        assert!((read - reads).abs() < 4.0 * spread, "{user}: {read} of {requests} requests, not {reads}");
    }
    let heavy = [
        ("browse_recall_stats", 12.0),
        ("page_through_entities", 5.0),
        ("browse_one_type", 5.0),
        ("recall_what_was_listed", 6.0),
        ("narrow_a_question", 5.0),
        ("recall_by_topic", 5.0),
        ("count_what_is_known", 2.0),
        ("note_a_finding", 10.0),
        ("correct_a_note", 6.0),
        ("save_a_question", 4.0),
    ];
    let calls = [
        ("browse_recall_stats", 3.0),
        ("page_through_entities", 2.0),
        ("recall_what_was_listed", 2.0),
        ("narrow_a_question", 2.0),
    ];
    assert_shared_out(&report, "heavy_reader", &calls, &heavy);
    let balanced = [
        ("recall_learn_search", 14.0),
        ("prepare_a_meeting", 6.0),
        ("compare_two_topics", 6.0),
        ("confirm_a_memory", 6.0),
        ("record_a_decision", 7.0),
        ("look_up_projects", 8.0),
        ("correct_what_was_said", 7.0),
        ("write_minutes", 6.0),
    ];
    let calls = [("recall_learn_search", 3.0), ("prepare_a_meeting", 2.0), ("confirm_a_memory", 2.0)];
    assert_shared_out(&report, "balanced", &calls, &balanced);
    let creator = [
        ("learn_learn_recall", 14.0),
        ("write_a_series", 6.0),
        ("revise_own_work", 8.0),
        ("import_a_document", 3.0),
        ("save_a_snippet", 3.0),
        ("look_up_own_work", 10.0),
        ("see_what_grew", 8.0),
        ("browse_the_newest", 8.0),
    ];
    let calls = [("learn_learn_recall", 3.0), ("write_a_series", 3.0)];
    assert_shared_out(&report, "content_creator", &calls, &creator);
}

#[test]
fn the_mixed_load_is_all_four_scenarios_each_by_its_weights() {
    let report = run(&["mixed", "--time", "8s", "--spawn-rate", "500/s"]);
    assert_shared_out(&report, "memory", &[], &MEMORY);
    assert_shared_out(&report, "search", &[], &SEARCH);
    assert_shared_out(&report, "federation", &[("simulate_conflict", 2.0)], &FEDERATION);
    assert_shared_out(&report, "realistic", &[], &REALISTIC);
}

#[test]
fn the_other_plans_run_and_measure_all_they_declare() {
    let step = run(&["step", "--profile", "rehearsal"]);
    assert!(!step["levels"].as_array().unwrap().is_empty());
    let spike = run(&["spike", "--profile", "rehearsal"]);
    assert_eq!(spike["run"]["users"], 150);
    let soak = run(&["soak", "--time", "8s", "--spawn-rate", "200/s"]);
    assert_eq!(soak["users"].as_array().unwrap().len(), 6);
    let search = run(&["breaking_point", "--profile", "rehearsal"]);
    assert!(!search["levels"].as_array().unwrap().is_empty());
    let full = run(&["api", "--profile", "full_rate", "--time", "3s"]);
    assert_eq!(full["users"].as_array().unwrap().len(), 4);
    let quick = run(&["quick", "--time", "10s", "--spawn-rate", "50/s"]);
    let rate = quick["total"]["rate"].as_f64().unwrap();
    assert!((50.0..=100.0).contains(&rate), "50 users of all kinds send {rate} requests a second");
    assert_eq!(quick["users"].as_array().unwrap().len(), 6);
}

/// The number of users of a plan's shape at the very start of each second.
fn curve(plan: &str) -> Vec<u32> {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let path = root().join("plans").join(plan);
    let reading = read(&path, &Overrides::default(), &|_| None, &mut sources, &mut problems).unwrap();
    let filter = Filter::default();
    let setting =
        CompileOptions { name: plan, seed: Seed::new(1), filter: &filter, scale: Scale::WHOLE, sources: &sources };
    let program = compile(&reading.plan, &setting, &mut problems).unwrap();
    let Shape::Closed(stages, _) = &program.scenarios[0].shape else { panic!("{plan} is not of users") };
    let curve = UserCurve::new(stages);
    let seconds = curve.end().as_secs_f64() as u64;
    (0..seconds).map(|second| curve.population_at(Offset::from(std::time::Duration::from_secs(second)))).collect()
}

/// A table's row: the level, how many users a second come until then (0: all at once), and for how many seconds.
fn table(rows: &[(u32, u32, u32)]) -> Vec<u32> {
    let (mut seconds, mut last) = (Vec::new(), 0);
    for &(level, rate, length) in rows {
        for second in 0..length {
            // the first comes at the very start, so at the start of second s there are s times the rate, and one more
            let climbing = last + rate * second + 1;
            seconds.push(if rate == 0 { level } else { climbing.min(level) });
        }
        last = level;
    }
    seconds
}

#[test]
fn the_staircase_is_the_tables_second_by_second() {
    let rows: Vec<(u32, u32, u32)> = (1..=10).map(|step| (100 * step, 10, 60)).collect();
    assert_eq!(curve("step.yaml"), table(&rows));
}

#[test]
fn the_spikes_are_the_tables_second_by_second() {
    let rows = [(100, 10, 60), (1000, 50, 60), (200, 0, 60), (1500, 50, 60), (100, 0, 60)];
    assert_eq!(curve("spike.yaml"), table(&rows));
}

#[test]
fn the_suite_has_fifty_tasks_or_more_and_no_two_the_same() {
    let mut tasks = BTreeMap::new();
    for file in ["memory", "search", "federation", "realistic", "personas"] {
        let plan: Value = serde_saphyr::from_str(&text(format!("plans/shared/{file}.yaml"))).unwrap();
        for (user, value) in plan["users"].as_object().unwrap() {
            for (task, value) in value["tasks"].as_object().unwrap() {
                let mut does = value.clone();
                does.as_object_mut().unwrap().remove("weight");
                tasks.insert(format!("{user}.{task}"), does.to_string());
            }
        }
    }
    let different: std::collections::BTreeSet<&String> = tasks.values().collect();
    assert!(tasks.len() >= 50, "{} tasks", tasks.len());
    assert_eq!(different.len(), tasks.len(), "{tasks:#?}");
}
