//! A real run's journal, cut off and flipped at every byte: nothing breaks down, the damage is named, and whatever is
//! told is what the run counted before it.

use std::collections::BTreeMap;
use std::io::Cursor;

use plimsoll::test_api::journal::{Entry, Reader, Tail};
use plimsoll::test_api::results::{Report, Results, replay};
use plimsoll::test_api::units::Seed;
use rand::RngExt;

use crate::support::plan_folder::PlanFolder;
use crate::support::target;

/// The entries of a journal and its tail; `None` where it cannot be read at all.
fn read(bytes: &[u8]) -> Option<(Vec<Entry>, Tail)> {
    let mut reader = Reader::of(Cursor::new(bytes)).ok()?;
    let entries = reader.by_ref().collect();
    Some((entries, reader.tail().clone()))
}

fn told(bytes: &[u8]) -> Report {
    let mut reader = Reader::of(Cursor::new(bytes)).unwrap();
    let mut results = Results::new(reader.header().clone()).unwrap();
    replay(&mut reader, &mut results, |_, _| {}).unwrap();
    results.report()
}

/// Where the frames begin, as `docs/journal.md` lays them out, and where the last ends.
fn frames(bytes: &[u8]) -> Vec<usize> {
    let mut starts = vec!["plimsoll journal 1\n".len()];
    while let Some(length) = bytes.get(starts[starts.len() - 1]..).and_then(|rest| rest.first_chunk::<4>()) {
        starts.push(starts[starts.len() - 1] + 13 + u32::from_le_bytes(*length) as usize);
    }
    assert_eq!(starts.last(), Some(&bytes.len()));
    starts
}

fn journal() -> Vec<u8> {
    let target = target::ready();
    let plan = PlanFolder::of("journal/two_endpoints").aimed_at(&target);
    let (code, _, stderr) = plan.run(&["--quiet", "--seed", "5"]);
    assert_eq!(code, 1, "half of the calls fail: {stderr}");
    std::fs::read(plan.file("journal")).unwrap()
}

#[test]
fn cut_off_or_flipped_at_every_byte_a_journal_tells_no_wrong_number() {
    let bytes = journal();
    let starts = frames(&bytes);
    let (all, tail) = read(&bytes).unwrap();
    assert!(tail.is_whole() && all.iter().filter(|entry| matches!(entry, Entry::Second(_))).count() >= 3);
    assert!(bytes.len() > 3000, "{} bytes", bytes.len());
    // what is told of a journal that ends after so many whole frames
    let mut reports: BTreeMap<usize, Report> = BTreeMap::new();
    for (whole, start) in starts.iter().enumerate().skip(1) {
        reports.insert(whole - 1, told(&bytes[..*start]));
    }
    let mut dice = Seed::new(3).generator();
    let check = |damaged: &[u8], byte: usize, flipped: bool| {
        if byte < starts[1] {
            assert!(read(damaged).is_none(), "byte {byte} of the header");
            return;
        }
        let (entries, tail) = read(damaged).unwrap();
        // frames that lie whole before the byte, less the header
        let whole = starts.iter().filter(|start| **start <= byte).count() - 2;
        assert!(entries[..] == all[..whole], "byte {byte}: {} entries of {whole}", entries.len());
        match tail {
            Tail::Corrupt { at, .. } => assert!(flipped && at == starts[whole + 1] as u64, "byte {byte}: at {at}"),
            Tail::CutOff { at, rest, .. } => {
                assert!(!flipped && at == starts[whole + 1] as u64 && at + rest == byte as u64, "byte {byte}: {tail}");
            }
            Tail::Whole => assert!(!flipped && byte == bytes.len(), "byte {byte}: the damage is not seen"),
        }
        assert!(told(damaged) == reports[&whole], "byte {byte}: another report");
    };
    for byte in 0..=bytes.len() {
        check(&bytes[..byte], byte, false);
    }
    for byte in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[byte] ^= dice.random_range(1..=255_u8);
        check(&damaged, byte, true);
    }
}
