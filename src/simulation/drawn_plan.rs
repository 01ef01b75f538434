use super::dice::{Dice, Part};
use super::drawn_steps::{StepWriter, Who};

/// A plan that a seed makes: a few seconds of a few users.
pub(super) struct DrawnPlan {
    /// Its text.
    pub(super) text: String,
}

impl DrawnPlan {
    pub(super) fn of(seed: u64) -> Self {
        let mut dice = Dice::of(seed, Part::Plan);
        let mut text = target(&mut dice);
        text.push_str(&endpoints(&mut dice));
        let fed = dice.percent(30);
        if fed {
            let count = dice.number(1, 40);
            let rows: Vec<String> = (0..count).map(|row| format!("{{id: {row}}}")).collect();
            text.push_str(&format!("data: {{rows: {{list: [{}]}}}}\n", rows.join(", ")));
        }
        let (users, transactions) = users(&mut dice, fed);
        text.push_str(&users);
        if dice.percent(20) {
            let (one, other) = (shape(&mut dice, Climbs::Never), shape(&mut dice, Climbs::Never));
            let start = dice.time(0, 2000);
            text.push_str(&format!(
                "scenarios:\n  one: {{shape: {one}}}\n  other: {{start: {start}, shape: {other}}}\n"
            ));
        } else {
            text.push_str(&format!("shape: {}\n", shape(&mut dice, Climbs::Maybe)));
        }
        for (key, chance) in [("setup", 25), ("teardown", 35)] {
            if dice.percent(chance) {
                let mut writer = StepWriter { dice: &mut dice, who: Who::Nobody, transactions: Vec::new() };
                text.push_str(&format!("{key}: {}\n", writer.list(0, 3)));
            }
        }
        text.push_str(&thresholds(&mut dice, &transactions));
        Self { text }
    }
}

fn target(dice: &mut Dice) -> String {
    let mut more = String::new();
    if dice.percent(15) {
        more.push_str(&format!(", ready: {{get: /ready, within: {}}}", dice.time(300, 4000)));
    }
    let mut http = Vec::new();
    if dice.percent(20) {
        http.push("connections: per_request".to_owned());
    }
    if dice.percent(40) {
        http.push(format!("redirects: {}", dice.number(1, 3)));
    }
    if dice.percent(20) {
        http.push("cookies: false".to_owned());
    }
    if dice.percent(20) {
        http.push("compression: true".to_owned());
    }
    if !http.is_empty() {
        more.push_str(&format!(", http: {{{}}}", http.join(", ")));
    }
    let (timeout, connect) = (dice.time(50, 3000), dice.time(20, 1000));
    format!("target: {{url: http://service.test, timeout: {timeout}, connect_timeout: {connect}{more}}}\n")
}

fn endpoints(dice: &mut Dice) -> String {
    let slow = dice.time(200, 8000);
    format!(
        "
metrics: {{found: {{trend: {{}}}}, orders: {{counter: {{}}}}}}
endpoints:
  a: {{get: /a, tags: [read]}}
  b: {{post: /b, json: {{n: '{{{{ user.id }}}}', text: some}}, tags: [write]}}
  c: {{get: '/c/{{{{ user.id }}}}', name: c of one, expect: {{status: 200, json: {{$.n: {{at_least: 0}}}}}}}}
  d: {{post: /d, form: {{x: 1}}, capture: {{token: $.token}}}}
  e: {{get: '/e/{{{{ json.token }}}}', name: e}}
  f: {{get: /f, timeout: {slow}, expect: {{within: 500ms}}}}
  g: {{get: '/g/{{{{ random_int(1, 4) }}}}', record: {{found: $.n, orders: 1}}}}
  h: {{put: /h, text: '{{{{ random_string(200) }}}}', redirects: 2}}
  s: {{get: /setup/s, timeout: 2s, redirects: 0}}
  v: {{post: /setup/v, json: {{n: 1}}, timeout: 3s, redirects: 0}}
  i: {{get: '/i/{{{{ json.items[0] }}}}', name: i, expect: {{body: {{contains: token}}}}}}
"
    )
}

/// The users, and the transactions in what they do.
fn users(dice: &mut Dice, fed: bool) -> (String, Vec<String>) {
    let mut text = "users:\n".to_owned();
    let mut transactions = Vec::new();
    for kind in 0..dice.number(1, 2) {
        let pause = match dice.number(0, 3) {
            0 => format!("pacing: {}", dice.time(5, 1500)),
            1 => "think_time: {exponential: {mean: 300ms}}".to_owned(),
            2 => format!("think_time: 5ms..{}", dice.time(6, 900)),
            _ => format!("think_time: {}", dice.time(5, 600)),
        };
        let mut keys = vec![pause, "state: {n: 0, seen: []}".to_owned()];
        let who = if fed && dice.percent(70) { Who::Fed } else { Who::Task };
        if who == Who::Fed {
            let order = dice.one(&["sequential", "shuffle", "random", "unique"]);
            let at_end = match order {
                "unique" => dice.one(&["", ", at_end: stop", ", at_end: stop_run"]),
                "random" => "",
                _ => dice.one(&["", ", at_end: repeat", ", at_end: stop", ", at_end: stop_run"]),
            };
            let per = dice.one(&["", ", per: iteration", ", per: user"]);
            keys.push(format!("feed: {{row: {{from: rows, order: {order}{at_end}{per}}}}}"));
        }
        if dice.percent(20) {
            let (age, then) = (dice.time(100, 2000), dice.one(&["retry", "continue"]));
            keys.push(format!("refresh: {{when: status >= 500, max_age: {age}, steps: [a], then: {then}}}"));
        }
        let mut writer = StepWriter { dice, who, transactions: std::mem::take(&mut transactions) };
        for (key, chance) in [("on_start", 30), ("on_stop", 30)] {
            if writer.dice.percent(chance) {
                keys.push(format!("{key}: {}", writer.list(1, 2)));
            }
        }
        let in_sequence = writer.dice.percent(20);
        let (mut tasks, mut sequence) = (Vec::new(), Vec::new());
        for task in 0..writer.dice.number(1, 3) {
            let when = if writer.dice.percent(15) { "when: n < 3, " } else { "" };
            let weight = match writer.dice.number(1, 9) {
                _ if in_sequence => String::new(),
                weight => format!("weight: {weight}, "),
            };
            sequence.push(format!("t{task}"));
            tasks.push(format!("t{task}: {{{weight}{when}steps: {}}}", writer.list(0, 4)));
        }
        writer.who = Who::Inner;
        tasks.push(format!("inner: {{steps: {}}}", writer.list(1, 2)));
        transactions = std::mem::take(&mut writer.transactions);
        if in_sequence {
            keys.push(format!("sequence: [{}, inner]", sequence.join(", ")));
        }
        text.push_str(&format!("  u{kind}: {{{}, tasks: {{{}}}}}\n", keys.join(", "), tasks.join(", ")));
    }
    (text, transactions)
}

/// Whether a shape may go on by what it measures; a plan has one such shape at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Climbs {
    Maybe,
    Never,
}

fn shape(dice: &mut Dice, climbs: Climbs) -> String {
    let users = dice.number(1, 8);
    let rate = dice.number(1, 25);
    let length = dice.time(300, 5000);
    let pool = |dice: &mut Dice| {
        let busy = dice.one(&["", ", when_busy: late", ", when_busy: drop"]);
        let visitor = dice.one(&["", "", ", visitor: new"]);
        let most = dice.number(1, 12);
        format!(", max_users: {most}{busy}{visitor}")
    };
    match dice.number(0, 9) {
        0 | 1 => {
            let spawn =
                if dice.percent(50) { format!(", spawn_rate: {}/s", dice.number(1, 20)) } else { String::new() };
            format!("{{constant: {{users: {users}, for: {length}{spawn}}}}}")
        }
        2 => {
            let (warm, peak, down) = (dice.time(200, 1500), dice.time(200, 2500), dice.time(200, 1500));
            let ramp = if dice.percent(50) { ", ramp: 150ms" } else { "" };
            let warm_up = if dice.percent(50) { ", warm_up: true" } else { "" };
            format!(
                "{{stages: [{{name: warm, users: 2, for: {warm}{warm_up}}}, {{name: peak, users: {users}, for: \
                 {peak}{ramp}}}, {{name: down, users: {}, for: {down}}}]}}",
                dice.number(0, 2)
            )
        }
        3 => {
            let (one, other) = (dice.time(200, 2500), dice.time(200, 2500));
            format!("{{stages: [{{rate: {rate}/s, for: {one}}}, {{rate: 5/s, for: {other}, ramp: 100ms}}]}}")
        }
        4 => {
            let until = if climbs == Climbs::Maybe && dice.percent(60) { ", until: failing" } else { "" };
            if dice.percent(50) {
                format!("{{steps: {{users: 1, add: 2, every: 1s, for: 4s{until}}}}}")
            } else {
                format!("{{steps: {{rate: 2/s, add: 6/s, every: 1s, for: 4s{until}}}}}")
            }
        }
        5 => format!("{{arrivals: {{rate: {rate}/s, for: {length}{}}}}}", pool(dice)),
        6 => format!("{{arrivals: {{rate: {rate}/s, for: {length}, spacing: poisson{}}}}}", pool(dice)),
        7 => {
            let count = dice.number(1, 20);
            let count = if dice.percent(50) { format!("each: {count}") } else { format!("total: {}", count + users) };
            format!("{{iterations: {{users: {users}, {count}, within: {length}}}}}")
        }
        8 if climbs == Climbs::Maybe => {
            format!("{{search: {{rate: {{from: 4/s, to: 16/s}}, each: 2s, precision: 4/s, max_users: {users}}}}}")
        }
        8 => format!("{{constant: {{users: {users}, for: {length}}}}}"),
        _ => format!("{{replay: {{file: arrivals.txt{}}}}}", pool(dice)),
    }
}

fn thresholds(dice: &mut Dice, transactions: &[String]) -> String {
    const RULES: [&str; 24] = [
        "p95 < 200ms",
        "p99 < 1h",
        "avg < 50ms",
        "max(service_time) < 1s",
        "p50{endpoint=a} < 20ms",
        "'p95{endpoint=i} < 1s'",
        "error_rate < 1%",
        "error_rate <= 100%",
        "'error_rate{tag=read} < 20%'",
        "errors < 10",
        "count > 0",
        "count >= 5",
        "rate > 1/s",
        "'share{tag=read} >= 0%'",
        "task_error_rate < 50%",
        "start_error_rate < 50%",
        "avg(found) >= 0",
        "count(orders) >= 0",
        "max(concurrent_users) >= 1",
        "min(total_rps) >= 0",
        "p95 < 300ms over 2s",
        "error_rate < 30% over 1s",
        "{require: 'p95{endpoint=e} < 1s', no_data: pass}",
        "avg(connect_time) < 1s",
    ];
    match dice.number(0, 9) {
        0 => return String::new(),
        1 => return "thresholds: []\n".to_owned(),
        _ => {}
    }
    let mut rules: Vec<String> = (0..dice.number(1, 4)).map(|_| dice.one(&RULES).to_owned()).collect();
    if let Some(name) = transactions.first()
        && dice.percent(50)
    {
        let rule = dice.one(&["p95({name}) < 1s", "error_rate({name}) < 50%"]);
        rules.push(rule.replace("{name}", name));
    }
    if dice.percent(25) {
        let rule = dice.one(&["error_rate < 30%", "p95 < 100ms", "error_rate < 50% over 1s", "errors < 20"]);
        let after = if dice.percent(50) { ", after: 1s" } else { "" };
        rules.push(format!("{{require: {rule}, abort: true{after}}}"));
    }
    let quoted = rules.into_iter().map(|rule| {
        let plain = !rule.starts_with(['{', '\'']) && rule.contains(['{', ',']);
        if plain { format!("'{rule}'") } else { rule }
    });
    format!("thresholds: [{}]\n", quoted.collect::<Vec<_>>().join(", "))
}
