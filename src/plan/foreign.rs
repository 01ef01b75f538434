/// Words of other tools, the key of ours that each means, and how to write it here.
const WORDS: [(&str, &str, &str); 85] = [
    // the load
    ("vus", "users", "users"),
    ("concurrency", "users", "users"),
    ("threads", "users", "users"),
    ("virtual_users", "users", "users"),
    ("maxVusers", "max_users", "max_users"),
    ("maxVUs", "max_users", "max_users"),
    ("preAllocatedVUs", "max_users", "max_users"),
    ("maxVusers", "users", "users"),
    ("maxVUs", "users", "users"),
    ("preAllocatedVUs", "users", "users"),
    ("num_users", "users", "users"),
    ("user_count", "users", "users"),
    ("rampTo", "users", "users"),
    ("duration", "for", "for"),
    ("hold_for", "for", "for"),
    ("hold-for", "for", "for"),
    ("run_time", "for", "for"),
    ("maxDuration", "within", "within"),
    ("ramp_up", "spawn_rate", "spawn_rate"),
    ("rampup", "spawn_rate", "spawn_rate"),
    ("ramp_up", "ramp", "ramp"),
    ("rampup", "ramp", "ramp"),
    ("hatch_rate", "spawn_rate", "spawn_rate"),
    ("arrivalRate", "rate", "rate: 50/s"),
    ("arrivalCount", "rate", "rate: 50/s"),
    ("throughput", "rate", "rate: 50/s"),
    ("rps", "rate", "rate: 50/s"),
    ("timeUnit", "rate", "rate: 50/s, unit and all"),
    ("arrivalRate", "arrivals", "arrivals: {rate: 50/s, for: 1m}"),
    ("arrivalRate", "spawn_rate", "spawn_rate"),
    ("constant_arrival_rate", "arrivals", "arrivals: {rate: 50/s, for: 1m}"),
    ("ramping_arrival_rate", "stages", "stages, each with a `rate`"),
    ("constant_vus", "constant", "constant"),
    ("ramping_vus", "stages", "stages"),
    ("per_vu_iterations", "iterations", "iterations: {users: 10, each: 5}"),
    ("shared_iterations", "iterations", "iterations: {users: 10, total: 50}"),
    ("iterations", "each", "each (a user), or total"),
    ("gracefulStop", "timeout", "timeout"),
    ("phases", "shape", "shape: {stages: […]}"),
    ("stages", "shape", "shape: {stages: […]}"),
    ("execution", "shape", "shape"),
    ("load_profile", "shape", "shape"),
    ("executor", "shape", "shape"),
    ("startTime", "start", "start"),
    ("executor", "constant", "the key itself: `constant: {users: 10, for: 1m}`"),
    ("type", "constant", "the key itself: `constant: {users: 10, for: 1m}`"),
    ("phases", "stages", "stages"),
    ("steps", "stages", "stages"),
    // who does what
    ("wait_time", "think_time", "think_time"),
    ("think", "think_time", "think_time"),
    ("min_wait", "think_time", "think_time: 1s..5s"),
    ("max_wait", "think_time", "think_time: 1s..5s"),
    ("constant_pacing", "pacing", "pacing"),
    ("sleep", "think", "think"),
    ("pause", "think", "think"),
    ("delay", "think", "think"),
    ("wait", "think", "think"),
    ("wait", "think_time", "think_time"),
    ("sleep", "think_time", "think_time"),
    ("pause", "think_time", "think_time"),
    ("delay", "think_time", "think_time"),
    ("fixed_count", "count", "count"),
    ("flow", "steps", "steps"),
    ("loop", "repeat", "repeat: {times: 3, steps: […]}"),
    ("foreach", "for_each", "for_each: {item, of, steps}"),
    ("if", "when", "when: {that: …, then: […]}"),
    ("group", "transaction", "transaction: {name, steps}"),
    // what is called
    ("host", "target", "target"),
    ("base", "target", "target"),
    ("base_url", "target", "target"),
    ("baseUrl", "target", "target"),
    ("requests", "endpoints", "endpoints"),
    ("scenarios", "users", "users"),
    ("request", "call", "a call of an endpoint: `call: name`"),
    ("http", "call", "a call of an endpoint: `call: name`"),
    ("url", "call", "a call of an endpoint: `call: name`"),
    ("get", "call", "a call of an endpoint that says `get: /path`: `call: name`"),
    ("post", "call", "a call of an endpoint that says `post: /path`: `call: name`"),
    ("check", "expect", "expect"),
    ("checks", "expect", "expect"),
    ("assertions", "expect", "expect"),
    ("assert", "expect", "expect"),
    ("variables", "vars", "vars"),
    ("payload", "data", "data: {accounts: {csv: accounts.csv}}"),
    ("body", "json", "json (or text, form, multipart, file)"),
];

/// More of them, of maps inside endpoints and rules.
const INSIDE: [(&str, &str, &str); 19] = [
    ("extract", "capture", "capture"),
    ("capture_to", "capture", "capture: {name: $.path}"),
    ("assign", "capture", "capture: {name: $.path}"),
    ("save", "capture", "capture"),
    ("qs", "query", "query"),
    ("params", "query", "query"),
    ("formData", "multipart", "multipart"),
    ("beforeRequest", "with", "with: {name: \"{{ … }}\"}"),
    ("statusCode", "status", "status"),
    ("hasHeader", "header", "header: {name: exists}"),
    ("maxRedirects", "redirects", "redirects"),
    ("followRedirects", "redirects", "redirects: 5"),
    ("insecureSkipTLSVerify", "insecure", "insecure"),
    ("abortOnFail", "abort", "abort: true"),
    ("delayAbortEval", "after", "after"),
    ("threshold", "require", "require: p95 < 100ms"),
    ("ensure", "thresholds", "thresholds"),
    ("before", "setup", "setup"),
    ("environments", "profiles", "profiles"),
];

/// The key of this map that a word of another tool means.
pub(super) fn our_key(name: &str, known: &[&'static str]) -> Option<&'static str> {
    find(name, known).map(|(_, key, _)| *key)
}

/// The help for a word of another tool, where this map has ours.
pub(super) fn our_word(name: &str, known: &[&'static str]) -> Option<String> {
    find(name, known).map(|(_, _, ours)| match ours.contains('`') {
        true => format!("here it is {ours}"),
        false => format!("here it is called `{ours}`"),
    })
}

/// Whether the help for a word of another tool names just this key.
pub(super) fn is_same_word(key: &str, ours: &str) -> bool {
    ours == format!("here it is called `{key}`")
}

fn find(name: &str, known: &[&'static str]) -> Option<&'static (&'static str, &'static str, &'static str)> {
    let plain = |word: &str| word.replace(['-', '_'], "").to_lowercase();
    WORDS.iter().chain(&INSIDE).find(|(theirs, key, _)| plain(theirs) == plain(name) && known.contains(key))
}
