use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::{Problem, Problems, Span};
use crate::rows::{Format, Table};
use crate::units::parse_duration;

/// The most arrivals a recording may hold; each is eight bytes of memory.
const MOST_RECORDED: u64 = 20_000_000;

/// The times of a recording, in nanoseconds from its first moment.
pub(super) fn read(path: &Path, span: Span, problems: &mut Problems) -> Option<Arc<[u64]>> {
    let mut refuse = |why: String, help: &str| problems.push(Problem::at(span, why).help(help));
    let shown = path.display();
    let table = match Table::open(path, Format::Lines) {
        Ok(table) if table.rows() > MOST_RECORDED => {
            refuse(format!("{shown} holds {} times", table.rows()), "a recording holds at most 20,000,000");
            return None;
        }
        Ok(table) => Arc::new(table),
        Err(unfit) => {
            refuse(format!("cannot read {shown}: {}", unfit.message), "the path is relative to the file that names it");
            return None;
        }
    };
    let mut reader = table.reader().map_err(|unfit| refuse(unfit.message, "try again")).ok()?;
    let mut times = Vec::new();
    let mut first = None;
    for row in 0..table.rows() {
        let line = reader.row(row).map(|line| line.to_string()).unwrap_or_default();
        let Some(time) = moment(&line, &mut first) else {
            let help = "write a time a line: `12.5` (seconds from the start), `12.5s`, or a time of day in RFC 3339";
            refuse(format!("line {} of {shown} is not a time: `{}`", row + 1, shortened(&line)), help);
            return None;
        };
        times.push(time);
    }
    if times.is_empty() {
        refuse(format!("{shown} holds no times"), "write one time a line");
        return None;
    }
    times.sort_unstable();
    Some(times.into())
}

/// A recorded time, in nanoseconds from the first one of its kind.
fn moment(line: &str, first: &mut Option<std::time::SystemTime>) -> Option<u64> {
    const LONGEST: f64 = 366.0 * 86_400.0;
    if let Ok(seconds) = line.parse::<f64>() {
        return (0.0..LONGEST).contains(&seconds).then(|| (seconds * 1e9).round() as u64);
    }
    if let Ok(duration) = parse_duration(line) {
        return u64::try_from(duration.as_nanos()).ok();
    }
    let time = humantime::parse_rfc3339(line).ok()?;
    let first = *first.get_or_insert(time);
    let since = time.duration_since(first).ok()?;
    (since.as_secs_f64() < LONGEST).then(|| u64::try_from(since.as_nanos()).ok()).flatten()
}

fn shortened(line: &str) -> String {
    line.chars().take(40).collect()
}
