/// A number as Prometheus reads it.
pub(super) fn float(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        number.to_string()
    }
}

/// The same with a point, as bounds and shares are written in labels: one way everywhere, or they are several.
pub(super) fn bound(number: f64) -> String {
    let text = float(number);
    if number.is_finite() && !text.contains('.') { format!("{text}.0") } else { text }
}
