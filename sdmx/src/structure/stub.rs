//! Stubs: artefacts of which only identity and names stand here, and the content elsewhere.

use serde::{Deserialize, Serialize};

use super::artefact::Identity;
use super::reference::Class;

/// An artefact whose content stands elsewhere (`isExternalReference`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stub {
    /// What it is.
    pub class: Class,
    /// Identity and names.
    pub identity: Identity,
    /// Address of the artefact itself.
    pub structure_url: Option<String>,
    /// Address of a service that has it.
    pub service_url: Option<String>,
}

/// A stub as SDMX-JSON has it: the addresses are links.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StubJson {
    #[serde(flatten)]
    identity: Identity,
    is_external_reference: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link>,
}

#[derive(Serialize, Deserialize)]
struct Link {
    #[serde(default)]
    rel: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    href: Option<String>,
}

/// Relation of the link to the artefact itself.
const STRUCTURE: &str = "structure";
/// Relation of the link to a service that has it.
const SERVICE: &str = "service";

impl StubJson {
    pub(super) fn stub(self, class: Class) -> Stub {
        let address = |wanted: &str| {
            let link = self.links.iter().find(|link| link.rel == wanted && link.href.is_some());
            link.and_then(|link| link.href.clone())
        };
        let (structure_url, service_url) = (address(STRUCTURE), address(SERVICE));
        Stub { class, identity: self.identity, structure_url, service_url }
    }

    pub(super) fn of(stub: &Stub) -> Self {
        let link = |rel: &str, href: &Option<String>| {
            href.as_ref().map(|href| Link { rel: rel.to_owned(), href: Some(href.clone()) })
        };
        let links = link(STRUCTURE, &stub.structure_url).into_iter().chain(link(SERVICE, &stub.service_url));
        Self { identity: stub.identity.clone(), is_external_reference: true, links: links.collect() }
    }
}
