use std::fs::{self, OpenOptions};
use std::io::Write;

use proptest::prelude::*;

use super::*;

/// Equality of doubles that knows not-a-number to be itself.
fn shown(entries: &[Entry]) -> String {
    format!("{entries:?}")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_is_written_reads_back_equal(seed: u64, length in 0_u32..6, calls in 0_usize..60) {
        let folder = Folder::new();
        let run = run(seed, length, calls);
        let bytes = journal(&folder.file("a.journal"), &header(), &run);
        let (entries, tail) = read(&bytes).unwrap();
        prop_assert_eq!(tail, Tail::Whole);
        let mut expected: Vec<Entry> = Vec::new();
        for interval in run {
            expected.push(Entry::Annotation(annotation(u64::from(interval.second) * 1_000_000_000, "begins")));
            expected.push(Entry::Second(Box::new(interval)));
        }
        expected.push(Entry::End(end()));
        prop_assert_eq!(shown(&entries), shown(&expected));
    }
}

#[test]
fn the_header_reads_back_equal() {
    let folder = Folder::new();
    let bytes = journal(&folder.file("a.journal"), &header(), &[]);
    let reader = Reader::of(Cursor::new(bytes)).unwrap();
    assert_eq!(reader.header(), &header());
}

#[test]
fn a_series_is_named_once_and_then_goes_by_its_number() {
    let folder = Folder::new();
    let one = run(1, 1, 200).remove(0);
    let mut writer = Writer::create(&folder.file("a.journal"), &header()).unwrap();
    let lengths: Vec<usize> = (0..3)
        .map(|second| {
            writer.second(&Interval { second, ..one.clone() }).unwrap();
            fs::read(writer.path()).unwrap().len()
        })
        .collect();
    let (second, third) = (lengths[1] - lengths[0], lengths[2] - lengths[1]);
    assert!(second.abs_diff(third) <= 2, "{lengths:?}");
    let mut numbered = dictionary::Numbered::default();
    second::write(&one, &mut numbered).unwrap();
    numbered.keep();
    let mut pen = numbers::Pen::default();
    numbered.write(&mut pen).unwrap();
    assert_eq!(pen.bytes, [0], "nothing is new in a second of the same series");
}

#[test]
fn a_journal_without_its_end_is_cut_off_after_its_last_second() {
    let folder = Folder::new();
    let run = run(2, 3, 5);
    let mut writer = Writer::create(&folder.file("a.journal"), &header()).unwrap();
    run.iter().for_each(|interval| writer.second(interval).unwrap());
    let bytes = fs::read(writer.path()).unwrap();
    let (entries, tail) = read(&bytes).unwrap();
    assert_eq!(seconds(&entries).len(), 3);
    assert_eq!(tail, Tail::CutOff { at: bytes.len() as u64, after: Some(6), rest: 0 });
    assert_eq!(tail.to_string(), format!("cut off after second 6, at byte {}", bytes.len()));
}

#[test]
fn a_journal_that_is_still_written_gives_what_has_come_since() {
    let folder = Folder::new();
    let path = folder.file("a.journal");
    let run = run(3, 2, 20);
    let whole = journal(&folder.file("whole.journal"), &header(), &run);
    let starts = frames(&whole);
    fs::write(&path, &whole[..starts[1]]).unwrap();
    let mut reader = Reader::open(&path).unwrap();
    assert_eq!(reader.next(), None);
    let mut file = OpenOptions::new().append(true).open(&path).unwrap();
    let mut found = 0;
    // each frame comes in two parts, as a reader may see it
    for frame in starts.windows(2).skip(1) {
        let middle = frame[0].midpoint(frame[1]);
        file.write_all(&whole[frame[0]..middle]).unwrap();
        assert_eq!(reader.next(), None);
        assert!(matches!(reader.tail(), Tail::CutOff { rest, .. } if *rest == (middle - frame[0]) as u64));
        file.write_all(&whole[middle..frame[1]]).unwrap();
        assert!(reader.next().is_some());
        found += 1;
    }
    assert_eq!((found, reader.tail()), (5, &Tail::Whole));
}

#[test]
fn a_second_that_does_not_follow_is_refused_and_the_journal_goes_on() {
    let folder = Folder::new();
    let run = run(4, 3, 30);
    let mut writer = Writer::create(&folder.file("a.journal"), &header()).unwrap();
    writer.second(&run[1]).unwrap();
    for earlier in [&run[0], &run[1]] {
        let error = writer.second(earlier).unwrap_err();
        assert!(error.to_string().ends_with(&format!("second {} does not follow second 3", earlier.second)), "{error}");
    }
    writer.second(&run[2]).unwrap();
    let (entries, _) = read(&fs::read(writer.path()).unwrap()).unwrap();
    assert_eq!(format!("{:?}", seconds(&entries)), format!("{:?}", &run[1..]));
}

#[test]
fn a_file_that_is_there_is_not_written_over() {
    let folder = Folder::new();
    let path = folder.file("a.journal");
    fs::write(&path, "precious").unwrap();
    let error = Writer::create(&path, &header()).unwrap_err();
    assert!(error.to_string().starts_with(&format!("cannot write the journal `{}`: ", path.display())), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}

#[test]
fn what_is_no_journal_or_a_later_one_is_told_apart() {
    let told = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
    assert_eq!(told(b"PK\x03\x04 and so on, and on, and on"), "it is no journal of Plimsoll");
    assert_eq!(told(b"plimsoll journal 7\n and so on"), "its format is 7, and this version of Plimsoll reads format 1");
    assert_eq!(told(b""), "it is cut off within its header");
    assert_eq!(told(b"plimsoll jou"), "it is cut off within its header");
    assert_eq!(told(b"plimsoll journal x\n"), "it is no journal of Plimsoll");
    let error = Reader::open(Path::new("/nowhere/a.journal")).unwrap_err();
    assert!(error.to_string().starts_with("cannot read the journal `/nowhere/a.journal`: "), "{error}");
}

#[test]
fn a_kind_of_frame_that_is_not_known_is_passed_over() {
    let folder = Folder::new();
    let bytes = journal(&folder.file("a.journal"), &header(), &run(5, 1, 5));
    let starts = frames(&bytes);
    // a frame of another kind, made by hand: length, kind, checksum, payload, checksum
    let mut stranger = vec![3, 0, 0, 0, b'Z'];
    stranger.extend(crc32fast::hash(&stranger).to_le_bytes());
    stranger.extend(b"new");
    stranger.extend(crc32fast::hash(&stranger).to_le_bytes());
    let with = [&bytes[..starts[2]], &stranger, &bytes[starts[2]..]].concat();
    let (left, right) = (read(&bytes).unwrap(), read(&with).unwrap());
    assert_eq!(shown(&left.0), shown(&right.0));
    assert_eq!(right.1, Tail::Whole);
}

#[test]
fn a_mark_of_a_later_version_is_a_note() {
    let later = r#"{"at_ns": 5, "mark": "rocket_started", "text": "up"}"#;
    let read: Annotation = serde_json::from_str(later).unwrap();
    assert_eq!(read.mark, Mark::Note);
}

#[test]
fn behind_an_end_the_teardown_may_say_more_and_the_last_end_holds() {
    let folder = Folder::new();
    let path = folder.file("a.journal");
    let mut writer = Writer::create(&path, &header()).unwrap();
    writer.second(&run(3, 1, 4)[0]).unwrap();
    let open = End { teardown: vec![End::TEARDOWN_OPEN.to_owned()], ..end() };
    writer.end(&open).unwrap();
    let mut reader = Reader::open(&path).unwrap();
    assert!(
        matches!((reader.next(), reader.next()), (Some(Entry::Second(_)), Some(Entry::End(found))) if found == open)
    );
    assert_eq!((reader.next(), reader.tail()), (None, &Tail::Whole));
    let said = annotation(5_000_000_000, "closed");
    writer.annotate(&said).unwrap();
    let before = fs::metadata(&path).unwrap().len();
    writer.end(&end()).unwrap();
    // who reads on finds the rest
    assert_eq!((reader.next(), reader.next()), (Some(Entry::Annotation(said)), Some(Entry::End(end()))));
    assert_eq!((reader.next(), reader.tail()), (None, &Tail::Whole));
    // killed while the last end was written, the first holds
    let mut bytes = fs::read(&path).unwrap();
    bytes.truncate(before as usize + 10);
    let (entries, tail) = read(&bytes).unwrap();
    assert_eq!(tail, Tail::CutOff { at: before, after: Some(0), rest: 10 });
    assert!(entries.contains(&Entry::End(open)));
}
