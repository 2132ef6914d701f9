//! The one port: our own TLS acceptor (tonic's offers h2 only) in front of one axum router.
//!
//! What lives here: listening, handshakes under a deadline, the limit on connections, and who the peer is.
//! What must not: what is served.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::trust::AgencyName;

/// Connections at a time; each may hold [`CONNECTION_WINDOW`] bytes.
pub const CONNECTIONS_MAX: usize = 1_024;
/// A peer that has not finished its handshake by then is hung up on.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);
/// Bytes of one stream in flight: with 1 MiB messages, four of them.
const STREAM_WINDOW: u32 = 4 * 1024 * 1024;
/// Bytes of one connection in flight.
const CONNECTION_WINDOW: u32 = 16 * 1024 * 1024;
/// Streams one connection may have open at a time.
const STREAMS_MAX: u32 = 128;
/// An HTTP/2 peer that does not answer a ping within this time is gone.
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// How often a quiet HTTP/2 peer is pinged.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// How long connections may finish what they do once the hub stops.
const DRAIN_DEADLINE: Duration = Duration::from_secs(10);

/// Who is at the other end: the name in its certificate, if it has one.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Agency and application; nothing without a certificate.
    pub name: Option<AgencyName>,
    /// SHA-256 would do as well; BLAKE3 of the certificate.
    pub fingerprint: Option<[u8; 32]>,
    /// Where it connects from.
    pub address: SocketAddr,
}

/// Keys for the port.
pub struct DoorKeys {
    /// Certificate chain of the hub, PEM.
    pub certificate_pem: String,
    /// Its private key, PEM.
    pub key_pem: String,
    /// The authority whose certificates are accepted from clients, DER.
    pub authority: CertificateDer<'static>,
}

/// The door cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; choose another address with --listen")]
    Listen {
        /// The address.
        address: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The certificate or key is not usable.
    #[error("the hub's certificate or key is not usable: {0}; run `mighub-server check-config`")]
    Keys(String),
}

/// A port that is listened on and not served yet.
pub struct Door {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    address: SocketAddr,
}

impl Door {
    /// Listens on `address`.
    pub async fn open(address: &str, keys: &DoorKeys) -> Result<Self, DoorError> {
        let listen = |source| DoorError::Listen { address: address.to_owned(), source };
        let acceptor = TlsAcceptor::from(Arc::new(config(keys)?));
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        Ok(Self { listener, acceptor, address })
    }

    /// Where it listens; with port 0 asked for, the port that was free.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` becomes true, then lets connections finish for [`DRAIN_DEADLINE`].
    pub async fn serve(self, router: Router, mut stop: watch::Receiver<bool>) {
        let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            // The permit is taken before accepting: beyond the limit peers wait in the kernel's queue.
            let Ok(permit) = permits.clone().acquire_owned().await else { break };
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            let (stream, address) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, mostly: waiting lets others finish.
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let (acceptor, router, stop) = (self.acceptor.clone(), router.clone(), stop.clone());
            tokio::spawn(async move {
                if let Err(reason) = serve_connection(stream, address, acceptor, router, stop).await {
                    tracing::debug!(%address, reason, "connection ended");
                }
                drop(permit);
            });
        }
        let drained = permits.acquire_many(CONNECTIONS_MAX as u32);
        if tokio::time::timeout(DRAIN_DEADLINE, drained).await.is_err() {
            tracing::warn!("some connections were cut off after {DRAIN_DEADLINE:?}");
        }
    }
}

fn config(keys: &DoorKeys) -> Result<ServerConfig, DoorError> {
    let refuse = |error: &dyn std::fmt::Display| DoorError::Keys(error.to_string());
    let chain = crate::trust::files::certificates(&keys.certificate_pem);
    let key = PrivateKeyDer::from_pem_slice(keys.key_pem.as_bytes()).map_err(|error| refuse(&error))?;
    let mut roots = RootCertStore::empty();
    roots.add(keys.authority.clone()).map_err(|error| refuse(&error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    // Without a certificate a peer may only enrol, ask for health, or read what is public.
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .allow_unauthenticated()
        .build()
        .map_err(|error| refuse(&error))?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| refuse(&error))?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .map_err(|error| refuse(&error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

async fn serve_connection(
    stream: TcpStream,
    address: SocketAddr,
    acceptor: TlsAcceptor,
    router: Router,
    mut stop: watch::Receiver<bool>,
) -> Result<(), String> {
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let handshake = tokio::time::timeout(HANDSHAKE_DEADLINE, acceptor.accept(stream));
    let stream = handshake.await.map_err(|_| "no handshake in time")?.map_err(|error| error.to_string())?;
    let certificate = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let name = certificate.map(|der| AgencyName::of_certificate(der)).transpose().map_err(|error| error.to_string())?;
    let fingerprint = certificate.map(|der| *blake3::hash(der).as_bytes());
    let peer = Peer { name, fingerprint, address };
    let service = router.map_request(move |mut request: http::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(peer.clone());
        request.map(axum::body::Body::new)
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HANDSHAKE_DEADLINE);
    builder
        .http2()
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(STREAMS_MAX)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), TowerToHyperService::new(service));
    tokio::pin!(connection);
    tokio::select! {
        done = connection.as_mut() => return done.map_err(|error| error.to_string()),
        _ = stop.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
    }
    connection.await.map_err(|error| error.to_string())
}
