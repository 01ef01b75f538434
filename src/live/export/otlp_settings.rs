use super::destinations::{Destination, NotADestination, OtlpPlace, Variable, headers, millis, pairs, url};
use super::otlp::{OTLP_WITHIN, Packing};
use super::peer::Post;

/// Where OTLP goes where nobody says.
const DEFAULT: &str = "http://localhost:4318";
/// The path that figures are posted to.
const PATH: &str = "v1/metrics";

impl Destination {
    /// The URL of an OpenTelemetry receiver, to which `/v1/metrics` is added; `env` is the one that the environment names. What
    /// else the variables of an OpenTelemetry exporter say holds, too; one that is of metrics alone goes before the other.
    ///
    /// # Errors
    /// No URL, and variables that cannot be meant or that this program cannot do.
    pub fn otlp(text: &str, variable: Variable<'_>) -> Result<Self, NotADestination> {
        let said = |name: &str| {
            let names = [format!("OTEL_EXPORTER_OTLP_METRICS_{name}"), format!("OTEL_EXPORTER_OTLP_{name}")];
            names.into_iter().find_map(|name| {
                let value = variable(&name).filter(|value| !value.trim().is_empty())?;
                Some((name, value))
            })
        };
        let url = match (text, said("ENDPOINT")) {
            // the one that is of metrics alone is the whole of it
            ("env", Some((name, endpoint))) if name.contains("METRICS") => url("otlp", &endpoint)?,
            ("env", Some((_, endpoint))) => below(&endpoint)?,
            ("env", None) => below(DEFAULT)?,
            (text, _) => below(text)?,
        };
        if let Some((name, protocol)) = said("PROTOCOL").filter(|(_, protocol)| protocol.trim() != "http/protobuf") {
            return Err(NotADestination {
                why: format!("`{name}` asks for `{}`, and `--otlp` speaks http/protobuf", protocol.trim()),
                help: "name the receiver's port for HTTP, 4318 as a rule, and set the variable to `http/protobuf`",
            });
        }
        let packing = match said("COMPRESSION") {
            None => Packing::None,
            Some((name, packing)) => match packing.trim() {
                "none" => Packing::None,
                "gzip" => Packing::Gzip,
                other => {
                    return Err(NotADestination {
                        why: format!("`{name}` asks for `{other}`"),
                        help: "there are `gzip` and `none`",
                    });
                }
            },
        };
        let temporality = variable("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE");
        if let Some(other) = temporality.filter(|other| !matches!(other.trim(), "" | "cumulative")) {
            return Err(NotADestination {
                why: format!(
                    "`OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE` asks for `{}`, and sums go cumulative",
                    other.trim()
                ),
                help: "set it to `cumulative`; the collector's `cumulativetodelta` processor makes the other of it",
            });
        }
        let within = said("TIMEOUT").map(|(name, text)| millis(&name, &text)).transpose()?.unwrap_or(OTLP_WITHIN);
        let mut all = Vec::new();
        for name in ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_METRICS_HEADERS"] {
            for (key, value) in headers(name, variable)? {
                all.retain(|(known, _)| *known != key);
                all.push((key, value));
            }
        }
        let mut attributes = match variable("OTEL_RESOURCE_ATTRIBUTES") {
            Some(text) => pairs("OTEL_RESOURCE_ATTRIBUTES", &text)?,
            None => Vec::new(),
        };
        if let Some(name) = variable("OTEL_SERVICE_NAME").filter(|name| !name.trim().is_empty()) {
            attributes.retain(|(key, _)| key != "service.name");
            attributes.push(("service.name".to_owned(), name));
        }
        let authorities = said("CERTIFICATE").map(|(_, path)| path.into());
        let post = Post { url, headers: all, within };
        Ok(Self::Otlp(OtlpPlace { post, packing, attributes, authorities }))
    }
}

/// The URL below a base that figures are posted to.
fn below(base: &str) -> Result<reqwest::Url, NotADestination> {
    let mut url = url("otlp", base)?;
    let path = url.path().trim_end_matches('/').to_owned();
    if !path.ends_with(PATH) {
        url.set_path(&format!("{path}/{PATH}"));
    }
    Ok(url)
}
