use std::fmt::Write;

use super::figures::{Family, Figures, Kind, Labels, Unit, Value};
use super::numbers::{bound, float};
use super::times::edges;

/// How figures are written for who scrapes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exposition {
    /// Prometheus's text format 0.0.4.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

impl Exposition {
    /// What is asked for by `Accept`.
    pub(super) fn accepted(accept: &str) -> Self {
        let quality = |kind: &str| {
            let of_kind = accept.split(',').filter(|one| one.trim().starts_with(kind));
            let quality = of_kind.map(|one| {
                let q = one.split(';').find_map(|part| part.trim().strip_prefix("q="));
                q.map_or(1.0, |q| q.trim().parse().unwrap_or(0.0))
            });
            quality.fold(0.0_f64, f64::max)
        };
        let open = quality("application/openmetrics-text");
        if open > 0.0 && open >= quality("text/plain") { Self::OpenMetrics } else { Self::Text }
    }

    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Figures as text, `plimsoll_requests_total` first.
pub(super) fn text(figures: &Figures, exposition: Exposition) -> String {
    let mut out = String::new();
    for family in &figures.families {
        let open = exposition == Exposition::OpenMetrics;
        // OpenMetrics names a counter without what stands behind its samples
        let name = if open { family.base_name() } else { family.full_name() };
        let kind = match family.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Times => "histogram",
            Kind::Summary => "summary",
        };
        // writing into a text cannot fail
        let _ = writeln!(out, "# HELP {name} {}", family.help);
        let _ = writeln!(out, "# TYPE {name} {kind}");
        let unit = match family.unit {
            Unit::Seconds => Some("seconds"),
            Unit::Bytes => Some("bytes"),
            Unit::Of(_) | Unit::None => None,
        };
        if let Some(unit) = unit.filter(|_| open) {
            let _ = writeln!(out, "# UNIT {name} {unit}");
        }
        samples(family, |sample| write_sample(&mut out, &sample));
    }
    if exposition == Exposition::OpenMetrics {
        out.push_str("# EOF\n");
    }
    out
}

/// One number of a family, as Prometheus keeps it.
pub(super) struct PromSample<'a> {
    pub(super) name: &'a str,
    pub(super) labels: &'a Labels,
    /// A bucket's upper bound, or a quantile's share.
    pub(super) more: Option<(&'static str, String)>,
    pub(super) value: f64,
}

/// Each number of a family.
pub(super) fn samples(family: &Family, mut take: impl FnMut(PromSample<'_>)) {
    let name = family.full_name();
    let [bucket, sum, count] = ["_bucket", "_sum", "_count"].map(|ending| format!("{name}{ending}"));
    for point in &family.points {
        let labels = &point.labels;
        let mut one = |name: &str, more: Option<(&'static str, String)>, value: f64| {
            take(PromSample { name, labels, more, value });
        };
        match &point.value {
            Value::Whole(whole) => one(&name, None, *whole as f64),
            Value::Number(number) => one(&name, None, *number),
            Value::Times(times) => {
                for (edge, at_most) in edges().zip(&times.at_most) {
                    one(&bucket, Some(("le", bound(edge))), *at_most as f64);
                }
                one(&bucket, Some(("le", "+Inf".to_owned())), times.count as f64);
                one(&sum, None, times.sum);
                one(&count, None, times.count as f64);
            }
            Value::Summary(summary) => {
                for (share, value) in summary.quantiles {
                    one(&name, Some(("quantile", bound(share))), value);
                }
                one(&sum, None, summary.sum);
                one(&count, None, summary.count as f64);
            }
        }
    }
}

fn write_sample(out: &mut String, sample: &PromSample<'_>) {
    out.push_str(sample.name);
    let mut separator = '{';
    let more = sample.more.iter().map(|(key, value)| (*key, value.as_str()));
    for (key, value) in sample.labels.iter().map(|(key, value)| (&**key, &**value)).chain(more) {
        out.push(separator);
        separator = ',';
        out.push_str(key);
        out.push_str("=\"");
        escape(out, value);
        out.push('"');
    }
    if separator == ',' {
        out.push('}');
    }
    let _ = writeln!(out, " {}", float(sample.value));
}

fn escape(out: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
}
