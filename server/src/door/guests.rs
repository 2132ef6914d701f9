//! Who is in: the connections that were opened with a certificate, so that they end when it is revoked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::PeerCertificate;

/// Connections that are open, with the certificates they were opened with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guests(Arc<Mutex<Register>>);

#[derive(Debug, Default)]
struct Register {
    next: u64,
    present: HashMap<u64, Guest>,
}

#[derive(Debug)]
struct Guest {
    certificate: PeerCertificate,
    leave: watch::Sender<bool>,
}

/// A connection that is in the register until this is dropped.
#[derive(Debug)]
pub(super) struct Stay {
    guests: Guests,
    number: u64,
    leave: watch::Receiver<bool>,
}

impl Guests {
    /// Takes a connection into the register.
    pub(super) fn arrived(&self, certificate: PeerCertificate) -> Stay {
        let (leave, asked) = watch::channel(false);
        let mut register = self.register();
        let number = register.next;
        register.next += 1;
        register.present.insert(number, Guest { certificate, leave });
        drop(register);
        Stay { guests: self.clone(), number, leave: asked }
    }

    /// Ends the connections whose certificates are not `welcome` any more; gives the certificates.
    pub(crate) fn dismiss(&self, welcome: impl Fn(&PeerCertificate) -> bool) -> Vec<PeerCertificate> {
        let register = self.register();
        let unwelcome = register.present.values().filter(|guest| !welcome(&guest.certificate));
        unwelcome
            .map(|guest| {
                guest.leave.send_replace(true);
                guest.certificate.clone()
            })
            .collect()
    }

    fn register(&self) -> MutexGuard<'_, Register> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stay {
    /// Ends when the connection is to end.
    pub(super) async fn dismissed(&mut self) {
        // The sender is in the register as long as this stay lasts.
        let _ = self.leave.wait_for(|leave| *leave).await;
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        self.guests.register().present.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::Moment;
    use crate::trust::AgencyName;

    fn certificate(agency: &str, mark: u8) -> PeerCertificate {
        let name = AgencyName::new(agency, "client").expect("a name");
        PeerCertificate { name, fingerprint: [mark; 32], not_after: Moment(i64::MAX) }
    }

    #[tokio::test]
    async fn only_connections_with_the_unwelcome_certificate_end() {
        let guests = Guests::default();
        let mut gone = guests.arrived(certificate("SWE", 1));
        let mut stays = guests.arrived(certificate("SWE", 2));
        let left = guests.arrived(certificate("SWE", 1));
        drop(left);
        let dismissed = guests.dismiss(|certificate| certificate.fingerprint[0] != 1);
        assert_eq!(dismissed.len(), 1, "the one that had left is not in the register");
        gone.dismissed().await;
        tokio::time::timeout(std::time::Duration::from_millis(20), stays.dismissed())
            .await
            .expect_err("it may stay");
    }
}
