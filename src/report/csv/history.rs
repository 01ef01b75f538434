use std::collections::BTreeMap;
use std::io::{self, Read, Seek, Write};
use std::sync::Arc;
use std::time::SystemTime;

use csv::Writer;

use super::cells::{PERCENTILES, average, number, percentiles_of, rows, text};
use crate::journal::{Entry, Header, Reader};
use crate::metrics::{Distribution, Interval, Measure, Scale, SeriesCount};
use crate::report::format::read_entries;
use crate::sample::Catalog;

/// Which rows the history has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HistoryRows {
    /// One a second, of all requests.
    #[default]
    Aggregated,
    /// Besides, one per method and name in each second in which one of its requests ended.
    EachName,
}

const HEAD: [&str; 6] = ["Timestamp", "User Count", "Type", "Name", "Requests/s", "Failures/s"];
const TOTALS: [&str; 7] = [
    "Total Request Count",
    "Total Failure Count",
    "Total Median Response Time",
    "Total Average Response Time",
    "Total Min Response Time",
    "Total Max Response Time",
    "Total Average Content Size",
];

/// How many seconds that the journal passes over get a row: a day of them. A journal may say that two thousand million
/// seconds lie between two of its frames, and a file of that many rows would be of no use.
const IDLE: u32 = 86_400;

/// Writes `_stats_history.csv` from a journal: a row a second, the last one too. Rates and percentiles are the second's
/// own; what begins with `Total` is of the run so far: added up here, since the fold keeps its samples apart by series, and
/// to put them all together again for each row would take longer than the run. `through` is the last second that is read, where the journal may
/// have grown since the report was made from it. Memory does not grow with the run.
///
/// # Errors
/// Of what it is written to.
pub(in crate::report) fn history<S: Read + Seek>(
    reader: &mut Reader<S>,
    through: Option<u32>,
    rows: HistoryRows,
    out: impl Write,
) -> io::Result<()> {
    let mut table = Table::new(reader.header(), rows, out)?;
    read_entries(reader, through, |entry| table.hear(entry))?;
    table.file.flush()
}

/// Name and method, in the order of the rows.
type Key = (Arc<str>, Arc<str>);

/// The file under way.
struct Table<W: Write> {
    file: Writer<W>,
    catalog: Catalog,
    began: u64,
    rows: HistoryRows,
    all: Running,
    names: BTreeMap<Key, Running>,
    /// The first second that has no row yet.
    next: u32,
    users: u64,
    idle_left: u32,
}

impl<W: Write> Table<W> {
    fn new(header: &Header, rows_of: HistoryRows, out: W) -> io::Result<Self> {
        let began = header.began.duration_since(SystemTime::UNIX_EPOCH);
        let mut file = rows(out);
        file.write_record(HEAD.iter().chain(&PERCENTILES).chain(&TOTALS))?;
        Ok(Self {
            file,
            catalog: header.catalog.clone(),
            began: began.map_or(0, |since| since.as_secs()),
            rows: rows_of,
            all: Running::new(),
            names: BTreeMap::new(),
            next: 0,
            users: 0,
            idle_left: IDLE,
        })
    }

    /// Writes the rows of an entry.
    fn hear(&mut self, entry: &Entry) -> io::Result<()> {
        match entry {
            Entry::Second(interval) => self.second(interval),
            Entry::Annotation(_) => Ok(()),
            Entry::End(end) => {
                let seconds = end.elapsed.as_nanos().div_ceil(1_000_000_000);
                self.idle(u32::try_from(seconds).unwrap_or(u32::MAX))
            }
        }
    }

    fn second(&mut self, interval: &Interval) -> io::Result<()> {
        if interval.users == 0 && interval.series.is_empty() {
            // gets its row with those that are passed over, if anything follows: when the load is over, workers may report
            // a second more in which nothing happens, and the last row is to be one in which something did
            self.idle_left = self.idle_left.saturating_add(1);
            return Ok(());
        }
        self.idle(interval.second)?;
        self.users = interval.users;
        let mut all = Requests::none();
        let mut names: BTreeMap<Key, Requests> = BTreeMap::new();
        for series in &interval.series {
            all.add(series);
            self.all.add(series);
            if self.rows == HistoryRows::EachName {
                let key = self.key(series);
                self.names.entry(key.clone()).or_insert_with(Running::new).add(series);
                names.entry(key).or_insert_with(Requests::none).add(series);
            }
        }
        for (key, requests) in names.iter().filter(|(_, requests)| !requests.is_empty()) {
            let so_far = self.names.get_mut(key).map(Running::cells).into_iter().flatten();
            let figures = requests.cells().into_iter().chain(so_far).collect::<Vec<_>>();
            self.row(interval.second, [&text(&key.1), &text(&key.0)], &figures)?;
        }
        self.aggregated(interval.second, &all)
    }

    fn key(&self, series: &SeriesCount) -> Key {
        let endpoint = self.catalog.endpoints.get(series.key.endpoint.index());
        let method = endpoint.map_or_else(|| Arc::from(""), |endpoint| endpoint.method.clone());
        (series.key.name.clone(), method)
    }

    /// Rows for the seconds up to one in which nobody counted anything.
    fn idle(&mut self, until: u32) -> io::Result<()> {
        while self.next < until && self.idle_left > 0 {
            self.idle_left -= 1;
            self.aggregated(self.next, &Requests::none())?;
        }
        self.next = self.next.max(until);
        Ok(())
    }

    fn aggregated(&mut self, second: u32, requests: &Requests) -> io::Result<()> {
        self.next = second.saturating_add(1);
        let figures = requests.cells().into_iter().chain(self.all.cells()).collect::<Vec<_>>();
        self.row(second, ["", "Aggregated"], &figures)
    }

    fn row(&mut self, second: u32, [method, name]: [&str; 2], figures: &[String]) -> io::Result<()> {
        let time = self.began.saturating_add(u64::from(second)).to_string();
        let head = [time, self.users.to_string(), method.to_owned(), name.to_owned()];
        self.file.write_record(head.iter().chain(figures))?;
        Ok(())
    }
}

/// The numbers of some requests: those of one second, or all so far.
struct Requests {
    count: u64,
    failures: u64,
    content: u64,
    times: Distribution,
}

/// All so far that one row of the history stands for.
struct Running {
    all: Requests,
    /// Kept, for a whole histogram is walked to find it; `None` since something was added.
    median: Option<f64>,
}

impl Requests {
    const fn none() -> Self {
        Self { count: 0, failures: 0, content: 0, times: Distribution::new(Scale::Time) }
    }

    fn add(&mut self, series: &SeriesCount) {
        self.count += series.counts.ended();
        self.failures += series.counts.failures();
        self.content += series.counts.content;
        for (measure, samples) in &series.times {
            if Measure::RESPONSE.contains(measure) {
                self.times.add(samples);
            }
        }
    }

    const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many there were in this second, how many failed, and their percentiles.
    fn cells(&self) -> Vec<String> {
        // as many decimals as Locust writes, so that a reader takes the column for one of fractions
        let mut cells = vec![format!("{:.6}", self.count as f64), format!("{:.6}", self.failures as f64)];
        cells.extend(percentiles_of(&self.times));
        cells
    }
}

impl Running {
    const fn new() -> Self {
        Self { all: Requests::none(), median: None }
    }

    fn add(&mut self, series: &SeriesCount) {
        self.all.add(series);
        self.median = None;
    }

    /// The columns that begin with `Total`.
    fn cells(&mut self) -> [String; 7] {
        let ms = |nanos: Option<f64>| number(nanos.unwrap_or(0.0) / 1e6);
        let times = &self.all.times;
        let median = *self.median.get_or_insert_with(|| times.quantile(0.5).unwrap_or(0.0));
        [
            self.all.count.to_string(),
            self.all.failures.to_string(),
            ms(Some(median)),
            ms(times.mean()),
            ms(times.min()),
            ms(times.max()),
            number(average(self.all.content, self.all.count)),
        ]
    }
}
