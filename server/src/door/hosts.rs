//! The names under which the door without TLS answers. A page of another site can make a browser connect to this machine
//! under a name of its own (DNS rebinding); what it cannot do is make the browser send another name in the header.

use std::net::IpAddr;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::HOST;
use http::{Request, StatusCode};

/// Every name of this machine to itself ends so (RFC 6761, 6.3).
const LOCALHOST: &str = "localhost";

/// Names that a request may be for.
#[derive(Clone, Debug, Default)]
pub struct Hosts {
    names: Vec<String>,
}

impl Hosts {
    /// Loopback addresses and names, and besides `names`, under which a reverse proxy hands requests on.
    pub fn new(names: &[String]) -> Self {
        Self { names: names.iter().map(|name| name.to_ascii_lowercase()).collect() }
    }

    /// Whether a request is for one of them: by its header, and by its address where that names a host, too.
    pub(super) fn has<B>(&self, request: &Request<B>) -> bool {
        let mut headers = request.headers().get_all(HOST).iter();
        let header = match (headers.next(), headers.next()) {
            (Some(header), None) => header.to_str().ok(),
            // HTTP/1.0 without a name, or two of them.
            _ => None,
        };
        let in_address = request.uri().authority().map(http::uri::Authority::as_str);
        header.is_some_and(|host| self.knows(host)) && in_address.is_none_or(|host| self.knows(host))
    }

    fn knows(&self, host: &str) -> bool {
        let Some(name) = without_port(host) else { return false };
        if let Ok(address) = name.trim_matches(['[', ']']).parse::<IpAddr>()
            && address.is_loopback()
        {
            return true;
        }
        let name = name.to_ascii_lowercase();
        let is_local =
            name.strip_suffix(LOCALHOST).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        is_local || self.names.iter().any(|known| *known == *name.trim_matches(['[', ']']))
    }
}

/// `[::1]:8080` is `[::1]`, `localhost:8080` is `localhost`.
fn without_port(host: &str) -> Option<&str> {
    let name_end = match host.strip_prefix('[') {
        Some(rest) => rest.find(']')? + 2,
        None => host.find(':').unwrap_or(host.len()),
    };
    let (name, port) = host.split_at(name_end);
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    (port.is_empty() || port.strip_prefix(':').is_some_and(is_port)).then_some(name)
}

/// The answer to a request for somebody else.
pub(super) fn misdirected() -> Response<Body> {
    let text = "this door is for this machine: call it as localhost or 127.0.0.1, or add the name to names in hub.json\n";
    (StatusCode::MISDIRECTED_REQUEST, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_and_names_of_the_hub_are_answered() {
        let hosts =
            Hosts::new(&["Hub.example.org".to_owned(), "192.0.2.1".to_owned(), "2001:db8::1".to_owned()]);
        for (host, expected) in [
            ("localhost", true),
            ("LOCALHOST:8080", true),
            ("hub.localhost:1", true),
            ("127.0.0.1:8080", true),
            ("127.8.8.8", true),
            ("[::1]:8080", true),
            ("hub.example.org", true),
            ("HUB.example.org:443", true),
            ("192.0.2.1:80", true),
            ("[2001:db8::1]:80", true),
            ("evil.example", false),
            ("evillocalhost", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("127.0.0.1:80@evil.example", false),
            ("hub.example.org.evil.example", false),
            ("192.0.2.2", false),
            ("[::1", false),
            ("[::1]evil", false),
            ("", false),
        ] {
            let request = Request::builder().uri("/").header(HOST, host).body(()).expect("a request");
            assert_eq!(hosts.has(&request), expected, "{host:?}");
        }
        let request = |uri: &str, hosts: &[&str]| {
            let builder = Request::builder().uri(uri);
            hosts
                .iter()
                .fold(builder, |builder, host| builder.header(HOST, *host))
                .body(())
                .expect("a request")
        };
        assert!(!hosts.has(&request("/", &[])), "nobody is named");
        assert!(!hosts.has(&request("/", &["localhost", "localhost"])), "two are named");
        assert!(!hosts.has(&request("http://evil.example/", &["localhost"])), "another in the address");
        assert!(hosts.has(&request("http://127.0.0.1/", &["127.0.0.1"])));
    }
}
