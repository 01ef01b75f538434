use std::collections::BTreeMap;
use std::ops::Bound;

/// A shorter value stands in ordinary words and numbers as well: to look for it would leave none of them.
pub(super) const SHORTEST: usize = 4;
/// A longer one is looked for in pieces of this length.
pub(super) const LONGEST: usize = 4096;

/// Where a value is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Anywhere, also inside of a word.
    Anywhere,
    /// Where it is a word of its own.
    Words,
}

/// The values that are looked for, in order: the longest that a text begins with is found in a few comparisons, however
/// many there are and whatever they share.
#[derive(Default)]
pub(super) struct Patterns {
    values: BTreeMap<Box<[u8]>, Reach>,
    longest: usize,
    bytes: usize,
    /// Which beginnings there are, as they are and in base64 and hex: most places of a text are told by these alone.
    plain: Beginnings,
    coded: Beginnings,
}

/// Hashes of four bytes each.
struct Beginnings(Vec<u64>);

impl Patterns {
    /// Adds a value of at least [`SHORTEST`] bytes; says whether anything changed.
    pub(super) fn add(&mut self, value: &[u8], reach: Reach) -> bool {
        if let Some(known) = self.values.get_mut(value) {
            let wider = *known == Reach::Words && reach == Reach::Anywhere;
            if wider {
                *known = reach;
            }
            return wider;
        }
        let Some(first) = value.first_chunk() else { return false };
        self.plain.add(*first);
        base64_beginnings(value).for_each(|four| self.coded.add(four));
        hex_beginning(*first).into_iter().for_each(|four| self.coded.add(four));
        self.longest = self.longest.max(value.len());
        self.bytes += value.len();
        self.values.insert(value.into(), reach);
        true
    }

    /// Whether a value is among them.
    pub(super) fn has(&self, value: &[u8]) -> bool {
        self.values.contains_key(value)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// How many bytes the values have together.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) const fn longest(&self) -> usize {
        self.longest
    }

    /// The length of the longest value that stands at a place of a text.
    pub(super) fn longest_at(&self, text: &[u8], at: usize) -> Option<usize> {
        let rest = &text[at..];
        if !self.plain.may_have(*rest.first_chunk()?) {
            return None;
        }
        let mut limit = rest.len().min(self.longest);
        while limit >= SHORTEST {
            let up_to = (Bound::Unbounded, Bound::Included(&rest[..limit]));
            let (value, reach) = self.values.range::<[u8], _>(up_to).next_back()?;
            let common = value.iter().zip(rest).take_while(|(a, b)| a == b).count();
            limit = match common == value.len() {
                true if *reach == Reach::Anywhere || is_word(text, at, at + common) => return Some(common),
                true => common - 1,
                // whatever begins here is in what the two share
                false => common,
            };
        }
        None
    }

    /// Whether a value goes on beyond the end of a text that it begins with.
    pub(super) fn goes_on(&self, begun: &[u8]) -> bool {
        if begun.first_chunk().is_some_and(|four| !self.plain.may_have(*four)) {
            return false;
        }
        let after = (Bound::Excluded(begun), Bound::Unbounded);
        self.values.range::<[u8], _>(after).next().is_some_and(|(value, _)| value.starts_with(begun))
    }

    /// Whether a value may stand in a text as it is.
    pub(super) fn may_stand_in(&self, text: &[u8]) -> bool {
        text.windows(4).any(|four| four.try_into().is_ok_and(|four| self.plain.may_have(four)))
    }

    /// Whether a value may stand in a text in base64 or hex.
    pub(super) fn may_be_coded_in(&self, text: &[u8]) -> bool {
        text.windows(4)
            .any(|four| four.try_into().is_ok_and(|four: [u8; 4]| self.coded.may_have(four.map(common_sign))))
    }
}

/// Whether no letter and no digit stands beside a part of a text.
fn is_word(text: &[u8], from: usize, to: usize) -> bool {
    let joined = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
    !joined(text[..from].last()) && !joined(text.get(to))
}

/// The sign of one of the two alphabets of base64 that stands for the same in the other.
const fn common_sign(byte: u8) -> u8 {
    match byte {
        b'-' => b'+',
        b'_' => b'/',
        byte => byte,
    }
}

/// Four signs of base64 that a value alone makes, for each of the three ways in which it may lie.
fn base64_beginnings(value: &[u8]) -> impl Iterator<Item = [u8; 4]> {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = value.iter().take(SHORTEST).fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
    // the bits of a value begin after 0, 2 or 4 bits of a sign
    [0, 4, 2].into_iter().map(move |skipped| {
        std::array::from_fn(|index| SIGNS[(bits >> (32 - 6 - skipped - 6 * index as u32) & 63) as usize])
    })
}

/// What the first two bytes of a value are in hex, in both cases.
fn hex_beginning(first: [u8; 4]) -> [[u8; 4]; 2] {
    let digit = |nibble: u8, ten: u8| if nibble < 10 { b'0' + nibble } else { ten + nibble - 10 };
    let written = |ten: u8| {
        [digit(first[0] >> 4, ten), digit(first[0] & 15, ten), digit(first[1] >> 4, ten), digit(first[1] & 15, ten)]
    };
    [written(b'a'), written(b'A')]
}

impl Beginnings {
    const BITS: usize = 1 << 17;

    fn add(&mut self, four: [u8; 4]) {
        let at = Self::at(four);
        self.0[at / 64] |= 1 << (at % 64);
    }

    fn may_have(&self, four: [u8; 4]) -> bool {
        let at = Self::at(four);
        self.0[at / 64] >> (at % 64) & 1 == 1
    }

    const fn at(four: [u8; 4]) -> usize {
        (u32::from_le_bytes(four).wrapping_mul(0x9E37_79B1) >> 15) as usize % Self::BITS
    }
}

impl Default for Beginnings {
    fn default() -> Self {
        Self(vec![0; Self::BITS / 64])
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn patterns(values: &[&str]) -> Patterns {
        let mut patterns = Patterns::default();
        for value in values {
            patterns.add(value.as_bytes(), Reach::Anywhere);
        }
        patterns
    }

    #[test]
    fn the_longest_value_is_found_among_those_that_begin_alike() {
        let found = |values: &[&str], text: &str| patterns(values).longest_at(text.as_bytes(), 0);
        assert_eq!(found(&["abcd", "abcde", "abcdx"], "abcdef"), Some(5));
        assert_eq!(found(&["abcd", "abcdee"], "abcdef"), Some(4));
        assert_eq!(found(&["abcd", "abce"], "abcc"), None);
        assert_eq!(found(&["abcd"], "abc"), None);
    }

    #[test]
    fn a_value_of_words_is_none_inside_of_a_word() {
        let mut patterns = Patterns::default();
        patterns.add(b"pass", Reach::Words);
        assert_eq!(patterns.longest_at(b"passed", 0), None);
        assert_eq!(patterns.longest_at(b"/pass/", 1), Some(4));
        patterns.add(b"pass", Reach::Anywhere);
        assert_eq!(patterns.longest_at(b"passed", 0), Some(4));
    }

    #[test]
    fn a_beginning_in_base64_or_hex_is_seen_wherever_it_lies() {
        let patterns = patterns(&["T~k?\u{FE}n-9"]);
        for lead in ["", "a", "ab", "abc"] {
            let coded = STANDARD.encode(format!("{lead}T~k?\u{FE}n-9"));
            assert!(patterns.may_be_coded_in(coded.as_bytes()), "{coded}");
            assert!(patterns.may_be_coded_in(coded.replace('+', "-").replace('/', "_").as_bytes()), "{coded}");
        }
        assert!(patterns.may_be_coded_in(b"547e6b3f") && patterns.may_be_coded_in(b"547E6B3F"));
    }
}
