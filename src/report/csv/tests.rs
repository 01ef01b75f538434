use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::*;
use crate::journal::{
    Closing, End, Environment, Fingerprint, Header, PlanText, Reader, RunId, Shard, Writer as JournalWriter,
};
use crate::metrics::{Interval, Tally};
use crate::sample::{
    Catalog, EndpointEntry, EndpointId, Outcome, Phases, Reach, Sample, StageId, TaskId, Timing, UserTypeId,
};
use crate::units::{Offset, Seed};

fn header() -> Header {
    let endpoint = EndpointEntry { name: "a".into(), method: "GET".into(), tags: Vec::new() };
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
        thresholds: Vec::new(),
        stages: Vec::new(),
        parts: Vec::new(),
    }
}

fn second(tally: &mut Tally, second: u32, milliseconds: &[u64], users: u64) -> Interval {
    for ms in milliseconds {
        let at = Offset::from(Duration::from_secs(u64::from(second)));
        let ended = Offset::from(Duration::from_secs(u64::from(second)) + Duration::from_millis(*ms));
        let name = if ms % 2 == 0 { "/even" } else { "/odd" };
        let series = tally.series(EndpointId(0), name, UserTypeId(0), TaskId(0), StageId(0));
        tally.add(
            series,
            &Sample {
                timing: Timing { scheduled: at, sent: Some(at), ended },
                phases: Phases::default(),
                outcome: Outcome::Ok,
                reach: Reach::Sent,
                status: Some(200),
                bytes_out: 1,
                bytes_in: 10,
            },
        );
    }
    let mut interval = tally.take(second);
    interval.users = users;
    interval
}
