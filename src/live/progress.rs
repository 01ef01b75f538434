use crate::results::Snapshot;
use crate::units::show_duration;

/// The line that shows a second: `5s of 15s  25 users  24/s  p95 3.1ms  0 failed`.
pub(super) fn line(second: &Snapshot) -> String {
    let p95 = second.p95.map_or_else(|| "–".to_owned(), show_duration);
    let stage = if &*second.stage == "constant" { String::new() } else { format!("  {}", second.stage) };
    // behind its time a run waits for requests under way
    let of = if second.elapsed > second.length {
        "ending".to_owned()
    } else {
        format!("of {}", show_duration(second.length))
    };
    let at = format!("{:>6} {of}", show_duration(second.elapsed));
    let s = if second.users == 1 { "" } else { "s" };
    format!(
        "{at}{stage}  {:>4} user{s}  {:>6}/s  p95 {:>7}  {} failed",
        second.users, second.ended, p95, second.failed_so_far,
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn progress_is_one_line_of_figures() {
        let second = Snapshot {
            elapsed: Duration::from_secs(5),
            length: Duration::from_secs(15),
            stage: "constant".into(),
            users: 25,
            ended: 24,
            failed_so_far: 0,
            p95: Some(Duration::from_micros(3100)),
        };
        assert_eq!(line(&second), "    5s of 15s    25 users      24/s  p95   3.1ms  0 failed");
    }
}
