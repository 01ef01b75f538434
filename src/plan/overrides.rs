use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::document::{Data, Node};
use super::filling::{FilledBy, Filling};
use super::number::Number;
use crate::diagnostic::{Problem, Problems, Sources, Span, did_you_mean};
use crate::units::{Rate, Scale, Seed, show_duration};

/// What the command line says over the plan. Each must have an effect: one that cannot is a problem.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--profile NAME`: the profile whose sections replace the plan's.
    pub profile: Option<String>,
    /// `--target URL`, `--target NAME=URL` or `--embedded`.
    pub targets: Vec<Aim>,
    /// `--users N`: of a shape that has one number of users.
    pub users: Option<u64>,
    /// `--time D`: of a shape that has one length.
    pub time: Option<Duration>,
    /// `--spawn-rate R`: of a constant shape.
    pub spawn_rate: Option<Rate>,
    /// `--rate R`: of arrivals.
    pub rate: Option<Rate>,
    /// `--set NAME=VALUE`: vars.
    pub set: Vec<(String, String)>,
    /// `--seed N`.
    pub seed: Option<Seed>,
    /// `--scale PART`: of the users, rates and times that the plan and the flags come to.
    pub scale: Option<Scale>,
}

/// Where the command line aims a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aim {
    /// There, whatever the plan says.
    At(String),
    /// One of the plan's targets there.
    ServiceAt {
        /// Its name.
        service: String,
        /// Where it is.
        url: String,
    },
    /// At a service in the place of the plan's own.
    InPlace {
        /// The service's scheme, host and port.
        origin: String,
        /// The paths it stands under. The plan's own path stays where it is one of these or below one; else the first
        /// takes its place.
        paths: &'static [&'static str],
    },
}

/// The keys a kind of shape has for each flag.
const KEYS: [(&str, &[(&str, &str)]); 4] = [
    ("constant", &[("--users", "users"), ("--time", "for"), ("--spawn-rate", "spawn_rate")]),
    ("arrivals", &[("--rate", "rate"), ("--time", "for"), ("--users", "max_users")]),
    ("steps", &[("--time", "for"), ("--spawn-rate", "spawn_rate")]),
    ("iterations", &[("--users", "users"), ("--time", "within")]),
];

impl Overrides {
    /// Puts all of them into a plan's tree, the profile first.
    pub(super) fn apply(&self, root: &mut Node, sources: &mut Sources, problems: &mut Problems) {
        self.profile(root, sources, problems);
        self.targets.iter().for_each(|aim| aim.apply(root, sources, problems));
        if let Some(seed) = self.seed {
            let node = typed(flag(sources, "--seed", &seed.to_string()), Data::Number(seed.value().into()));
            put(root, "seed", node);
        }
        self.vars(root, sources, problems);
        self.shape(root, sources, problems);
    }

    fn profile(&self, root: &mut Node, sources: &mut Sources, problems: &mut Problems) {
        let Some(name) = &self.profile else { return };
        let profiles = root.entry("profiles").cloned();
        let names = |node: &Node| match &node.value {
            Data::Map(entries) => entries.iter().filter_map(|(key, _)| key.text().map(str::to_owned)).collect(),
            _ => Vec::new(),
        };
        let Some(profile) = profiles.as_ref().and_then(|profiles| profiles.entry(name)) else {
            let problem = Problem::at(flag(sources, "--profile", name), format!("unknown profile `{name}`"));
            let known: Vec<String> = profiles.as_ref().map(names).unwrap_or_default();
            problems.push(match known.as_slice() {
                [] => problem.help("the plan has no profiles"),
                _ => problem.help_if(did_you_mean(name, known.iter().map(String::as_str))),
            });
            return;
        };
        let Data::Map(sections) = &profile.value else { return };
        for (key, value) in sections.clone() {
            let Some(name) = key.text().map(str::to_owned) else { continue };
            // what says the same in another way takes the place of the plan's
            for other in [("shape", "scenarios"), ("scenarios", "shape"), ("target", "targets"), ("targets", "target")]
            {
                if name == other.0 {
                    take(root, other.1);
                }
            }
            if name != "description" {
                take(root, &name);
                put_key(root, key, value);
            }
        }
    }

    fn vars(&self, root: &mut Node, sources: &mut Sources, problems: &mut Problems) {
        for (name, value) in &self.set {
            // the value may be a secret, and what is pointed at is printed
            let span = flag(sources, "--set", &format!("{name}=…"));
            problems.hide(value, "…");
            let filled = FilledBy::Values(Arc::new(Filling::whole(value)));
            let value = scalar(Node { span, value: Data::Text(value.clone()), filled });
            let known = root.entry("vars").map(|vars| match &vars.value {
                Data::Map(entries) => entries.iter().filter_map(|(key, _)| key.text().map(str::to_owned)).collect(),
                _ => Vec::new(),
            });
            let known = known.unwrap_or_default();
            match root.entry_mut("vars").filter(|_| known.contains(name)) {
                Some(vars) => put(vars, name, value),
                None => {
                    let problem = Problem::at(span.part(0..name.len()), format!("the plan has no var `{name}`"));
                    problems.push(problem.help_if(did_you_mean(name, known.iter().map(String::as_str))));
                }
            }
        }
    }

    fn shape(&self, root: &mut Node, sources: &mut Sources, problems: &mut Problems) {
        let mut flags: Vec<(&str, Node)> = Vec::new();
        if let Some(users) = self.users {
            flags.push(("--users", typed(flag(sources, "--users", &users.to_string()), Data::Number(users.into()))));
        }
        let texts = [
            ("--time", self.time.map(show_duration)),
            ("--spawn-rate", self.spawn_rate.map(|rate| rate.to_string())),
            ("--rate", self.rate.map(|rate| rate.to_string())),
        ];
        for (name, text) in texts {
            flags.extend(text.map(|text| (name, typed(flag(sources, name, &text), Data::Text(text)))));
        }
        let Some(first) = flags.first().map(|(_, node)| node.span) else { return };
        let Some(shape) = root.entry_mut("shape") else {
            if root.entry("scenarios").is_some() {
                let problem = Problem::at(first, "the flag has no effect: the plan's scenarios have their own shapes");
                problems.push(problem.help("change the scenarios, or give the plan a profile with one shape"));
                return;
            }
            let has = |wanted: &str| flags.iter().any(|(name, _)| *name == wanted);
            let kind = if has("--rate") { "arrivals" } else { "constant" };
            if !has("--time") || !(has("--users") || has("--rate")) {
                let problem = Problem::at(first, "the plan has no shape to change");
                problems.push(problem.help("give both `--users` and `--time`, or write a shape"));
                return;
            }
            let mut shape = typed(first, Data::Map(Vec::new()));
            put(&mut shape, kind, typed(first, Data::Map(Vec::new())));
            put(root, "shape", shape);
            return self.shape(root, sources, problems);
        };
        let Data::Map(entries) = &mut shape.value else { return };
        let Some((kind, fields)) = entries.iter_mut().find_map(|(key, value)| Some((key.text()?.to_owned(), value)))
        else {
            return;
        };
        let keys = KEYS.iter().find(|(known, _)| *known == kind).map_or(&[][..], |(_, keys)| keys);
        for (flag, node) in flags {
            match keys.iter().find(|(known, _)| *known == flag) {
                Some((_, key)) => put(fields, key, node),
                None => {
                    let message = match kind.as_str() {
                        "stages" => format!("`{flag}` has no effect: the shape has stages of its own"),
                        _ => format!("`{flag}` has no effect on a shape of kind `{kind}`"),
                    };
                    let problem = Problem::at(node.span, message);
                    problems.push(problem.help("change the shape, or give the plan a profile with another"));
                }
            }
        }
    }
}

/// As `--target` takes it.
impl fmt::Display for Aim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(url) => f.write_str(url),
            Self::ServiceAt { service, url } => write!(f, "{service}={url}"),
            Self::InPlace { origin, .. } => f.write_str(origin),
        }
    }
}

impl FromStr for Aim {
    type Err = Infallible;

    /// `URL` or `NAME=URL`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_name = |name: &str| !name.is_empty() && !name.contains([':', '/', '?', '#']);
        Ok(match text.split_once('=').filter(|(name, _)| is_name(name)) {
            Some((service, url)) => Self::ServiceAt { service: service.to_owned(), url: url.to_owned() },
            None => Self::At(text.to_owned()),
        })
    }
}

impl Aim {
    /// Aims the services of a plan's tree.
    fn apply(&self, root: &mut Node, sources: &mut Sources, problems: &mut Problems) {
        let names = match root.entry("targets").map(|targets| &targets.value) {
            Some(Data::Map(entries)) => entries.iter().filter_map(|(name, _)| name.text().map(str::to_owned)).collect(),
            _ => Vec::new(),
        };
        match (self, names.as_slice()) {
            (Self::At(_) | Self::InPlace { .. }, []) => self.aim(root, "target", sources, problems),
            (Self::InPlace { .. }, names) => {
                let Some(targets) = root.entry_mut("targets") else { return };
                names.iter().for_each(|name| self.aim(targets, name, sources, problems));
            }
            (Self::At(url), [first, ..]) => {
                problems.secrets().learn_url(url);
                let problem = Problem::at(flag(sources, "--target", url), "the plan has several targets");
                problems.push(problem.help(format!("say which one is meant: `--target {first}=URL`")));
            }
            (Self::ServiceAt { service, url }, []) => {
                problems.secrets().learn_url(url);
                let span = flag(sources, "--target", &format!("{service}={url}")).part(0..service.len());
                let problem = Problem::at(span, format!("the plan has no `targets`, and so no `{service}`"));
                problems.push(problem.help("aim its one target: `--target URL`"));
            }
            (Self::ServiceAt { service, url }, names) => match root.entry_mut("targets") {
                Some(targets) if names.contains(service) => self.aim(targets, service, sources, problems),
                _ => {
                    problems.secrets().learn_url(url);
                    let span = flag(sources, "--target", &format!("{service}={url}")).part(0..service.len());
                    let problem = Problem::at(span, format!("the plan has no target `{service}`"));
                    problems.push(problem.help_if(did_you_mean(service, names.iter().map(String::as_str))));
                }
            },
        }
    }

    /// Aims the target that stands under a key.
    fn aim(&self, parent: &mut Node, key: &str, sources: &mut Sources, problems: &mut Problems) {
        let own = parent.entry(key).and_then(|target| target.text().or_else(|| target.entry("url")?.text()));
        let url = self.url(own);
        problems.secrets().learn_url(&url);
        let node = typed(flag(sources, "--target", &url), Data::Text(url));
        match parent.entry_mut(key).filter(|target| matches!(target.value, Data::Map(_))) {
            Some(target) => put(target, "url", node),
            None => put(parent, key, node),
        }
    }

    /// The URL a plan is aimed at that names another itself, or none.
    pub(super) fn url(&self, own: Option<&str>) -> String {
        let (origin, paths) = match self {
            Self::At(url) | Self::ServiceAt { url, .. } => return url.clone(),
            Self::InPlace { origin, paths } => (origin, paths),
        };
        let own = own.and_then(|own| Url::parse(own).ok());
        let own = own.as_ref().map(|own| own.path().trim_end_matches('/'));
        let below = |path: &str, known: &str| {
            path.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let kept = own.filter(|own| paths.iter().any(|known| below(own, known)));
        let path = kept.or(paths.first().copied()).unwrap_or_default();
        format!("{origin}{path}")
    }
}

/// A place on the command line to point at.
pub fn flag(sources: &mut Sources, flag: &str, value: &str) -> Span {
    let source = sources.add("command line", format!("{flag} {value}"));
    Span { source, start: flag.len() + 1, end: flag.len() + 1 + value.len() }
}

fn typed(span: Span, value: Data) -> Node {
    Node { span, value, filled: FilledBy::Flag }
}

fn put(map: &mut Node, key: &str, value: Node) {
    let span = value.span;
    // in its place: a var may be used by those behind it
    match map.entry_mut(key) {
        Some(old) => *old = value,
        None => put_key(map, typed(span, Data::Text(key.to_owned())), value),
    }
}

fn put_key(map: &mut Node, key: Node, value: Node) {
    if let Data::Map(entries) = &mut map.value {
        entries.push((key, value));
    }
}

fn take(map: &mut Node, key: &str) {
    if let Data::Map(entries) = &mut map.value {
        entries.retain(|(known, _)| known.text() != Some(key));
    }
}

/// `--set n=5` sets a number, `--set on=true` a truth value, as the plan itself would.
fn scalar(node: Node) -> Node {
    let read = node.text().and_then(|text| match serde_json::from_str(text) {
        Ok(serde_json::Value::Number(number)) => Some(Data::Number(Number::spelled(number, text.trim()))),
        Ok(serde_json::Value::Bool(truth)) => Some(Data::Bool(truth)),
        _ => None,
    });
    match read {
        Some(value) => Node { value, ..node },
        None => node,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_the_service_has_stays_and_another_makes_room() {
        let aim = Aim::InPlace { origin: "http://here:1".into(), paths: &["/v1", "/demo"] };
        for (own, aimed) in [
            (Some("http://127.0.0.1:8000/demo"), "http://here:1/demo"),
            (Some("https://shop.example.com/demo/"), "http://here:1/demo"),
            (Some("http://x/v1/below"), "http://here:1/v1/below"),
            (Some("http://x/demonstration"), "http://here:1/v1"),
            (Some("http://x"), "http://here:1/v1"),
            (Some("no url"), "http://here:1/v1"),
            (None, "http://here:1/v1"),
        ] {
            assert_eq!(aim.url(own), aimed, "{own:?}");
        }
        assert_eq!(Aim::At("http://there".into()).url(Some("http://x/demo")), "http://there");
    }
}
