/// A message of protocol buffers, written field by field.
///
/// Source: the encoding as <https://protobuf.dev/programming-guides/encoding/> gives it.
#[derive(Debug, Default)]
pub(super) struct Message(Vec<u8>);

/// How a field's value is written.
const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LENGTH: u64 = 2;

impl Message {
    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }

    /// A text; an empty one is left out, as it is what a reader takes for granted.
    pub(super) fn text(&mut self, field: u64, text: &str) {
        if !text.is_empty() {
            self.bytes(field, text.as_bytes());
        }
    }

    /// A message in this one.
    pub(super) fn message(&mut self, field: u64, write: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        write(&mut inner);
        self.bytes(field, &inner.0);
    }

    /// A number that takes as many bytes as it needs: `uint64`, `int64`, `enum`, `bool`.
    pub(super) fn varint(&mut self, field: u64, number: u64) {
        self.key(field, VARINT);
        varint(&mut self.0, number);
    }

    /// The same of one that may be below zero: `sint32`.
    pub(super) fn zigzag(&mut self, field: u64, number: i32) {
        let number = i64::from(number);
        self.varint(field, ((number << 1) ^ (number >> 63)).cast_unsigned());
    }

    /// `fixed64`.
    pub(super) fn fixed(&mut self, field: u64, number: u64) {
        self.key(field, FIXED64);
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// `double`.
    pub(super) fn double(&mut self, field: u64, number: f64) {
        self.fixed(field, number.to_bits());
    }

    /// Several `uint64` side by side.
    pub(super) fn packed(&mut self, field: u64, numbers: impl Iterator<Item = u64>) {
        let mut all = Vec::new();
        numbers.for_each(|number| varint(&mut all, number));
        self.bytes(field, &all);
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.key(field, LENGTH);
        varint(&mut self.0, bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn key(&mut self, field: u64, kind: u64) {
        varint(&mut self.0, field << 3 | kind);
    }
}

fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A field as it is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Read<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    /// Of a kind that nobody asks for.
    Other,
}

/// The fields of a message, in their order; as far as they can be read.
pub(super) fn fields(mut bytes: &[u8]) -> Vec<(u64, Read<'_>)> {
    let mut fields = Vec::new();
    while let Some(key) = read_varint(&mut bytes) {
        let value = match key & 7 {
            VARINT => read_varint(&mut bytes).map(Read::Varint),
            FIXED64 => take(&mut bytes, 8).map(|_| Read::Other),
            LENGTH => read_varint(&mut bytes)
                .and_then(|length| take(&mut bytes, usize::try_from(length).unwrap_or(usize::MAX)))
                .map(Read::Bytes),
            5 => take(&mut bytes, 4).map(|_| Read::Other),
            _ => None,
        };
        let Some(value) = value else { break };
        fields.push((key >> 3, value));
    }
    fields
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *take(bytes, 1)?.first()?;
        number |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
