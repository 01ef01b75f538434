use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::origin::Origin;
use crate::units::InvalidValue;

/// Names that nobody is asked about, and where they lead: what curl's `--resolve` says.
#[derive(Debug, Clone, Default)]
pub struct KnownNames {
    /// By host, in small letters.
    hosts: HashMap<String, Vec<KnownName>>,
}

#[derive(Debug, Clone)]
struct KnownName {
    /// The only port of the host's that is meant.
    port: Option<u16>,
    places: Vec<Place>,
}

/// An address that a name leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    address: IpAddr,
    /// The port there, where that is another than the one asked for.
    port: Option<u16>,
}

impl Place {
    /// Reads `10.0.0.7`, `10.0.0.7:8080`, `::1`, `[::1]` or `[::1]:8080`.
    ///
    /// # Errors
    /// What is none of these.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let alone = match bare {
            Some(bare) => bare.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
            None => text.parse().ok(),
        };
        let with_port = || text.parse::<SocketAddr>().ok().filter(|place| place.port() > 0);
        match alone {
            Some(address) => Ok(Self { address, port: None }),
            None => with_port().map(|place| Self { address: place.ip(), port: Some(place.port()) }).ok_or_else(|| {
                let help = "write an IP address, with a port where it is another: `10.0.0.7` or `\"[::1]:8080\"`";
                InvalidValue { message: format!("`{text}` is not an address"), help: help.into() }
            }),
        }
    }
}

impl KnownNames {
    /// Adds a name as it is written, `api.internal` or `api.internal:8443`, and where it leads. Gives what it is the name of.
    ///
    /// # Errors
    /// What is no name, or is there already; and why.
    pub fn add(&mut self, name: &str, places: Vec<Place>) -> Result<(String, Option<u16>), InvalidValue> {
        let refuse = |message: String, help: &str| Err(InvalidValue { message, help: help.into() });
        let origin = match Origin::parse(&format!("http://{name}")) {
            Ok(origin) if !name.contains("://") => origin,
            _ => return refuse(format!("`{name}` is not a host"), "write `api.internal` or `api.internal:8443`"),
        };
        if origin.address().is_some() {
            return refuse(format!("`{name}` is an address, and is not looked up"), "write where it is in the URL");
        }
        let port = name.contains(':').then(|| origin.port());
        let host = origin.host().to_owned();
        let of_host = self.hosts.entry(host.clone()).or_default();
        if of_host.iter().any(|known| known.port == port) {
            return refuse(format!("`{name}` is written twice"), "give it a list of addresses");
        }
        of_host.push(KnownName { port, places });
        Ok((host, port))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    /// The addresses that a host leads to; `None` where it has to be looked up.
    #[must_use]
    pub fn addresses(&self, origin: &Origin) -> Option<Vec<IpAddr>> {
        self.places(origin).map(|places| places.iter().map(SocketAddr::ip).collect())
    }

    /// Where a host leads; `None` where it has to be looked up. What is said of its port comes before what is said of all.
    pub(super) fn places(&self, origin: &Origin) -> Option<Vec<SocketAddr>> {
        let of_host = self.hosts.get(origin.host())?;
        let of = |port: Option<u16>| of_host.iter().find(|known| known.port == port);
        let known = of(Some(origin.port())).or_else(|| of(None))?;
        let place = |place: &Place| SocketAddr::new(place.address, place.port.unwrap_or(origin.port()));
        Some(known.places.iter().map(place).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(known: &KnownNames, origin: &str) -> Option<Vec<String>> {
        let places = known.places(&Origin::parse(origin).unwrap())?;
        Some(places.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_name_leads_where_it_is_said_to_and_its_port_says_more() {
        let mut known = KnownNames::default();
        let places = |texts: &[&str]| texts.iter().map(|text| Place::parse(text).unwrap()).collect();
        known.add("API.internal", places(&["10.0.0.7", "[::1]:8080", "fd00::1"])).unwrap();
        known.add("api.internal:8443", places(&["10.0.0.8"])).unwrap();
        let all = ["10.0.0.7:80", "[::1]:8080", "[fd00::1]:80"].map(str::to_owned).to_vec();
        assert_eq!(leads(&known, "http://api.INTERNAL"), Some(all));
        assert_eq!(leads(&known, "https://api.internal:8443"), Some(vec!["10.0.0.8:8443".to_owned()]));
        assert_eq!(leads(&known, "http://api.internal.example"), None);
    }

    #[test]
    fn what_is_no_name_or_no_address_is_refused() {
        for text in ["", "api", "10.0.0", "10.0.0.7:0", "10.0.0.7:x", "::1:8080:x", "[10.0.0.7]", "[::1]x", "http://a"]
        {
            assert!(Place::parse(text).is_err(), "{text}");
        }
        let mut known = KnownNames::default();
        known.add("api:80", Vec::new()).unwrap();
        for text in ["", "http://api", "api/x", "10.0.0.7", "[::1]:80", "*.api", "API:80", "api:0"] {
            assert!(known.add(text, Vec::new()).is_err(), "{text}");
        }
    }
}
