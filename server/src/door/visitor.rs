//! Whoever calls, on every door: by certificate, by access token, or nobody in particular. The one place that reads
//! credentials; what their holder may do is asked of the hub whenever it matters.

use std::net::IpAddr;
use std::sync::Arc;

use data_encoding::BASE64;
use http::header::AUTHORIZATION;
use http::{Extensions, HeaderMap};
use mighub::token::AccessToken;
use mighub::v1::ErrorReason;

use super::reception::{Reception, customer};
use super::{Peer, PeerCertificate, Transport};
use crate::hub::permit::{Operation, Permit};
use crate::hub::tokens::token_invalid;
use crate::hub::{Hub, Moment, Principal, Refusal};

/// Bytes of an Authorization header that are looked at: a token, a user name, and room.
const AUTHORIZATION_BYTES_MAX: usize = 1_024;

/// Whoever calls. What it may do is asked again whenever it matters.
#[derive(Clone)]
pub(crate) struct Visitor {
    peer: Arc<Peer>,
    reception: Arc<Reception>,
    shown: Shown,
}

/// What came with the call beside the connection's certificate.
#[derive(Clone)]
enum Shown {
    Nothing,
    Token(AccessToken),
    /// An Authorization header that holds no access token.
    Unreadable,
}

/// Who holds places: an agency with all its applications, or an address of the public.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Caller {
    /// By certificate or token.
    Agency(Arc<str>),
    /// Everybody else there.
    Public(IpAddr),
}

impl Visitor {
    /// Who a request is from. The door put into its extensions what it knows.
    pub(crate) fn of(extensions: &Extensions, headers: &HeaderMap) -> Result<Self, Refusal> {
        let past_the_door = || Refusal::internal("a call came past the door");
        let peer = extensions.get::<Arc<Peer>>().ok_or_else(past_the_door)?.clone();
        let reception = extensions.get::<Arc<Reception>>().ok_or_else(past_the_door)?.clone();
        Ok(Self { peer, reception, shown: shown(headers) })
    }

    /// What this hub knows of the caller now; the public, if it shows nothing.
    ///
    /// A token that is shown decides, even beside a certificate: whoever sends a wrong one is told, and not served as
    /// somebody else.
    pub(crate) fn principal(&self, hub: &Hub, now: Moment) -> Result<Principal, Refusal> {
        match (&self.shown, &self.peer.certificate) {
            (Shown::Token(token), _) => self.of_token(hub, token, now),
            (Shown::Unreadable, _) => Err(self.wrong(now)),
            (Shown::Nothing, Some(certificate)) => {
                hub.authenticate(&certificate.name, &certificate.fingerprint, now)
            }
            (Shown::Nothing, None) => {
                let is_kept_out = !self.reception.public_reading();
                Ok(Principal { is_kept_out, ..Principal::PUBLIC })
            }
        }
    }

    /// The permit for an operation, if it is granted.
    pub(crate) fn permit<O: Operation>(
        &self,
        hub: &Hub,
        operation: O,
        now: Moment,
    ) -> Result<Permit<O>, Refusal> {
        hub.authorise(&self.principal(hub, now)?, operation, now)
    }

    fn of_token(&self, hub: &Hub, token: &AccessToken, now: Moment) -> Result<Principal, Refusal> {
        if self.peer.transport == Transport::Plain && !self.peer.address.ip().is_loopback() {
            let text = "an access token travels over TLS only: use the hub's https address";
            return Err(Refusal::new(ErrorReason::Unauthenticated, text));
        }
        hub.authenticate_token(token, now).map_err(|refusal| match refusal.reason {
            ErrorReason::AccessTokenInvalid => self.wrong(now),
            _ => refusal,
        })
    }

    fn wrong(&self, now: Moment) -> Refusal {
        let address = self.peer.address.ip();
        tracing::info!(%address, "a wrong access token");
        self.reception.wrong_token(address, now).err().unwrap_or_else(token_invalid)
    }

    /// The certificate of the connection; nothing beside a token, which then decides who calls.
    pub(crate) fn certificate(&self) -> Option<&PeerCertificate> {
        match self.shown {
            Shown::Nothing => self.peer.certificate.as_ref(),
            Shown::Token(_) | Shown::Unreadable => None,
        }
    }

    /// When the caller's certificate ends.
    pub(crate) fn certificate_not_after(&self) -> Option<Moment> {
        self.peer.certificate.as_ref().map(|certificate| certificate.not_after)
    }

    /// Whose places it takes. Whoever shows a wrong token takes those of its address.
    pub(crate) fn caller(&self, hub: &Hub, now: Moment) -> Caller {
        let agency = match (&self.shown, &self.peer.certificate) {
            (Shown::Token(token), _) => {
                let principal = hub.authenticate_token(token, now).ok();
                principal.and_then(|principal| principal.agency).map(|agency| agency.as_arc().clone())
            }
            (Shown::Unreadable, _) => None,
            (Shown::Nothing, certificate) => {
                certificate.as_ref().map(|certificate| certificate.name.agency.clone())
            }
        };
        agency.map_or_else(|| Caller::Public(customer(self.peer.address.ip())), Caller::Agency)
    }
}

/// `Bearer TOKEN`, or `Basic` with the token as password: Excel can do nothing else (RFC 6750, RFC 7617).
fn shown(headers: &HeaderMap) -> Shown {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Shown::Nothing,
        (Some(value), None) => value,
        // Two credentials: which one is meant is anybody's guess.
        (Some(_), Some(_)) => return Shown::Unreadable,
    };
    let token = value
        .to_str()
        .ok()
        .filter(|text| text.len() <= AUTHORIZATION_BYTES_MAX)
        .and_then(|text| text.trim().split_once(' '))
        .and_then(|(scheme, credentials)| match scheme {
            scheme if scheme.eq_ignore_ascii_case("bearer") => credentials.parse().ok(),
            scheme if scheme.eq_ignore_ascii_case("basic") => password(credentials)?.parse().ok(),
            _ => None,
        });
    token.map_or(Shown::Unreadable, Shown::Token)
}

fn password(credentials: &str) -> Option<String> {
    let pair = BASE64.decode(credentials.trim().as_bytes()).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    pair.split_once(':').map(|(_, password)| password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_from_bearer_and_from_the_password_of_basic() {
        let token = AccessToken::new([5; 32]);
        let text = token.reveal();
        let basic = |pair: &str| format!("Basic {}", BASE64.encode(pair.as_bytes()));
        let table = [
            (format!("Bearer {text}"), true),
            (format!("bearer  {text}"), true),
            (basic(&format!("anna:{text}")), true),
            (basic(&format!(":{text}")), true),
            (basic(&text), false),
            (basic("anna:secret"), false),
            ("Basic ???".to_owned(), false),
            (text.clone(), false),
            (format!("Digest {text}"), false),
            (format!("Bearer {}", &text[1..]), false),
            (format!("Bearer {}{text}", " ".repeat(AUTHORIZATION_BYTES_MAX)), false),
        ];
        for (value, is_token) in table {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value.parse().expect("a header"));
            match shown(&headers) {
                Shown::Token(shown) => assert!(is_token && shown == token, "{value}"),
                Shown::Unreadable => assert!(!is_token, "{value}"),
                Shown::Nothing => panic!("{value} was overlooked"),
            }
            headers.append(AUTHORIZATION, value.parse().expect("a header"));
            assert!(matches!(shown(&headers), Shown::Unreadable), "two of {value}");
        }
        assert!(matches!(shown(&HeaderMap::new()), Shown::Nothing));
    }
}
