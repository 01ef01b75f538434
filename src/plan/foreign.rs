/// What other tools call a thing, and what this language says for it.
const WORDS: [(&str, &str, &str); 26] = [
    ("vus", "users", "users"),
    ("concurrency", "users", "users"),
    ("threads", "users", "users"),
    ("virtual_users", "users", "users"),
    ("maxVusers", "users", "users"),
    ("duration", "for", "for"),
    ("hold_for", "for", "for"),
    ("run_time", "for", "for"),
    ("ramp_up", "spawn_rate", "spawn_rate"),
    ("rampup", "spawn_rate", "spawn_rate"),
    ("hatch_rate", "spawn_rate", "spawn_rate"),
    ("arrivalRate", "spawn_rate", "spawn_rate"),
    ("wait_time", "think_time", "think_time"),
    ("think", "think_time", "think_time"),
    ("sleep", "think", "think"),
    ("pause", "think", "think"),
    ("host", "target", "target"),
    ("base", "target", "target"),
    ("base_url", "target", "target"),
    ("requests", "endpoints", "endpoints"),
    ("scenarios", "users", "users"),
    ("checks", "expect", "expect"),
    ("assertions", "expect", "expect"),
    ("variables", "vars", "vars"),
    ("phases", "shape", "shape: {stages: […]}"),
    ("body", "json", "json (or text)"),
];

/// The key of this map that a word of another tool stands for.
pub(super) fn our_key(name: &str, known: &[&'static str]) -> Option<&'static str> {
    find(name, known).map(|(_, key, _)| *key)
}

/// The help for a word of another tool, where this map has ours.
pub(super) fn our_word(name: &str, known: &[&'static str]) -> Option<String> {
    find(name, known).map(|(_, _, ours)| format!("here it is called `{ours}`"))
}

fn find(name: &str, known: &[&'static str]) -> Option<&'static (&'static str, &'static str, &'static str)> {
    let plain = |word: &str| word.replace(['-', '_'], "").to_lowercase();
    WORDS.iter().find(|(theirs, key, _)| plain(theirs) == plain(name) && known.contains(key))
}
