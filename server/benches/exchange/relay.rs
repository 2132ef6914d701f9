//! Plain relay: the same number of bytes over TLS on loopback, with no work at either end. What the exchange
//! costs beyond it is the exchange's own.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::Failure;

/// Bytes given to TLS at a time.
const CHUNK_BYTES: usize = 256 * 1024;
const NAME: &str = "localhost";

/// A sink and source that listens. Gives its address, and its certificate in DER.
pub(crate) async fn listen() -> Result<(SocketAddr, Vec<u8>), Failure> {
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new([NAME.to_owned()])?.self_signed(&key)?;
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // The other end goes away when it has measured enough.
                let _ = answer(&acceptor, stream).await;
            });
        }
    });
    Ok((address, certificate.der().to_vec()))
}

async fn answer(acceptor: &TlsAcceptor, stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = acceptor.accept(stream).await?;
    loop {
        let (up, down) = (stream.read_u64().await?, stream.read_u64().await?);
        receive(&mut stream, up).await?;
        send(&mut stream, down.max(1)).await?;
    }
}

/// A connection to a sink and source.
pub(crate) struct Relay(TlsStream<TcpStream>);

impl Relay {
    pub(crate) async fn connect(address: SocketAddr, certificate: Vec<u8>) -> Result<Self, Failure> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(certificate))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from(NAME)?;
        Ok(Self(TlsConnector::from(Arc::new(config)).connect(name, stream).await?))
    }

    /// Sends so many bytes, and then receives so many, but one at least.
    pub(crate) async fn exchange(&mut self, up: u64, down: u64) -> io::Result<()> {
        self.0.write_u64(up).await?;
        self.0.write_u64(down).await?;
        send(&mut self.0, up).await?;
        receive(&mut self.0, down.max(1)).await
    }
}

async fn send(stream: &mut (impl AsyncWrite + Unpin), bytes: u64) -> io::Result<()> {
    let chunk = vec![0xA5; CHUNK_BYTES];
    let mut left = bytes;
    while left > 0 {
        let now = left.min(CHUNK_BYTES as u64);
        stream.write_all(&chunk[..now as usize]).await?;
        left -= now;
    }
    stream.flush().await
}

async fn receive(stream: &mut (impl AsyncRead + Unpin), bytes: u64) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut left = bytes;
    while left > 0 {
        let now = left.min(CHUNK_BYTES as u64);
        let count = stream.read(&mut chunk[..now as usize]).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        left -= count as u64;
    }
    Ok(())
}
