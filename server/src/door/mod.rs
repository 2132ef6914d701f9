//! The one port: our own TLS acceptor (tonic's offers h2 only) in front of one axum router.
//!
//! What lives here: listening, handshakes and first bytes under deadlines, limits on connections, and who the
//! peer is. What must not: what is served, and what a peer may do.

mod first_bytes;
pub(crate) mod places;
mod stop;
mod tls;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use rustls_pki_types::CertificateDer;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower::Service;

pub use stop::{Stop, StopSwitch, stop_switch};
pub use tls::DoorTls;

use crate::hub::Moment;
use crate::trust::{self, AgencyName};
use first_bytes::FirstBytes;
use places::{Place, Places};

/// Connections at a time. Each costs a few tens of kilobytes when quiet.
const CONNECTIONS_MAX: usize = 1_024;
/// Connections from one address: an institution behind one router fits in, and one machine cannot take all.
const CONNECTIONS_PER_ADDRESS_MAX: u32 = 256;
/// A peer that has not finished its handshake by then is hung up on.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);
/// A peer that has not begun to speak HTTP by then, or not finished the header of an HTTP/1.1 request, is hung
/// up on.
const FIRST_BYTES_DEADLINE: Duration = Duration::from_secs(10);
/// Bytes of one stream in flight: with 1 MiB messages, four of them.
const STREAM_WINDOW: u32 = 4 * 1024 * 1024;
/// Bytes of one connection in flight.
const CONNECTION_WINDOW: u32 = 16 * 1024 * 1024;
/// Bytes that an uploading peer may put into one frame: fewer, larger frames cost less.
const FRAME_BYTES_MAX: u32 = 256 * 1024;
/// Streams one connection may have open at a time.
const STREAMS_MAX: u32 = 128;
/// An HTTP/2 peer that does not answer a ping within this time is gone.
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// How often a quiet HTTP/2 peer is pinged.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// How long to wait when the machine cannot take a connection: out of file descriptors, mostly, and waiting
/// lets others finish.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long connections may finish what they do once the hub stops.
const DRAIN_DEADLINE: Duration = Duration::from_secs(10);

/// Who is at the other end of a connection. Every request carries it as an extension, in an `Arc`.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Where it connects from.
    pub address: SocketAddr,
    /// What it proved to be; nothing for the public.
    pub certificate: Option<PeerCertificate>,
}

/// A certificate of this hub's authority, in force when the connection was made.
#[derive(Clone, Debug)]
pub struct PeerCertificate {
    /// Agency and application.
    pub name: AgencyName,
    /// SHA-256 of the certificate.
    pub fingerprint: [u8; 32],
    /// When it ends.
    pub not_after: Moment,
}

/// The door cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; choose another address with --listen or in hub.json")]
    Listen {
        /// The address.
        address: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The certificate or key is not usable.
    #[error("the hub's certificate or key is not usable: {0}; run `mighub-server check-config`")]
    Keys(#[from] rustls::Error),
    /// The authority's certificate is not usable.
    #[error(
        "the authority's certificate cannot judge clients' certificates: {0}; restore authority.pem from its copy"
    )]
    Authority(rustls::server::VerifierBuilderError),
}

/// A port that is listened on and not served yet.
pub struct Door {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    address: SocketAddr,
}

impl Door {
    /// Listens on `address`.
    pub async fn open(address: &str, tls: &DoorTls) -> Result<Self, DoorError> {
        let listen = |source| DoorError::Listen { address: address.to_owned(), source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        Ok(Self { listener, acceptor: TlsAcceptor::from(tls.config()), address })
    }

    /// Where it listens; with port 0 asked for, the port that was free.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until asked to `stop`, then lets connections finish for [`DRAIN_DEADLINE`].
    pub async fn serve(self, router: Router, mut stop: Stop) {
        let places = Places::new(CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX);
        // Holds every connection, so that none outlives the door.
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = accept(&self.listener, &places) => accepted,
                Some(_) = connections.join_next() => continue,
                () = stop.asked() => break,
            };
            if let Some((stream, address, place)) = accepted {
                let connection = Connection {
                    address,
                    acceptor: self.acceptor.clone(),
                    router: router.clone(),
                    stop: stop.clone(),
                };
                connections.spawn(async move {
                    connection.serve(stream).await;
                    drop(place);
                });
            }
        }
        drop(self.listener);
        let drained = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN_DEADLINE, drained).await.is_err() {
            tracing::warn!(
                connections = connections.len(),
                "connections are cut off after {DRAIN_DEADLINE:?}"
            );
            connections.shutdown().await;
        }
    }
}

/// The next connection that there is a place for. The common place is taken before accepting: beyond the limit
/// peers wait in the kernel's queue.
async fn accept(
    listener: &TcpListener,
    places: &Places<IpAddr>,
) -> Option<(TcpStream, SocketAddr, Place<IpAddr>)> {
    let permit = places.any().await;
    match listener.accept().await {
        Ok((stream, address)) => match places.of(address.ip(), permit) {
            Some(place) => Some((stream, address, place)),
            None => {
                tracing::warn!(%address, "hung up: too many connections from there");
                None
            }
        },
        Err(error) => {
            tracing::warn!(%error, "a connection was not accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

/// One connection, from its handshake to its end.
struct Connection {
    address: SocketAddr,
    acceptor: TlsAcceptor,
    router: Router,
    stop: Stop,
}

impl Connection {
    async fn serve(mut self, stream: TcpStream) {
        let address = self.address;
        // Small answers go out at once; a failure only makes them slower.
        let _ = stream.set_nodelay(true);
        let handshake = tokio::select! {
            handshake = tokio::time::timeout(HANDSHAKE_DEADLINE, self.acceptor.accept(stream)) => handshake,
            () = self.stop.asked() => return,
        };
        let stream = match handshake {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return tracing::info!(%address, "handshake refused: {}", tls::in_words(&error)),
            Err(_) => return tracing::info!(%address, "hung up: no handshake within {HANDSHAKE_DEADLINE:?}"),
        };
        let certificate = match stream.get_ref().1.peer_certificates().and_then(<[_]>::first) {
            None => None,
            Some(certificate) => match peer_certificate(certificate) {
                Some(certificate) => Some(certificate),
                None => {
                    return tracing::error!(%address, "a certificate passed the handshake and cannot be read");
                }
            },
        };
        let peer = Arc::new(Peer { address, certificate });
        let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        let stream = TokioIo::new(FirstBytes::new(stream, FIRST_BYTES_DEADLINE));
        let router = self.router;
        let service = hyper::service::service_fn(move |mut request: http::Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(peer.clone());
            router.clone().call(request)
        });
        let builder = http_builder(is_h2);
        let connection = builder.serve_connection(stream, service);
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.stop.asked() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%address, error, "connection ended");
        }
    }
}

/// The verifier has read the same certificate, so it is readable; still nothing is taken on trust.
fn peer_certificate(der: &CertificateDer<'_>) -> Option<PeerCertificate> {
    let name = AgencyName::of_certificate(der).ok()?;
    let not_after = trust::keys::not_after(der)?;
    Some(PeerCertificate { name, fingerprint: trust::fingerprint(der), not_after })
}

fn http_builder(is_h2: bool) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(FIRST_BYTES_DEADLINE);
    builder
        .http2()
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(FRAME_BYTES_MAX)
        .max_concurrent_streams(STREAMS_MAX)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    // What was agreed in the handshake holds.
    if is_h2 { builder.http2_only() } else { builder.http1_only() }
}
