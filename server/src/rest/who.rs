//! Who asks over REST: the certificate of the connection, an access token (`Bearer`, or `Basic` with the token as
//! password and any user name, since Excel can do nothing else), or the public where the hub's operator allows it. What
//! must not live here: reading credentials (the door does, for gRPC as well) and what a reader may see (the hub).

use http::HeaderValue;
use http::request::Parts;

use crate::door::Visitor;
use crate::hub::{Hub, Moment, Principal, Refusal};

/// How a client may say who it is: the values of WWW-Authenticate in every answer 401 (RFC 9110, 11.6.1).
pub(super) const CHALLENGES: [HeaderValue; 2] = [
    HeaderValue::from_static(r#"Bearer realm="mighub""#),
    HeaderValue::from_static(r#"Basic realm="mighub: any user name, the access token as password", charset="UTF-8""#),
];

/// Who asks, and as whom the hub answers.
pub(super) fn who(parts: &Parts, hub: &Hub, now: Moment) -> Result<(Visitor, Principal), Refusal> {
    let visitor = Visitor::of(&parts.extensions, &parts.headers)?;
    let principal = visitor.reader(hub, now)?;
    Ok((visitor, principal))
}
