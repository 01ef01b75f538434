use std::fs;

use super::super::merge::Merged;
use super::*;
use crate::metrics::{ErrorCount, SparseHistogram};

const SHARDS: u32 = 3;

fn shard(index: u32, count: u32) -> Header {
    Header { shard: Shard { index, count }, ..header() }
}

/// A run split into shards, and the same run counted in one place. Where there is `silence`, the last shard tells
/// nothing in every third second.
fn split(seed: u64, length: u32, silence: bool) -> (Vec<Vec<Interval>>, Vec<Interval>) {
    let mut dice = Seed::new(seed).generator();
    let mut workers: Vec<Tally> = (0..SHARDS).map(|_| Tally::new()).collect();
    let mut whole = Tally::new();
    let (mut shards, mut all) = (vec![Vec::new(); workers.len()], Vec::new());
    for second in 0..length {
        for (index, worker) in workers.iter_mut().enumerate() {
            if silence && index == 2 && second % 3 == 0 {
                continue;
            }
            let calls = calls(&mut dice, 25);
            count(worker, &calls);
            count(&mut whole, &calls);
            shards[index].push(worker.take(second, 10, health(&mut dice)));
        }
        all.push(whole.take(second, 30, Health::default()));
    }
    (shards, all)
}

/// Journals of shards, and where they are to be merged.
fn journals(folder: &Folder, shards: &[Vec<Interval>]) -> Vec<PathBuf> {
    let journals = shards.iter().enumerate().map(|(index, run)| {
        let path = folder.file(&format!("{index}.journal"));
        journal(&path, &shard(index as u32, shards.len() as u32), run);
        path
    });
    journals.collect()
}

/// The seconds that are there, each merged in memory in the shards' order.
fn merged_in_memory(shards: &[Vec<Interval>]) -> Vec<Interval> {
    let mut seconds: std::collections::BTreeMap<u32, Interval> = std::collections::BTreeMap::new();
    for interval in shards.iter().flatten() {
        match seconds.get_mut(&interval.second) {
            Some(known) => known.merge(interval.clone()),
            None => drop(seconds.insert(interval.second, interval.clone())),
        }
    }
    seconds.into_values().collect()
}

fn assert_same_samples(ours: &SparseHistogram, theirs: &SparseHistogram) {
    assert_eq!(ours.buckets(), theirs.buckets());
    let (ours, theirs) = (ours.moments(), theirs.moments());
    assert_eq!((ours.count, ours.min, ours.max, ours.clipped), (theirs.count, theirs.min, theirs.max, theirs.clipped));
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e9);
    assert!(near(ours.mean, theirs.mean), "{ours:?} {theirs:?}");
}

#[test]
fn a_run_split_into_shards_merges_into_the_whole() {
    let folder = Folder::new();
    let (shards, _) = split(31, 12, true);
    let mut paths = journals(&folder, &shards);
    // the order they are named in does not matter
    paths.reverse();
    let into = folder.file("all.journal");
    let merged = merge(&paths, &into).unwrap();
    assert_eq!(merged, Merged { seconds: 12, cut: Vec::new() });
    let mut reader = Reader::open(&into).unwrap();
    let entries: Vec<Entry> = reader.by_ref().collect();
    assert_eq!(reader.tail(), &Tail::Whole);
    assert_eq!(format!("{:?}", seconds(&entries)), format!("{:?}", merged_in_memory(&shards)));
    let header = reader.header();
    assert_eq!((header.shard, header.workers, header.parts.len()), (Shard::WHOLE, 6, 3));
    assert!(matches!(entries.last(), Some(Entry::End(all)) if all.broken_workers == 3 && all.levels == end().levels));
}

/// Failures as they are counted: each place keeps an example of its own.
fn without_examples(interval: &Interval) -> Vec<ErrorCount> {
    interval.errors.iter().map(|error| ErrorCount { example: None, ..error.clone() }).collect()
}

#[test]
fn what_is_merged_is_what_one_place_would_have_counted() {
    let folder = Folder::new();
    let (shards, whole) = split(32, 4, false);
    let into = folder.file("all.journal");
    merge(&journals(&folder, &shards), &into).unwrap();
    let merged = seconds(&read(&fs::read(into).unwrap()).unwrap().0);
    assert_eq!(merged.len(), whole.len());
    for (ours, theirs) in merged.iter().zip(&whole) {
        assert_eq!((ours.second, ours.accounting, ours.users), (theirs.second, theirs.accounting, theirs.users));
        assert_eq!(without_examples(ours), without_examples(theirs));
        let sorted = |interval: &Interval| {
            let mut series = interval.series.clone();
            series.sort_by(|a, b| a.key.cmp(&b.key));
            series
        };
        let (ours, theirs) = (sorted(ours), sorted(theirs));
        assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!((&ours.key, ours.counts, ours.times.len()), (&theirs.key, theirs.counts, theirs.times.len()));
            for (measure, samples) in &ours.times {
                let (_, other) = theirs.times.iter().find(|(known, _)| known == measure).unwrap();
                assert_same_samples(samples, other);
            }
        }
    }
}

#[test]
fn a_shard_that_is_missing_doubled_or_foreign_is_named() {
    let folder = Folder::new();
    let (shards, _) = split(33, 2, false);
    let paths = journals(&folder, &shards);
    let into = folder.file("all.journal");
    let told = |paths: &[PathBuf]| {
        let told = merge(paths, &into).unwrap_err().to_string();
        assert!(!into.exists(), "nothing is left behind");
        told.replace(&format!("{}/", folder.file("").display().to_string().trim_end_matches('/')), "")
    };
    assert_eq!(told(&[]), "there are no journals to merge");
    assert_eq!(told(&paths[..1]), "shards 2, 3 of 3 are missing");
    assert_eq!(told(&[paths[2].clone(), paths[0].clone()]), "shard 2 of 3 is missing");
    let twice = [paths.clone(), vec![paths[1].clone()]].concat();
    assert_eq!(told(&twice), "`1.journal` and `1.journal` are both shard 2 of 3");
    assert!(told(&[folder.file("none.journal")]).starts_with("cannot read the journal `none.journal`: "));

    let mut number = 0;
    let mut foreign = |change: &dyn Fn(&mut Header), what: &str| {
        let mut header = shard(2, SHARDS);
        change(&mut header);
        number += 1;
        let name = format!("other{number}.journal");
        journal(&folder.file(&name), &header, &shards[2]);
        let told = told(&[paths[0].clone(), paths[1].clone(), folder.file(&name)]);
        assert_eq!(told, format!("`0.journal` and `{name}` are not of one run: {what}"));
    };
    foreign(&|header| header.plan.sha256 = Fingerprint::of("another"), "the plan is not the same");
    foreign(&|header| header.plan.effective.push('#'), "the plan was overridden in another way");
    foreign(&|header| header.seed = Seed::new(7), "the seed is not the same");
    foreign(&|header| header.shard.count = 4, "the run was split into another number of shards");
    foreign(
        &|header| header.run = RunId::random(),
        "the run's id is not the same: another `--start-at`, other tasks, or another run",
    );
    foreign(&|header| header.catalog.endpoints.clear(), "the plan's names are not the same");
    foreign(&|header| header.thresholds.clear(), "the thresholds are not the same");
    foreign(&|header| header.stages[0].end = Offset::ZERO, "the stages are not the same");

    let none = folder.file("none of them.journal");
    journal(&none, &shard(9, 3), &shards[0]);
    assert_eq!(told(&[none]), "`none of them.journal` says to be shard 10 of 3");
    let many = folder.file("many.journal");
    journal(&many, &shard(0, u32::MAX), &shards[0]);
    let told = told(&[many]);
    assert_eq!(told, "shards 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … of 4294967295 are missing");
}

#[test]
fn a_shard_that_was_cut_off_is_named_and_what_it_has_is_merged() {
    let folder = Folder::new();
    let (shards, _) = split(34, 6, true);
    let paths = journals(&folder, &shards);
    let bytes = fs::read(&paths[1]).unwrap();
    let starts = frames(&bytes);
    // its header, two seconds with what happened before each, and some of what follows
    fs::write(&paths[1], &bytes[..starts[5] + 9]).unwrap();
    let into = folder.file("all.journal");
    let merged = merge(&paths, &into).unwrap();
    let at = starts[5] as u64;
    assert_eq!(merged.seconds, 6);
    assert_eq!(merged.cut, [(paths[1].clone(), Tail::CutOff { at, after: Some(1), rest: 9 })]);
    let (entries, tail) = read(&fs::read(&into).unwrap()).unwrap();
    assert!(matches!(tail, Tail::CutOff { after: Some(5), rest: 0, .. }), "a run with a part cut off has no end");
    let left = [shards[0].clone(), shards[1][..2].to_vec(), shards[2].clone()];
    assert_eq!(format!("{:?}", seconds(&entries)), format!("{:?}", merged_in_memory(&left)));
}

#[test]
fn what_happened_is_merged_in_its_order_and_a_stage_begins_once() {
    let folder = Folder::new();
    let mut paths = Vec::new();
    for index in 0..2_u32 {
        let path = folder.file(&format!("{index}.journal"));
        let mut writer = Writer::create(&path, &shard(index, 2)).unwrap();
        let begun = |second: u64| Annotation {
            at: Offset::from_nanos(second * 1_000_000_000 + u64::from(index)),
            mark: Mark::StageBegan,
            text: format!("stage {second}"),
        };
        for second in 0..2_u32 {
            writer.annotate(&begun(second.into())).unwrap();
            writer.annotate(&annotation(u64::from(second) * 1_000_000_000 + 100 - u64::from(index), "a line")).unwrap();
            writer.second(&Interval::empty(second)).unwrap();
        }
        writer.end(&End { closing: if index == 1 { Closing::Asked } else { Closing::Complete }, ..end() }).unwrap();
        paths.push(path);
    }
    let into = folder.file("all.journal");
    merge(&paths, &into).unwrap();
    let (entries, _) = read(&fs::read(&into).unwrap()).unwrap();
    let told = entries.iter().map(|entry| match entry {
        Entry::Annotation(annotation) => format!("{} {}", annotation.at.as_nanos(), annotation.text),
        Entry::Second(interval) => format!("second {}", interval.second),
        Entry::End(end) => format!("{:?}", end.closing),
    });
    let expected = [
        "0 stage 0",
        "99 a line",
        "100 a line",
        "second 0",
        "1000000000 stage 1",
        "1000000099 a line",
        "1000000100 a line",
        "second 1",
        "Asked",
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

#[test]
fn shards_whose_numbers_do_not_fit_together_are_refused() {
    let folder = Folder::new();
    let large = Interval { users: i64::MAX as u64 - 5, ..Interval::empty(0) };
    let paths = journals(&folder, &[vec![large.clone()], vec![large]]);
    let into = folder.file("all.journal");
    assert!(matches!(merge(&paths, &into), Err(NotMerged::TooLarge(_))));
    assert!(!into.exists());
}
