//! Who gets through the hub's door, who does not, and what the log says about it.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Extension;
use axum::routing::get;
use mighub_server::clock::Clock;
use mighub_server::door::{Door, DoorTls, Peer, Reception, Record, StopSwitch, stop_switch};
use mighub_server::hub::{Moment, Standing};
use mighub_server::trust::request::RequestedKey;
use mighub_server::trust::{AgencyName, HubKeys, Purpose, fingerprint};
use rcgen::{
    CertificateParams, CertificateRevocationListParams, ExtendedKeyUsagePurpose, Issuer, KeyPair,
    PKCS_ED25519, RevokedCertParams, SanType,
};
use rustls::pki_types::{
    CertificateDer, CertificateRevocationListDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName,
};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

const NOW: Moment = Moment(1_795_000_000_000);
const YEAR_MS: i64 = 366 * 24 * 60 * 60 * 1_000;

/// A door that answers who the peer is.
struct Opened {
    keys: HubKeys,
    folder: tempfile::TempDir,
    clock: Arc<Clock>,
    address: SocketAddr,
    log: Log,
    switch: StopSwitch,
    serving: JoinHandle<()>,
    tls: DoorTls,
    /// Fingerprints of revoked certificates, as the hub's record has them.
    over: Arc<Mutex<Vec<[u8; 32]>>>,
    record: Record,
    reception: Arc<Reception>,
    _subscriber: tracing::subscriber::DefaultGuard,
}

impl Opened {
    async fn at(now: Moment) -> Self {
        let log = Log::default();
        let writer = log.clone();
        let subscriber =
            tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
        // The test's runtime has one thread, so this holds for the door's tasks too.
        let subscriber = tracing::subscriber::set_default(subscriber);
        let folder = tempfile::tempdir().expect("a folder");
        let keys = HubKeys::create(&folder.path().join("keys"), "TEST", &[], now).expect("keys");
        let clock = Arc::new(Clock::set_by_hand(now));
        let certificate = keys.door_certificate(&[], now).expect("a certificate");
        let over: Arc<Mutex<Vec<[u8; 32]>>> = Arc::default();
        let revoked = over.clone();
        let record =
            Record::new(move |_, fingerprint| match revoked.lock().expect("sound").contains(fingerprint) {
                true => Standing::Revoked,
                false => Standing::InForce,
            });
        let authority = keys.authority.certificate();
        let tls =
            DoorTls::new(certificate, authority, Vec::new(), record.clone(), clock.clone()).expect("TLS");
        let reception = Arc::new(Reception::new(true));
        let door = Door::open("127.0.0.1:0", &tls, reception.clone()).await.expect("a door");
        let address = door.address();
        let who = |Extension(peer): Extension<Arc<Peer>>| async move {
            peer.certificate.as_ref().map_or("public".to_owned(), |certificate| certificate.name.to_string())
        };
        let (switch, stop) = stop_switch();
        let serving = tokio::spawn(door.serve(Router::new().route("/who", get(who)), stop));
        Self {
            keys,
            folder,
            clock,
            address,
            log,
            switch,
            serving,
            tls,
            over,
            record,
            reception,
            _subscriber: subscriber,
        }
    }

    fn certificate(&self, purpose: Purpose, now: Moment) -> Identity {
        certificate(&self.keys, purpose, now)
    }

    /// A certificate of the hub's own authority that the hub would never issue.
    fn forged(&self, names: &[&str]) -> Identity {
        let read =
            |file: &str| std::fs::read_to_string(self.folder.path().join("keys").join(file)).expect("read");
        let authority_key = KeyPair::from_pem(&read("authority.key")).expect("a key");
        let issuer = Issuer::from_ca_cert_pem(&read("authority.pem"), authority_key).expect("an issuer");
        let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
        let mut params = CertificateParams::default();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2099, 1, 1);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        for name in names {
            params.subject_alt_names.push(SanType::URI((*name).try_into().expect("a URI")));
        }
        let certificate = params.signed_by(&key, &issuer).expect("a certificate");
        Identity { chain: vec![certificate.der().clone()], key: key.serialize_der() }
    }

    /// What the door says to a peer with this identity; nothing if it hangs up.
    async fn who(&self, identity: Option<Identity>) -> Option<String> {
        self.ask(identity, &rustls::version::TLS13, b"http/1.1").await
    }

    async fn ask(
        &self,
        identity: Option<Identity>,
        version: &'static SupportedProtocolVersion,
        protocol: &[u8],
    ) -> Option<String> {
        let mut stream = self.connect(identity, version, protocol).await?;
        stream.write_all(b"GET /who HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.ok()?;
        let mut answer = String::new();
        // With TLS 1.3 a peer learns only here that its certificate is refused.
        stream.read_to_string(&mut answer).await.ok()?;
        answer.rsplit("\r\n\r\n").next().map(str::to_owned)
    }

    async fn connect(
        &self,
        identity: Option<Identity>,
        version: &'static SupportedProtocolVersion,
        protocol: &[u8],
    ) -> Option<TlsStream<tokio::net::TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.keys.authority.certificate().clone()).expect("a root");
        let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(&[version])
            .expect("versions")
            .with_root_certificates(roots);
        let mut config = match identity {
            Some(Identity { chain, key }) => {
                let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key));
                builder.with_client_auth_cert(chain, key).expect("an identity")
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![protocol.to_vec()];
        let stream = tokio::net::TcpStream::connect(self.address).await.expect("connected");
        let name = ServerName::try_from("localhost").expect("a name");
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()?;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol));
        Some(stream)
    }

    /// A list of revoked certificates by the hub's own authority.
    fn revocations(&self, of: &[&Identity], ends: Moment) -> CertificateRevocationListDer<'static> {
        let read =
            |file: &str| std::fs::read_to_string(self.folder.path().join("keys").join(file)).expect("read");
        let authority_key = KeyPair::from_pem(&read("authority.key")).expect("a key");
        let issuer = Issuer::from_ca_cert_pem(&read("authority.pem"), authority_key).expect("an issuer");
        let date = |moment: Moment| {
            rcgen::date_time_ymd(1970, 1, 1)
                + Duration::from_millis(u64::try_from(moment.0).expect("after 1970"))
        };
        let revoked = |identity: &&Identity| RevokedCertParams {
            serial_number: serial(&identity.chain[0]),
            revocation_time: date(NOW),
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: date(Moment(NOW.0 - 1_000)),
            next_update: date(ends),
            crl_number: rcgen::SerialNumber::from(1u64),
            issuing_distribution_point: None,
            revoked_certs: of.iter().map(revoked).collect(),
            key_identifier_method: rcgen::KeyIdMethod::Sha256,
        };
        list.signed_by(&issuer).expect("a list").der().clone()
    }
}

fn serial(certificate: &[u8]) -> rcgen::SerialNumber {
    use x509_parser::prelude::{FromDer, X509Certificate};
    let (_, certificate) = X509Certificate::from_der(certificate).expect("a certificate");
    rcgen::SerialNumber::from_slice(certificate.raw_serial())
}

#[derive(Clone)]
struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
}

fn certificate(keys: &HubKeys, purpose: Purpose, now: Moment) -> Identity {
    let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
    let request = CertificateParams::default().serialize_request(&key).expect("a request");
    let name = AgencyName::new("SWE", "client").expect("a name");
    let requested = RequestedKey::read(request.der()).expect("a sound request");
    let issued = keys.authority.certify_agency(&requested, &name, purpose, now).expect("a certificate");
    Identity { chain: vec![issued.der], key: key.serialize_der() }
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("sound").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// What was logged since the last call. The door's task may be a little behind the peer.
    async fn take(&self) -> String {
        for _ in 0..100 {
            if !self.0.lock().expect("sound").is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        String::from_utf8(std::mem::take(&mut *self.0.lock().expect("sound"))).expect("text")
    }
}

#[tokio::test]
async fn a_certificate_is_not_needed_and_one_in_force_names_the_peer() {
    let door = Opened::at(NOW).await;
    assert_eq!(door.who(None).await.as_deref(), Some("public"));
    let office = door.certificate(Purpose::Tls, NOW);
    assert_eq!(door.who(Some(office)).await.as_deref(), Some("SWE/client"));
}

#[tokio::test]
async fn a_certificate_that_is_not_good_is_refused_in_the_handshake_and_the_log_says_why() {
    let door = Opened::at(NOW).await;
    let elsewhere = tempfile::tempdir().expect("a folder");
    let path: PathBuf = elsewhere.path().join("keys");
    let other_hub = HubKeys::create(&path, "OTHER", &[], NOW).expect("keys");
    let (one, two) = ("spiffe://mighub/agency/SWE/client", "spiffe://mighub/agency/NOR/client");
    let table = [
        ("of another authority", certificate(&other_hub, Purpose::Tls, NOW), "of another authority"),
        ("of the past", door.certificate(Purpose::Tls, Moment(NOW.0 - 2 * YEAR_MS)), "has ended"),
        ("of the future", door.certificate(Purpose::Tls, Moment(NOW.0 + YEAR_MS)), "not in force yet"),
        ("for signatures", door.certificate(Purpose::Signing, NOW), "not for connections"),
        ("with two names", door.forged(&[one, two]), "exactly one URI"),
        ("with no name", door.forged(&[]), "exactly one URI"),
        ("with a role", door.forged(&["spiffe://mighub/role/administrator"]), "exactly one URI"),
    ];
    for (what, identity, words) in table {
        assert_eq!(door.who(Some(identity)).await, None, "a certificate {what}");
        let log = door.log.take().await;
        assert!(log.contains(words), "a certificate {what}: the log says {log:?}");
    }
    assert_eq!(door.who(None).await.as_deref(), Some("public"), "the door is still open");
    let sound = door.forged(&[one]);
    assert_eq!(
        door.who(Some(sound)).await.as_deref(),
        Some("SWE/client"),
        "the forgery itself is no obstacle"
    );
}

#[tokio::test]
async fn a_certificate_ends_by_the_hubs_clock() {
    let door = Opened::at(NOW).await;
    let office = door.certificate(Purpose::Tls, NOW);
    assert!(door.who(Some(office.clone())).await.is_some());
    door.clock.set(Moment(NOW.0 + 2 * YEAR_MS));
    assert_eq!(door.who(Some(office)).await, None);
}

#[tokio::test]
async fn a_revoked_certificate_opens_nothing_and_its_open_connections_end() {
    let door = Opened::at(NOW).await;
    let (office, other) = (door.certificate(Purpose::Tls, NOW), door.certificate(Purpose::Tls, NOW));
    let tls13 = &rustls::version::TLS13;
    let mut open = door.connect(Some(office.clone()), tls13, b"http/1.1").await.expect("in force");
    let mut stays = door.connect(Some(other.clone()), tls13, b"http/1.1").await.expect("in force");
    // Both are in conversation.
    for stream in [&mut open, &mut stays] {
        stream.write_all(b"GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("written");
        assert!(stream.read(&mut [0; 1_024]).await.expect("an answer") > 0);
    }
    door.over.lock().expect("sound").push(fingerprint(&office.chain[0]));
    assert_eq!(door.reception.dismiss(&door.record).len(), 1);
    let ended =
        tokio::time::timeout(Duration::from_secs(2), open.read(&mut [0; 1_024])).await.expect("at once");
    assert!(!ended.is_ok_and(|read| read > 0));
    stays.write_all(b"GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("written");
    assert!(stays.read(&mut [0; 1_024]).await.expect("an answer") > 0, "others are not concerned");
    door.log.take().await;
    assert_eq!(door.who(Some(office)).await, None);
    let log = door.log.take().await;
    assert!(log.contains("was revoked"), "{log}");
    assert!(door.who(Some(other)).await.is_some());
}

#[tokio::test]
async fn a_revocation_list_is_heeded_while_the_door_is_open_and_one_that_has_ended_lets_nobody_in() {
    let door = Opened::at(NOW).await;
    let (office, other) = (door.certificate(Purpose::Tls, NOW), door.certificate(Purpose::Tls, NOW));
    let tomorrow = Moment(NOW.0 + 24 * 60 * 60 * 1_000);
    door.tls.heed(vec![door.revocations(&[&office], tomorrow)]).expect("a list");
    assert_eq!(door.who(Some(office.clone())).await, None);
    assert!(door.log.take().await.contains("was revoked"));
    assert!(door.who(Some(other.clone())).await.is_some());
    door.clock.set(Moment(tomorrow.0 + 1_000));
    assert_eq!(
        door.who(Some(other.clone())).await,
        None,
        "the list has ended: nobody knows what it would say"
    );
    let log = door.log.take().await;
    assert!(log.contains("revocations.pem has ended"), "{log}");
    assert_eq!(door.who(None).await.as_deref(), Some("public"));
    door.tls.heed(Vec::new()).expect("no list");
    assert!(door.who(Some(office)).await.is_some(), "the operator took it away");
}

#[tokio::test]
async fn a_new_certificate_of_the_hub_is_shown_without_a_restart() {
    let door = Opened::at(NOW).await;
    let shown = async || {
        let stream = door.connect(None, &rustls::version::TLS13, b"http/1.1").await.expect("connected");
        stream.get_ref().1.peer_certificates().expect("shown")[0].clone().into_owned()
    };
    let before = shown().await;
    let made = door.keys.renew_door_certificate(&[], NOW).expect("made");
    assert_eq!(shown().await, before, "not before it is asked to");
    let expected = made.own().clone();
    door.tls.show(made).expect("shown");
    assert_eq!(shown().await, expected);
}

#[tokio::test]
async fn an_older_tls_is_refused() {
    let door = Opened::at(NOW).await;
    assert_eq!(door.ask(None, &rustls::version::TLS12, b"http/1.1").await, None);
}

#[tokio::test]
async fn what_is_no_http_2_is_hung_up_on_when_http_2_was_agreed() {
    let door = Opened::at(NOW).await;
    let answer = door.ask(None, &rustls::version::TLS13, b"h2").await;
    assert!(!answer.is_some_and(|answer| answer.contains("public")));
    assert_eq!(door.who(None).await.as_deref(), Some("public"));
}

#[tokio::test]
async fn a_door_closes_at_once_when_nobody_is_at_work() {
    let door = Opened::at(NOW).await;
    let silent = tokio::net::TcpStream::connect(door.address).await.expect("connected");
    assert!(door.who(None).await.is_some());
    door.switch.ask();
    tokio::time::timeout(Duration::from_secs(2), door.serving)
        .await
        .expect("closed in time")
        .expect("no panic");
    assert!(tokio::net::TcpStream::connect(door.address).await.is_err());
    drop(silent);
}
