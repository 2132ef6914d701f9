//! A line between office and hub that breaks at any byte.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Bytes read at a time: small, so that a line breaks where it is told to.
const PIECE: usize = 4 * 1024;
/// Between two pieces, so that the line is slower than the hub: some 3 MB a second.
const PACE: Duration = Duration::from_millis(1);
/// Never breaks.
const WHOLE: i64 = i64::MAX;

/// The line. All its connections break together.
pub(crate) struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    hub: SocketAddr,
    /// Bytes, both ways together, until the line breaks.
    left: AtomicI64,
    /// Bytes that came through, both ways together.
    passed: AtomicU64,
    /// How often the line broke.
    breaks: watch::Sender<u64>,
}

impl Proxy {
    /// A line to a hub, which does not break.
    pub(crate) async fn to(hub: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (left, passed) = (AtomicI64::new(WHOLE), AtomicU64::new(0));
        let state = Arc::new(State { hub, left, passed, breaks: watch::Sender::new(0) });
        tokio::spawn(accept(listener, state.clone()));
        Self { address, state }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Breaks once so many bytes have come through from now on; then it is whole again.
    pub(crate) fn break_after(&self, bytes: u64) {
        self.state.left.store(bytes as i64, Ordering::SeqCst);
    }

    /// Does not break any more.
    pub(crate) fn mend(&self) {
        self.state.left.store(WHOLE, Ordering::SeqCst);
    }

    pub(crate) fn passed(&self) -> u64 {
        self.state.passed.load(Ordering::SeqCst)
    }

    pub(crate) fn breaks(&self) -> u64 {
        *self.state.breaks.borrow()
    }

    /// Waits until it broke so often.
    pub(crate) async fn broke(&self, breaks: u64) {
        let mut told = self.state.breaks.subscribe();
        told.wait_for(|so_far| *so_far >= breaks).await.expect("the line is there");
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    while let Ok((office, _)) = listener.accept().await {
        let state = state.clone();
        tokio::spawn(async move {
            let Ok(hub) = TcpStream::connect(state.hub).await else { return };
            let mut breaks = state.breaks.subscribe();
            breaks.borrow_and_update();
            let ((from_office, to_office), (from_hub, to_hub)) = (office.into_split(), hub.into_split());
            tokio::select! {
                // Both ways end when one does: what is not written then is lost, as on a broken line.
                () = carry(from_office, to_hub, &state) => {}
                () = carry(from_hub, to_office, &state) => {}
                _ = breaks.changed() => {}
            }
        });
    }
}

async fn carry(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, state: &State) {
    let mut piece = [0; PIECE];
    loop {
        let Ok(count @ 1..) = from.read(&mut piece).await else { return };
        let before = state.left.fetch_sub(count as i64, Ordering::SeqCst);
        let passes = (before.max(0) as usize).min(count);
        state.passed.fetch_add(passes as u64, Ordering::SeqCst);
        tokio::time::sleep(PACE).await;
        if to.write_all(&piece[..passes]).await.is_err() {
            return;
        }
        if passes < count {
            state.left.store(WHOLE, Ordering::SeqCst);
            state.breaks.send_modify(|breaks| *breaks += 1);
            return;
        }
    }
}
