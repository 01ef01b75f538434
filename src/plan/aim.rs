use url::Url;

/// Where the command line aims a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aim {
    /// There, whatever the plan says.
    At(String),
    /// At a service in the place of the plan's own.
    InPlace {
        /// The service's scheme, host and port.
        origin: String,
        /// The paths it stands under. The plan's own path stays where it is one of these or below one; else the first
        /// takes its place.
        paths: &'static [&'static str],
    },
}

impl Aim {
    /// The URL a plan is aimed at that names another itself, or none.
    pub(super) fn url(&self, own: Option<&str>) -> String {
        let (origin, paths) = match self {
            Self::At(url) => return url.clone(),
            Self::InPlace { origin, paths } => (origin, paths),
        };
        let own = own.and_then(|own| Url::parse(own).ok());
        let own = own.as_ref().map(|own| own.path().trim_end_matches('/'));
        let below = |path: &str, known: &str| {
            path.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let kept = own.filter(|own| paths.iter().any(|known| below(own, known)));
        let path = kept.or(paths.first().copied()).unwrap_or_default();
        format!("{origin}{path}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_the_service_has_stays_and_another_makes_room() {
        let aim = Aim::InPlace { origin: "http://here:1".into(), paths: &["/v1", "/demo"] };
        for (own, aimed) in [
            (Some("http://127.0.0.1:8000/demo"), "http://here:1/demo"),
            (Some("https://shop.example.com/demo/"), "http://here:1/demo"),
            (Some("http://x/v1/below"), "http://here:1/v1/below"),
            (Some("http://x/demonstration"), "http://here:1/v1"),
            (Some("http://x"), "http://here:1/v1"),
            (Some("no url"), "http://here:1/v1"),
            (None, "http://here:1/v1"),
        ] {
            assert_eq!(aim.url(own), aimed, "{own:?}");
        }
        assert_eq!(Aim::At("http://there".into()).url(Some("http://x/demo")), "http://there");
    }
}
