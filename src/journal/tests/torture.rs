use super::*;
use crate::disk::{Disk, DiskFault, FaultyDisk};

/// A disk on which so many operations in a row fail, from one on.
fn disk(fault: DiskFault, first: u64, length: u64) -> FaultyDisk {
    FaultyDisk::new(move |number, _, _| (first..first.saturating_add(length)).contains(&number).then_some(fault))
}

/// What a writer took of a run, and how many operations that was; `None` where the journal could not be begun.
fn write(disk: &FaultyDisk, path: &Path, run: &[Interval]) -> Option<Vec<Entry>> {
    let mut writer = Writer::create_on(&Disk::Faulty(disk.clone()), path, &header()).ok()?;
    let mut taken = Vec::new();
    for interval in run {
        let note = annotation(u64::from(interval.second), "begins");
        if writer.annotate(&note).is_ok() {
            taken.push(Entry::Annotation(note));
        }
        if writer.second(interval).is_ok() {
            taken.push(Entry::Second(Box::new(interval.clone())));
        }
    }
    if writer.end(&end()).is_ok() {
        taken.push(Entry::End(end()));
    }
    Some(taken)
}

#[test]
fn whichever_operations_fail_what_the_writer_took_is_read_back_and_nothing_else() {
    let folder = Folder::new();
    let run = run(7, 4, 5);
    let whole = FaultyDisk::new(|_, _, _| None);
    assert_eq!(write(&whole, &folder.file("whole"), &run).unwrap().len(), 9);
    let operations = whole.asked().len() as u64;
    for fault in DiskFault::ALL {
        for (first, length) in (0..operations + 3).flat_map(|first| [1, 2, 3, u64::MAX].map(|length| (first, length))) {
            let what = format!("{fault:?} from operation {first}, {length} times");
            let path = folder.file("a.journal");
            let faulty = if fault == DiskFault::Interrupted && length == u64::MAX {
                // a signal for ever is none that a system sends
                disk(fault, first, 50)
            } else {
                disk(fault, first, length)
            };
            let Some(mut taken) = write(&faulty, &path, &run) else {
                assert!(length > 1 || !path.exists(), "{what}: a file without a header is left");
                drop(fs::remove_file(&path));
                continue;
            };
            let (entries, tail) = read(&fs::read(&path).unwrap()).unwrap();
            fs::remove_file(&path).unwrap();
            if taken.last() != Some(&Entry::End(end())) && entries.last() == Some(&Entry::End(end())) {
                // it was written, and the disk did not confirm it
                taken.push(Entry::End(end()));
            }
            assert_eq!(format!("{entries:?}"), format!("{taken:?}"), "{what}");
            assert!(length == u64::MAX || !matches!(tail, Tail::Corrupt { .. }), "{what}: {tail}");
            // what is tried again is not lost
            let harmless = matches!(fault, DiskFault::Interrupted | DiskFault::Short);
            assert!(!harmless || taken.len() == 9 || faulty.asked().len() < 14, "{what}: {}", taken.len());
        }
    }
}

#[test]
fn a_disk_that_fills_keeps_every_frame_it_had_room_for_and_goes_on_where_room_is_made() {
    let folder = Folder::new();
    let run = run(8, 3, 4);
    let bytes = journal(&folder.file("whole"), &header(), &run);
    let starts = frames(&bytes);
    for room in (0..bytes.len() as u64 + 1).step_by(61) {
        let path = folder.file("a.journal");
        let taken = write(&FaultyDisk::new(|_, _, _| None).of_room(room), &path, &run);
        assert_eq!(taken.is_some(), room >= starts[1] as u64, "{room}: the header");
        let Some(taken) = taken else { continue };
        let (entries, tail) = read(&fs::read(&path).unwrap()).unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(format!("{entries:?}"), format!("{taken:?}"), "{room}");
        assert!(!matches!(tail, Tail::Corrupt { .. } | Tail::CutOff { rest: 1.., .. }), "{room}: {tail}");
    }
}
