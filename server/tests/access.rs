//! Who may read over HTTP, with what, and through which door: over TCP, byte by byte.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use mighub::v1::agency_service_client::AgencyServiceClient;
use mighub::v1::retrieval_service_client::RetrievalServiceClient;
use mighub::v1::{self, TokenScope};
use mighub_sdmx::structure::AgencyId;
use mighub_server::clock::Clock;
use mighub_server::door::DoorError;
use mighub_server::rpc::Operator;
use mighub_server::serve::{InitOptions, Running, RunningAt, ServeOptions, StartError, init, start};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::metadata::MetadataValue;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};
use tonic::{Code, Request};

/// An address that every hub has, and for which rights are asked.
const FIGURES: &str = "/v1/data/MIG_FLOW.csv";

struct Served {
    folder: tempfile::TempDir,
    running: Running,
}

impl Served {
    async fn new(public_reading: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let structures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../structures");
        let messages = std::fs::read_dir(structures).expect("the structure package");
        let messages = messages.map(|entry| entry.expect("an entry").path());
        let messages = messages.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
        let options = InitOptions {
            folder: folder.path().join("hub"),
            hub_id: "TEST".into(),
            listen: "127.0.0.1:0".into(),
            names: vec!["hub.example.org".into()],
            structures: messages.map(|path| std::fs::read(path).expect("read")).collect(),
            administrator: AgencyId::new("MIGHUB").expect("an id"),
            administrator_name: "The operator".into(),
        };
        init(options, Clock::of_machine().now()).expect("a hub");
        let config = folder.path().join("hub/hub.json");
        let text = std::fs::read_to_string(&config).expect("read");
        let (from, to) = ("\"public_reading\": true", format!("\"public_reading\": {public_reading}"));
        assert!(text.contains(from), "{text}");
        std::fs::write(&config, text.replace(from, &to)).expect("written");
        let options = ServeOptions::new(folder.path().join("hub"));
        let options = options.listening_on("127.0.0.1:0").plain_on("127.0.0.1:0");
        Self { running: start(options).await.expect("a running hub"), folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("hub")
    }

    fn plain(&self) -> SocketAddr {
        self.running.plain_address().expect("a door without TLS")
    }

    /// Status and header of the answer, and its body.
    async fn get(&self, path: &str, header: &[&str]) -> (u16, String) {
        let header: String = header.iter().map(|line| format!("{line}\r\n")).collect();
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}\r\n");
        self.say(request.as_bytes()).await
    }

    async fn say(&self, request: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(self.plain()).await.expect("connected");
        // The hub may hang up before it has read all of it.
        let _ = stream.write_all(request).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or(0), answer)
    }

    async fn token(&self, agency: &str) -> (String, String) {
        let operator = Operator::connect(&self.path()).await.expect("the operator");
        let request =
            v1::AddAgencyRequest { agency: agency.into(), name: "A reader".into(), token_only: false };
        let _ = operator.agencies().add_agency(request).await;
        let scope = TokenScope::Read.into();
        let request = v1::CreateTokenRequest { agency: agency.into(), scope, ..Default::default() };
        let made = operator.agencies().create_token(request).await.expect("made").into_inner();
        (made.token.expect("a token").id, made.access_token)
    }

    async fn revoke(&self, id: &str) {
        let operator = Operator::connect(&self.path()).await.expect("the operator");
        let request = v1::RevokeTokenRequest { id: id.into(), reason: "a test".into() };
        operator.agencies().revoke_token(request).await.expect("revoked");
    }
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}")
}

fn basic(token: &str) -> String {
    format!("Authorization: Basic {}", data_encoding::BASE64.encode(format!("excel:{token}").as_bytes()))
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_public_may_not_read_a_token_is_asked_for_and_does() {
    let hub = Served::new(false).await;
    let (id, token) = hub.token("ECE").await;
    let (status, answer) = hub.get(FIGURES, &[]).await;
    assert_eq!(status, 401, "{answer}");
    let challenges = answer.to_ascii_lowercase();
    assert!(challenges.contains("www-authenticate: bearer"), "{answer}");
    assert!(challenges.contains("www-authenticate: basic"), "{answer}");
    for credentials in [bearer(&token), basic(&token)] {
        let (status, answer) = hub.get(FIGURES, &[&credentials]).await;
        // The lane is empty; the caller is let in.
        assert!(matches!(status, 200 | 204 | 404), "{answer}");
    }
    hub.revoke(&id).await;
    for credentials in [bearer(&token), basic(&token)] {
        let (status, answer) = hub.get(FIGURES, &[&credentials]).await;
        assert_eq!(status, 401, "{answer}");
        assert!(answer.contains("revoked"), "a hint: {answer}");
    }
    hub.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_goes_with_a_grpc_call_as_well() {
    let hub = Served::new(false).await;
    let (id, token) = hub.token("ECE").await;
    let tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(hub.running.authority_pem()))
        .domain_name("localhost");
    let endpoint = Endpoint::from_shared(format!("https://{}", hub.running.address())).expect("an address");
    let channel = endpoint.tls_config(tls).expect("TLS").connect().await.expect("connected");
    let (mut agencies, mut figures) =
        (AgencyServiceClient::new(channel.clone()), RetrievalServiceClient::new(channel));
    let with = |token: &str| {
        let value = format!("Bearer {token}").parse::<MetadataValue<_>>().expect("a value");
        let mut request = Request::new(v1::WhoAmIRequest {});
        request.metadata_mut().insert("authorization", value);
        request
    };
    let known = agencies.who_am_i(with(&token)).await.expect("known").into_inner();
    assert_eq!((known.agency, known.token.map(|token| token.id)), ("ECE".to_owned(), Some(id)));
    let wrong = agencies.who_am_i(with("mighub_access_0")).await.expect_err("wrong");
    assert_eq!(wrong.code(), Code::Unauthenticated, "{wrong}");
    let nobody = agencies.who_am_i(v1::WhoAmIRequest {}).await.expect("the public may ask who it is");
    assert_eq!(nobody.into_inner().agency, "");

    let asked =
        || v1::ListVintagesRequest { dataflow: "MIGHUB:MIG_FLOW(1.0.0)".into(), ..Default::default() };
    let closed = figures.list_vintages(asked()).await.expect_err("the public does not read here");
    assert_eq!(closed.code(), Code::Unauthenticated, "{closed}");
    let (metadata, extensions, _) = with(&token).into_parts();
    let answer = figures.list_vintages(Request::from_parts(metadata, extensions, asked())).await;
    assert!(answer.expect("a reader").into_inner().vintages.is_empty());
    hub.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_never_served_as_the_public_and_waits_after_some() {
    let hub = Served::new(true).await;
    let (status, answer) = hub.get(FIGURES, &[]).await;
    assert!(matches!(status, 200 | 204 | 404), "the public is let in: {answer}");
    let (_, good) = hub.token("ECE").await;
    let wrong = [bearer(&good[1..]), basic("secret"), "Authorization: Negotiate abc".to_owned()];
    let mut answers = Vec::new();
    for round in 0..30 {
        answers.push(hub.get(FIGURES, &[&wrong[round % wrong.len()]]).await);
    }
    assert_eq!(answers[0].0, 401, "{}", answers[0].1);
    let (status, answer) = answers.last().expect("an answer");
    assert_eq!(*status, 429, "{answer}");
    assert!(answer.to_ascii_lowercase().contains("retry-after: "), "{answer}");
    let (status, answer) = hub.get(FIGURES, &[&bearer(&good)]).await;
    assert!(matches!(status, 200 | 204 | 404), "a good token is not refused for its neighbours: {answer}");
    hub.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_without_tls_is_for_this_machine_and_its_names() {
    let hub = Served::new(true).await;
    let said = RunningAt::read(&hub.path()).expect("the hub says where it is");
    assert_eq!((said.plain_address, hub.plain().ip().is_loopback()), (Some(hub.plain()), true));
    for (host, expected) in [
        ("localhost", 200),
        ("127.0.0.1:1", 200),
        ("hub.example.org", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
    ] {
        let request = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let (status, answer) = hub.say(request.as_bytes()).await;
        assert_eq!(status, expected, "{host}: {answer}");
    }
    let (status, _) = hub.say(b"GET /healthz HTTP/1.0\r\n\r\n").await;
    assert_eq!(status, 421, "nobody is named");
    let long = format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(1 << 20));
    let (status, _) = hub.say(long.as_bytes()).await;
    assert!(matches!(status, 0 | 431), "a header has an end: {status}");
    // gRPC is a POST over HTTP/2; neither its version nor its addresses are known here.
    let (status, _) = hub.say(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert_ne!(status, 200);
    let call = "POST /mighub.v1.AgencyService/WhoAmI HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\
                Connection: close\r\nContent-Type: application/grpc\r\n\r\n";
    let (_, answer) = hub.say(call.as_bytes()).await;
    assert!(answer.contains("grpc-status: 12"), "UNIMPLEMENTED: {answer}");
    let path = hub.path();
    hub.running.stop().await;
    let elsewhere = ServeOptions::new(&path).listening_on("127.0.0.1:0").plain_on("0.0.0.0:0");
    match start(elsewhere).await {
        Err(StartError::Door(DoorError::NotLoopback(address))) => assert!(address.ip().is_unspecified()),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("a door without TLS is open to the world"),
    }
}
