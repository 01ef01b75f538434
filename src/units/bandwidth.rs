use std::time::Duration;

use super::quantity::{InvalidValue, split_number};

/// How much data a line carries in a second.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Bandwidth {
    bytes_a_second: f64,
}

/// The units of data, in bytes. Lines are sold by the bit, and programs count in bytes.
const UNITS: [(&str, f64); 13] = [
    ("bit", 0.125),
    ("kbit", 125.0),
    ("Kbit", 125.0),
    ("Mbit", 125e3),
    ("Gbit", 125e6),
    ("B", 1.0),
    ("kB", 1e3),
    ("KB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
];
/// What is written for these units elsewhere, and how it is written here.
const ELSEWHERE: [(&str, &str); 8] = [
    ("bps", "bit/s"),
    ("kbps", "kbit/s"),
    ("Kbps", "kbit/s"),
    ("Mbps", "Mbit/s"),
    ("mbps", "Mbit/s"),
    ("Gbps", "Gbit/s"),
    ("gbps", "Gbit/s"),
    ("mbit/s", "Mbit/s"),
];
const EXAMPLES: &str = "write a bandwidth with its unit, such as `2Mbit/s` or `256kB/s`";

impl Bandwidth {
    /// Reads `2Mbit/s`, `256kB/s` or `1MiB/s`.
    ///
    /// # Errors
    /// A bare number, a unit that is not one of data by the second, one that may be bits as well as bytes, and nothing at all.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        let Some((count, unit)) = split_number(text) else {
            return Err(InvalidValue::new(format!("`{text}` is not a bandwidth"), EXAMPLES));
        };
        let nothing = || {
            let help = "write more, such as `1Mbit/s`; without `bandwidth` there is no limit";
            Err(InvalidValue::new(format!("a bandwidth of `{text}` lets nothing through"), help))
        };
        // whatever its unit: another would be no way out
        if count == 0.0 {
            return nothing();
        }
        let (unit, number) = (unit.trim(), text[..text.len() - unit.len()].trim());
        let refused = |help: String| Err(InvalidValue::new(format!("`{unit}` is not a unit of bandwidth"), help));
        if unit.is_empty() {
            let help = format!("did you mean `{number}Mbit/s` or `{number}kB/s`?");
            return Err(InvalidValue::new(format!("`{text}` has no unit"), help));
        }
        if let Some((_, here)) = ELSEWHERE.iter().find(|(there, _)| *there == unit) {
            return refused(format!("did you mean `{number}{here}`?"));
        }
        let (data, by) = unit.split_once('/').map_or((unit, None), |(data, by)| (data.trim_end(), Some(by.trim())));
        let Some((_, bytes)) = UNITS.iter().find(|(name, _)| *name == data) else {
            return refused(match data.strip_suffix('b').filter(|of| matches!(*of, "" | "k" | "K" | "M" | "G")) {
                Some("") => format!("did you mean `{number}bit/s` or `{number}B/s`?"),
                Some(of) => format!("did you mean `{number}{of}bit/s`, in bits, or `{number}{of}B/s`, in bytes?"),
                None => {
                    "the units are `bit/s`, `kbit/s`, `Mbit/s`, `Gbit/s`, and `B/s`, `kB/s`, `MB/s`, `GB/s`".to_owned()
                }
            });
        };
        match by {
            Some("s" | "sec" | "second") => {}
            _ => return refused(format!("did you mean `{number}{data}/s`?")),
        }
        let bytes_a_second = count * bytes;
        if bytes_a_second < 0.125 {
            return nothing();
        }
        Ok(Self { bytes_a_second })
    }

    /// How long so many bytes take.
    #[must_use]
    pub fn time_of(self, bytes: usize) -> Duration {
        Duration::try_from_secs_f64(bytes as f64 / self.bytes_a_second).unwrap_or(Duration::MAX)
    }

    /// How many whole bytes come through in a time.
    #[must_use]
    pub fn bytes_in(self, time: Duration) -> u64 {
        // what is beyond the largest number is the largest number
        (self.bytes_a_second * time.as_secs_f64()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bandwidth_is_read_with_its_unit() {
        for (text, bytes) in [
            ("2Mbit/s", 250_000),
            ("64 kbit/s", 8_000),
            ("64Kbit/s", 8_000),
            ("8bit/s", 1),
            ("1Gbit/s", 125_000_000),
            ("256kB/s", 256_000),
            ("256KB/s", 256_000),
            ("1.5MB/s", 1_500_000),
            ("1MiB/s", 1 << 20),
            ("10 B / sec", 10),
        ] {
            let read = Bandwidth::parse(text).unwrap();
            assert_eq!(read.bytes_in(Duration::from_secs(1)), bytes, "{text}");
            assert_eq!(read.time_of(bytes as usize * 3), Duration::from_secs(3), "{text}");
        }
    }

    #[test]
    fn what_is_no_bandwidth_says_how_one_is_written() {
        for (text, help) in [
            ("2", "did you mean `2Mbit/s` or `2kB/s`?"),
            ("2Mbps", "did you mean `2Mbit/s`?"),
            ("2 mbps", "did you mean `2Mbit/s`?"),
            ("2MB", "did you mean `2MB/s`?"),
            ("2Mbit", "did you mean `2Mbit/s`?"),
            ("2Mbit/min", "did you mean `2Mbit/s`?"),
            ("2Mb/s", "did you mean `2Mbit/s`, in bits, or `2MB/s`, in bytes?"),
            ("0MB/s", "write more, such as `1Mbit/s`; without `bandwidth` there is no limit"),
            ("0", "write more, such as `1Mbit/s`; without `bandwidth` there is no limit"),
            ("0Mbps", "write more, such as `1Mbit/s`; without `bandwidth` there is no limit"),
            ("fast", EXAMPLES),
            ("-1MB/s", EXAMPLES),
        ] {
            assert_eq!(Bandwidth::parse(text).unwrap_err().help, help, "{text}");
        }
        assert!(Bandwidth::parse("2 parsec/s").unwrap_err().help.starts_with("the units are"));
    }
}
