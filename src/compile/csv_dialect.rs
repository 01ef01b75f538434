use std::sync::Arc;

use encoding_rs::{Encoding, UTF_8};

use crate::diagnostic::{Problem, Problems};
use crate::plan::{At, ColumnWord, CsvMap, Named};
use crate::rows::{Blanks, ColumnType, CsvDialect};

/// How a CSV file is written, as the plan says.
pub(super) fn dialect(csv: &CsvMap, problems: &mut Problems) -> Option<CsvDialect> {
    let plain = CsvDialect::default();
    let separator = match &csv.separator {
        Some(written) => character(written, problems)?,
        None => plain.separator,
    };
    let quote = match &csv.quote {
        Some(written) if written.value == "none" => None,
        Some(written) => Some(character(written, problems)?),
        None => plain.quote,
    };
    if let (Some(written), true) = (csv.quote.as_ref().or(csv.separator.as_ref()), quote == Some(separator)) {
        let problem = Problem::at(written.span, "the separator and the quote are the same character");
        problems.push(problem.help("write another `separator` or another `quote`"));
        return None;
    }
    let columns = match &csv.columns {
        Some(names) => Some(columns(names, problems)?),
        None => None,
    };
    let encoding = match &csv.encoding {
        Some(written) => encoding(written, problems)?,
        None => UTF_8,
    };
    let blanks = match &csv.trim {
        Some(trim) if trim.value => Blanks::Trimmed,
        Some(_) | None => Blanks::Kept,
    };
    let types = csv.types.iter().flat_map(Named::iter).map(|(name, word)| {
        let kind = match word.value {
            ColumnWord::Int => ColumnType::Int,
            ColumnWord::Float => ColumnType::Float,
            ColumnWord::Bool => ColumnType::Bool,
            ColumnWord::Text => ColumnType::Text,
        };
        (Arc::from(name.value.as_str()), kind)
    });
    Some(CsvDialect { separator, quote, blanks, columns, types: types.collect(), encoding })
}

fn character(written: &At<String>, problems: &mut Problems) -> Option<u8> {
    match written.value.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Some(*byte),
        b"\\t" => Some(b'\t'),
        _ => {
            let problem = Problem::at(written.span, format!("`{}` is not one character", written.value));
            problems.push(problem.help("write one ASCII character, such as `;`, or `\\t` for a tab"));
            None
        }
    }
}

fn columns(names: &[At<String>], problems: &mut Problems) -> Option<Arc<[Arc<str>]>> {
    let twice =
        names.iter().enumerate().find(|(index, name)| names[..*index].iter().any(|other| other.value == name.value));
    if let Some((_, name)) = twice {
        problems.push(Problem::at(name.span, format!("two columns are called `{}`", name.value)));
        return None;
    }
    Some(names.iter().map(|name| Arc::from(name.value.as_str())).collect())
}

fn encoding(written: &At<String>, problems: &mut Problems) -> Option<&'static Encoding> {
    let known = Encoding::for_label(written.value.as_bytes());
    let problem = match known {
        Some(encoding) if encoding.is_ascii_compatible() => return Some(encoding),
        Some(_) => Problem::at(written.span, format!("a CSV file in `{}` cannot be read", written.value)),
        None => Problem::at(written.span, format!("unknown encoding `{}`", written.value)),
    };
    problems.push(problem.help("write `utf-8`, `latin1`, `windows-1252` or another, or save the file as UTF-8"));
    None
}
