use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::terminal::{secrets, talk};
use crate::live::{Destination, NotADestination};
use crate::report::visible;
use crate::results::ExportEntry;

/// Where the figures of a run go while it is under way.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Figures while the run is under way")]
pub(in crate::cli) struct ExportArgs {
    /// Serves the run's figures for Prometheus at /metrics: a port of this machine alone (9464), or an address with one.
    #[arg(long, value_name = "ADDR")]
    prometheus: Option<String>,

    /// Writes the figures to a receiver of Prometheus's remote write: http://prometheus:9090/api/v1/write; the variable
    /// PLIMSOLL_REMOTE_WRITE_HEADERS has headers for it.
    #[arg(long, value_name = "URL")]
    prometheus_remote_write: Option<String>,

    /// Sends the figures to an OpenTelemetry receiver: http://collector:4318; `env` is what the OTEL_ variables name, and the
    /// others of them hold, too.
    #[arg(long, value_name = "URL")]
    otlp: Option<String>,

    /// Writes the figures to InfluxDB (http://influx:8086?org=team&bucket=load, or ?db=load; its token is the variable
    /// INFLUX_TOKEN), or into a new file.
    #[arg(long, value_name = "URL")]
    influxdb: Option<String>,

    /// Sends the figures as StatsD's packets, with tags as DogStatsD has them: 127.0.0.1:8125
    #[arg(long, value_name = "ADDR")]
    statsd: Option<String>,

    /// Tells a webhook when the run is over, or a threshold that aborts breaks: a URL for JSON, or slack=URL, teams=URL,
    /// discord=URL; may be given again. Without it the variable PLIMSOLL_NOTIFY has one.
    #[arg(long, value_name = "URL")]
    notify: Vec<String>,

    /// A file of certificates (PEM) of authorities that vouch for receivers, besides the public ones.
    #[arg(long, value_name = "FILE")]
    exporter_ca: Option<PathBuf>,

    /// Writes a line of JSON for each second into a new file; `-` is stdout, and what else would go there goes to stderr.
    #[arg(long, value_name = "FILE")]
    stream: Option<String>,

    /// What it means that some of the figures did not arrive.
    #[arg(long, value_name = "WORD", default_value = "fail")]
    exporter_loss: Loss,
}

/// What it means that some of what was to be sent was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Loss {
    /// Results were lost: exit code 6.
    #[default]
    Fail,
    /// It is said, and that is all.
    Ignore,
}

impl ExportArgs {
    /// Where everything goes.
    ///
    /// # Errors
    /// A place that cannot be meant.
    pub(super) fn destinations(&self) -> Result<Vec<Destination>, NotADestination> {
        let mut all = Vec::new();
        if let Some(address) = &self.prometheus {
            all.push(Destination::prometheus(address)?);
        }
        if let Some(url) = &self.prometheus_remote_write {
            all.push(Destination::remote_write(url, &variable)?);
        }
        if let Some(url) = &self.otlp {
            all.push(Destination::otlp(url, &variable)?);
        }
        if let Some(place) = &self.influxdb {
            all.push(Destination::influx(place, &variable)?);
        }
        if let Some(address) = &self.statsd {
            all.push(Destination::statsd(address)?);
        }
        all.extend(self.stream.as_deref().map(Destination::stream));
        let of_environment = variable("PLIMSOLL_NOTIFY").filter(|url| self.notify.is_empty() && !url.is_empty());
        for url in self.notify.iter().chain(&of_environment) {
            all.push(Destination::notify(url)?);
        }
        all.iter().for_each(|destination| destination.hide(secrets()));
        Ok(all)
    }

    /// Authorities that vouch for receivers.
    pub(super) fn authorities(&self) -> Option<&Path> {
        self.exporter_ca.as_deref()
    }

    /// Whether there is a stream, which is of one run.
    pub(in crate::cli) const fn has_stream(&self) -> bool {
        self.stream.is_some()
    }

    /// Says what was lost of what was sent; whether the run's exit code is to say so, too.
    pub(super) fn loss(&self, exports: &[ExportEntry]) -> bool {
        let losses: Vec<String> = exports.iter().filter_map(ExportEntry::loss).collect();
        if losses.is_empty() {
            return false;
        }
        let losses = losses.join("\n  and: ");
        let text = match self.exporter_loss {
            Loss::Fail => format!(
                "error: figures were lost on their way: {losses}\n  = help: the report in the results has all of them; \
                 `--exporter-loss ignore` keeps the exit code\n"
            ),
            Loss::Ignore => format!("warning: figures were lost on their way: {losses}\n"),
        };
        talk(&visible(&text));
        self.exporter_loss == Loss::Fail
    }
}

/// A variable of the environment; what is no text is none.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
