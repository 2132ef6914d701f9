//! Addresses at which this hub gives artefacts: stubs name them.

use std::sync::Arc;

use http::header::HOST;
use http::request::Parts;
use mighub_sdmx::structure::{Artefact, Reference, Structures, Stub};

use super::kinds::Kind;
use crate::door::{Peer, Transport};
use crate::rest::error::Family;

/// Bytes of a host and port.
const HOST_BYTES_MAX: usize = 260;

/// Says in stubs where the artefact is. Nothing is said where the request does not tell what this hub is called.
pub(super) fn add(shown: &mut Structures, parts: &Parts, family: Family) {
    let Some(base) = base(parts, family) else { return };
    let stubs: Vec<Stub> = shown
        .iter()
        .filter_map(|(_, artefact)| match &**artefact {
            Artefact::Stub(stub) if stub.structure_url.is_none() && stub.service_url.is_none() => {
                Some(stub.clone())
            }
            _ => None,
        })
        .collect();
    for stub in stubs {
        let identity = &stub.identity;
        let name = Reference::new(
            stub.class,
            identity.agency.clone(),
            identity.id.clone(),
            identity.version.clone(),
        );
        let Some(kind) = Kind::name_of(family, name.class) else { continue };
        let address = format!("{base}/{kind}/{}/{}/{}", name.agency, name.id, name.version);
        shown.replace(Artefact::Stub(Stub { structure_url: Some(address), ..stub }));
    }
}

fn base(parts: &Parts, family: Family) -> Option<String> {
    let of_header = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = parts.uri.authority().map(|authority| authority.as_str()).or(of_header)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
    if host.is_empty() || host.len() > HOST_BYTES_MAX || !host.bytes().all(fits) {
        return None;
    }
    let scheme = match parts.extensions.get::<Arc<Peer>>()?.transport {
        Transport::Tls => "https",
        Transport::Plain => "http",
    };
    let path = if family == Family::V1 { "sdmx/v1" } else { "sdmx/v2/structure" };
    Some(format!("{scheme}://{host}/{path}"))
}
