use std::collections::{HashMap, VecDeque};

use serde_json::{Value, json};

use super::service::Route;
use crate::target::exchange::Reply;

/// What a federated service knows of its nodes, bounded: the oldest go first. The real service has no federation yet;
/// this one is there where the server is asked for it.
#[derive(Debug, Default)]
pub(super) struct Federation {
    nodes: Bounded<()>,
    /// Who gave which version of a memory.
    versions: Bounded<(Value, String)>,
}

/// Names with something to each, the oldest forgotten first.
#[derive(Debug)]
struct Bounded<T> {
    known: HashMap<String, T>,
    order: VecDeque<String>,
}

const MOST: usize = 10_000;
const LONGEST: usize = 128;
/// How many nodes an answer lists.
const LISTED: usize = 100;

impl Federation {
    /// Answers a call of a node.
    pub(super) fn answer(&mut self, route: Route, body: &[u8]) -> Reply {
        let fields: Value = serde_json::from_slice(body).unwrap_or_default();
        let node = fields.get("node_id").and_then(Value::as_str).unwrap_or_default();
        self.nodes.keep(node, ());
        Reply::ok(match route {
            Route::Contribute => self.contribute(node, &fields),
            Route::Sync => json!({"memories": [], "since": fields.get("since")}),
            Route::Peers => json!({"peers": self.nodes.order.iter().rev().take(LISTED).collect::<Vec<_>>()}),
            _ => json!({"status": "alive"}),
        })
    }

    /// A version of a memory that another node has given already is a conflict; the first one stays.
    fn contribute(&mut self, node: &str, fields: &Value) -> Value {
        let memories = fields.get("memories").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let mut conflicts = 0;
        for memory in memories {
            let Some(id) = memory.get("memory_id").and_then(Value::as_str) else { continue };
            let version = memory.get("version").filter(|version| version.is_number()).cloned().unwrap_or_default();
            match self.versions.known.get(id) {
                Some((known, from)) if *known == version && from != node => conflicts += 1,
                _ if node.len() <= LONGEST => self.versions.keep(id, (version, node.to_owned())),
                _ => {}
            }
        }
        let status = if conflicts > 0 { "conflict" } else { "accepted" };
        json!({"status": status, "memories": memories.len(), "conflicts": conflicts})
    }
}

impl<T> Bounded<T> {
    fn keep(&mut self, name: &str, what: T) {
        if name.is_empty() || name.len() > LONGEST {
            return;
        }
        if self.known.insert(name.to_owned(), what).is_none() {
            self.order.push_back(name.to_owned());
        }
        while self.order.len() > MOST {
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
            }
        }
    }
}

impl<T> Default for Bounded<T> {
    fn default() -> Self {
        Self { known: HashMap::new(), order: VecDeque::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contribute(federation: &mut Federation, node: &str, id: &str, version: u32) -> Value {
        let body = json!({"node_id": node, "memories": [{"memory_id": id, "version": version}]});
        federation.answer(Route::Contribute, body.to_string().as_bytes()).body["status"].clone()
    }

    #[test]
    fn the_same_version_from_two_nodes_is_a_conflict_and_another_version_is_not() {
        let mut federation = Federation::default();
        assert_eq!(contribute(&mut federation, "a", "m", 1), "accepted");
        assert_eq!(contribute(&mut federation, "a", "m", 1), "accepted");
        assert_eq!(contribute(&mut federation, "b", "m", 1), "conflict");
        assert_eq!(contribute(&mut federation, "b", "m", 2), "accepted");
    }

    #[test]
    fn nodes_are_listed_and_the_oldest_are_forgotten() {
        let mut federation = Federation::default();
        for node in 0..MOST + 5 {
            contribute(&mut federation, &format!("n{node}"), &format!("m{node}"), 1);
        }
        assert_eq!((federation.nodes.known.len(), federation.versions.known.len()), (MOST, MOST));
        let peers = federation.answer(Route::Peers, b"").body["peers"].clone();
        assert_eq!(peers.as_array().unwrap().len(), LISTED);
        assert_eq!(peers[0], format!("n{}", MOST + 4));
    }
}
