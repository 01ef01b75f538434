use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::time::SystemTime;

use ring::digest::{SHA256, digest};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::header::Header;

/// Which run a journal is of: 128 bits, shown as 32 hexadecimal digits. Of chance; where several machines make one run,
/// of what they agree on.
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

    /// That of a run in several shards, which have to come to the same without talking: the first half of a SHA-256 over
    /// plan, profile, target, seed and number of shards as `header` has them, the moment the run is to start at, and
    /// which of the plan's tasks were asked for.
    #[must_use]
    pub fn shared(header: &Header, start_at: Option<SystemTime>, tasks: &[String]) -> Self {
        let since = start_at.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        let plan = &header.plan;
        let mut parts = vec![
            plan.sha256.to_string(),
            plan.effective.clone(),
            format!("{:?}", plan.profile),
            plan.target.clone(),
            header.seed.to_string(),
            header.shard.count.to_string(),
            since.map_or_else(String::new, |since| since.as_nanos().to_string()),
        ];
        parts.extend_from_slice(tasks);
        // with its length before each part no two lists read the same
        let text: String = parts.iter().map(|part| format!("{} {part}", part.len())).collect();
        let mut id = [0; 16];
        id.iter_mut().zip(Fingerprint::of(&text).0).for_each(|(to, from)| *to = from);
        Self(id)
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

    #[test]
    fn shards_of_one_run_come_to_one_id_and_another_run_to_another() {
        let header = |change: &dyn Fn(&mut Header)| {
            let mut header = crate::journal::tests::header();
            change(&mut header);
            header
        };
        let at = |seconds| Some(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds));
        let plain = header(&|_| {});
        let id = RunId::shared(&plain, at(5), &[]);
        let same = header(&|header| {
            (header.shard.index, header.workers, header.began) = (1, 77, SystemTime::now());
            header.run = RunId::random();
        });
        assert_eq!(RunId::shared(&same, at(5), &[]), id);
        let mut others = vec![
            RunId::shared(&plain, at(6), &[]),
            RunId::shared(&plain, None, &[]),
            RunId::shared(&plain, at(5), &["--tag a".to_owned()]),
            RunId::shared(&plain, at(5), &["--tag".to_owned(), "a".to_owned()]),
        ];
        let changes: [&dyn Fn(&mut Header); 6] = [
            &|header| header.plan.sha256 = Fingerprint::of("another"),
            &|header| header.plan.effective.push('#'),
            &|header| header.plan.profile = Some("None".to_owned()),
            &|header| header.plan.target.push('1'),
            &|header| header.seed = crate::units::Seed::new(1),
            &|header| header.shard.count += 1,
        ];
        others.extend(changes.map(|change| RunId::shared(&header(change), at(5), &[])));
        others.push(id);
        let all: std::collections::HashSet<RunId> = others.iter().copied().collect();
        assert_eq!(all.len(), others.len());
    }
}
