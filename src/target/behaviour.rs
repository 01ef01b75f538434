use std::time::Duration;

use rand::{Rng, RngExt};

use crate::units::{DurationRange, InvalidValue, Rate, Ratio, Seed, parse_duration};

/// How the server behaves. The default answers at once, without a fault.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// Keys that are accepted, besides those made through `POST /v1/keys`.
    pub keys: Vec<String>,
    /// How long each answer takes.
    pub delay: Delay,
    /// The share of requests that are answered with 500.
    pub fail: Option<Ratio>,
    /// When the whole server stops answering.
    pub freeze: Option<Freeze>,
    /// How many requests a key and tenant may make; beyond it they are answered with 429.
    pub limit: Option<Rate>,
    /// What learning takes on top.
    pub slow_learn: Duration,
    /// Learning answers 500, as on a fresh database of version 2.0.1.
    pub fresh_database: bool,
    /// How long four learns at once freeze the server.
    pub learn_freeze: Option<Duration>,
    /// CPU time that checking a key costs.
    pub key_check_cost: Duration,
    /// Whether it has the calls of a federation, which the real service answers with 404.
    pub federation: bool,
    /// How long a request may take to come, from its first byte to its last.
    pub read_timeout: Duration,
    /// Whether it starts with a few concepts rather than with none.
    pub seeded: bool,
    /// What its random values derive from.
    pub seed: Seed,
    /// How many threads serve.
    pub threads: usize,
}

/// A stop of the whole server, again and again: `2s/30s` is the last 2 seconds of every 30.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freeze {
    /// How long it lasts.
    pub length: Duration,
    /// How often it comes.
    pub every: Duration,
}

/// How long an answer takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Delay {
    /// No time.
    None,
    /// A time from a range, evenly: `20ms` or `5ms..20ms`.
    Range(DurationRange),
    /// Ranges with their shares: `90%:5ms,10%:200ms`.
    Mixed(Vec<(f64, DurationRange)>),
    /// An exponential time with this mean: `exponential:20ms`.
    Exponential(Duration),
}

/// The longest time that is drawn of an exponential, in means.
const LONGEST: f64 = 100.0;

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            keys: vec!["cm_test_key".to_owned()],
            delay: Delay::None,
            fail: None,
            freeze: None,
            limit: None,
            slow_learn: Duration::ZERO,
            fresh_database: false,
            learn_freeze: None,
            key_check_cost: Duration::ZERO,
            federation: false,
            read_timeout: Duration::from_secs(30),
            seeded: false,
            seed: Seed::new(1),
            threads: 1,
        }
    }
}

impl Freeze {
    /// Reads `2s/30s`.
    ///
    /// # Errors
    /// What is not two durations, the first the shorter.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let help = "write it as length and interval, such as `2s/30s`";
        let Some((length, every)) = text.split_once('/') else {
            return Err(InvalidValue::new(format!("`{text}` is not a freeze"), help));
        };
        let (length, every) = (parse_duration(length)?, parse_duration(every)?);
        if length >= every || length.is_zero() {
            return Err(InvalidValue::new(format!("`{text}` would freeze for good or never"), help));
        }
        Ok(Self { length, every })
    }

    /// How long from a moment (since the server's start) until the freeze it lies in is over; zero outside one.
    pub(super) fn left(self, since_start: Duration) -> Duration {
        let within = Duration::from_nanos((since_start.as_nanos() % self.every.as_nanos()) as u64);
        if within >= self.every - self.length { self.every - within } else { Duration::ZERO }
    }
}

impl Delay {
    /// Reads a delay in one of its forms.
    ///
    /// # Errors
    /// What is none of them, or shares that are not 100 % in all.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        if let Some(mean) = text.strip_prefix("exponential:") {
            return parse_duration(mean).map(Self::Exponential);
        }
        if !text.contains('%') {
            return DurationRange::parse(text).map(Self::Range);
        }
        let parts: Vec<(f64, DurationRange)> = text
            .split(',')
            .map(|part| {
                let (share, range) = part.split_once(':').ok_or_else(|| {
                    InvalidValue::new(format!("`{part}` is not a share of delays"), "write it as `90%:5ms,10%:200ms`")
                })?;
                Ok((Ratio::parse(share)?.as_f64(), DurationRange::parse(range)?))
            })
            .collect::<Result<_, InvalidValue>>()?;
        let whole: f64 = parts.iter().map(|(share, _)| share).sum();
        if (whole - 1.0).abs() > 1e-6 {
            let message = format!("the shares of `{text}` add up to {:.1}%", whole * 100.0);
            return Err(InvalidValue::new(message, "make them 100% in all"));
        }
        Ok(Self::Mixed(parts))
    }

    /// Draws a delay.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> Duration {
        match self {
            Self::None => Duration::ZERO,
            Self::Range(range) if range.from == range.to => range.from,
            Self::Range(range) => range.at(rng.random()),
            Self::Mixed(parts) => {
                let mut at: f64 = rng.random();
                for (share, range) in parts {
                    if at < *share {
                        return range.at(at / share);
                    }
                    at -= share;
                }
                parts.last().map_or(Duration::ZERO, |(_, range)| range.to)
            }
            Self::Exponential(mean) => {
                let even: f64 = rng.random();
                mean.mul_f64((-(1.0 - even).ln()).min(LONGEST))
            }
        }
    }
}
