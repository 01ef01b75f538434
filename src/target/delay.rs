use std::time::Duration;

use rand::{Rng, RngExt};

use crate::units::{DurationRange, InvalidValue, Ratio, parse_duration};

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

/// The longest time an exponential draw may come to, in means.
const LONGEST: f64 = 100.0;

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
                let (share, range) = part.split_once(':').ok_or_else(|| InvalidValue {
                    message: format!("`{part}` is not a share of delays"),
                    help: "write it as `90%:5ms,10%:200ms`".into(),
                })?;
                Ok((Ratio::parse(share)?.as_f64(), DurationRange::parse(range)?))
            })
            .collect::<Result<_, InvalidValue>>()?;
        let whole: f64 = parts.iter().map(|(share, _)| share).sum();
        if (whole - 1.0).abs() > 1e-6 {
            return Err(InvalidValue {
                message: format!("the shares of `{text}` come to {:.1}%", whole * 100.0),
                help: "make them 100% in all".into(),
            });
        }
        Ok(Self::Mixed(parts))
    }

    /// Draws a delay.
    pub fn draw(&self, chance: &mut impl Rng) -> Duration {
        match self {
            Self::None => Duration::ZERO,
            Self::Range(range) if range.from == range.to => range.from,
            Self::Range(range) => range.at(chance.random()),
            Self::Mixed(parts) => {
                let mut at: f64 = chance.random();
                for (share, range) in parts {
                    if at < *share {
                        return range.at(at / share);
                    }
                    at -= share;
                }
                parts.last().map_or(Duration::ZERO, |(_, range)| range.to)
            }
            Self::Exponential(mean) => {
                let even: f64 = chance.random();
                mean.mul_f64((-(1.0 - even).ln()).min(LONGEST))
            }
        }
    }
}
