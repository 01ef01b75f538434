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

fn csv(dialect: CsvDialect) -> Format {
    Format::Csv(dialect)
}

fn plain() -> Format {
    csv(CsvDialect::default())
}

fn shown(name: &str, text: &[u8], format: Format) -> Result<Vec<String>, DataError> {
    let file = Scratch::holding(name, text);
    let table = Arc::new(Table::open(&file.0, format)?);
    let mut reader = table.reader()?;
    (0..table.rows()).map(|row| reader.row(row).map(|row| serde_json::to_string(&row).unwrap())).collect()
}

#[test]
fn rows_of_every_format_are_read() {
    let text = b"\xEF\xBB\xBFname,age\r\n\"a, \"\"b\"\"\",1\n\nc,2";
    let rows = shown("a.csv", text, plain()).unwrap();
    assert_eq!(rows, [r#"{"name":"a, \"b\"","age":"1"}"#, r#"{"name":"c","age":"2"}"#]);
    assert_eq!(
        shown("a.txt", b" one \n\n two\r\nthree", Format::Lines).unwrap(),
        [r#""one""#, r#""two""#, r#""three""#]
    );
    let list = br#" [ {"a": [1, "x]}"]}, 2, "t,w", null ] "#;
    assert_eq!(shown("a.json", list, Format::Json).unwrap(), [r#"{"a":[1,"x]}"]}"#, "2", r#""t,w""#, "null"]);
    assert_eq!(shown("b.json", b"{\"a\":1}\n{\"a\":2}\n", Format::Json).unwrap(), [r#"{"a":1}"#, r#"{"a":2}"#]);
    assert!(shown("empty.csv", b"", plain()).unwrap().is_empty());
}

#[test]
fn a_bad_row_is_reported_with_its_line() {
    let line = |name: &str, text: &[u8], format| shown(name, text, format).unwrap_err().line;
    assert_eq!(line("bad1.csv", b"a,b\n1,2\n3\n", plain()), Some(3));
    assert_eq!(line("bad2.csv", b"a,b\n1,\xff\n", plain()), Some(2));
    assert_eq!(line("bad4.csv", b"a,b\n\n\n1,\xff\n2,3", plain()), Some(4));
    assert_eq!(line("bad5.csv", b"a,b\r\n\"x\r\ny\"\r\n", plain()), Some(2));
    assert_eq!(line("bad6.csv", b"a,b\n1,2\n\"x\ny\",3\n\"z\n", plain()), Some(5));
    assert_eq!(line("bad.json", b"[1,\n{a}]", Format::Json), Some(2));
    assert_eq!(line("bad2.json", b"[1, 2", Format::Json), Some(1));
    assert!(shown("bad3.csv", b"a,a\n1,2\n", plain()).unwrap_err().message.contains("two columns"));
}

#[test]
fn a_quote_that_is_never_closed_is_an_error_and_swallows_nothing() {
    for text in ["a,b\n1,\"x\n2,y\n3,z\n", "a,b\n1,\"x", "a,b\n1,\"x\"\"\n2,y", "\"a,b\n1,2\n"] {
        let error = shown("open.csv", text.as_bytes(), plain()).unwrap_err();
        assert!(error.message.contains("never closed"), "{text:?}: {error:?}");
    }
    let fine = "a,b\n5\" pipe,\"6\"\" pipe\"\n1,\"\"";
    assert_eq!(
        shown("closed.csv", fine.as_bytes(), plain()).unwrap(),
        [r#"{"a":"5\" pipe","b":"6\" pipe"}"#, r#"{"a":"1","b":""}"#]
    );
}

#[test]
fn a_file_is_read_as_its_dialect_says() {
    let columns: Arc<[Arc<str>]> = Arc::from([Arc::from("a"), Arc::from("b")]);
    let headless = CsvDialect { columns: Some(columns), ..CsvDialect::default() };
    assert_eq!(shown("headless.csv", b"1,2\n3,4", csv(headless.clone())).unwrap().len(), 2);
    let few = shown("few.csv", b"1,2\n3", csv(headless)).unwrap_err();
    assert_eq!((few.message.as_str(), few.line), ("the row has 1 fields and `columns` names 2", Some(2)));

    let quoted = CsvDialect { quote: Some(b'\''), separator: b';', ..CsvDialect::default() };
    assert_eq!(shown("quote.csv", b"a\n'x;\"y'", csv(quoted)).unwrap(), [r#"{"a":"x;\"y"}"#]);
    let bare = CsvDialect { quote: None, ..CsvDialect::default() };
    assert_eq!(shown("bare.csv", b"a\n\"x", csv(bare)).unwrap(), [r#"{"a":"\"x"}"#]);

    let latin = CsvDialect { encoding: encoding_rs::WINDOWS_1252, ..CsvDialect::default() };
    assert_eq!(shown("latin.csv", b"caf\xe9\n\x80", csv(latin)).unwrap(), ["{\"caf\u{e9}\":\"\u{20ac}\"}"]);
    let wide = shown("wide.csv", b"\xff\xfea\0", plain()).unwrap_err();
    assert_eq!(wide.message, "the file is UTF-16: save it as UTF-8");
}

#[test]
fn blanks_belong_to_names_and_fields_alike_or_to_neither() {
    let text = b"a,b\n x , y";
    assert_eq!(shown("kept.csv", text, plain()).unwrap(), [r#"{"a":" x ","b":" y"}"#]);
    let trimmed = CsvDialect { blanks: Blanks::Trimmed, ..CsvDialect::default() };
    assert_eq!(shown("trimmed.csv", b"a , b\n x , y", csv(trimmed)).unwrap(), [r#"{"a":"x","b":"y"}"#]);
    assert!(shown("header.csv", b"a, b\n1,2", plain()).unwrap_err().message.contains("write `trim: true`"));
}

#[test]
fn a_row_without_end_is_refused_and_not_kept() {
    let mut text = b"a,b\n1,\"".to_vec();
    text.resize(8 << 20, b'x');
    assert!(shown("endless.csv", &text, plain()).unwrap_err().message.contains("longer than 1 MiB"));
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
    let table = Arc::new(Table::open(&file.0, plain()).unwrap());
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

#[test]
fn fields_of_a_typed_column_are_what_it_says_and_what_does_not_fit_is_told_with_its_line() {
    let types = |types: &[(&str, ColumnType)]| {
        let types = types.iter().map(|(name, kind)| (Arc::from(*name), *kind)).collect();
        Format::Csv(CsvDialect { types, ..CsvDialect::default() })
    };
    let all =
        [("qty", ColumnType::Int), ("price", ColumnType::Float), ("paid", ColumnType::Bool), ("zip", ColumnType::Text)];
    let rows =
        shown("typed.csv", b"qty,price,paid,zip,name\n5,1.50,true,01234,7\n 007 ,2,FALSE,x,y\n", types(&all)).unwrap();
    assert_eq!(
        rows,
        [
            r#"{"qty":5,"price":1.5,"paid":true,"zip":"01234","name":"7"}"#,
            r#"{"qty":7,"price":2.0,"paid":false,"zip":"x","name":"y"}"#
        ]
    );
    for (field, kind) in
        [("5.5", ColumnType::Int), ("", ColumnType::Int), ("many", ColumnType::Float), ("yes", ColumnType::Bool)]
    {
        let text = format!("a,b\n1,1\n\"x\ny\",{field}\n");
        let text = text.replace(
            "1,1",
            match kind {
                ColumnType::Bool => "1,true",
                _ => "1,1",
            },
        );
        let error = shown("misfit.csv", text.as_bytes(), types(&[("b", kind)])).unwrap_err();
        assert!(error.message.starts_with("the field of `b` is not "), "{}", error.message);
        assert_eq!(error.line, Some(3), "{field}");
    }
    let error = shown("untyped.csv", b"a,b\n1,2\n", types(&[("c", ColumnType::Int)])).unwrap_err();
    assert_eq!(error.message, "`types` names a column `c`: there are `a`, `b`");
}
