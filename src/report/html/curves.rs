use serde::Serialize;

use super::time_series::four_digits;
use crate::metrics::{Distribution, Interval, Measure, Scale};

/// All requests' times so far: response and service time.
#[derive(Debug)]
pub(super) struct Curves {
    response: Distribution,
    service: Distribution,
}

/// Their distributions, as the page draws them side by side.
#[derive(Debug, Serialize)]
pub(super) struct CurveData {
    response: Curve,
    service: Curve,
    /// The borders of the histogram's bars, in milliseconds, ascending; one more than there are bars.
    edges: Vec<f64>,
    /// The quantiles of the baseline's response times, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<Vec<(f64, f64)>>,
}

#[derive(Debug, Serialize)]
struct Curve {
    /// Shares of all requests with the time that so many took at most: (share, milliseconds).
    quantiles: Vec<(f64, f64)>,
    /// How many requests lie between each two borders.
    bars: Vec<u64>,
}

/// How many bars the histogram has.
const BARS: usize = 48;
/// Where the quantile curve has points, but for its end. As far out as there are samples to stand behind them.
const SHARES: [f64; 24] = [
    0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 0.98, 0.99, 0.995, 0.998, 0.999,
    0.9995, 0.9999, 0.999_95, 0.999_99,
];

impl Curves {
    /// Of no request yet.
    pub(super) const fn new() -> Self {
        Self { response: Distribution::new(Scale::Time), service: Distribution::new(Scale::Time) }
    }

    /// Takes a second.
    pub(super) fn hear(&mut self, second: &Interval) {
        for (measure, samples) in second.series.iter().flat_map(|series| &series.times) {
            if Measure::RESPONSE.contains(measure) {
                self.response.add(samples);
            } else if Measure::SERVICE.contains(measure) {
                self.service.add(samples);
            }
        }
    }

    /// What is drawn; `None` where no request ended.
    pub(super) fn data(&self, baseline: Option<&Self>) -> Option<CurveData> {
        let Self { response, service } = self;
        let baseline = baseline.map(|baseline| quantiles(&baseline.response));
        let edges = edges(service.min()?.min(response.min()?), response.max()?.max(service.max()?));
        let curve = |all: &Distribution| Curve { quantiles: quantiles(all), bars: all.between(&edges) };
        let (response, service) = (curve(response), curve(service));
        Some(CurveData {
            response,
            service,
            edges: edges.iter().map(|edge| four_digits(edge / 1e6)).collect(),
            baseline,
        })
    }
}

/// Borders at equal ratios, so that a slow few and a quick many are both seen.
fn edges(least: f64, most: f64) -> Vec<f64> {
    let (least, most) = (least.max(1e3), most.max(least.max(1e3) * 1.001));
    let ratio = (most / least).powf(1.0 / BARS as f64);
    (0..=BARS).map(|bar| least * ratio.powi(i32::try_from(bar).unwrap_or(0))).collect()
}

fn quantiles(all: &Distribution) -> Vec<(f64, f64)> {
    let stands = |share: f64| (1.0 - share) * all.count() as f64 >= 1.0 || share < 0.9;
    let points = SHARES.into_iter().filter(|share| stands(*share));
    let points = points.filter_map(|share| Some((share, four_digits(all.quantile(share)? / 1e6))));
    points.chain(all.max().map(|most| (1.0, four_digits(most / 1e6)))).collect()
}
