use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map whose keys are ids and nothing else. They are numbers that the plan gives, so no key can be chosen to collide, and
/// what protects against that is left out: it costs more than the look-up.
pub type IdMap<K, V> = HashMap<K, V, BuildHasherDefault<IdHasher>>;

/// Mixes each number in by a multiplication with an odd constant (Knuth 1998, section 6.4).
#[derive(Debug, Clone, Copy, Default)]
pub struct IdHasher(u64);

/// The fraction of 2⁶⁴ that the golden section gives.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

impl IdHasher {
    fn add(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(26) ^ number).wrapping_mul(GOLDEN);
    }
}

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        // a map takes its bucket from the low bits, and a product has its mixture in the high ones
        self.0.rotate_left(26)
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.add(u64::from(*byte)));
    }

    fn write_u8(&mut self, number: u8) {
        self.add(u64::from(number));
    }

    fn write_u16(&mut self, number: u16) {
        self.add(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.add(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.add(number);
    }

    fn write_usize(&mut self, number: usize) {
        self.add(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.add(number as u64);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::{BuildHasher, BuildHasherDefault};

    use super::*;

    #[test]
    fn ids_that_lie_side_by_side_fall_into_buckets_of_their_own() {
        let hasher = BuildHasherDefault::<IdHasher>::default();
        let keys = (0..64_u32).flat_map(|endpoint| (0..16_u16).map(move |task| (endpoint, task, Some(200_u16))));
        let hashes: Vec<u64> = keys.map(|key| hasher.hash_one(key)).collect();
        // as many buckets as keys: by chance 37 % of them are empty
        let filled: HashSet<u64> = hashes.iter().map(|hash| hash % 1024).collect();
        assert_eq!(hashes.iter().collect::<HashSet<_>>().len(), 1024);
        assert!(filled.len() > 560, "{}", filled.len());
    }
}
