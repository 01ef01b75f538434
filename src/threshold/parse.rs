use std::ops::Range;
use std::time::Duration;

use super::amount::{Amount, Kind, RateUnit, example, kind, nothing};
use super::limit::{Direction, Drift, Limit};
use super::types::{Aggregate, Field, Matcher, Operator, Quantile, Relation, Subject, Threshold};
use crate::diagnostic::{did_you_mean, nearest};
use crate::units::{InvalidValue, Rate, Ratio, Size, parse_duration};

/// Why a text is not a threshold: what, where in it (bytes), and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub range: Range<usize>,
    /// What to write instead, where that is known.
    pub help: Option<String>,
}

impl Threshold {
    /// Parses a threshold.
    ///
    /// # Errors
    /// The first thing in it that is not of the grammar, or whose kinds do not fit together.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut cursor = Cursor { text, at: 0, rate_unit: RateUnit::default() };
        let (aggregate, aggregate_range) = cursor.aggregate()?;
        let subject = cursor.subject(aggregate, &aggregate_range)?;
        let selector = cursor.selector()?;
        let operator = cursor.operator()?;
        let limit = cursor.limit(aggregate, &subject)?;
        let window = cursor.window()?;
        cursor.end()?;
        Ok(Self { aggregate, subject, selector, operator, limit, window, rate_unit: cursor.rate_unit })
    }
}

impl Threshold {
    /// Parses what a threshold measures, with nothing to compare it with: `p95{endpoint=recall}`.
    ///
    /// # Errors
    /// As [`Threshold::parse`].
    pub fn figure(text: &str) -> Result<Self, ParseError> {
        let mut cursor = Cursor { text, at: 0, rate_unit: RateUnit::default() };
        let (aggregate, aggregate_range) = cursor.aggregate()?;
        let subject = cursor.subject(aggregate, &aggregate_range)?;
        let selector = cursor.selector()?;
        let here = cursor.here();
        if !cursor.rest().is_empty() {
            let message = format!("`{}` is left over behind the figure", cursor.rest().trim_end());
            return Err(parse_error(message, here, "ask for the figure alone, such as `p95` or `error_rate`"));
        }
        let limit = Limit::Amount(nothing(aggregate, &subject));
        let operator = Operator::AtLeast;
        Ok(Self { aggregate, subject, selector, operator, limit, window: None, rate_unit: RateUnit::default() })
    }
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
    /// What the rates in it are written by.
    rate_unit: RateUnit,
}

const TIMES: [(&str, Subject); 4] = [
    ("response_time", Subject::ResponseTime),
    ("service_time", Subject::ServiceTime),
    ("time_to_first_byte", Subject::TimeToFirstByte),
    ("connect_time", Subject::ConnectTime),
];

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Takes letters up to the first that is none of `wanted`.
    fn word(&mut self, wanted: impl Fn(char) -> bool) -> (&'a str, Range<usize>) {
        self.skip_blanks();
        let start = self.at;
        let length = self.rest().find(|c| !wanted(c)).unwrap_or(self.rest().len());
        self.at += length;
        (&self.text[start..self.at], start..self.at)
    }

    fn takes(&mut self, sign: &str) -> bool {
        self.skip_blanks();
        let taken = self.rest().starts_with(sign);
        self.at += if taken { sign.len() } else { 0 };
        taken
    }

    /// The place of what comes next, for a message about it.
    fn here(&mut self) -> Range<usize> {
        self.skip_blanks();
        let length = self.rest().find(char::is_whitespace).unwrap_or(self.rest().len());
        self.at..self.at + length
    }

    fn aggregate(&mut self) -> Result<(Aggregate, Range<usize>), ParseError> {
        let (word, range) = self.word(|c| c.is_alphanumeric() || c == '_' || c == '.');
        if let Some((_, aggregate)) = Aggregate::NAMED.iter().find(|(name, _)| *name == word) {
            return Ok((*aggregate, range));
        }
        let percent = word.strip_prefix('p').filter(|digits| digits.starts_with(|c: char| c.is_ascii_digit()));
        if let Some(percent) = percent.and_then(|digits| digits.parse::<f64>().ok()) {
            if percent > 0.0 && percent <= 100.0 {
                return Ok((Aggregate::Quantile(Quantile(percent)), range));
            }
            let message = format!("there is no quantile `{word}`");
            return Err(parse_error(message, range, "quantiles lie above 0 and reach to 100: `p50`, `p99.9`"));
        }
        if word.is_empty() {
            let help = "a threshold looks like `p95 < 100ms` or `error_rate < 1%`";
            return Err(parse_error("expected an aggregate", self.here(), help));
        }
        let help = match word {
            "p" | "percentile" | "quantile" if self.rest().starts_with('(') => {
                let inside = self.rest()[1..].split(')').next().unwrap_or_default().trim();
                let percent = inside.parse::<f64>().ok().filter(|percent| *percent > 0.0 && *percent <= 100.0);
                let percent =
                    percent.map(|percent| if word == "quantile" && percent < 1.0 { percent * 100.0 } else { percent });
                Some(percent.map_or_else(
                    || "a quantile looks like `p95`".into(),
                    |percent| format!("did you mean `p{percent}`?"),
                ))
            }
            "mean" | "average" => Some("did you mean `avg`?".to_owned()),
            "median" | "med" => Some("did you mean `p50`?".to_owned()),
            "rps" | "throughput" => Some("did you mean `rate`?".to_owned()),
            "fail_rate" | "failure_rate" | "http_req_failed" | "err_rate" => {
                Some("did you mean `error_rate`?".to_owned())
            }
            "latency" | "response_time" | "http_req_duration" => Some("did you mean `p95`?".to_owned()),
            _ => quantile_like(word).or_else(|| {
                did_you_mean(word, Aggregate::NAMED.iter().map(|(name, _)| *name).chain(["p50", "p95", "p99"]))
            }),
        };
        Err(ParseError { message: format!("unknown aggregate `{word}`"), range, help })
    }

    fn subject(&mut self, aggregate: Aggregate, of: &Range<usize>) -> Result<Subject, ParseError> {
        if !self.takes("(") {
            return Ok(Subject::ResponseTime);
        }
        let (name, range) = self.word(|c| c.is_alphanumeric() || c == '_' || c == '-');
        if !self.takes(")") {
            return Err(parse_error("`(` is never closed", self.here(), "write it like `avg(concepts_found) > 0`"));
        }
        if name.is_empty() {
            return Err(parse_error("expected a metric between `(` and `)`", range, "such as `p95(service_time)`"));
        }
        let time = TIMES.iter().find(|(known, _)| *known == name).map(|(_, subject)| subject.clone());
        let takes_none = match aggregate {
            Aggregate::Share | Aggregate::Dropped | Aggregate::Bytes => Some("requests"),
            Aggregate::TaskErrorRate => Some("tasks"),
            Aggregate::StartErrorRate => Some("users"),
            // those of a transaction go by its name
            Aggregate::ErrorRate | Aggregate::Errors if time.is_some() => Some("requests"),
            _ => None,
        };
        if let Some(what) = takes_none {
            let message = format!("`{aggregate}` is of {what} and takes no metric");
            return Err(parse_error(message, range, &format!("write `{}` alone", &self.text[of.clone()])));
        }
        Ok(time.unwrap_or_else(|| Subject::Declared(name.to_owned())))
    }

    fn selector(&mut self) -> Result<Vec<Matcher>, ParseError> {
        let mut matchers = Vec::new();
        if !self.takes("{") {
            return Ok(matchers);
        }
        let open = self.at - 1;
        loop {
            matchers.push(self.matcher()?);
            if self.takes("}") {
                return Ok(matchers);
            }
            if !self.takes(",") {
                let help = "write it like `p95{endpoint=recall,user=memory} < 100ms`";
                return Err(parse_error("`{` is never closed", open..open + 1, help));
            }
        }
    }

    fn matcher(&mut self) -> Result<Matcher, ParseError> {
        let (word, range) = self.word(|c| c.is_alphanumeric() || c == '_');
        let Some((_, field)) = Field::NAMED.iter().find(|(name, _)| *name == word) else {
            let help = did_you_mean(word, Field::NAMED.iter().map(|(name, _)| *name));
            return Err(ParseError { message: format!("unknown selector `{word}`"), range, help });
        };
        let like = self.takes("=~");
        let not = !like && self.takes("!=");
        if !like && !not && !self.takes("=") {
            let message = format!("expected `=`, `!=` or `=~` after `{word}`");
            return Err(parse_error(message, self.here(), &format!("write it like `{word}=…`")));
        }
        let (text, range) = self.value()?;
        let relation = if like {
            let anchored = regex::RegexBuilder::new(&format!("^(?:{text})$")).size_limit(1 << 20).build();
            Relation::Like(anchored.map_err(|_| {
                parse_error(
                    format!("`{text}` is not a regular expression"),
                    range.clone(),
                    "write it like `name=~/recall.*`",
                )
            })?)
        } else if not {
            Relation::IsNot
        } else {
            Relation::Is
        };
        if *field == Field::Status && !like && text.parse::<u16>().is_err() {
            return Err(parse_error(
                format!("`{text}` is not a status"),
                range,
                "write it like `status=404` or `status=~5..`",
            ));
        }
        Ok(Matcher { field: *field, relation, text, range })
    }

    /// A selector's value: bare, up to `,` or `}` outside brackets; or in quotes.
    fn value(&mut self) -> Result<(String, Range<usize>), ParseError> {
        self.skip_blanks();
        let quote = self.rest().chars().next().filter(|c| matches!(c, '"' | '\''));
        if let Some(quote) = quote {
            let start = self.at;
            let Some(length) = self.rest()[1..].find(quote) else {
                return Err(parse_error("the quote is never closed", start..start + 1, "end it with the same sign"));
            };
            self.at += length + 2;
            return Ok((self.text[start + 1..self.at - 1].to_owned(), start..self.at));
        }
        let start = self.at;
        self.at += bare_length(self.rest());
        let text = self.text[start..self.at].trim_end();
        let range = start..start + text.len();
        if text.is_empty() {
            return Err(parse_error("expected a value", range, "write it like `endpoint=recall`"));
        }
        Ok((text.to_owned(), range))
    }

    fn operator(&mut self) -> Result<Operator, ParseError> {
        self.skip_blanks();
        for (sign, operator) in Operator::ALL {
            if self.takes(sign) {
                return Ok(operator);
            }
        }
        let range = self.here();
        let found = &self.text[range.clone()];
        if found.starts_with('=') {
            return Err(parse_error("`=` does not compare", range.start..range.start + 1, "did you mean `==`?"));
        }
        let help = "the operators are `<`, `<=`, `>`, `>=`, `==` and `!=`";
        let message = if found.is_empty() {
            "the threshold compares with nothing".into()
        } else {
            format!("expected an operator, found `{found}`")
        };
        Err(parse_error(message, range, help))
    }

    fn limit(&mut self, aggregate: Aggregate, subject: &Subject) -> Result<Limit, ParseError> {
        let before = self.at;
        let (word, _) = self.word(|c| c.is_alphanumeric() || c == '_');
        if word != "baseline" {
            self.at = before;
            return self.amount(aggregate, subject).map(Limit::Amount);
        }
        let direction = match (self.takes("+"), self.takes("-")) {
            (true, _) => Direction::Up,
            (_, true) => Direction::Down,
            _ => return Ok(Limit::Baseline(Drift::None, None)),
        };
        let before = self.at;
        let (word, range) = self.word(|c| !c.is_whitespace());
        // of a share a percent is a part of the whole, as in `error_rate <= baseline + 1%`; of all else a part of itself
        let drift = match Ratio::parse(word) {
            Ok(share) if !matches!(kind(aggregate, subject), Kind::Ratio) => Drift::Share(direction, share),
            _ if word.is_empty() => {
                return Err(parse_error("expected how far from the baseline", range, "such as `baseline + 10%`"));
            }
            _ => {
                self.at = before;
                Drift::By(direction, self.amount(aggregate, subject)?)
            }
        };
        Ok(Limit::Baseline(drift, None))
    }

    fn amount(&mut self, aggregate: Aggregate, subject: &Subject) -> Result<Amount, ParseError> {
        let (word, range) = self.word(|c| !c.is_whitespace());
        if word.is_empty() {
            return Err(parse_error("expected a value to compare with", range, example(aggregate, subject)));
        }
        let read: Result<Amount, InvalidValue> = match kind(aggregate, subject) {
            Kind::Time => parse_duration(word).map(Amount::Time),
            Kind::Rate => {
                self.rate_unit = RateUnit::of(word);
                Rate::parse(word).map(Amount::Rate)
            }
            Kind::Ratio => Ratio::parse(word).map(Amount::Ratio),
            Kind::Size => Size::parse(word).map(Amount::Size),
            Kind::Number => {
                let number = word.parse().ok().filter(|number: &f64| number.is_finite());
                // a transaction's time is known by its name alone: whether it is one is checked later
                let time = parse_duration(word).ok().filter(|_| matches!(subject, Subject::Declared(_)));
                return match number {
                    Some(number) => Ok(Amount::Number(number)),
                    None if time.is_some() && aggregate.is_of_samples() => Ok(Amount::Time(time.unwrap_or_default())),
                    None => {
                        let message = format!("`{word}` is not a number, and `{aggregate}` is one here");
                        Err(parse_error(message, range, example(aggregate, subject)))
                    }
                };
            }
        };
        read.map_err(|invalid| {
            let is_of = match kind(aggregate, subject) {
                Kind::Time => "a time",
                Kind::Rate => "a rate",
                Kind::Ratio => "a share",
                Kind::Size => "a size",
                Kind::Number => "a number",
            };
            let message = format!("{}, and `{aggregate}` is {is_of}", invalid.message);
            parse_error(message, range, &invalid.help)
        })
    }

    fn window(&mut self) -> Result<Option<Duration>, ParseError> {
        let before = self.at;
        let (word, _) = self.word(char::is_alphabetic);
        if word != "over" {
            self.at = before;
            return Ok(None);
        }
        let (word, range) = self.word(|c| !c.is_whitespace());
        let window =
            parse_duration(word).map_err(|invalid| parse_error(invalid.message, range.clone(), &invalid.help))?;
        if window < Duration::from_secs(1) || window > Threshold::LONGEST_WINDOW {
            return Err(parse_error(
                format!("a window of `{word}` cannot be kept"),
                range,
                "a window is from `1s` to `1h`",
            ));
        }
        Ok(Some(window))
    }

    fn end(&mut self) -> Result<(), ParseError> {
        self.skip_blanks();
        let rest = self.rest().trim_end();
        if rest.is_empty() {
            return Ok(());
        }
        let help = match rest.split_whitespace().next() {
            Some("and" | "&&" | "or" | "||") => "write each condition as a threshold of its own".to_owned(),
            Some(word) => match nearest(word, ["over"]) {
                Some(over) => format!("did you mean `{over}`?"),
                None => "take it away; a window is written `over 30s`".to_owned(),
            },
            None => String::new(),
        };
        Err(parse_error(format!("`{rest}` is left over behind the threshold"), self.at..self.at + rest.len(), &help))
    }
}

/// How far a selector's value reaches that stands without quotes.
pub(super) fn bare_length(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '[' | '(' => depth += 1,
            ']' | ')' => depth = depth.saturating_sub(1),
            ',' | '}' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

/// `95th`, `p95th`, `perc95`, `p(95)` and the like: the digits are what was meant.
fn quantile_like(word: &str) -> Option<String> {
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    let meant = word.starts_with(['p', 'P', 'q']) || word.ends_with("th");
    (meant && !digits.is_empty() && digits.len() <= 3).then(|| format!("did you mean `p{digits}`?"))
}

fn parse_error(message: impl Into<String>, range: Range<usize>, help: &str) -> ParseError {
    ParseError { message: message.into(), range, help: Some(help.to_owned()) }
}
