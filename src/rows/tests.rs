use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use super::stream::DataError;
use super::*;
use crate::units::Seed;

struct Scratch(PathBuf);

impl Scratch {
    fn holding(name: &str, text: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("plimsoll-rows-{}-{name}", std::process::id()));
        std::fs::File::create(&path).unwrap().write_all(text).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

const CSV: Format = Format::Csv { separator: b',' };

fn shown(name: &str, text: &[u8], format: Format) -> Result<Vec<String>, DataError> {
    let file = Scratch::holding(name, text);
    let table = Arc::new(Table::open(&file.0, format)?);
    let mut reader = table.reader()?;
    (0..table.rows()).map(|row| reader.row(row).map(|row| serde_json::to_string(&row).unwrap())).collect()
}

#[test]
fn rows_of_every_format_are_read() {
    let csv = b"\xEF\xBB\xBFname, age\r\n\"a, \"\"b\"\"\",1\n\nc,2";
    let rows = shown("a.csv", csv, CSV).unwrap();
    assert_eq!(rows, [r#"{"name":"a, \"b\"","age":"1"}"#, r#"{"name":"c","age":"2"}"#]);
    assert_eq!(
        shown("a.txt", b" one \n\n two\r\nthree", Format::Lines).unwrap(),
        [r#""one""#, r#""two""#, r#""three""#]
    );
    let list = br#" [ {"a": [1, "x]}"]}, 2, "t,w", null ] "#;
    assert_eq!(shown("a.json", list, Format::Json).unwrap(), [r#"{"a":[1,"x]}"]}"#, "2", r#""t,w""#, "null"]);
    assert_eq!(shown("b.json", b"{\"a\":1}\n{\"a\":2}\n", Format::Json).unwrap(), [r#"{"a":1}"#, r#"{"a":2}"#]);
    assert!(shown("empty.csv", b"", CSV).unwrap().is_empty());
}

#[test]
fn a_bad_row_is_reported_with_its_line() {
    let line = |name: &str, text: &[u8], format| shown(name, text, format).unwrap_err().line;
    assert_eq!(line("bad1.csv", b"a,b\n1,2\n3\n", CSV), Some(3));
    assert_eq!(line("bad2.csv", b"a,b\n1,\xff\n", CSV), Some(3));
    assert_eq!(line("bad.json", b"[1,\n{a}]", Format::Json), Some(2));
    assert_eq!(line("bad2.json", b"[1, 2", Format::Json), Some(1));
    assert!(shown("bad3.csv", b"a,a\n1,2\n", CSV).unwrap_err().message.contains("two columns"));
}

#[test]
fn a_row_without_end_is_refused_and_not_kept() {
    let mut text = b"a,b\n1,\"".to_vec();
    text.resize(8 << 20, b'x');
    assert!(shown("endless.csv", &text, CSV).unwrap_err().message.contains("longer than 1 MiB"));
    assert!(shown("endless.txt", &text, Format::Lines).unwrap_err().message.contains("longer than 1 MiB"));
    let mut json = b"[\"".to_vec();
    json.resize(8 << 20, b'x');
    assert!(shown("endless.json", &json, Format::Json).unwrap_err().message.contains("longer than 1 MiB"));
}

#[test]
fn any_row_of_a_large_file_is_found_again() {
    let mut text = String::from("id,text\n");
    for row in 0..300_000 {
        text.push_str(&format!("{row},\"line one\nline {row}, two\"\n"));
    }
    let file = Scratch::holding("large.csv", text.as_bytes());
    let table = Arc::new(Table::open(&file.0, CSV).unwrap());
    assert!(table.list().is_none() && table.rows() == 300_000);
    let mut reader = table.reader().unwrap();
    for row in [0, 1, 2, 299_999, 65_536, 65_535, 4, 100_001, 100_003] {
        assert_eq!(reader.row(row).unwrap().get_attr("id").unwrap().to_string(), row.to_string());
    }
    assert!(reader.row(300_000).is_err());
}

#[test]
fn a_permutation_has_every_number_once_and_in_another_order() {
    for count in [1, 2, 3, 10, 1000, 4097] {
        let order: Vec<u64> = (0..count).map(|place| Permutation::new(count, Seed::new(7)).at(place)).collect();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..count).collect::<Vec<_>>());
        assert!(count < 10 || order != sorted);
    }
}
