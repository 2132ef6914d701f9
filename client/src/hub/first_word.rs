//! The hub's first word. With TLS 1.3 a client believes that it is connected before the hub has looked at its
//! certificate; whether it was refused, and why, comes with the first bytes after the handshake. A client that speaks
//! before it has heard them gets a broken pipe instead of a reason: what it sent arrives at a closed port, and the
//! system throws away what the hub had said. So: listen first.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::AlertDescription;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

/// A hub speaks at once (its HTTP/2 settings). What waits for us to speak first is something in between, and may be
/// sound all the same.
const WAIT: Duration = Duration::from_secs(2);
/// Bytes of the settings are some sixty; what comes with them is not lost.
const GREETING_BYTES: usize = 1_024;

/// A stream of which the first bytes were read already.
#[derive(Debug)]
pub(crate) struct Greeted<S> {
    stream: S,
    greeting: Vec<u8>,
    taken: usize,
}

/// Waits for the first bytes; an error says why they do not come.
pub(crate) async fn greeted<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) -> io::Result<Greeted<S>> {
    let mut greeting = vec![0; GREETING_BYTES];
    let read = match tokio::time::timeout(WAIT, stream.read(&mut greeting)).await {
        Ok(Ok(0)) => {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the hub hung up without a word"));
        }
        Ok(read) => read?,
        Err(_) => 0,
    };
    greeting.truncate(read);
    Ok(Greeted { stream, greeting, taken: 0 })
}

impl<S> Greeted<S> {
    /// Whether the hub has spoken.
    pub(crate) fn has_spoken(&self) -> bool {
        !self.greeting.is_empty()
    }
}

/// The alert with which the other side broke off, anywhere among the causes of an error.
pub(crate) fn alert_in(error: &(dyn std::error::Error + 'static)) -> Option<AlertDescription> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let tls = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if let Some(rustls::Error::AlertReceived(alert)) = tls.or_else(|| error.downcast_ref()) {
            return Some(*alert);
        }
        cause = error.source();
    }
    None
}

/// What an alert after the handshake says of the certificate that was shown, and what to do.
pub(crate) fn in_words(alert: AlertDescription) -> (String, &'static str) {
    const ENROL: &str = "ask the hub's operator for a token and run `mighub enrol`";
    match alert {
        AlertDescription::CertificateRevoked => (
            "the hub has revoked this office's certificate".to_owned(),
            "ask the hub's operator why, and for a token with which to run `mighub enrol`",
        ),
        AlertDescription::CertificateExpired => (
            "this office's certificate has ended by the hub's clock, is not in force yet, or was renewed since".to_owned(),
            "if another machine has renewed it, copy its home here; otherwise ask the hub's operator for a token and \
             run `mighub enrol`",
        ),
        AlertDescription::UnknownCA => (
            "the hub does not know the authority of this office's certificate: it is of another hub, or the hub was made \
             anew"
                .to_owned(),
            ENROL,
        ),
        AlertDescription::DecryptError => {
            ("the key does not belong to the certificate".to_owned(), "restore the home from its copy, or enrol again")
        }
        AlertDescription::UnsupportedCertificate => (
            "the certificate is not for connections: perhaps the one for signatures lies in its place".to_owned(),
            "restore tls.pem and tls.key from their copies, or enrol again",
        ),
        AlertDescription::CertificateUnknown | AlertDescription::BadCertificate => {
            ("the hub finds no agency and application in the certificate".to_owned(), ENROL)
        }
        AlertDescription::NoApplicationProtocol => (
            "what answers does not speak HTTP/2".to_owned(),
            "check the address; a proxy in between must pass connections on unopened",
        ),
        other => (
            format!("the other side broke off with {other:?}"),
            "ask the hub's operator what its log says of this moment",
        ),
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Greeted<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let kept = this.greeting.get(this.taken..).unwrap_or_default();
        if kept.is_empty() {
            return Pin::new(&mut this.stream).poll_read(cx, buffer);
        }
        let given = kept.len().min(buffer.remaining());
        buffer.put_slice(&kept[..given]);
        this.taken += given;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Greeted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test]
    async fn what_was_heard_first_is_read_first() {
        let (mut hub, client) = tokio::io::duplex(64);
        hub.write_all(b"settings").await.expect("written");
        let mut greeted = greeted(client).await.expect("a greeting");
        assert!(greeted.has_spoken());
        hub.write_all(b" and more").await.expect("written");
        drop(hub);
        let mut all = String::new();
        greeted.read_to_string(&mut all).await.expect("read");
        assert_eq!(all, "settings and more");
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_us_is_spoken_to_after_a_while() {
        let (_silent, client) = tokio::io::duplex(64);
        assert!(!greeted(client).await.expect("no error").has_spoken());
    }
}
