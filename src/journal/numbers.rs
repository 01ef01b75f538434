use crate::memory::MemoryBudget;

/// What is wrong with a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Malformed(pub(super) &'static str);

/// How many bytes the numbers of one frame may take in memory: what a small frame unpacks to is not to be trusted.
pub(super) const MEMORY: usize = 256 << 20;

/// The same, where a reader has less.
pub(super) fn memory() -> usize {
    MEMORY.min(memory_for_series())
}

/// How much a reader has for what a journal counts.
pub(super) fn memory_for_series() -> usize {
    usize::try_from(MemoryBudget::of_thread_or(u64::MAX).for_series()).unwrap_or(usize::MAX)
}

/// A payload that is whole, and for which a reader has no memory.
pub(super) const TOO_MUCH: Malformed = Malformed("it holds more than there is memory for");

/// Writes numbers and texts one behind the other, and histograms' counts apart from them: they are of another kind,
/// and each kind packs better alone.
#[derive(Debug, Default)]
pub(super) struct Pen {
    pub(super) bytes: Vec<u8>,
    pub(super) counts: Vec<u8>,
}

impl Pen {
    /// A whole number in LEB128 (DWARF 5, §7.6): seven bits a byte, the lowest first.
    pub(super) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    /// A number of things in memory.
    pub(super) fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    /// Any number, exactly: a whole one as its double, anything else as 1 and the eight bytes of IEEE 754.
    pub(super) fn figure(&mut self, figure: f64) {
        match whole(figure) {
            Some(whole) => self.number(whole << 1),
            None => {
                self.number(1);
                self.double(figure);
            }
        }
    }

    /// The eight bytes of IEEE 754, the lowest first.
    pub(super) fn double(&mut self, double: f64) {
        self.bytes.extend(double.to_le_bytes());
    }

    /// Its length in bytes, and UTF-8.
    pub(super) fn text(&mut self, text: &str) {
        self.count(text.len());
        self.bytes.extend(text.as_bytes());
    }
}

/// The whole number, of at most 53 bits, that a double is.
pub(super) fn whole(figure: f64) -> Option<u64> {
    // casts of floats saturate, and not-a-number becomes 0: what is not the same to the bit is written as it is
    let whole = figure as u64;
    (whole < 1 << 53 && (whole as f64).to_bits() == figure.to_bits()).then_some(whole)
}

/// Reads what a [`Pen`] wrote, trusting none of it.
#[derive(Debug)]
pub(super) struct Scan<'a> {
    rest: &'a [u8],
    counts: &'a [u8],
    memory: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn new(bytes: &'a [u8], counts: &'a [u8]) -> Self {
        Self { rest: bytes, counts, memory: memory() }
    }

    pub(super) fn byte(&mut self) -> Result<u8, Malformed> {
        let (first, rest) = self.rest.split_first().ok_or(Malformed("it ends within a number"))?;
        self.rest = rest;
        Ok(*first)
    }

    pub(super) fn number(&mut self) -> Result<u64, Malformed> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                break;
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Malformed("a number has more than 64 bits"))
    }

    /// A number that fits a smaller type.
    pub(super) fn small<T: TryFrom<u64>>(&mut self) -> Result<T, Malformed> {
        T::try_from(self.number()?).map_err(|_| Malformed("a number is larger than what it stands for can be"))
    }

    pub(super) fn figure(&mut self) -> Result<f64, Malformed> {
        match self.number()? {
            1 => self.double(),
            odd if odd % 2 == 1 => Err(Malformed("an odd number stands where a figure should")),
            even => Ok((even / 2) as f64),
        }
    }

    pub(super) fn double(&mut self) -> Result<f64, Malformed> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(Malformed("it ends within a number"))?;
        self.rest = rest;
        Ok(f64::from_le_bytes(*bytes))
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Malformed> {
        let length = self.small::<usize>()?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(Malformed("it ends within a text"))?;
        self.rest = rest;
        std::str::from_utf8(bytes).map_err(|_| Malformed("a text is not UTF-8"))
    }

    /// The next so many bytes of histograms' counts.
    pub(super) fn counts(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (counts, rest) = self.counts.split_at_checked(length).ok_or(Malformed("it ends within a histogram"))?;
        self.counts = rest;
        Ok(counts)
    }

    /// As many things as the count says, each charged with the memory it takes; a count beyond what is there ends as
    /// soon as the bytes do.
    pub(super) fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let count = self.number()?;
        let mut list = Vec::new();
        for _ in 0..count {
            self.charge(size_of::<T>())?;
            list.push(read(self)?);
        }
        Ok(list)
    }

    /// Takes memory from what the frame may have.
    pub(super) fn charge(&mut self, bytes: usize) -> Result<(), Malformed> {
        self.memory = self.memory.checked_sub(bytes).ok_or_else(|| {
            // what is more than any frame may take is damaged, however much memory there is
            if memory() < MEMORY { TOO_MUCH } else { Malformed("it holds more than a second can") }
        })?;
        Ok(())
    }

    /// A part with its length before it, to be read by itself; see [`Scan::spent`].
    pub(super) fn part(&mut self) -> Result<Self, Malformed> {
        let length = self.small::<usize>()?;
        let (part, rest) = self.rest.split_at_checked(length).ok_or(Malformed("it ends within a part"))?;
        self.rest = rest;
        Ok(Self { rest: part, counts: &[], memory: self.memory })
    }

    /// Takes the memory a part has used from what the frame may have.
    pub(super) fn spent(&mut self, part: &Self) -> Result<(), Malformed> {
        self.charge(self.memory.saturating_sub(part.memory))
    }

    /// What has not been read yet.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether everything has been read.
    pub(super) const fn is_over(&self) -> bool {
        self.rest.is_empty() && self.counts.is_empty()
    }
}
