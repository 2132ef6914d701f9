//! How a message says whose the figures of a dataset are.

use std::io::{self, ErrorKind};

use super::text::push_member;
use crate::data::Provider;

/// A provider that cannot be named.
#[derive(Debug, thiserror::Error)]
#[error(
    "SDMX-JSON 1.0.0 cannot say which figures are of {first} and which of {second}: ask for version 2.0.0, for \
     SDMX-CSV, or for one provider"
)]
struct Second {
    first: String,
    second: String,
}

/// Refuses a second provider.
pub(super) fn check_same(first: Option<&Provider>, second: Option<&Provider>) -> io::Result<()> {
    if first == second {
        return Ok(());
    }
    let name = |provider: Option<&Provider>| provider.map_or("nobody", |provider| &provider.id).to_owned();
    Err(io::Error::new(ErrorKind::Unsupported, Second { first: name(first), second: name(second) }))
}

/// Appends the link that names a provider.
pub(super) fn push_link(provider: &Provider, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"rel\":\"dataprovider\"");
    push_member("urn", &provider.reference.to_string(), out);
    push_member("title", &provider.id, out);
    out.push(b'}');
}
