//! The port: our own TLS acceptor (tonic's offers h2 only) in front of one axum router; and beside it, where the operator
//! wants one, a door without TLS for this machine alone.
//!
//! What lives here: listening, handshakes and first bytes under deadlines, limits on connections, and who calls. What
//! must not: what is served, and what a caller may do.

mod first_bytes;
mod guests;
mod hosts;
mod idle;
mod patience;
pub(crate) mod places;
mod reception;
mod stop;
mod tls;
pub(crate) mod visitor;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use rustls_pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower::Service;

pub use hosts::Hosts;
pub use reception::Reception;
pub use stop::{Stop, StopSwitch, stop_switch};
pub use tls::{DoorTls, Record};

use crate::hub::Moment;
use crate::limits::{Limits, count, count32, seconds};
use crate::trust::{self, AgencyName};
use first_bytes::FirstBytes;
use guests::Stay;
use idle::UnderWay;
use patience::Patience;
use places::{Place, Places};

/// Bytes of one stream in flight: with 1 MiB messages, four of them.
const STREAM_WINDOW: u32 = 4 * 1024 * 1024;
/// Bytes of one connection in flight.
const CONNECTION_WINDOW: u32 = 16 * 1024 * 1024;
/// Bytes that an uploading peer may put into one frame: fewer, larger frames cost less.
const FRAME_BYTES_MAX: u32 = 256 * 1024;
/// Faults of a peer's streams that are answered before the connection ends: a sound peer has none.
const STREAM_FAULTS_MAX: usize = 64;
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
    /// Whether others can listen.
    pub transport: Transport,
}

/// How a peer is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Encrypted, and the hub has shown its certificate.
    Tls,
    /// As it is: from this machine alone.
    Plain,
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
    /// The door without TLS is for this machine alone.
    #[error(
        "{0} is no loopback address: without TLS a hub listens on 127.0.0.1 or [::1] only; put a reverse proxy with \
         TLS before it, or use the hub's own TLS port"
    )]
    NotLoopback(SocketAddr),
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
    lock: Lock,
    reception: Arc<Reception>,
    address: SocketAddr,
}

/// What stands between a connection and the router.
#[derive(Clone)]
enum Lock {
    Tls(TlsAcceptor, Record),
    /// The names under which requests may come.
    Plain(Arc<Hosts>),
}

impl Door {
    /// Listens on `address` with TLS.
    pub async fn open(address: &str, tls: &DoorTls, reception: Arc<Reception>) -> Result<Self, DoorError> {
        Self::listen(address, Lock::Tls(TlsAcceptor::from(tls.config()), tls.record()), reception).await
    }

    /// Listens on a loopback `address` without TLS, to requests that name one of `hosts`.
    pub async fn open_plain(
        address: &str,
        hosts: Hosts,
        reception: Arc<Reception>,
    ) -> Result<Self, DoorError> {
        let door = Self::listen(address, Lock::Plain(Arc::new(hosts)), reception).await?;
        // Nobody was accepted yet.
        if door.address.ip().is_loopback() { Ok(door) } else { Err(DoorError::NotLoopback(door.address)) }
    }

    async fn listen(address: &str, lock: Lock, reception: Arc<Reception>) -> Result<Self, DoorError> {
        let listen = |source| DoorError::Listen { address: address.to_owned(), source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        Ok(Self { listener, lock, reception, address })
    }

    /// Where it listens; with port 0 asked for, the port that was free.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until asked to `stop`, then lets connections finish for [`DRAIN_DEADLINE`].
    pub async fn serve(self, router: Router, mut stop: Stop) {
        let limits = self.reception.limits();
        let places = Places::new(count(limits.connections), count32(limits.connections_per_address));
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
                    lock: self.lock.clone(),
                    reception: self.reception.clone(),
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
    lock: Lock,
    reception: Arc<Reception>,
    router: Router,
    stop: Stop,
}

impl Connection {
    async fn serve(self, stream: TcpStream) {
        // Small answers go out at once; a failure only makes them slower.
        let _ = stream.set_nodelay(true);
        match self.lock.clone() {
            Lock::Tls(acceptor, record) => self.serve_tls(acceptor, &record, stream).await,
            Lock::Plain(hosts) => {
                let peer = Peer { address: self.address, certificate: None, transport: Transport::Plain };
                self.converse(stream, peer, false, Some(hosts), None).await;
            }
        }
    }

    async fn serve_tls(mut self, acceptor: TlsAcceptor, record: &Record, stream: TcpStream) {
        let address = self.address;
        let deadline = seconds(self.reception.limits().handshake_seconds);
        let handshake = tokio::select! {
            handshake = tokio::time::timeout(deadline, acceptor.accept(stream)) => handshake,
            () = self.stop.asked() => return,
        };
        let stream = match handshake {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return tracing::info!(%address, "handshake refused: {}", tls::in_words(&error)),
            Err(_) => return tracing::info!(%address, "hung up: no handshake within {deadline:?}"),
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
        let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        let stay = certificate.clone().map(|certificate| self.reception.guests().arrived(certificate));
        // Once more, now that it is in the register: it may have been revoked since the handshake looked.
        if certificate.as_ref().is_some_and(|certificate| !record.opens(certificate)) {
            return;
        }
        let peer = Peer { address, certificate, transport: Transport::Tls };
        self.converse(stream, peer, is_h2, None, stay).await;
    }

    async fn converse(
        mut self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: Peer,
        is_h2: bool,
        hosts: Option<Arc<Hosts>>,
        stay: Option<Stay>,
    ) {
        let limits = *self.reception.limits();
        let (address, peer) = (self.address, Arc::new(peer));
        let stream = FirstBytes::new(stream, seconds(limits.first_bytes_seconds));
        let stream = TokioIo::new(Patience::new(stream, seconds(limits.taking_seconds)));
        let (router, reception) = (self.router, self.reception);
        let under_way = UnderWay::default();
        let requests = under_way.clone();
        let service = hyper::service::service_fn(move |mut request: http::Request<hyper::body::Incoming>| {
            let is_known = hosts.as_ref().is_none_or(|hosts| hosts.has(&request));
            request.extensions_mut().insert(peer.clone());
            request.extensions_mut().insert(reception.clone());
            let (mut router, request_under_way) = (router.clone(), requests.begin());
            async move {
                let answer = if is_known { router.call(request).await } else { Ok(hosts::misdirected()) };
                answer.map(|answer| request_under_way.answered_by(answer))
            }
        });
        let builder = http_builder(is_h2, &limits);
        let connection = builder.serve_connection(stream, service);
        tokio::pin!(connection);
        let mut dismissed = std::pin::pin!(dismissed(stay));
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = dismissed.as_mut() => return tracing::info!(%address, "hung up: its certificate is over"),
            () = finishing(&mut self.stop, &under_way, seconds(limits.idle_seconds)) => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    ended = connection => ended,
                    () = dismissed => return tracing::info!(%address, "hung up: its certificate is over"),
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%address, error, "connection ended");
        }
    }
}

/// Ends when the connection is to finish what it does and end: the hub stops, or nothing is asked on it.
async fn finishing(stop: &mut Stop, under_way: &UnderWay, idle: Duration) {
    tokio::select! {
        () = stop.asked() => {}
        () = under_way.none_for(idle) => {}
    }
}

/// Ends when a guest is to leave; never for whoever came without a certificate.
async fn dismissed(stay: Option<Stay>) {
    match stay {
        Some(mut stay) => stay.dismissed().await,
        None => std::future::pending().await,
    }
}

/// The verifier has read the same certificate, so it is readable; still nothing is taken on trust.
fn peer_certificate(der: &CertificateDer<'_>) -> Option<PeerCertificate> {
    let name = AgencyName::of_certificate(der).ok()?;
    let not_after = trust::keys::not_after(der)?;
    Some(PeerCertificate { name, fingerprint: trust::fingerprint(der), not_after })
}

fn http_builder(is_h2: bool, limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(seconds(limits.first_bytes_seconds))
        .max_buf_size(count(limits.header_bytes))
        .max_headers(count(limits.header_fields));
    builder
        .http2()
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(FRAME_BYTES_MAX)
        .max_concurrent_streams(count32(limits.streams_per_connection))
        .max_header_list_size(count32(limits.header_bytes))
        .max_pending_accept_reset_streams(count(limits.reset_streams))
        .max_local_error_reset_streams(STREAM_FAULTS_MAX)
        .keep_alive_interval(seconds(limits.ping_interval_seconds))
        .keep_alive_timeout(seconds(limits.ping_timeout_seconds));
    // What was agreed in the handshake holds.
    if is_h2 { builder.http2_only() } else { builder.http1_only() }
}
