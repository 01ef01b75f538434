use crate::compile::program::{Scenario, UserType};
use crate::diagnostic::{Problem, Problems, Sources};
use crate::expression::Resolved;
use crate::metrics::NAMES;
use crate::plan::{At, Data, Endpoint, Named, Plan};

/// Warns of requests that go by names without end: each would be counted by itself, until there are too many of them.
pub(super) struct UnboundedNames<'a> {
    pub(super) plan: &'a Plan,
    pub(super) scenarios: &'a [Scenario],
    pub(super) users: &'a [UserType],
    pub(super) sources: &'a Sources,
}

/// Where a text's values come from without end.
enum Origin {
    /// Drawn by this function.
    Chance(String),
    /// The time.
    Time(String),
    /// It counts up.
    Counter,
    /// It is a number that nobody else gets.
    Sequence,
    /// Each user has its own, and there are so many.
    User(u64),
    /// The rows of a feed, of which there are so many.
    Rows(String, u64),
}

impl UnboundedNames<'_> {
    pub(super) fn warn(&self, problems: &mut Problems) {
        for (_, endpoint) in self.plan.endpoints.iter().flat_map(Named::iter) {
            let endpoint = &endpoint.value;
            let (text, of_path) = match (&endpoint.name, path(endpoint)) {
                (Some(name), _) => (name, false),
                (None, Some(path)) => (path, true),
                (None, None) => continue,
            };
            let resolved = Resolved::text(&text.value, &|_| None);
            for (name, range) in &resolved.names {
                let Some(origin) = self.origin(name, text.value.get(range.end..).unwrap_or_default(), endpoint) else {
                    continue;
                };
                let why = match origin {
                    Origin::Chance(function) => format!("draws from chance (`{function}`)"),
                    Origin::Time(function) => format!("changes with the time (`{function}`)"),
                    Origin::Counter => "counts up (`iteration`)".to_owned(),
                    Origin::Sequence => "is another each time (`sequence`)".to_owned(),
                    Origin::User(users) => format!("is another for each of {users} users (`user.id`)"),
                    Origin::Rows(feed, rows) => format!("is another for each of {rows} rows (`{feed}`)"),
                };
                let what = if of_path { "this path" } else { "this name" };
                let message = format!("{what} {why}, and each is counted by itself: beyond {NAMES} as `other`");
                let help = match of_path {
                    true => "give the endpoint a name for what its requests have in common: `name: \"/item/[id]\"`",
                    false => "write what the requests have in common: `name: \"/item/[id]\"`",
                };
                let span = self.sources.part(text.span, &text.value, range.clone());
                problems.push(Problem::at(span, message).help(help).warning());
                break;
            }
        }
    }

    /// Where a name of a text comes from; what follows it may be the arguments of a call.
    fn origin(&self, name: &str, behind: &str, endpoint: &Endpoint) -> Option<Origin> {
        if let Some(bound) = endpoint.with.iter().flat_map(Named::iter).find(|(known, _)| known.value == name) {
            let Data::Text(text) = &bound.1.value.0.value else { return None };
            let resolved = Resolved::text(text, &|_| None);
            let origins = resolved.names.iter();
            let mut origins = origins.filter(|(inner, _)| *inner != name);
            return origins
                .find_map(|(inner, range)| self.known_origin(inner, text.get(range.end..).unwrap_or_default()));
        }
        self.known_origin(name, behind)
    }

    fn known_origin(&self, name: &str, behind: &str) -> Option<Origin> {
        // a var may have the name of a function
        let is_called = behind.trim_start().starts_with('(');
        match name {
            "uuid" | "random_string" | "random_float" | "random_normal" | "fake" if is_called => {
                Some(Origin::Chance(name.to_owned()))
            }
            "sequence" if is_called => Some(Origin::Sequence),
            "random_int" if is_called && !few(behind) => Some(Origin::Chance(name.to_owned())),
            "now" | "now_ms" if is_called => Some(Origin::Time(name.to_owned())),
            "iteration" => Some(Origin::Counter),
            "user" if behind.trim_start().starts_with(".id") => {
                let users: u64 = self.scenarios.iter().map(|scenario| u64::from(scenario.shape.peak())).sum();
                (users > NAMES as u64).then_some(Origin::User(users))
            }
            _ => {
                let feeds = self.users.iter().flat_map(|user| &user.feeds);
                let rows = feeds.filter(|feed| *feed.name == *name).map(|feed| feed.table.rows()).max()?;
                (rows > NAMES as u64).then(|| Origin::Rows(name.to_owned(), rows))
            }
        }
    }
}

/// Whether a call's arguments are two numbers between which there are few.
fn few(behind: &str) -> bool {
    let arguments = behind.trim_start().strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let numbers = arguments.and_then(|(arguments, _)| arguments.split_once(','));
    let numbers =
        numbers.and_then(|(from, to)| Some((from.trim().parse::<i64>().ok()?, to.trim().parse::<i64>().ok()?)));
    numbers.is_some_and(|(from, to)| to.saturating_sub(from) < NAMES as i64)
}

/// The path of an endpoint, as written.
fn path(endpoint: &Endpoint) -> Option<&At<String>> {
    let Endpoint { get, post, put, patch, delete, head, options, path, .. } = endpoint;
    [get, post, put, patch, delete, head, options, path].into_iter().find_map(Option::as_ref)
}
