//! What a server is called, and how it is reached.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::DataError;

/// The server's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Its name, which assertions are made out to: the first host ever given. It never changes.
    pub name: String,
    /// The hosts that it is reached by, the most wanted first.
    pub hosts: Vec<String>,
    /// How it was served last.
    #[serde(default)]
    pub served: Option<Served>,
}

/// How the server was served last; tickets need it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// The port.
    pub port: u16,
    /// The pin of its key, which is another one where `--key` was given.
    pub pin: String,
}

impl Settings {
    /// The settings after hosts were given, those before them behind.
    pub(super) fn with_hosts(before: Option<Self>, given: &[String]) -> Result<Self, DataError> {
        for host in given {
            if !is_host(host) {
                return Err(DataError::Host(host.clone()));
            }
        }
        let mut hosts: Vec<String> = Vec::new();
        let known = before.iter().flat_map(|settings| &settings.hosts);
        for host in given.iter().chain(known) {
            if !hosts.contains(host) {
                hosts.push(host.clone());
            }
        }
        let first = hosts.first().cloned();
        let name = before.as_ref().map(|settings| settings.name.clone());
        Ok(Self {
            name: name.or(first).unwrap_or_default(),
            hosts,
            served: before.and_then(|settings| settings.served),
        })
    }

    /// Where devices reach the server, if it was ever served: `https://host:port`.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        let host = self.hosts.first()?;
        let port = self.served.as_ref()?.port;
        Some(match host.parse::<IpAddr>() {
            Ok(IpAddr::V6(address)) => format!("https://[{address}]:{port}"),
            _ => format!("https://{host}:{port}"),
        })
    }
}

/// Whether a text can stand in a certificate and in a link.
fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        let fits = (1..=63).contains(&label.len());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        fits && label.bytes().all(plain) && !label.starts_with('-')
    };
    text.parse::<IpAddr>().is_ok() || (text.len() <= 253 && text.split('.').all(is_label))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(before: Option<Settings>, hosts: &[&str]) -> Result<Settings, DataError> {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        Settings::with_hosts(before, &hosts)
    }

    #[test]
    fn the_name_is_the_first_host_ever_and_the_wanted_host_the_first_of_the_last_time() {
        let first = given(None, &["a.example", "10.0.0.1"]).unwrap();
        let mut again = given(Some(first), &["b.example", "a.example"]).unwrap();
        assert_eq!(again.name, "a.example");
        assert_eq!(again.hosts, ["b.example", "a.example", "10.0.0.1"]);
        assert_eq!(again.url(), None);
        let pin = String::new();
        again.served = Some(Served { port: 8443, pin });
        assert_eq!(again.url().as_deref(), Some("https://b.example:8443"));
        again.hosts = vec!["::1".to_owned()];
        assert_eq!(again.url().as_deref(), Some("https://[::1]:8443"));
    }

    #[test]
    fn what_cannot_stand_in_a_link_is_no_host() {
        for host in ["", "a b", "a/b", "https://a", "a:443", "-a", "a..b", "站"] {
            let refused = given(None, &[host]);
            assert!(matches!(refused, Err(DataError::Host(_))), "{host:?}");
        }
    }
}
