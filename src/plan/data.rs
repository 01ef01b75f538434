use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::decode::{Any, At, Decode, Filled, Named, OneOrMany};
use super::document::{Data, Node};
use super::record::{choice, record, words};
use crate::diagnostic::Problems;

choice! {
    /// A list that expressions draw from by its name (`"{{ choice(queries) }}"`, `"{{ messages[0] }}"`), or rows that a
    /// user type is fed with. Paths are relative to the file that names them.
    pub enum Dataset("a data set") {
        /// The items, written here.
        List(Filled<At<Any>>) = "list",
        /// A text file: each line that is not blank is an item.
        Lines(At<String>) = "lines",
        /// A CSV file: its first row names the columns, unless `columns` does; each further row is an item with those
        /// names.
        Csv(Csv) = "csv",
        /// A JSON file: a list of items, or one item a line.
        Json(At<String>) = "json",
        /// Every file that is like a pattern, such as `uploads/*.jpg`, or like one of several: each is an item with its `path`,
        /// `name` and `size`, in order of the paths.
        Files(OneOrMany<At<String>>) = "files",
    }
}

record! {
    /// A CSV file, and how it is written where that is not as usual.
    pub struct CsvMap("`csv`") {
        /// The file.
        required file: At<String> = "file";
        /// The character between two fields: `;`, or `\t` for a tab. Default `,`.
        optional separator: At<String> = "separator";
        /// The character around a field that holds separators or line ends, or `none`. Default `"`.
        optional quote: At<String> = "quote";
        /// The names of the columns of a file without a header row. Default: its first row names them.
        optional columns: Vec<At<String>> = "columns";
        /// What the fields of a column are: `{qty: int, price: float, paid: bool}`. Default: texts.
        optional types: Named<At<ColumnWord>> = "types";
        /// Whether blanks at the ends of names and fields are taken away. Default `false`: they belong to them.
        optional trim: At<bool> = "trim";
        /// How its text is written: `utf-8` (the default), `latin1`, `windows-1252`, `shift_jis`, or another one that the
        /// WHATWG's Encoding Standard names.
        optional encoding: At<String> = "encoding";
    }
}

/// A CSV file: its path alone, or a map.
#[derive(Debug, Clone)]
pub struct Csv(pub Box<CsvMap>);

impl Decode for Csv {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        if matches!(node.value, Data::Map(_)) {
            return CsvMap::decode(node, problems).map(|map| Self(Box::new(map)));
        }
        let plain = |file| CsvMap {
            file,
            separator: None,
            quote: None,
            columns: None,
            types: None,
            trim: None,
            encoding: None,
        };
        At::decode(node, problems).map(|file| Self(Box::new(plain(file))))
    }
}

impl JsonSchema for Csv {
    fn schema_name() -> Cow<'static, str> {
        "Csv".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let map = generator.subschema_for::<CsvMap>();
        json_schema!({"anyOf": [{"type": "string", "examples": ["data/accounts.csv"]}, map]})
    }
}

record! {
    /// Rows of a data set, one at a time, under a name of the user's own.
    pub struct Feed("a feed") {
        /// The data set.
        required from: At<String> = "from";
        /// In which order. Default `sequential`.
        optional order: At<OrderWord> = "order";
        /// How long a user keeps its row: `iteration` (the default), `task` or `user`.
        optional per: At<RowPer> = "per";
        /// What happens after the last row: `repeat` from the first (the default), `stop` the user that finds none, or
        /// `stop_run`. Rows in `unique` order never repeat, so there it is `stop` unless it says `stop_run`.
        optional at_end: At<AtEnd> = "at_end";
    }
}

words! {
    /// What the fields of a column are.
    pub enum ColumnWord {
        /// Whole numbers.
        Int = "int",
        /// Numbers.
        Float = "float",
        /// `true` or `false`.
        Bool = "bool",
        /// Texts.
        Text = "text",
    }
    /// The order rows are taken in.
    pub enum OrderWord {
        /// As they stand.
        Sequential = "sequential",
        /// Any row, each as likely, again and again.
        Random = "random",
        /// Every row once, in random order, before any comes again.
        Shuffle = "shuffle",
        /// As they stand, and no row ever twice.
        Unique = "unique",
    }
    /// How long a user keeps a row.
    pub enum RowPer {
        /// For one task; in a sequence, for all of its tasks.
        Iteration = "iteration",
        /// For one task, in a sequence too.
        Task = "task",
        /// For its whole life.
        User = "user",
    }
    /// What happens after the last row.
    pub enum AtEnd {
        /// The first comes again.
        Repeat = "repeat",
        /// Whoever finds no row leaves.
        Stop = "stop",
        /// The run ends.
        StopRun = "stop_run",
    }
}
