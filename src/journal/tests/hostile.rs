use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use rand::{Rng, RngExt};

use super::*;
use crate::metrics::{
    Accounting, Distribution, ErrorCount, ErrorKey, Measure, Moments, Scale, SparseHistogram, Totals,
};

/// A journal that begins well and goes on with frames of somebody's making.
fn with(frames: &[(frame::Kind, Vec<u8>)]) -> Vec<u8> {
    let header = frame::seal(frame::Kind::Header, &serde_json::to_vec(&header()).unwrap());
    let sealed = frames.iter().flat_map(|(kind, payload)| frame::seal(*kind, payload));
    frame::first_line().into_bytes().into_iter().chain(header).chain(sealed).collect()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// The payload of a second with these numbers and counts.
fn payload(numbers: &[u8], counts: &[u8]) -> Vec<u8> {
    let numbers = packed(numbers);
    let mut pen = numbers::Pen::default();
    pen.count(numbers.len());
    [pen.bytes, numbers, packed(counts)].concat()
}

/// Does with a journal what a report does; it may say what it likes, but nothing may break.
fn digest(bytes: &[u8]) -> Option<Tail> {
    let (entries, tail) = read(bytes).ok()?;
    let mut totals = Totals::new();
    let mut all = Interval::empty(0);
    for interval in seconds(&entries) {
        all.merge(interval.clone());
        totals.add(&interval);
    }
    for (_, total) in totals.series() {
        for time in Measure::ALL.iter().filter_map(|measure| total.time(*measure)) {
            assert!(time.quantile(0.5) >= time.min() && time.quantile(0.99) <= time.max());
        }
    }
    let _ = (totals.accounting().balance(), totals.errors());
    Some(tail)
}

#[test]
fn any_bytes_at_all_are_read_without_a_panic() {
    let mut dice = Seed::new(21).generator();
    for _ in 0..2_000 {
        let mut bytes = vec![0; dice.random_range(0..300)];
        dice.fill_bytes(&mut bytes);
        digest(&bytes);
        digest(&[frame::first_line().into_bytes(), bytes.clone()].concat());
        for kind in [frame::Kind::Second, frame::Kind::Annotation, frame::Kind::End, frame::Kind::Header] {
            digest(&with(&[(kind, bytes.clone())]));
        }
        digest(&with(&[(frame::Kind::Second, payload(&bytes, &[]))]));
    }
}

#[test]
fn a_second_that_was_changed_and_sealed_anew_breaks_nothing() {
    let mut dice = Seed::new(22).generator();
    let mut accepted = 0;
    for seed in 0..40 {
        let mut series = dictionary::Numbered::default();
        let run = run(seed, 2, 6);
        let mut parts: Vec<[Vec<u8>; 2]> = Vec::new();
        for interval in &run {
            let (numbers, counts) = second::unpack(&second::write(interval, &mut series).unwrap()).unwrap();
            series.keep();
            parts.push([numbers, counts]);
        }
        for _ in 0..40 {
            let mut changed = parts.clone();
            let part = &mut changed[dice.random_range(0..2)][dice.random_range(0..2)];
            for _ in 0..dice.random_range(1..4) {
                let place = dice.random_range(0..part.len());
                match dice.random_range(0..3) {
                    0 => part[place] = dice.random(),
                    1 => drop(part.splice(place..place, [0xff; 8])),
                    _ => drop(part.drain(place..(place + 5).min(part.len()))),
                }
                if part.is_empty() {
                    break;
                }
            }
            let frames = changed.iter().map(|[numbers, counts]| (frame::Kind::Second, payload(numbers, counts)));
            let frames: Vec<_> = frames.collect();
            let tail = digest(&with(&frames)).unwrap();
            accepted += usize::from(matches!(tail, Tail::CutOff { .. }));
        }
    }
    // some changes make other numbers that are as good as any: the checksum is what guards against those
    assert!((1..1_200).contains(&accepted), "{accepted}");
}

#[test]
fn a_length_takes_no_memory_that_the_file_does_not_fill() {
    let mut bytes = with(&[]);
    let honest = bytes.len() as u64;
    let claim = |length: u32| {
        let mut head = length.to_le_bytes().to_vec();
        head.push(b'S');
        head.extend(crc32fast::hash(&head).to_le_bytes());
        head
    };
    let too_long = [bytes.clone(), claim(u32::MAX)].concat();
    let what = "the frame is longer than a frame may be".to_owned();
    assert_eq!(read(&too_long).unwrap().1, Tail::Corrupt { at: honest, after: None, what });
    bytes.extend(claim(frame::LARGEST as u32));
    bytes.extend([7; 100]);
    let mut source = Cursor::new(bytes.as_slice());
    source.set_position(honest);
    let mut payload = Vec::new();
    assert_eq!(frame::open(&mut source, &mut payload).unwrap(), frame::Found::Partial(109));
    assert!(payload.capacity() < 10_000, "{}", payload.capacity());
}

#[test]
fn a_frame_that_unpacks_without_end_is_refused() {
    let zeros = vec![0; frame::LARGEST + 1];
    for second in [payload(&zeros, &[]), payload(&[], &zeros)] {
        assert!(second.len() < 200_000);
        let (_, tail) = read(&with(&[(frame::Kind::Second, second)])).unwrap();
        assert!(tail.to_string().contains("it unpacks to more than a frame may hold"), "{tail}");
    }
}

#[test]
fn a_frame_that_takes_more_memory_than_a_second_can_is_refused() {
    // a second with a great many series of nothing
    let mut numbered = dictionary::Numbered::default();
    let one = second::write(&run(1, 1, 1)[0], &mut numbered).unwrap();
    let mut named = dictionary::Named::default();
    second::read(&one, &mut named).unwrap();
    let mut pen = numbers::Pen::default();
    // second, users, accounting of 6 and no kinds, health of 8, no new series
    pen.bytes.extend([9; 1]);
    pen.bytes.extend([0; 1 + 7 + 8 + 1]);
    pen.number(3_600_000);
    pen.bytes.extend(vec![0; 3_600_000 * 9]);
    assert!(pen.bytes.len() < frame::LARGEST);
    let error = second::read(&payload(&pen.bytes, &[]), &mut named).unwrap_err();
    assert_eq!(error.0, "it holds more than a second can");
}

#[test]
fn numbers_whose_sum_does_not_fit_are_refused_before_they_are_added() {
    let folder = Folder::new();
    let large = |second, scheduled| Interval {
        accounting: Accounting { scheduled, ..Accounting::default() },
        ..Interval::empty(second)
    };
    let run = [large(0, i64::MAX as u64 - 1), large(1, 1), large(2, 1)];
    let bytes = journal(&folder.file("a.journal"), &header(), &run);
    let (entries, tail) = read(&bytes).unwrap();
    assert_eq!(seconds(&entries), &run[..2]);
    assert!(tail.to_string().contains("its numbers are larger than a run's can be"), "{tail}");
    digest(&bytes);
}

#[test]
fn samples_that_cannot_be_are_refused() {
    let moments = |count, min, max, last| Moments { count, min, max, last, mean: 1.0, ..Moments::NONE };
    let five = Scale::Number;
    let bucket = |number: f64| {
        let mut recorder = crate::metrics::Recorder::new(five);
        recorder.record(number);
        recorder.take().buckets()[0].0
    };
    let (low, high) = (bucket(5.0), bucket(9.0));
    let good = SparseHistogram::from_parts(five, vec![(low, 1), (high, 2)], moments(3, 5.0, 9.0, 5.0)).unwrap();
    let mut all = Distribution::new(five);
    all.add(&good);
    assert_eq!(all.quantile(1.0), Some(9.0));
    let wrong = [
        (vec![(high, 1), (low, 2)], moments(3, 5.0, 9.0, 5.0), "buckets are out of order"),
        (vec![(low, 1), (low, 2)], moments(3, 5.0, 5.0, 5.0), "buckets are out of order"),
        (vec![(low, 1), (u32::MAX, 2)], moments(3, 5.0, 9.0, 5.0), "a bucket is out of the layout"),
        (vec![(low, u64::MAX), (high, 2)], moments(1, 5.0, 9.0, 5.0), "the buckets do not add up to the count"),
        (vec![(low, 0), (high, 3)], moments(3, 5.0, 9.0, 5.0), "the buckets do not add up to the count"),
        (vec![(low, 1), (high, 2)], moments(4, 5.0, 9.0, 5.0), "the buckets do not add up to the count"),
        (
            vec![(low, 1), (high, 2)],
            moments(3, 5.0, 9.0, f64::NAN),
            "the last sample is not between the smallest and the largest",
        ),
        (
            vec![(low, 1), (high, 2)],
            moments(3, f64::NAN, 9.0, 5.0),
            "the last sample is not between the smallest and the largest",
        ),
        (vec![(low, 1), (high, 2)], moments(3, 1.0, 9.0, 5.0), "the smallest or largest sample is in no bucket"),
        (vec![], moments(3, 5.0, 9.0, 5.0), "there are moments without samples"),
    ];
    for (buckets, moments, what) in wrong {
        assert_eq!(SparseHistogram::from_parts(five, buckets, moments).unwrap_err().why(), what);
    }
}

#[test]
fn a_second_that_no_reader_takes_is_not_written() {
    let folder = Folder::new();
    let mut writer = Writer::create(&folder.file("a.journal"), &header()).unwrap();
    let message: std::sync::Arc<str> = "x".repeat(1 << 20).into();
    let key = ErrorKey { endpoint: EndpointId(0), name: "a".into(), kind: FailureKind::Check, message };
    let error = ErrorCount { key, count: 1, first: Offset::ZERO, last: Offset::ZERO, example: None };
    let second = Interval { errors: vec![error; numbers::MEMORY >> 20], ..Interval::empty(0) };
    let error = writer.second(&second).unwrap_err();
    assert!(error.to_string().ends_with("the second is larger than a frame may be"), "{error}");
    writer.second(&Interval::empty(0)).unwrap();
}
