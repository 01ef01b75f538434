use std::collections::HashMap;
use std::sync::Arc;

use super::numbers::{Malformed, Pen, Scan, TOO_MUCH, memory_for_series};
use crate::metrics::SeriesKey;
use crate::sample::{EndpointId, StageId, TaskId, UserTypeId};

/// How many series a journal may name, and how many bytes their names may have together.
const SERIES: usize = 1 << 20;
const NAMES: usize = 64 << 20;
/// What each takes in memory, where it is read and where it is counted.
const EACH: usize = 2048;

/// The series a journal has named so far, for its writer: each is written once and then goes by its number.
#[derive(Debug, Default)]
pub(super) struct Numbered {
    numbers: HashMap<SeriesKey, u32>,
    /// Those of the frame under way, which are forgotten where it does not come to be.
    fresh: Vec<SeriesKey>,
    names: usize,
}

/// The series a journal has named so far, for its reader.
#[derive(Debug, Default)]
pub(super) struct Named {
    keys: Vec<SeriesKey>,
    names: usize,
}

impl Numbered {
    /// The series' number.
    pub(super) fn number(&mut self, key: &SeriesKey) -> u32 {
        if let Some(number) = self.numbers.get(key) {
            return *number;
        }
        let number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        self.numbers.insert(key.clone(), number);
        self.names += key.name.len();
        self.fresh.push(key.clone());
        number
    }

    /// Writes the series that are new since the last [`Numbered::keep`].
    pub(super) fn write(&self, pen: &mut Pen) -> Result<(), Malformed> {
        if self.numbers.len() > SERIES || self.names > NAMES {
            return Err(Malformed("there are more series, or longer names, than a journal holds"));
        }
        pen.count(self.fresh.len());
        for key in &self.fresh {
            pen.number(key.endpoint.0.into());
            pen.number(key.user.0.into());
            pen.number(key.task.0.into());
            pen.number(key.stage.0.into());
            pen.number(key.status.map_or(0, |status| u64::from(status) + 1));
            pen.text(&key.name);
        }
        Ok(())
    }

    /// The new ones are in the journal.
    pub(super) fn keep(&mut self) {
        self.fresh.clear();
    }

    /// The new ones did not come into the journal.
    pub(super) fn forget(&mut self) {
        for key in self.fresh.drain(..) {
            self.numbers.remove(&key);
            self.names -= key.name.len();
        }
    }
}

impl Named {
    /// Reads the series a frame brings.
    pub(super) fn read(&mut self, scan: &mut Scan) -> Result<(), Malformed> {
        let fresh = scan.number()?;
        let most = memory_for_series();
        for _ in 0..fresh {
            let endpoint = EndpointId(scan.small()?);
            let user = UserTypeId(scan.small()?);
            let task = TaskId(scan.small()?);
            let stage = StageId(scan.small()?);
            let status = match scan.small::<u32>()?.checked_sub(1) {
                None => None,
                Some(status) => Some(u16::try_from(status).map_err(|_| Malformed("a status has more than 16 bits"))?),
            };
            let name: Arc<str> = scan.text()?.into();
            self.names += name.len();
            self.keys.push(SeriesKey { endpoint, name, user, task, stage, status });
            if self.keys.len() > SERIES || self.names > NAMES {
                return Err(Malformed("it names more series than a journal may"));
            }
            // whoever reads them counts each by itself
            if self.keys.len() * EACH + self.names > most {
                return Err(TOO_MUCH);
            }
        }
        Ok(())
    }

    /// The series with a number.
    pub(super) fn key(&self, number: u32) -> Result<&SeriesKey, Malformed> {
        self.keys.get(number as usize).ok_or(Malformed("a series has a number that was not given out"))
    }
}
