//! Who somebody is: agency and application, in one URI. Never a role (DETAILS E28).

use std::fmt;
use std::sync::Arc;

/// Authority part of the SPIFFE ids this hub gives out.
const DOMAIN: &str = "mighub";

/// An agency's application, as its certificate names it: `spiffe://mighub/agency/SWE/client`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AgencyName {
    /// Id of the agency, an SDMX agency id.
    pub agency: Arc<str>,
    /// Its application, such as `client`.
    pub application: Arc<str>,
}

/// Longest part of a name: what the contract allows.
const PART_MAX: usize = 64;

/// Why a name is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Characters that an id may not have.
    #[error("{0:?} is not an id: begin with a letter and use at most 64 letters, digits, - and _")]
    NotAnId(String),
    /// The certificate's URI is not of this hub's form, or there is not exactly one.
    #[error("the certificate must have exactly one URI of the form spiffe://mighub/agency/ID/APPLICATION")]
    NotOneUri,
}

impl AgencyName {
    /// A name of valid parts.
    pub fn new(agency: &str, application: &str) -> Result<Self, NameError> {
        for (text, dots) in [(agency, true), (application, false)] {
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_' || (dots && c == '.');
            let sound = text.starts_with(|c: char| c.is_ascii_alphabetic())
                && text.chars().all(fits)
                && text.len() <= PART_MAX;
            if !sound {
                return Err(NameError::NotAnId(text.to_owned()));
            }
        }
        Ok(Self { agency: Arc::from(agency), application: Arc::from(application) })
    }

    /// The URI for a certificate.
    pub fn uri(&self) -> String {
        format!("spiffe://{DOMAIN}/agency/{}/{}", self.agency, self.application)
    }

    /// The name in a certificate.
    pub fn of_certificate(der: &[u8]) -> Result<Self, NameError> {
        use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};
        let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| NameError::NotOneUri)?;
        if !rest.is_empty() {
            return Err(NameError::NotOneUri);
        }
        let names = certificate.subject_alternative_name().ok().flatten().ok_or(NameError::NotOneUri)?;
        match &names.value.general_names[..] {
            [GeneralName::URI(uri)] => Self::of_uri(uri),
            _ => Err(NameError::NotOneUri),
        }
    }

    fn of_uri(uri: &str) -> Result<Self, NameError> {
        let mut parts = uri.strip_prefix("spiffe://").ok_or(NameError::NotOneUri)?.split('/');
        let (Some(DOMAIN), Some("agency"), Some(agency), Some(application), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NameError::NotOneUri);
        };
        Self::new(agency, application)
    }
}

impl fmt::Display for AgencyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.agency, self.application)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_from_its_uri() {
        let name = AgencyName::new("SWE.SCB", "client").expect("a name");
        assert_eq!(AgencyName::of_uri(&name.uri()), Ok(name));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for (agency, application) in
            [("", "client"), ("SWE/x", "client"), ("SWE", "cl ient"), ("9", "client")]
        {
            assert!(AgencyName::new(agency, application).is_err(), "{agency:?} {application:?}");
        }
        for uri in [
            "https://mighub/agency/SWE/client",
            "spiffe://mighub/agency/SWE",
            "spiffe://mighub/role/SWE/x",
            "spiffe://other/agency/SWE/client",
            "spiffe://mighub/agency/SWE/client/admin",
        ] {
            assert!(AgencyName::of_uri(uri).is_err(), "{uri}");
        }
    }
}
