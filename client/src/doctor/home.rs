//! The home folder: is all of it there, and does it belong together.

use rustls_pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{Check, Examined};
use crate::error::{Error, ExitCode};
use crate::home::{Config, Home, PrivateKey};
use crate::hub::tls::Address;

/// What a home holds.
pub(super) struct Own {
    pub(super) config: Config,
    pub(super) address: Address,
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) authorities: Vec<CertificateDer<'static>>,
}

impl Own {
    /// The office's own certificate.
    pub(super) fn certificate(&self) -> Option<&CertificateDer<'static>> {
        self.chain.first()
    }
}

pub(super) fn look(home: &Home) -> Result<(Check, Own), Check> {
    let failed = |error: Error| {
        let text = error.to_string();
        // What to do stands behind the last semicolon, or the whole says it.
        let (found, remedy) = text.rsplit_once("; ").map_or((text.as_str(), text.as_str()), |parts| parts);
        Check::failed(Examined::Home, error.exit_code(), found, remedy)
    };
    let config = home.config().map_err(failed)?;
    let address = Address::of_home(&config).map_err(failed)?;
    let (tls_key, signing_key) = (home.tls_key().map_err(failed)?, home.signing_key().map_err(failed)?);
    let own = Own {
        address,
        chain: home.tls_chain().map_err(failed)?,
        authorities: home.authorities().map_err(failed)?,
        config,
    };
    let restore =
        "restore the home from its copy, or ask the hub's operator for a token and run `mighub enrol`";
    let parted = |what: &str| Check::failed(Examined::Home, ExitCode::Other, what, restore);
    if own.certificate().is_none_or(|certificate| !belongs(certificate, &tls_key)) {
        return Err(parted("tls.key is not the key of the certificate in tls.pem"));
    }
    let signing_id = signing_key.id().map_err(failed)?.to_string();
    if signing_id != own.config.signing_key_id {
        return Err(parted("signing.key is not the key that config.json names"));
    }
    let found = format!(
        "{} of {} at {}, in {}",
        own.config.application,
        own.config.agency,
        own.address.text(),
        home.folder().display()
    );
    Ok((Check::ok(Examined::Home, found), own))
}

fn belongs(certificate: &CertificateDer<'_>, key: &PrivateKey) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return false };
    key.public_key().is_ok_and(|public| *certificate.public_key().subject_public_key.data == public[..])
}
