use super::document::{Data, Node};
use super::filling::Filling;
use crate::secrets::Secrets;

/// Learns what the environment and `--set` give a plan. Each such value is a secret unless the plan says otherwise, but for
/// the address of the service: every report names it.
pub(super) fn learn_filled(node: &Node, way: &[&str], secrets: &Secrets) {
    match &node.value {
        Data::List(items) => items.iter().for_each(|item| learn_filled(item, way, secrets)),
        Data::Map(entries) => {
            for (key, value) in entries {
                let way = [way, &[key.text().unwrap_or_default()]].concat();
                learn_filled(value, &way, secrets);
            }
        }
        Data::Text(_) | Data::Number(_) | Data::Bool(_) | Data::Null => {
            if let Some(filling) = node.filled.filling() {
                learn_values(filling, way, secrets);
            }
        }
    }
}

fn learn_values(filling: &Filling, way: &[&str], secrets: &Secrets) {
    let is_address = is_address(way);
    for (range, value) in &filling.values {
        let written = &filling.written[range.clone()];
        let name = variable(written).or(way.last().copied()).unwrap_or_default();
        let is_default = written.ends_with(&format!(":-{value}}}"));
        if variable(written).is_some() {
            secrets.meet(name);
        }
        // a default is written in the plan, for all to see
        if is_default || &**value == "$" || secrets.is_public(name) {
            continue;
        }
        if is_address && range.len() == filling.written.len() {
            secrets.learn_url(value);
        } else if !(is_address && is_in_authority(&filling.written, range.start)) {
            secrets.learn(value, secrets.told(name));
        }
    }
}

/// Whether a text says where the service, or a proxy to it, is.
fn is_address(way: &[&str]) -> bool {
    let way = match way {
        ["profiles", _, rest @ ..] | ["suite", rest @ ..] => rest,
        way => way,
    };
    let of_target = match way {
        ["target", of_target @ ..] | ["targets", _, of_target @ ..] => of_target,
        _ => return false,
    };
    matches!(
        of_target,
        [] | ["url"] | ["http", "proxy" | "unix_socket" | "server_name" | "source_addresses"] | ["http", "resolve", _]
    )
}

/// Whether a place of a URL lies in its host and port, and no user is named there.
fn is_in_authority(url: &str, at: usize) -> bool {
    let start = url.find("://").map_or(0, |scheme| scheme + 3);
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |length| start + length);
    let after_user = url[start..end].rfind('@').map_or(start, |sign| start + sign + 1);
    at < end && (at >= after_user || at < start)
}

/// The name of a variable of the environment as it is written: `${NAME:-default}`.
pub(super) fn variable(written: &str) -> Option<&str> {
    let inside = written.strip_prefix("${")?.strip_suffix('}')?;
    Some(inside.split_once(":-").map_or(inside, |(name, _)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_host_of_an_address_is_no_secret() {
        let url = "http://${A}:${B}/${C}?${D}";
        let place = |name: &str| is_in_authority(url, url.find(name).unwrap());
        assert_eq!(["${A}", "${B}", "${C}", "${D}"].map(place), [true, true, false, false]);
        let with_user = "http://me:${P}@${H}/";
        assert!(!is_in_authority(with_user, 10) && is_in_authority(with_user, 15));
        assert!(is_address(&["profiles", "ci", "target", "url"]) && !is_address(&["vars", "target"]));
        assert!(is_address(&["targets", "api"]) && is_address(&["targets", "api", "url"]));
        assert!(is_address(&["targets", "api", "http", "resolve", "api.test"]) && !is_address(&["targets"]));
        assert!(is_address(&["target", "http", "proxy"]) && !is_address(&["target", "proxy"]));
        assert_eq!(variable("${NAME:-x}"), Some("NAME"));
    }
}
