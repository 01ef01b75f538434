use std::fs;
use std::path::PathBuf;

use rustix::process::{Resource, getrlimit};

/// What this process may take of the machine's memory, in bytes, as far as the system says: what its control group allows
/// (of either version, its own or one above it), its own limit on addresses, and what the machine has.
#[must_use]
pub fn memory_limit() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let group = limits(&groups).into_iter().filter_map(|path| bytes(&fs::read_to_string(path).ok()?)).min();
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| total(&text));
    [group, getrlimit(Resource::As).current, machine].into_iter().flatten().min()
}

/// Where the limits of this process's control groups may be: by its path as the host sees it, of each group above it, and,
/// as inside a container, at the root; of version 2 and of version 1.
fn limits(groups: &str) -> Vec<PathBuf> {
    let mut places = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let (roots, file): (&[&str], _) = match controllers {
            "" => (&["/sys/fs/cgroup", "/sys/fs/cgroup/unified"], "memory.max"),
            some if some.split(',').any(|controller| controller == "memory") => {
                (&["/sys/fs/cgroup/memory"], "memory.limit_in_bytes")
            }
            _ => continue,
        };
        let mut path = path.trim_matches('/');
        loop {
            places.extend(roots.iter().map(|root| PathBuf::from(root).join(path).join(file)));
            if path.is_empty() {
                break;
            }
            path = path.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }
    places
}

/// A limit; none where it is `max`, or so high that it is no limit.
fn bytes(limit: &str) -> Option<u64> {
    limit.trim().parse().ok().filter(|bytes| *bytes > 0 && *bytes < 1 << 60)
}

/// The machine's memory out of `/proc/meminfo`.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_groups_limit_is_looked_for_up_to_the_root_in_either_version() {
        let names = |groups: &str| limits(groups).iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
        assert_eq!(
            names("0::/user.slice/a.scope\n"),
            [
                "/sys/fs/cgroup/user.slice/a.scope/memory.max",
                "/sys/fs/cgroup/unified/user.slice/a.scope/memory.max",
                "/sys/fs/cgroup/user.slice/memory.max",
                "/sys/fs/cgroup/unified/user.slice/memory.max",
                "/sys/fs/cgroup/memory.max",
                "/sys/fs/cgroup/unified/memory.max"
            ]
        );
        assert_eq!(
            names("5:cpu:/x\n4:memory:/docker/1\n"),
            [
                "/sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes"
            ]
        );
        assert!(names("").is_empty());
    }

    #[test]
    fn what_limits_nothing_is_no_limit() {
        assert_eq!(
            (bytes("max\n"), bytes("9223372036854771712\n"), bytes("536870912\n")),
            (None, None, Some(512 << 20))
        );
        assert_eq!(total("MemTotal:       24731480 kB\nMemFree: 1 kB\n"), Some(24_731_480 * 1024));
        assert_eq!(total("MemFree: 1 kB\n"), None);
    }
}
