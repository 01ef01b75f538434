use super::document::{Data, Node};
use super::fields::written_out;
use crate::diagnostic::{Problem, Problems, did_you_mean};

/// Keys that exclude each other: one that is given replaces an inherited one.
const EITHER: [&[&str]; 4] = [
    &["get", "post", "put", "patch", "delete", "head", "options"],
    &["json", "text", "form", "multipart", "file"],
    &["think_time", "pacing"],
    &["weight", "count"],
];
/// Keys whose value is one choice: it is taken whole.
const WHOLE: [&str; 2] = ["think_time", "auth"];
/// Keys whose entries are choices: entries add up, and each is taken whole.
const ENTRIES: [&str; 4] = ["capture", "record", "multipart", "feed"];

/// What a short `expect` stands for.
const EXPECT: [(&str, &str); 3] = [("number", "status"), ("text", "status"), ("list", "status")];

/// Fills in what endpoints and user types take over from those they extend.
pub(super) fn inherit(root: &mut Node, problems: &mut Problems) {
    for section in ["endpoints", "users"] {
        let Some(node) = root.entry_mut(section) else { continue };
        let Data::Map(entries) = &node.value else { continue };
        let mut whole = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let mut way = vec![key.text().unwrap_or_default()];
            whole.push((key.clone(), resolved(value, entries, &mut way, problems)));
        }
        node.value = Data::Map(whole);
    }
}

fn resolved<'a>(value: &'a Node, entries: &'a [(Node, Node)], way: &mut Vec<&'a str>, problems: &mut Problems) -> Node {
    let Some(base) = value.entry("extends") else { return value.clone() };
    // what is no text is reported when it is read
    let Some(name) = base.text() else { return value.clone() };
    if way.contains(&name) {
        let problem = Problem::at(base.span, format!("`{name}` extends itself"));
        problems.push(problem.help("let one of them extend nothing"));
        return value.clone();
    }
    let Some((key, inherited)) = entries.iter().find(|(key, _)| key.text() == Some(name)) else {
        let known = entries.iter().filter_map(|(key, _)| key.text()).filter(|known| !way.contains(known));
        let problem = Problem::at(base.span, format!("there is no `{name}` to extend"));
        problems.push(problem.help_if(did_you_mean(name, known)));
        return value.clone();
    };
    way.push(key.text().unwrap_or_default());
    let inherited = resolved(inherited, entries, way, problems);
    way.pop();
    merged(inherited, value, "")
}

/// Maps merge by key, everything else is replaced.
fn merged(base: Node, over: &Node, key: &str) -> Node {
    let (Data::Map(mut entries), Data::Map(given)) = (base.value, &over.value) else { return over.clone() };
    if WHOLE.contains(&key) {
        return over.clone();
    }
    if key.is_empty() {
        let given: Vec<&str> = given.iter().filter_map(|(key, _)| key.text()).collect();
        let ousted = |name: &str| {
            EITHER.iter().any(|group| {
                group.contains(&name) && !given.contains(&name) && group.iter().any(|key| given.contains(key))
            })
        };
        entries.retain(|(key, _)| !key.text().is_some_and(|name| ousted(name) || name == "extends"));
    }
    for (name, value) in given {
        let known = entries.iter_mut().find(|(known, _)| known.text().is_some() && known.text() == name.text());
        match known {
            Some((known, old)) if !ENTRIES.contains(&key) => {
                known.span = name.span;
                let (mut base, mut over) = (old.clone(), value.clone());
                if name.text() == Some("expect") {
                    for short in [&mut base, &mut over] {
                        if let Some(long) = written_out(short, &EXPECT) {
                            *short = long;
                        }
                    }
                }
                *old = merged(base, &over, name.text().unwrap_or("?"));
            }
            Some((known, old)) => (*known, *old) = (name.clone(), value.clone()),
            None => entries.push((name.clone(), value.clone())),
        }
    }
    Node { value: Data::Map(entries), ..over.clone() }
}
