use std::time::{Duration, SystemTime};

use super::*;

#[test]
fn a_stamp_is_a_name_that_sorts_by_time() {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_425_327);
    assert_eq!(stamp(time), "20261123_091527");
}

#[test]
fn two_runs_in_one_second_have_files_of_their_own() {
    let folder = std::env::temp_dir().join(format!("plimsoll-results-{}", std::process::id()));
    let now = SystemTime::now();
    let mut first = ResultFiles::open(&folder, now).unwrap();
    let second = ResultFiles::open(&folder, now);
    assert!(second.is_ok());
    first.log("hello").unwrap();
    let names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(names.len(), 2);
}

#[test]
fn a_place_that_cannot_be_written_to_is_an_error_at_once() {
    assert!(ResultFiles::open(std::path::Path::new("/proc/nowhere"), SystemTime::now()).is_err());
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let folder = std::env::temp_dir().join(format!("plimsoll-whole-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let place = Place::of(&folder, "run");
    place.write(".txt", |out| out.write_all(b"whole")).unwrap();
    let broken = place.write(".txt", |out| {
        out.write_all(b"ha")?;
        Err(std::io::ErrorKind::StorageFull.into())
    });
    assert!(broken.unwrap_err().to_string().contains("run.txt was not written"));
    let names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let text = std::fs::read_to_string(place.path(".txt")).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!((names.len(), text.as_str()), (1, "whole"));
}
