use std::net::IpAddr;
use std::time::Duration;

use super::planned_calls::Calls;
use crate::compile::{Program, Scenario, Service, Shape, UserType, Visitor, WaitTime};
use crate::diagnostic::Problem;
use crate::http::{Addresses, Network, Origin};
use crate::load::{RateCurve, Share};
use crate::units::{Offset, Shard, show_duration};

/// What a machine has of ports for the connections it makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// How many, from one of its addresses to one address and port of a service.
    pub count: u64,
    /// How long a port is taken after its connection was closed.
    pub rest: Duration,
    /// The same, of a connection to the machine itself.
    pub rest_at_home: Duration,
}

/// How long a closed connection is remembered: Linux's `TCP_TIMEWAIT_LEN`.
const TIME_WAIT: Duration = Duration::from_secs(60);
/// Where a port may be used again sooner, it is after this time: the stamps of its packets then differ.
const REUSED: Duration = Duration::from_secs(1);

impl Ports {
    /// Those of this machine; `None` where the system does not say.
    #[must_use]
    pub fn of_this_machine() -> Option<Self> {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/sys/net/ipv4/{name}")).ok();
        let reserved = read("ip_local_reserved_ports").unwrap_or_default();
        Self::of(&read("ip_local_port_range")?, &reserved, &read("tcp_tw_reuse").unwrap_or_default())
    }

    /// Those of a machine by what Linux says in files of these names.
    fn of(range: &str, reserved: &str, reuse: &str) -> Option<Self> {
        let mut ends = range.split_whitespace().map(str::parse::<u64>);
        let (first, last) = (ends.next()?.ok()?, ends.next()?.ok()?);
        let reserved = reserved.trim().split(',').filter_map(|part| {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            let (from, to) = (from.parse::<u64>().ok()?.max(first), to.parse::<u64>().ok()?.min(last));
            Some((to + 1).saturating_sub(from))
        });
        let (rest, rest_at_home) = match reuse.trim() {
            "1" => (REUSED, REUSED),
            "2" => (TIME_WAIT, REUSED),
            _ => (TIME_WAIT, TIME_WAIT),
        };
        Some(Self { count: (last + 1).saturating_sub(first).saturating_sub(reserved.sum()), rest, rest_at_home })
    }

    /// How long a port rests after a connection to a service.
    fn rest_after(&self, peer: &Origin) -> Duration {
        let at_home = peer.address().map_or(peer.host() == "localhost", |address| address.is_loopback());
        if at_home { self.rest_at_home } else { self.rest }
    }
}

/// What a plan takes of the ports towards one address.
#[derive(Debug, Default)]
struct Need {
    /// Of users who keep a connection each.
    kept: f64,
    /// The most new connections a second.
    rate: f64,
    /// The most ports that are taken by connections which came and went.
    resting: f64,
}

/// Warns of a plan that needs more ports than a machine has: connections that are kept by too many users, or too many new
/// ones. What a plan sends is estimated from below, but for how long its users wait for answers.
#[must_use]
pub fn foresee_ports(program: &Program, shard: Shard, ports: &Ports) -> Vec<Problem> {
    let mut seen: Vec<String> = Vec::new();
    let mut problems = Vec::new();
    for service in &program.services {
        let peer = peer(service);
        let place = format!("{}:{}", peer.host(), peer.port());
        if seen.contains(&place) {
            continue;
        }
        let pairs = pairs(service, peer);
        let rest = ports.rest_after(peer);
        let need = need(program, shard, &place, rest);
        seen.push(place);
        let Some(pairs) = pairs else { continue };
        let (wanted, there) = (need.kept + need.resting, (ports.count * pairs) as f64);
        if wanted > there && ports.count > 0 {
            problems.push(warning(peer, &need, rest, there, (wanted / ports.count as f64).ceil() as u64));
        }
    }
    problems
}

fn warning(peer: &Origin, need: &Need, rest: Duration, there: f64, addresses: u64) -> Problem {
    let mut takes = Vec::new();
    if need.kept > 0.0 {
        takes.push(format!("{:.0} users keep a connection each", need.kept));
    }
    if need.resting > 0.0 {
        takes.push(format!(
            "up to {:.0} new connections a second take {:.0} ports, for each rests {} after its end",
            need.rate,
            need.resting,
            show_duration(rest)
        ));
    }
    let message =
        format!("there are not enough ports to `{peer}`: {}, and this machine has {there:.0} for it", takes.join(", "));
    let keep = if need.resting > 0.0 { "keep connections, or " } else { "" };
    let help = format!(
        "{keep}make them from {addresses} addresses of this machine or more: `http: {{source_addresses: [IP, IP, …]}}`; \
         or from several machines"
    );
    Problem::new(message).help(help).warning()
}

/// Whoever connections to a service are made to.
pub(super) fn peer(service: &Service) -> &Origin {
    service.connections.proxy.as_ref().map_or(&service.origin, |proxy| &proxy.origin)
}

/// How many pairs of an address of ours and one of the service there are; `None` where that is not known before names are
/// looked up, or where no ports are taken.
fn pairs(service: &Service, peer: &Origin) -> Option<u64> {
    let connections = &service.connections;
    if matches!(connections.network, Network::Unix(_)) {
        return None;
    }
    let to: Vec<IpAddr> = match (peer.address(), connections.known_names.addresses(peer)) {
        (Some(address), _) => vec![address],
        (None, Some(known)) => known,
        (None, None) => Vec::new(),
    };
    let to_count = match connections.addresses {
        Addresses::First => 1,
        Addresses::All if to.is_empty() => return None,
        Addresses::All => to.len(),
    };
    let fits = |from: &&IpAddr| to.first().is_none_or(|to| to.is_ipv6() == from.is_ipv6());
    let from = connections.sources.iter().filter(fits).count().max(1);
    Some((from * to_count) as u64)
}

/// What a shard of a plan takes of the ports to a place, each of which rests so long.
fn need(program: &Program, shard: Shard, place: &str, rest: Duration) -> Need {
    let mut need = Need::default();
    for scenario in &program.scenarios {
        let peak = f64::from(scenario.shape.peak());
        for (user, share) in kinds(program, scenario) {
            let calls = Calls { program, user, place };
            let most = calls.most();
            if most == 0.0 {
                continue;
            }
            let is_new = user.visitor == Visitor::New || scenario.shape.visitor() == Some(Visitor::New);
            let made = calls.connections(is_new);
            if !scenario.shape.is_open() && calls.keeps() {
                need.kept += peak * share;
            }
            let (rate, resting) = iterations(scenario, user, rest).unwrap_or_default();
            need.rate += rate * share * made;
            need.resting += resting * share * made;
        }
    }
    let part = shard.count.max(1);
    let part = f64::from(part);
    Need { kept: need.kept / part, rate: need.rate / part, resting: need.resting / part }
}

/// The user types of a scenario, each with its part of the users.
fn kinds<'a>(program: &'a Program, scenario: &'a Scenario) -> impl Iterator<Item = (&'a UserType, f64)> {
    let users = f64::from(scenario.shape.peak().max(1));
    let weights: f64 = scenario.kinds.iter().filter_map(|(_, share)| weight(*share)).sum();
    let counted: f64 = scenario.kinds.iter().filter_map(|(_, share)| count(*share)).sum();
    scenario.kinds.iter().filter_map(move |(id, share)| {
        let part = match *share {
            Share::Count(count) => f64::from(count) / users,
            Share::Weight(weight) if weights > 0.0 => weight / weights * (users - counted).max(0.0) / users,
            Share::Weight(_) => 0.0,
        };
        Some((program.users.get(id.index())?, part)).filter(|(_, part)| *part > 0.0)
    })
}

fn weight(share: Share) -> Option<f64> {
    if let Share::Weight(weight) = share { Some(weight) } else { None }
}

fn count(share: Share) -> Option<f64> {
    if let Share::Count(count) = share { Some(f64::from(count)) } else { None }
}

/// How many iterations a scenario makes a second at most, and within so much time; `None` where that follows from answers.
fn iterations(scenario: &Scenario, user: &UserType, within: Duration) -> Option<(f64, f64)> {
    let length = scenario.shape.length();
    let time = within.min(length).as_secs_f64();
    match &scenario.shape {
        Shape::Closed(..) => {
            let pause = match user.wait_time {
                WaitTime::ThinkTime(pause) => pause.mean(),
                WaitTime::Pacing(pacing) => pacing,
            };
            let rate = f64::from(scenario.shape.peak()) / pause.as_secs_f64();
            rate.is_finite().then_some((rate, rate * time))
        }
        Shape::Open(stages, ..) => {
            let curve = RateCurve::new(stages);
            let step = Duration::from_secs((length.as_secs() / MOMENTS).max(1));
            let count = u32::try_from(length.as_nanos().div_ceil(step.as_nanos())).unwrap_or(u32::MAX);
            // of a step that the load covers in part, that part
            let arrivals = (0..count).map(|index| {
                let covered = (length - step * index).min(step);
                let middle = Offset::ZERO + step * index + covered / 2;
                (curve.rate_at(middle), covered.as_secs_f64())
            });
            let arrivals: Vec<(f64, f64)> = arrivals.collect();
            let window = usize::try_from(within.as_nanos().div_ceil(step.as_nanos())).unwrap_or(1).max(1);
            let sums = arrivals.windows(window.min(arrivals.len()).max(1));
            let most = sums.map(|part| part.iter().map(|(rate, time)| rate * time).sum::<f64>()).fold(0.0, f64::max);
            Some((arrivals.iter().map(|(rate, _)| *rate).fold(0.0, f64::max), most))
        }
        Shape::Search(search) => {
            let rate = search.to.as_per_second();
            Some((rate, rate * within.min(search.each).as_secs_f64()))
        }
        Shape::Replay(times, _) => {
            let within = u64::try_from(within.as_nanos()).unwrap_or(u64::MAX);
            let upto = |at: u64| times.partition_point(|time| *time <= at);
            let most = times.iter().enumerate().map(|(index, at)| upto(at.saturating_add(within)) - index).max()?;
            Some((most as f64 / time.max(1e-9), most as f64))
        }
        Shape::Iterations(_) => None,
    }
}

/// At so many moments of a run its rate of arrivals is looked at.
const MOMENTS: u64 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::tests::VirtualRun;

    /// What Linux has where nobody has changed it.
    fn usual() -> Ports {
        Ports::of("32768\t60999\n", "\n", "2\n").unwrap()
    }

    fn warnings(plan: &str, shard: Shard) -> Vec<String> {
        let program = VirtualRun::of(&format!("endpoints: {{root: {{get: /}}}}\n{plan}")).program;
        foresee_ports(&program, shard, &usual()).into_iter().map(|problem| problem.message).collect()
    }

    fn target(http: &str) -> String {
        format!("target: {{url: 'http://10.0.0.7', http: {{{http}}}}}")
    }

    #[test]
    fn the_ports_of_a_machine_are_its_range_without_the_reserved_ones() {
        let minute = Duration::from_secs(60);
        assert_eq!(usual(), Ports { count: 28_232, rest: minute, rest_at_home: Duration::from_secs(1) });
        let reserved = Ports::of("1024 65535", "8080,9148-9150,70", "0").unwrap();
        assert_eq!((reserved.count, reserved.rest_at_home), (64_512 - 4, minute));
        assert_eq!(Ports::of("1024 65535", "", "1").unwrap().rest, Duration::from_secs(1));
        assert_eq!(Ports::of("", "", ""), None);
    }

    #[test]
    fn connections_that_are_made_faster_than_ports_come_back_are_foreseen() {
        let once = target("connections: per_request");
        let arrivals =
            |rate, time| format!("{once}\nshape: {{arrivals: {{rate: {rate}/s, for: {time}, max_users: 9}}}}");
        assert_eq!(
            warnings(&arrivals(1000, "5m"), Shard::WHOLE),
            [
                "there are not enough ports to `http://10.0.0.7`: up to 1000 new connections a second take 60000 ports, for \
              each rests 1m after its end, and this machine has 28232 for it"
            ]
        );
        assert!(warnings(&arrivals(400, "5m"), Shard::WHOLE).is_empty());
        assert!(warnings(&arrivals(1000, "20s"), Shard::WHOLE).is_empty(), "it is over before they are used up");
        assert!(warnings(&arrivals(1000, "5m"), Shard { index: 0, count: 3 }).is_empty(), "each machine has its own");
        let kept = target("");
        let kept = format!("{kept}\nshape: {{arrivals: {{rate: 1000/s, for: 5m, max_users: 9}}}}");
        assert!(warnings(&kept, Shard::WHOLE).is_empty());
    }

    #[test]
    fn new_visitors_and_users_who_think_are_counted_by_what_they_do() {
        let visitors =
            format!("{}\nshape: {{arrivals: {{rate: 1000/s, for: 5m, max_users: 9, visitor: new}}}}", target(""));
        assert_eq!(warnings(&visitors, Shard::WHOLE).len(), 1);
        let thinking = |think, calls| {
            let once = target("connections: per_request");
            let call = vec!["{call: root}"; calls].join(", ");
            let users = format!("users: {{u: {{think_time: {think}, tasks: {{t: {{steps: [{call}]}}}}}}}}");
            warnings(&format!("{once}\n{users}\nshape: {{constant: {{users: 1000, for: 10m}}}}"), Shard::WHOLE).len()
        };
        assert_eq!((thinking("1s", 1), thinking("4s", 1), thinking("4s", 3)), (1, 0, 1));
        // how fast they go follows from the service
        assert_eq!(thinking("0s", 1), 0);
    }

    #[test]
    fn users_who_keep_a_connection_take_a_port_each() {
        let users = |http, users| {
            format!(
                "{}\nusers: {{u: {{think_time: 9s, tasks: {{t: {{call: root}}}}}}}}\nshape: {{constant: {{users: {users}, for: 10m}}}}",
                target(http)
            )
        };
        assert_eq!(
            warnings(&users("", 30_000), Shard::WHOLE),
            [
                "there are not enough ports to `http://10.0.0.7`: 30000 users keep a connection each, and this machine has \
              28232 for it"
            ]
        );
        assert!(warnings(&users("", 28_000), Shard::WHOLE).is_empty());
        assert!(warnings(&users("source_addresses: [10.0.0.1, 10.0.0.2]", 30_000), Shard::WHOLE).is_empty());
        assert!(warnings(&users("unix_socket: /run/x", 30_000), Shard::WHOLE).is_empty());
    }

    #[test]
    fn several_addresses_on_either_side_have_ports_of_their_own() {
        let plan = |http: &str| {
            format!(
                "target: {{url: 'http://many.test', http: {{connections: per_request{http}}}}}\nshape: {{arrivals: {{rate: 1000/s, for: 5m, max_users: 9}}}}"
            )
        };
        let count = |http| warnings(&plan(http), Shard::WHOLE).len();
        assert_eq!(count(""), 1);
        assert_eq!(count(", source_addresses: [10.0.0.1, 10.0.0.2, 10.0.0.3]"), 0);
        assert_eq!(count(", source_addresses: [10.0.0.1, 'fd00::1', 'fd00::2'], resolve: {many.test: [10.0.0.9]}"), 1);
        assert_eq!(count(", addresses: all, resolve: {many.test: [10.0.0.8, 10.0.0.9, 10.0.0.10]}"), 0);
        // nobody knows how many there are before the name is looked up
        assert_eq!(count(", addresses: all"), 0);
        // on the machine itself a port is free again after a second
        let home = "target: {url: 'http://127.0.0.1:9', http: {connections: per_request}}\nshape: {arrivals: {rate: 10000/s, for: 5m, max_users: 9}}";
        assert!(warnings(home, Shard::WHOLE).is_empty());
    }
}
