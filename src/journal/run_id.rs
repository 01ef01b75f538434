use std::fmt;
use std::hash::{BuildHasher, RandomState};

use ring::digest::{SHA256, digest};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Which run a journal is of: 128 bits of chance, shown as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RunId([u8; 16]);

/// The SHA-256 (FIPS 180-4) of a plan's text, shown as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl RunId {
    /// A new one, from the system's own chance: the seed gives the same run again, but not the same id.
    #[must_use]
    pub fn random() -> Self {
        // the standard library's keys are 128 bits of the system's chance; two hashes under them are as many
        let keys = RandomState::new();
        let halves = [keys.hash_one(0_u8), keys.hash_one(1_u8)];
        Self((u128::from(halves[0]) << 64 | u128::from(halves[1])).to_be_bytes())
    }

    /// Reads 32 hexadecimal digits; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        read_hex(text).map(Self)
    }
}

impl Fingerprint {
    /// Of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut bytes = [0; 32];
        // the digest is 32 bytes long by its definition
        bytes.iter_mut().zip(digest(&SHA256, text.as_bytes()).as_ref()).for_each(|(to, from)| *to = *from);
        Self(bytes)
    }
}

fn read_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let mut value = 0;
        for digit in pair {
            value = value * 16 + char::from(*digit).to_digit(16)?;
        }
        *byte = u8::try_from(value).ok()?;
    }
    Some(bytes)
}

macro_rules! hexadecimal {
    ($name:ident, $what:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                read_hex(&text).map(Self).ok_or_else(|| D::Error::custom(format!("`{text}` is no {}", $what)))
            }
        }
    };
}

hexadecimal!(RunId, "run id of 32 hexadecimal digits");
hexadecimal!(Fingerprint, "SHA-256 of 64 hexadecimal digits");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_the_sha_256_of_the_text() {
        // FIPS 180-4's example
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Fingerprint::of("abc").to_string(), known);
    }

    #[test]
    fn a_run_id_reads_back_as_shown_and_no_two_are_the_same() {
        let id = RunId::random();
        assert_eq!(RunId::parse(&id.to_string()), Some(id));
        assert_ne!(id, RunId::random());
        assert_eq!(RunId::parse("00"), None);
        assert_eq!(RunId::parse(&"g".repeat(32)), None);
    }
}
