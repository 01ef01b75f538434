use std::collections::HashMap;

use super::document::{Data, Node};
use super::fields::written_out;
use crate::diagnostic::{Problem, Problems, did_you_mean};

/// Keys that exclude each other: one that is given replaces an inherited one.
const EITHER: [&[&str]; 4] = [
    &["get", "post", "put", "patch", "delete", "head", "options", "path", "url"],
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

/// How many values may be made by taking over, as by aliases: a few lines may otherwise become any number.
const MOST: usize = 1_000_000;

/// Fills in what endpoints and user types take over from those they extend.
pub(super) fn inherit(root: &mut Node, problems: &mut Problems) {
    let mut left = MOST;
    for section in ["endpoints", "users"] {
        let Some(node) = root.entry_mut(section) else { continue };
        let Data::Map(entries) = &node.value else { continue };
        let mut family = Family::new(entries, left);
        let whole = (0..entries.len()).map(|place| (entries[place].0.clone(), family.resolved(place, problems)));
        let whole = whole.collect();
        left = family.left;
        node.value = Data::Map(whole);
    }
}

/// The entries of a section that take over from each other: each is put together once, whoever extends it.
struct Family<'a> {
    entries: &'a [(Node, Node)],
    /// The first entry of each name.
    places: HashMap<&'a str, usize>,
    made: Vec<Option<Node>>,
    /// Which are on the way from the one that is being put together.
    on_way: Vec<bool>,
    /// How many values may still be made.
    left: usize,
}

/// Where the way from an entry to what it extends, and on from there, ends.
enum Source {
    /// At one that extends nothing, or was put together before.
    Whole,
    /// At one that extends what there is not.
    Unknown,
    /// At one that extends another of the way.
    Endless,
}

impl<'a> Family<'a> {
    fn new(entries: &'a [(Node, Node)], left: usize) -> Self {
        let mut places = HashMap::new();
        for (place, (key, _)) in entries.iter().enumerate() {
            if let Some(name) = key.text() {
                places.entry(name).or_insert(place);
            }
        }
        Self { entries, places, made: vec![None; entries.len()], on_way: vec![false; entries.len()], left }
    }

    /// An entry with what it takes over.
    fn resolved(&mut self, place: usize, problems: &mut Problems) -> Node {
        let mut way = vec![place];
        self.on_way[place] = true;
        let source = self.follow(&mut way, problems);
        let mut whole: Option<Node> = None;
        while let Some(place) = way.pop() {
            self.on_way[place] = false;
            let made = match (whole.take(), self.made[place].take()) {
                (None, Some(made)) => made,
                (None, None) => self.entries[place].1.clone(),
                (Some(base), _) => self.merged(base, place, problems),
            };
            if !matches!(source, Source::Endless) {
                self.made[place] = Some(made.clone());
            }
            whole = Some(made);
        }
        whole.unwrap_or_else(|| self.entries[place].1.clone())
    }

    /// Goes from the last entry of the way to what it extends, and on, to one that is whole.
    fn follow(&mut self, way: &mut Vec<usize>, problems: &mut Problems) -> Source {
        while let Some(place) = way.last().copied() {
            if self.made[place].is_some() {
                return Source::Whole;
            }
            // what is no text is reported when it is read
            let base = self.entries[place].1.entry("extends");
            let Some((base, name)) = base.and_then(|base| Some((base, base.text()?))) else { return Source::Whole };
            let Some(next) = self.places.get(name).copied() else {
                let names = way.iter().filter_map(|place| self.entries[*place].0.text()).collect::<Vec<_>>();
                let known =
                    self.entries.iter().filter_map(|(key, _)| key.text()).filter(|known| !names.contains(known));
                let problem = Problem::at(base.span, format!("there is no `{name}` to extend"));
                problems.push(problem.help_if(did_you_mean(name, known)));
                return Source::Unknown;
            };
            if self.on_way[next] {
                let problem = Problem::at(base.span, format!("`{name}` extends itself"));
                problems.push(problem.help("let one of them extend nothing"));
                return Source::Endless;
            }
            self.on_way[next] = true;
            way.push(next);
        }
        Source::Whole
    }

    fn merged(&mut self, base: Node, place: usize, problems: &mut Problems) -> Node {
        let own = &self.entries[place].1;
        let size = values(&base, self.left + 1);
        if size > self.left {
            if self.left > 0 {
                let span = own.entry("extends").map_or(own.span, |base| base.span);
                let problem = Problem::at(span, format!("`extends` makes more than {MOST} values"));
                problems.push(problem.help("extend what is smaller, or less often"));
                self.left = 0;
            }
            return own.clone();
        }
        self.left -= size;
        merged(base, own, "")
    }
}

/// How many values a value is made of; no more than so many are counted.
fn values(node: &Node, most: usize) -> usize {
    let mut count = 0;
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        count += 1;
        if count >= most {
            break;
        }
        match &node.value {
            Data::List(items) => open.extend(items),
            Data::Map(entries) => open.extend(entries.iter().map(|(_, value)| value)),
            _ => {}
        }
    }
    count
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
