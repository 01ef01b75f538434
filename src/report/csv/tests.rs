use std::io::Cursor;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use super::*;
use crate::journal::{Closing, End, Environment, Fingerprint, Header, PlanText, Reader, RunId, Shard, Writer};
use crate::metrics::{Health, Interval, SeriesKey, Tally};
use crate::sample::{
    Catalog, CatalogEndpoint, EndpointId, Outcome, Phases, Sample, StageId, TaskId, Timing, Transmission, UserTypeId,
};
use crate::units::{Offset, Seed};

fn header() -> Header {
    let endpoint =
        CatalogEndpoint { name: "a".into(), method: "GET".into(), service: None, tags: Vec::new(), timeout: None };
    Header {
        format: Header::FORMAT,
        plimsoll: String::new(),
        run: RunId::random(),
        began: SystemTime::UNIX_EPOCH + Duration::from_millis(1_000_500),
        seed: Seed::new(1),
        shard: Shard::WHOLE,
        workers: 1,
        plan: PlanText {
            name: String::new(),
            description: String::new(),
            file: String::new(),
            profile: None,
            target: String::new(),
            text: String::new(),
            sha256: Fingerprint::of(""),
            effective: String::new(),
        },
        environment: Environment::here(Vec::new()),
        catalog: Catalog { endpoints: vec![endpoint], ..Catalog::default() },
        left_out: Vec::new(),
        scale: None,
        thresholds: Vec::new(),
        stages: Vec::new(),
        at_least: None,
        planned: None,
        pace: Default::default(),
        parts: Vec::new(),
        name: None,
        labels: Default::default(),
    }
}

/// A second in which requests took so many milliseconds.
fn second(tally: &mut Tally, second: u32, milliseconds: &[u64], users: u64) -> Interval {
    for ms in milliseconds {
        let began = Offset::from(Duration::from_secs(u64::from(second)));
        let ended = Offset::from(Duration::from_secs(u64::from(second)) + Duration::from_millis(*ms));
        let series = tally.series(&SeriesKey {
            endpoint: EndpointId(0),
            name: if ms % 2 == 0 { "/even".into() } else { "/odd".into() },
            user: UserTypeId(0),
            task: TaskId(0),
            stage: StageId(0),
            status: Some(200),
        });
        tally.start();
        let sample = Sample {
            timing: Timing::new(began, began, began, ended),
            phases: Phases::default(),
            outcome: Outcome::Ok,
            transmission: Transmission::Sent,
            bytes_out: 1,
            bytes_in: 14,
            content: 10,
        };
        tally.record(series, &sample);
    }
    tally.take(second, users, Health::default())
}

/// A journal of seconds, with or without an end.
fn journal(seconds: &[(u32, &[u64], u64)], elapsed: Option<Duration>) -> Cursor<Vec<u8>> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("plimsoll-history-{}-{number}.journal", std::process::id()));
    let mut writer = Writer::create(&path, &header()).unwrap();
    let mut tally = Tally::new();
    for (number, milliseconds, users) in seconds {
        writer.second(&second(&mut tally, *number, milliseconds, *users)).unwrap();
    }
    if let Some(elapsed) = elapsed {
        let end = End {
            closing: Closing::Complete,
            elapsed,
            broken_workers: 0,
            teardown: Vec::new(),
            levels: Vec::new(),
            exports: Vec::new(),
        };
        writer.end(&end).unwrap();
    }
    let bytes = std::fs::read(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    Cursor::new(bytes)
}

/// The rows behind the head, each as its cells.
fn written(journal: Cursor<Vec<u8>>, through: Option<u32>, rows: HistoryRows) -> Vec<Vec<String>> {
    let mut text = Vec::new();
    history(&mut Reader::of(journal).unwrap(), through, rows, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.ends_with("\r\n"));
    text.split_terminator("\r\n").skip(1).map(|row| row.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn a_second_has_its_own_figures_and_those_of_the_run_so_far() {
    let seconds: [(u32, &[u64], u64); 2] = [(0, &[10, 20, 31], 3), (1, &[40], 2)];
    let rows = written(journal(&seconds, Some(Duration::from_millis(1500))), None, HistoryRows::EachName);
    let shown: Vec<String> = rows.iter().map(|row| row.join(",")).collect();
    assert_eq!(
        shown,
        [
            "1000,3,GET,/even,2.000000,0.000000,10,20,20,20,20,20,20,20,20,20,20,2,0,10.002431,15,10,20,10",
            "1000,3,GET,/odd,1.000000,0.000000,31,31,31,31,31,31,31,31,31,31,31,1,0,31,31,31,31,10",
            "1000,3,,Aggregated,3.000000,0.000000,20,20,31,31,31,31,31,31,31,31,31,3,0,20.004863,20.333333333333332,10,31,10",
            "1001,2,GET,/even,1.000000,0.000000,40,40,40,40,40,40,40,40,40,40,40,3,0,20.004863,23.333333333333332,10,40,10",
            "1001,2,,Aggregated,1.000000,0.000000,40,40,40,40,40,40,40,40,40,40,40,4,0,20.004863,25.25,10,40,10",
        ]
    );
}

#[test]
fn seconds_in_which_nothing_ended_have_rows_but_none_follows_the_last() {
    let seconds: [(u32, &[u64], u64); 4] = [(1, &[10], 1), (4, &[10], 1), (7, &[], 0), (8, &[], 0)];
    let column = |end, through| {
        let rows = written(journal(&seconds, end), through, HistoryRows::Aggregated);
        rows.iter().map(|row| format!("{} {}", row[0], row[17])).collect::<Vec<_>>().join(", ")
    };
    let all = "1000 0, 1001 1, 1002 1, 1003 1, 1004 2";
    assert_eq!(column(None, None), all);
    assert_eq!(column(Some(Duration::from_secs(5)), None), all);
    // the load was to last longer than anything happened
    assert_eq!(column(Some(Duration::from_millis(5100)), None), format!("{all}, 1005 2"));
    assert_eq!(column(None, Some(3)), "1000 0, 1001 1");
}

#[test]
fn a_journal_that_passes_over_ages_makes_no_file_of_ages() {
    let seconds: [(u32, &[u64], u64); 3] =
        [(0, &[10], 1), (i32::MAX as u32 - 1, &[10], 1), (i32::MAX as u32, &[10], 1)];
    let rows =
        written(journal(&seconds, Some(Duration::from_secs(u64::MAX / 1_000_000_000))), None, HistoryRows::Aggregated);
    assert_eq!(rows.len(), 3 + 86_400);
    let last = rows.last().unwrap();
    assert_eq!((last[0].as_str(), last[17].as_str()), ("2147484647", "3"));
}
