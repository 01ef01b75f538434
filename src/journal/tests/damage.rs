use super::*;

/// A journal of about four kilobytes, and where its frames begin.
fn small() -> (Vec<u8>, Vec<usize>) {
    let folder = Folder::new();
    let bytes = journal(&folder.file("a.journal"), &header(), &run(11, 4, 4));
    let starts = frames(&bytes);
    assert_eq!(starts.last(), Some(&bytes.len()));
    (bytes, starts)
}

/// How many entries lie whole before a byte.
fn whole_before(starts: &[usize], byte: usize) -> usize {
    starts.iter().filter(|start| **start <= byte).count().saturating_sub(2)
}

fn place(tail: &Tail) -> Option<u64> {
    match tail {
        Tail::Whole => None,
        Tail::CutOff { at, .. } | Tail::Corrupt { at, .. } => Some(*at),
    }
}

#[test]
fn cut_off_at_any_byte_every_whole_frame_before_is_read_and_the_place_is_named() {
    let (bytes, starts) = small();
    let (all, _) = read(&bytes).unwrap();
    for length in 0..bytes.len() {
        let cut = &bytes[..length];
        if length < starts[1] {
            assert!(matches!(read(cut), Err(Why::CutOff)), "{length}");
            continue;
        }
        let (entries, tail) = read(cut).unwrap();
        let whole = whole_before(&starts, length);
        assert_eq!(format!("{entries:?}"), format!("{:?}", &all[..whole]), "{length}");
        let at = starts[whole + 1];
        let after = seconds(&entries).last().map(|interval| interval.second);
        assert_eq!(tail, Tail::CutOff { at: at as u64, after, rest: (length - at) as u64 }, "{length}");
    }
}

#[test]
fn a_flip_of_any_byte_is_noticed_and_every_frame_before_it_is_read() {
    let (bytes, starts) = small();
    let (all, _) = read(&bytes).unwrap();
    for place_of_flip in 0..bytes.len() {
        for pattern in [0x01, 0x80, 0xff] {
            let mut flipped = bytes.clone();
            flipped[place_of_flip] ^= pattern;
            if place_of_flip < starts[1] {
                assert!(read(&flipped).is_err(), "{place_of_flip}");
                continue;
            }
            let (entries, tail) = read(&flipped).unwrap();
            let whole = whole_before(&starts, place_of_flip);
            assert_eq!(format!("{entries:?}"), format!("{:?}", &all[..whole]), "{place_of_flip}");
            assert!(matches!(tail, Tail::Corrupt { .. }), "{place_of_flip}: {tail}");
            assert_eq!(place(&tail), Some(starts[whole + 1] as u64));
        }
    }
}

#[test]
fn zeros_behind_the_last_frame_are_named() {
    let (bytes, starts) = small();
    // as a file system may leave a file that was growing when the power went
    let torn = [&bytes[..starts[3]], &[0; 4096]].concat();
    let (entries, tail) = read(&torn).unwrap();
    assert_eq!(entries.len(), 2);
    let text = tail.to_string();
    assert!(text.starts_with(&format!("damaged after second 0, at byte {}: ", starts[3])), "{text}");
}

#[test]
fn frames_that_are_swapped_doubled_or_behind_the_end_are_noticed() {
    let (bytes, starts) = small();
    let frame = |index: usize| &bytes[starts[index]..starts[index + 1]];
    let second = |index: usize| frame(2 + 2 * index);
    let head = &bytes[..starts[1]];
    let end = frame(starts.len() - 2);
    for (wrong, what) in [
        ([head, second(0), second(0), end].concat(), "a second stands behind a later one"),
        ([head, second(0), second(1), end, second(2)].concat(), "a second stands behind the end of the run"),
        ([head, second(1), end].concat(), "a series has a number that was not given out"),
    ] {
        let (_, tail) = read(&wrong).unwrap();
        assert!(matches!(&tail, Tail::Corrupt { what: found, .. } if found == what), "{tail}");
    }
}
