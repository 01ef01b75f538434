use std::fs;
use std::path::PathBuf;

/// CPU time that others keep from the process: its control group, whose quota is used up, and the host of a virtual
/// machine. Both are accounts that only grow, in seconds.
#[derive(Debug)]
pub(super) struct WithheldTime {
    /// The control group's account, where it has one.
    group: Option<PathBuf>,
    /// The CPUs the process may run on; empty where that is not known, and all count.
    allowed: Vec<u32>,
}

/// The clock ticks a second that `/proc` counts CPU time in; Linux fixes it at 100 for user space.
pub(super) const TICKS: f64 = 100.0;

/// The place of the time a host took in a line of `/proc/stat`, behind the CPU's name.
const STEAL: usize = 7;

impl Default for WithheldTime {
    fn default() -> Self {
        let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let has_account = |path: &PathBuf| fs::read_to_string(path).is_ok_and(|text| throttled(&text).is_some());
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        Self { group: accounts(&groups).into_iter().find(has_account), allowed: allowed(&status) }
    }
}

impl WithheldTime {
    /// For how long the control group was kept from running so far, by each CPU.
    pub(super) fn throttled(&self) -> Option<f64> {
        throttled(&fs::read_to_string(self.group.as_ref()?).ok()?)
    }

    /// How long the host has kept a CPU from this machine so far, as a mean of those the process may run on.
    pub(super) fn stolen(&self) -> Option<f64> {
        stolen(&fs::read_to_string("/proc/stat").ok()?, &self.allowed)
    }
}

/// Where the account of this process's control group may be: by its path as the host sees it, and, as inside a
/// container, at the root; of version 2 and of version 1.
fn accounts(groups: &str) -> Vec<PathBuf> {
    let mut places = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let roots: &[&str] = match controllers {
            "" => &["/sys/fs/cgroup", "/sys/fs/cgroup/unified"],
            some if some.split(',').any(|controller| controller == "cpu") => {
                &["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"]
            }
            _ => continue,
        };
        let path = path.trim_matches('/');
        places.extend(roots.iter().map(|root| PathBuf::from(root).join(path).join("cpu.stat")));
        places.extend(roots.iter().map(|root| PathBuf::from(root).join("cpu.stat")));
    }
    places
}

/// Seconds out of `cpu.stat`: `throttled_usec` in version 2, `throttled_time` in nanoseconds in version 1.
fn throttled(account: &str) -> Option<f64> {
    account.lines().find_map(|line| {
        let (name, number) = line.split_once(' ')?;
        let unit = match name {
            "throttled_usec" => 1e-6,
            "throttled_time" => 1e-9,
            _ => return None,
        };
        number.trim().parse::<u64>().ok().map(|number| number as f64 * unit)
    })
}

/// Seconds out of `/proc/stat`, as the mean of some CPUs.
fn stolen(stat: &str, allowed: &[u32]) -> Option<f64> {
    let of_cpu = |line: &str| {
        let (name, numbers) = line.split_once(' ')?;
        let cpu = name.strip_prefix("cpu")?.parse::<u32>().ok()?;
        let ticks = numbers.split_whitespace().nth(STEAL)?.parse::<u64>().ok()?;
        (allowed.is_empty() || allowed.contains(&cpu)).then_some(ticks as f64 / TICKS)
    };
    let stolen: Vec<f64> = stat.lines().filter_map(of_cpu).collect();
    (!stolen.is_empty()).then(|| stolen.iter().sum::<f64>() / stolen.len() as f64)
}

/// The CPUs of a list such as `0-2,7` in `/proc/self/status`.
fn allowed(status: &str) -> Vec<u32> {
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap_or_default();
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.parse::<u32>().ok()?..=last.parse::<u32>().ok()?)
    };
    list.trim().split(',').filter_map(range).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_a_group_was_throttled_is_read_from_either_version() {
        let two = "usage_usec 5\nnr_periods 9\nnr_throttled 4\nthrottled_usec 1500000\n";
        let one = "nr_periods 9\nnr_throttled 4\nthrottled_time 1500000000\n";
        assert_eq!((throttled(two), throttled(one)), (Some(1.5), Some(1.5)));
        assert_eq!(throttled("usage_usec 5\nuser_usec 3\n"), None, "a group without a quota has no such account");
    }

    #[test]
    fn a_groups_account_is_looked_for_where_the_host_and_where_a_container_has_it() {
        let names = |groups: &str| accounts(groups).iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
        assert_eq!(
            names("0::/user.slice/a.scope\n"),
            [
                "/sys/fs/cgroup/user.slice/a.scope/cpu.stat",
                "/sys/fs/cgroup/unified/user.slice/a.scope/cpu.stat",
                "/sys/fs/cgroup/cpu.stat",
                "/sys/fs/cgroup/unified/cpu.stat"
            ]
        );
        assert!(
            names("5:cpuset:/x\n4:cpu,cpuacct:/docker/1\n").contains(&"/sys/fs/cgroup/cpu/docker/1/cpu.stat".into())
        );
        assert!(names("").is_empty());
    }

    #[test]
    fn the_time_a_host_took_is_that_of_the_cpus_the_process_may_run_on() {
        let stat = "cpu 9 9 9 9 9 9 9 600 0 0\ncpu0 1 0 0 0 0 0 0 100 0 0\ncpu1 1 0 0 0 0 0 0 500 0 0\nintr 7\n";
        assert_eq!((stolen(stat, &[]), stolen(stat, &[1])), (Some(3.0), Some(5.0)));
        assert_eq!(stolen("intr 7\n", &[]), None);
        assert_eq!(allowed("Name:\tx\nCpus_allowed_list:\t0-2,7\n"), [0, 1, 2, 7]);
        assert!(allowed("").is_empty());
    }
}
