//! Slow and flooding peers against a hub in a process of its own, beside honest offices: each attacker is hung up on,
//! memory stays, and the honest ones hear no error.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use mighub_client::{Home, PullRequest, PushOptions};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::office::attack::{Attack, rounds};
use crate::office::child::ChildHub;
use crate::office::data::{flows, pulled};
use crate::office::{ADMINISTRATOR, FLOW, Stage, accepted};

/// Attackers of each kind at a time.
const ATTACKERS: u64 = 40;
/// Of bombs fewer: each is looked into, two at a time.
const BOMBS: u64 = 8;
/// Every attacker is gone by then; deadlines of the hub under siege are a few seconds.
const GONE_WITHIN: Duration = Duration::from_secs(60);
/// More than this a siege must not cost.
const GROWTH_MIB_MAX: u64 = 100;
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Bytes of zeros that are packed into a bomb.
const BOMB_BYTES: usize = 256 * 1024 * 1024;

// Frames of HTTP/2 (RFC 9113, section 6).
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// GET https://localhost/ in HPACK.
const REQUEST: &[u8] = b"\x82\x87\x84\x41\x09localhost";

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("short").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A hub whose patience is short, so that a siege fits into a test.
fn impatient(stage_folder: &std::path::Path) {
    let path = stage_folder.join("hub.json");
    let mut config: Value = serde_json::from_slice(&std::fs::read(&path).expect("hub.json")).expect("JSON");
    config["limits"] = json!({
        "handshake_seconds": 2, "first_bytes_seconds": 2, "ping_interval_seconds": 2, "ping_timeout_seconds": 2,
        "taking_seconds": 3, "idle_seconds": 20, "body_silence_seconds": 2, "unpack_ratio": 100,
        "connections_per_address": 1024,
    });
    std::fs::write(&path, config.to_string()).expect("written");
}

#[derive(Clone)]
struct Attackers {
    address: SocketAddr,
    public: TlsConnector,
    office: TlsConnector,
}

impl Attackers {
    fn new(stage: &Stage) -> Self {
        let connector = |identity: Option<&Home>, protocol: &[u8]| {
            let read = |home: &Home, name: &str| std::fs::read(home.folder().join(name)).expect("a file");
            let certificates = |pem: &[u8]| -> Vec<_> {
                CertificateDer::pem_slice_iter(pem).map(|der| der.expect("a certificate")).collect()
            };
            let mut roots = RootCertStore::empty();
            for authority in certificates(&read(&stage.home(ADMINISTRATOR), "authority.pem")) {
                roots.add(authority).expect("a root");
            }
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let builder = ClientConfig::builder_with_provider(provider)
                .with_protocol_versions(&[&rustls::version::TLS13])
                .expect("1.3")
                .with_root_certificates(roots);
            let mut config = match identity {
                None => builder.with_no_client_auth(),
                Some(home) => {
                    let key = PrivateKeyDer::from_pem_slice(&read(home, "tls.key")).expect("a key");
                    builder.with_client_auth_cert(certificates(&read(home, "tls.pem")), key).expect("a pair")
                }
            };
            config.alpn_protocols = vec![protocol.to_vec()];
            TlsConnector::from(Arc::new(config))
        };
        Self {
            address: stage.address(),
            public: connector(None, b"h2"),
            office: connector(Some(&stage.home("SWE")), b"http/1.1"),
        }
    }

    async fn tcp(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("the port is open")
    }

    async fn tls(&self) -> std::io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from("localhost").expect("a name");
        self.public.connect(name, self.tcp().await).await
    }

    /// HTTP/2 as it should begin.
    async fn h2(&self) -> std::io::Result<TlsStream<TcpStream>> {
        let mut stream = self.tls().await?;
        stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, b"")].concat()).await?;
        Ok(stream)
    }

    /// Attacks once; returns when the hub has hung up, or answered a bomb as it should.
    async fn attack(&self, kind: &'static str) -> bool {
        let attack = async {
            match kind {
                "no_handshake" => gone(self.tcp().await).await,
                "handshake_byte_a_second" => {
                    let mut stream = self.tcp().await;
                    // The head of a TLS record that promises a ClientHello.
                    drip(&mut stream, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").await;
                    gone(stream).await
                }
                "no_preface" => gone(self.tls().await?).await,
                "preface_byte_a_second" => {
                    let mut stream = self.tls().await?;
                    drip(&mut stream, PREFACE).await;
                    gone(stream).await
                }
                // Reads everything, and answers nothing.
                "ignored_ping" => gone(self.h2().await?).await,
                "rapid_reset" => {
                    let stream = self.h2().await?;
                    let (mut reader, mut writer) = tokio::io::split(stream);
                    let flood = async {
                        for number in 0..100_000u32 {
                            let id = 2 * number + 1;
                            let open = frame(HEADERS, END_HEADERS | END_STREAM, id, REQUEST);
                            let reset = frame(RST_STREAM, 0, id, &8u32.to_be_bytes());
                            if writer.write_all(&[open, reset].concat()).await.is_err() {
                                return;
                            }
                        }
                        // Nobody stopped it.
                        std::future::pending::<()>().await
                    };
                    let read =
                        async { while reader.read(&mut [0; 4_096]).await.is_ok_and(|read| read > 0) {} };
                    tokio::select! { () = flood => {}, () = read => {} }
                    Ok(())
                }
                "header_flood" => {
                    let stream = self.h2().await?;
                    let (mut reader, mut writer) = tokio::io::split(stream);
                    let flood = async {
                        let mut part = frame(HEADERS, END_STREAM, 1, REQUEST);
                        // A field of 100 bytes that the table does not keep.
                        let field = [&b"\x00\x01x\x64"[..], &[b'x'; 100]].concat();
                        while writer.write_all(&part).await.is_ok() {
                            part = frame(CONTINUATION, 0, 1, &field.repeat(100));
                        }
                    };
                    let read =
                        async { while reader.read(&mut [0; 4_096]).await.is_ok_and(|read| read > 0) {} };
                    tokio::select! { () = flood => {}, () = read => {} }
                    Ok(())
                }
                "zstd_bomb" => self.bomb().await,
                other => panic!("{other} is no attack"),
            }
        };
        match timeout(GONE_WITHIN, attack).await {
            Ok(Ok(())) => true,
            // A handshake that the hub cut off is an end, too; a bomb that it took is not.
            Ok(Err(_)) => kind != "zstd_bomb",
            Err(_) => false,
        }
    }

    /// A file that unpacks to ten thousand times its size: refused before it fills a disk. Of many at a time most find
    /// no place, or are answered before they have come in; they come again until one has been looked into.
    async fn bomb(&self) -> std::io::Result<()> {
        loop {
            let answer = self.handed_in(bomb()).await?;
            match answer.get(..12) {
                Some("HTTP/1.1 413") => return Ok(()),
                Some("HTTP/1.1 429") | None => sleep(Duration::from_millis(200)).await,
                _ => return Err(std::io::Error::other(answer)),
            }
        }
    }

    /// What the hub answers to a file; nothing if it hung up.
    async fn handed_in(&self, body: &[u8]) -> std::io::Result<String> {
        let name = ServerName::try_from("localhost").expect("a name");
        let mut stream = self.office.connect(name, self.tcp().await).await?;
        let head = format!(
            "POST /v1/submissions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Encoding: zstd\r\nContent-Type: \
             text/csv\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let mut answer = Vec::new();
        if stream.write_all(&[head.as_bytes(), body].concat()).await.is_ok() {
            let _ = stream.read_to_end(&mut answer).await;
        }
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

fn bomb() -> &'static [u8] {
    static BOMB: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    BOMB.get_or_init(|| {
        // Frames that follow each other are one content.
        let zeros = vec![0; 1024 * 1024];
        let one = mighub::block::compress(&zeros).expect("packed");
        let mut all = Vec::new();
        for _ in 0..BOMB_BYTES / zeros.len() {
            all.extend_from_slice(&one);
        }
        all
    })
}

/// A byte a second, until it is taken no more.
async fn drip(stream: &mut (impl tokio::io::AsyncWrite + Unpin), bytes: &[u8]) {
    for byte in bytes {
        if stream.write_all(&[*byte]).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        sleep(Duration::from_secs(1)).await;
    }
}

/// Reads until the other side ends it.
async fn gone(mut stream: impl tokio::io::AsyncRead + Unpin) -> std::io::Result<()> {
    let mut read = [0; 4_096];
    while stream.read(&mut read).await? > 0 {}
    Ok(())
}

const KINDS: [&str; 8] = [
    "no_handshake",
    "handshake_byte_a_second",
    "no_preface",
    "preface_byte_a_second",
    "ignored_ping",
    "rapid_reset",
    "header_flood",
    "zstd_bomb",
];

/// Offices that go on with their work, and how long each call takes.
async fn honest(stage: &Stage, until: Arc<AtomicBool>) -> (Vec<Duration>, u64) {
    let (office, reader) = (stage.client("SWE").await, stage.client("READER").await);
    let errors = AtomicU64::new(0);
    let mut took = Vec::new();
    let mut value = 0;
    while !until.load(Ordering::Relaxed) {
        value += 1;
        let begun = Instant::now();
        if value % 5 == 1 {
            let file = flows("SWE", &[("M", "IMM", "NOR", 2015, &format!("{value},A,F"))]);
            accepted(&office, &file, &PushOptions::default()).await;
        } else if pulled(&reader, PullRequest::all(FLOW)).await.lane("SWE").len() != 1 {
            errors.fetch_add(1, Ordering::Relaxed);
        }
        took.push(begun.elapsed());
        sleep(Duration::from_millis(20)).await;
    }
    (took, errors.into_inner())
}

fn p99_ms(mut took: Vec<Duration>) -> u64 {
    took.sort();
    took.get(took.len() * 99 / 100).map_or(0, |took| took.as_millis() as u64)
}

/// A hub in a child that is short of patience, with one office and one reader.
async fn besieged() -> (Stage, ChildHub) {
    let mut stage = Stage::new().await;
    stage.admit_office("SWE").await;
    stage.admit("READER", &[mighub::v1::Role::Reader]).await;
    stage.pause().await;
    impatient(&stage.hub_folder());
    let hub = ChildHub::serve(&stage.hub_folder(), stage.address());
    (stage, hub)
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_and_flooding_peers_are_hung_up_on_and_honest_ones_hear_nothing_of_it() {
    let mut attack = Attack::of("slow_and_flooding_peers");
    let (stage, hub) = besieged().await;
    let (stage, hub) = (&stage, &hub);
    let over = Arc::new(AtomicBool::new(false));
    let attackers = Attackers::new(stage);
    let honest = honest(stage, over.clone());
    let siege = async {
        // What a hub takes for its first answers is no growth.
        sleep(Duration::from_secs(2)).await;
        let before = hub.memory_mib();
        let mut most = before;
        for _ in 0..rounds(1) {
            let mut all = JoinSet::new();
            for kind in KINDS {
                let count = if kind == "zstd_bomb" { BOMBS } else { ATTACKERS };
                for _ in 0..count {
                    let attackers = attackers.clone();
                    all.spawn(async move { (kind, attackers.attack(kind).await) });
                }
                attack.inject(kind, count);
            }
            loop {
                match timeout(Duration::from_millis(100), all.join_next()).await {
                    Ok(None) => break,
                    Ok(Some(ended)) => match ended.expect("no panic") {
                        (kind, true) => attack.fire(kind, 1),
                        (kind, false) => attack.fail(format!("{kind}: not hung up on, or not refused")),
                    },
                    Err(_) => {}
                }
                most = most.max(hub.memory_mib());
            }
            attack.round();
        }
        over.store(true, Ordering::Relaxed);
        attack.tell("rss_before_mib", before);
        attack.tell("rss_growth_mib", most - before);
        if most - before > GROWTH_MIB_MAX {
            attack.fail(format!("memory grew by {} MiB", most - before));
        }
    };
    let ((took, errors), ()) = tokio::join!(honest, siege);
    attack.tell("honest_calls", took.len());
    attack.tell("honest_p99_ms", p99_ms(took));
    if errors > 0 {
        attack.fail(format!("honest offices heard {errors} errors"));
    }
    attack.finish();
}

/// `cargo test --release --test system siege -- --ignored --nocapture`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a benchmark: it wants the machine for itself"]
async fn honest_offices_under_siege_wait_little_longer_than_in_quiet() {
    const PHASE: Duration = Duration::from_secs(20);
    let (stage, _hub) = besieged().await;
    let stage = &stage;
    let attackers = Attackers::new(stage);
    let mut figures = Vec::new();
    for kinds in [&KINDS[..0], &KINDS[..5], &KINDS[..7]] {
        let over = Arc::new(AtomicBool::new(false));
        let mut all = JoinSet::new();
        for kind in kinds {
            for _ in 0..ATTACKERS / 4 {
                let (attackers, over) = (attackers.clone(), over.clone());
                all.spawn(async move {
                    while !over.load(Ordering::Relaxed) {
                        attackers.attack(kind).await;
                    }
                });
            }
        }
        let ends = over.clone();
        let end = async move {
            sleep(PHASE).await;
            ends.store(true, Ordering::Relaxed);
        };
        let ((took, errors), ()) = tokio::join!(honest(stage, over), end);
        all.shutdown().await;
        assert_eq!(errors, 0);
        figures.push(p99_ms(took));
    }
    let line = json!({
        "benchmark": "honest_under_siege", "quiet_p99_ms": figures[0], "slow_peers_p99_ms": figures[1],
        "flooding_peers_p99_ms": figures[2],
    });
    crate::office::random::say(&line.to_string());
}
