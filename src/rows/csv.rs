use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::stream::{LONGEST_ROW, Stream};
use super::table::Unfit;

/// More columns than these are no table.
const MOST_COLUMNS: usize = 10_000;

/// Takes CSV records (RFC 4180) from a stream.
pub(super) struct Records {
    core: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Records {
    pub(super) fn new(separator: u8) -> Self {
        let core = ReaderBuilder::new().delimiter(separator).build();
        Self { core, text: vec![0; 4096], ends: vec![0; 64] }
    }

    /// Forgets what came before: the stream was moved to the start of a record.
    pub(super) fn reset(&mut self) {
        self.core.reset();
    }

    /// The fields of the next record; `None` at the end. Blank lines are passed over.
    pub(super) fn next(&mut self, stream: &mut Stream) -> Result<Option<Vec<String>>, Unfit> {
        let (mut written, mut fields) = (0, 0);
        loop {
            let seen = stream.look()?;
            let (result, read, wrote, ended) =
                self.core.read_record(seen, &mut self.text[written..], &mut self.ends[fields..]);
            stream.pass(read);
            written += wrote;
            fields += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.text.len() < LONGEST_ROW => {
                    self.text.resize(self.text.len() * 4, 0)
                }
                ReadRecordResult::OutputFull => {
                    return Err(stream.unfit("the row is longer than 1 MiB: is a quote never closed?"));
                }
                ReadRecordResult::OutputEndsFull if self.ends.len() < MOST_COLUMNS => {
                    self.ends.resize(self.ends.len() * 4, 0);
                }
                ReadRecordResult::OutputEndsFull => {
                    return Err(stream.unfit(format!("the row has more than {MOST_COLUMNS} columns")));
                }
                ReadRecordResult::Record => return self.fields(fields, stream).map(Some),
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    fn fields(&self, count: usize, stream: &Stream) -> Result<Vec<String>, Unfit> {
        let mut start = 0;
        let fields = self.ends[..count].iter().map(|end| {
            let field = std::str::from_utf8(&self.text[start..*end]).map(str::to_owned);
            start = *end;
            field.map_err(|_| stream.unfit("the row is not UTF-8 text"))
        });
        fields.collect()
    }
}
