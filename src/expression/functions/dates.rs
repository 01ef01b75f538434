use jiff::tz::TimeZone;
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Value};

use super::encodings::text_of;
use super::table::{chosen, wrong};
use crate::expression::moment::{Moment, moment, zone};
use crate::expression::number::to_number;

/// The units of a number that is a date.
pub(super) const UNITS: [&str; 2] = ["s", "ms"];

pub(super) fn add_to(language: &mut Environment<'static>) {
    language.add_function("now", now);
    language.add_function("now_ms", now_ms);
    macro_rules! both {
        ($($name:ident)*) => {$(
            language.add_filter(stringify!($name), $name);
            language.add_function(stringify!($name), $name);
        )*};
    }
    both!(date strftime epoch epoch_ms);
}

fn zone_of(options: &Kwargs) -> Result<Option<TimeZone>, Error> {
    let name: Option<Value> = options.get("zone")?;
    let Some(name) = name else { return Ok(None) };
    let found = zone(&text_of(&name)?);
    found.map(Some).map_err(|(why, help)| wrong(help.map_or_else(|| why.clone(), |help| format!("{why}: {help}"))))
}

fn now(options: Kwargs) -> Result<Value, Error> {
    let zone = zone_of(&options)?;
    options.assert_all_used()?;
    Ok(Moment::now(zone.unwrap_or(TimeZone::UTC)).value())
}

fn now_ms() -> i64 {
    Moment::now(TimeZone::UTC).millis()
}

fn date(value: Value, options: Kwargs) -> Result<Value, Error> {
    let (zone, format, unit) = (zone_of(&options)?, options.get("format")?, options.get("unit")?);
    options.assert_all_used()?;
    let read = Reading { zone, format, unit };
    read.moment(&value).map(Moment::value)
}

/// How a value is read as a date.
#[derive(Default)]
struct Reading {
    zone: Option<TimeZone>,
    format: Option<Value>,
    unit: Option<Value>,
}

impl Reading {
    fn moment(self, value: &Value) -> Result<Moment, Error> {
        if value.is_undefined() {
            return Err(Error::from(ErrorKind::UndefinedError));
        }
        if let Some(known) = moment(value) {
            return Ok(known.within(self.zone));
        }
        if let Some(format) = &self.format {
            let (text, format) = (text_of(value)?, text_of(format)?);
            return Moment::read_as(&text, &format, self.zone)
                .map_err(|why| wrong(format!("`{text}` is no date in the format `{format}`: {why}")));
        }
        // a truth value is no number here
        if let Some(number) = to_number(value).filter(|_| value.kind() != ValueKind::Bool) {
            let factor = match self.unit.as_ref().map(|unit| chosen("`unit`", unit, &UNITS)).transpose()? {
                Some("ms") => 1.0,
                _ => 1000.0,
            };
            let read = Moment::of_millis(number * factor, self.zone.unwrap_or(TimeZone::UTC));
            return read.ok_or_else(|| {
                wrong(format!("{number} seconds are beyond all calendars: `unit='ms'` reads milliseconds"))
            });
        }
        let text = text_of(value)?;
        Moment::read(&text, self.zone).ok_or_else(|| {
            wrong(format!(
                "`{text}` is no date: write `2026-01-31`, `2026-01-31T12:00:00Z`, or say its `format='%d.%m.%Y'`"
            ))
        })
    }
}

fn strftime(value: Value, format: Value, options: Kwargs) -> Result<String, Error> {
    let zone = zone_of(&options)?;
    options.assert_all_used()?;
    let at = Reading { zone, ..Reading::default() }.moment(&value)?;
    let format = text_of(&format)?;
    at.shown(&format).map_err(|why| wrong(format!("`{format}` is no format of a date: {why}")))
}

/// Seconds since 1970 began.
fn epoch(value: Value) -> Result<i64, Error> {
    Reading::default().moment(&value).map(|at| at.seconds())
}

/// Milliseconds since 1970 began.
fn epoch_ms(value: Value) -> Result<i64, Error> {
    Reading::default().moment(&value).map(|at| at.millis())
}
