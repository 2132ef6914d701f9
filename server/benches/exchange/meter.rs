//! A meter on the wire: passes bytes on between client and hub and counts them, TLS and all.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::Failure;

/// Passed on at a time.
const CHUNK_BYTES: usize = 256 * 1024;

/// A meter that listens.
pub(crate) struct Meter {
    /// Where to connect to instead of the hub.
    pub(crate) address: SocketAddr,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    up: AtomicU64,
    down: AtomicU64,
}

impl Meter {
    pub(crate) async fn listen(hub: SocketAddr) -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let counts = Arc::new(Counts::default());
        let shared = counts.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let counts = shared.clone();
                tokio::spawn(async move {
                    // A connection that breaks here breaks at both ends, where it is told of.
                    let _ = pass(client, hub, &counts).await;
                });
            }
        });
        Ok(Self { address, counts })
    }

    /// Bytes to the hub and from it since the last call.
    pub(crate) fn take(&self) -> (u64, u64) {
        (self.counts.up.swap(0, Ordering::Relaxed), self.counts.down.swap(0, Ordering::Relaxed))
    }
}

async fn pass(client: TcpStream, hub: SocketAddr, counts: &Counts) -> std::io::Result<()> {
    let hub = TcpStream::connect(hub).await?;
    client.set_nodelay(true)?;
    hub.set_nodelay(true)?;
    let ((client_in, client_out), (hub_in, hub_out)) = (client.into_split(), hub.into_split());
    tokio::try_join!(one_way(client_in, hub_out, &counts.up), one_way(hub_in, client_out, &counts.down))?;
    Ok(())
}

async fn one_way(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    count: &AtomicU64,
) -> std::io::Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let bytes = from.read(&mut chunk).await?;
        if bytes == 0 {
            return to.shutdown().await;
        }
        count.fetch_add(bytes as u64, Ordering::Relaxed);
        to.write_all(&chunk[..bytes]).await?;
    }
}
