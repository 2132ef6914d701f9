//! The hub's gRPC door with a real hub behind it, as any client sees it: enrolment, refusals with their reasons,
//! health, reflection, and how it ends.

use std::path::{Path, PathBuf};

use mighub::v1;
use mighub::v1::agency_service_client::AgencyServiceClient;
use mighub::v1::retrieval_service_client::RetrievalServiceClient;
use mighub::v1::structure_service_client::StructureServiceClient;
use mighub_sdmx::structure::AgencyId;
use mighub_server::clock::Clock;
use mighub_server::rpc::Operator;
use mighub_server::serve::{InitOptions, Running, ServeOptions, init, start};
use prost::Message;
use rcgen::{CertificateParams, KeyPair, PKCS_ED25519};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// A hub in a folder of its own, served on a free port.
struct Served {
    folder: tempfile::TempDir,
    running: Running,
}

impl Served {
    async fn new() -> Self {
        let folder = made();
        let running = serve(folder.path()).await;
        Self { folder, running }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("hub")
    }

    async fn channel(&self, identity: Option<&Identity>) -> Channel {
        let mut tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(self.running.authority_pem()))
            .domain_name("localhost");
        if let Some(identity) = identity {
            tls = tls.identity(identity.clone());
        }
        let endpoint =
            Endpoint::from_shared(format!("https://{}", self.running.address())).expect("an address");
        endpoint.tls_config(tls).expect("TLS").connect().await.expect("connected")
    }

    async fn operator(&self) -> Operator {
        Operator::connect(&self.path()).await.expect("the operator's connection")
    }

    /// A token for a new agency.
    async fn token(&self, agency: &str) -> String {
        let operator = self.operator().await;
        let request =
            v1::AddAgencyRequest { agency: agency.into(), name: "An office".into(), token_only: false };
        operator.agencies().add_agency(request).await.expect("added").into_inner().enrolment_token
    }
}

fn made() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut structures: Vec<PathBuf> =
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../structures"))
            .expect("the structure package")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .collect();
    structures.sort();
    let options = InitOptions {
        folder: folder.path().join("hub"),
        hub_id: "TEST".into(),
        listen: "127.0.0.1:8443".into(),
        names: vec!["hub.example.org".into()],
        structures: structures.iter().map(|path| std::fs::read(path).expect("read")).collect(),
        administrator: AgencyId::new("MIGHUB").expect("an id"),
        administrator_name: "The operator".into(),
    };
    init(options, Clock::of_machine().now()).expect("a hub");
    folder
}

async fn serve(folder: &Path) -> Running {
    start(ServeOptions::new(folder.join("hub")).listening_on("127.0.0.1:0")).await.expect("a running hub")
}

struct Keys {
    tls: KeyPair,
    signing: KeyPair,
}

impl Keys {
    fn new() -> Self {
        let key = || KeyPair::generate_for(&PKCS_ED25519).expect("a key");
        Self { tls: key(), signing: key() }
    }

    fn request(&self, token: &str) -> v1::EnrolRequest {
        let request = |key: &KeyPair| {
            CertificateParams::default().serialize_request(key).expect("a request").der().to_vec().into()
        };
        v1::EnrolRequest {
            enrolment_token: token.into(),
            application: "client".into(),
            tls_request: request(&self.tls),
            signing_request: request(&self.signing),
        }
    }

    fn identity(&self, enrolled: &v1::EnrolResponse) -> Identity {
        let pem = data_encoding::BASE64.encode(&enrolled.tls_chain[0]);
        let pem = format!("-----BEGIN CERTIFICATE-----\n{pem}\n-----END CERTIFICATE-----\n");
        Identity::from_pem(pem, self.tls.serialize_pem())
    }
}

fn reason(status: &Status) -> String {
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("no reason in {status:?}"));
    assert_eq!(info.domain, "mighub");
    info.reason.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_enrols_once_and_is_known_from_then_on() {
    let hub = Served::new().await;
    let token = hub.token("SWE").await;
    let mut stranger = AgencyServiceClient::new(hub.channel(None).await);

    let keys = Keys::new();
    let enrolled = stranger.enrol(keys.request(&token)).await.expect("enrolled").into_inner();
    assert_eq!((enrolled.agency.as_str(), enrolled.hub_id.as_str()), ("SWE", "TEST"));
    assert_eq!(enrolled.hub_keys.len(), 1);
    let signing_key_id = blake3::hash(keys.signing.public_key_raw());
    assert_eq!(enrolled.signing_key_id[..], signing_key_id.as_bytes()[..]);

    let mut office = AgencyServiceClient::new(hub.channel(Some(&keys.identity(&enrolled))).await);
    let known = office.who_am_i(v1::WhoAmIRequest {}).await.expect("known").into_inner();
    assert_eq!((known.agency.as_str(), known.application.as_str()), ("SWE", "client"));
    assert_eq!(known.certificate_not_after, enrolled.not_after);

    let again = stranger.enrol(keys.request(&token)).await.expect_err("used up");
    assert_eq!((reason(&again).as_str(), again.code()), ("TOKEN_INVALID", Code::PermissionDenied));

    let other_hub = Served::new().await;
    let other_token = other_hub.token("SWE").await;
    let refused = stranger.enrol(keys.request(&other_token)).await.expect_err("of another hub");
    assert_eq!(reason(&refused), "TOKEN_INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_not_sound_is_refused_and_the_token_stays_good() {
    let hub = Served::new().await;
    let token = hub.token("SWE").await;
    let mut stranger = AgencyServiceClient::new(hub.channel(None).await);
    let keys = Keys::new();
    let sound = keys.request(&token);
    let with = |change: &dyn Fn(&mut v1::EnrolRequest)| {
        let mut request = sound.clone();
        change(&mut request);
        request
    };
    let table = [
        (
            "one key twice",
            with(&|request| request.signing_request = request.tls_request.clone()),
            "CSR_INVALID",
        ),
        ("no request", with(&|request| request.tls_request = Default::default()), "CSR_INVALID"),
        ("no application", with(&|request| request.application.clear()), "ARGUMENT_MALFORMED"),
        ("a path for a name", with(&|request| request.application = "a/b".into()), "ARGUMENT_MALFORMED"),
        ("half a token", with(&|request| request.enrolment_token.truncate(30)), "TOKEN_INVALID"),
    ];
    for (what, request, expected) in table {
        let refused = stranger.enrol(request).await.expect_err(what);
        assert_eq!(reason(&refused), expected, "{what}");
    }
    stranger.enrol(sound).await.expect("the token is still good");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_library_refuses_has_a_reason_of_the_contract_too() {
    let hub = Served::new().await;
    let channel = hub.channel(None).await;

    let huge = v1::PutStructuresRequest { message: vec![0; 6 * 1024 * 1024].into(), ..Default::default() };
    let refused =
        StructureServiceClient::new(channel.clone()).put_structures(huge).await.expect_err("too large");
    assert_eq!((reason(&refused).as_str(), refused.code()), ("LIMIT_EXCEEDED", Code::InvalidArgument));

    // A string whose bytes are no UTF-8 is no message.
    let garbage = bytes::Bytes::from_static(&[0x0a, 0x02, 0xff, 0xff]);
    let refused = raw(&channel, "/mighub.v1.RetrievalService/ListVintages", garbage).await;
    assert_eq!((reason(&refused).as_str(), refused.code()), ("ARGUMENT_MALFORMED", Code::InvalidArgument));

    for path in ["/mighub.v1.RetrievalService/Steal", "/mighub.v2.RetrievalService/Pull"] {
        let refused = raw(&channel, path, bytes::Bytes::new()).await;
        assert_eq!(
            (reason(&refused).as_str(), refused.code()),
            ("NOT_OFFERED", Code::Unimplemented),
            "{path}"
        );
    }
}

/// Calls a path with bytes, whatever they are, and gives the error that comes back.
async fn raw(channel: &Channel, path: &'static str, message: bytes::Bytes) -> Status {
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.expect("ready");
    // A bytes message is read by the other side as whatever it expects.
    let codec = tonic_prost::ProstCodec::<RawMessage, RawMessage>::default();
    let path = http::uri::PathAndQuery::from_static(path);
    client.unary(tonic::Request::new(RawMessage(message)), path, codec).await.expect_err("refused")
}

/// A message that is exactly these bytes.
#[derive(Debug, Default)]
struct RawMessage(bytes::Bytes);

impl Message for RawMessage {
    fn encode_raw(&self, buffer: &mut impl bytes::BufMut) {
        buffer.put_slice(&self.0);
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: prost::encoding::WireType,
        buffer: &mut impl bytes::Buf,
        context: prost::encoding::DecodeContext,
    ) -> Result<(), prost::DecodeError> {
        prost::encoding::skip_field(wire_type, tag, buffer, context)
    }

    fn encoded_len(&self) -> usize {
        self.0.len()
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lacks_a_role_or_a_certificate_is_told_so() {
    let hub = Served::new().await;
    let token = hub.token("SWE").await;
    let mut public = AgencyServiceClient::new(hub.channel(None).await);
    let keys = Keys::new();
    let enrolled = public.enrol(keys.request(&token)).await.expect("enrolled").into_inner();
    let mut office = AgencyServiceClient::new(hub.channel(Some(&keys.identity(&enrolled))).await);
    let request = v1::AddAgencyRequest { agency: "NOR".into(), name: "Another".into(), token_only: false };
    let refused = office.add_agency(request.clone()).await.expect_err("not an administrator");
    assert_eq!((reason(&refused).as_str(), refused.code()), ("RIGHT_MISSING", Code::PermissionDenied));
    let refused = public.add_agency(request).await.expect_err("nobody");
    assert_eq!((reason(&refused).as_str(), refused.code()), ("UNAUTHENTICATED", Code::Unauthenticated));
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_reflection_answer_without_a_certificate() {
    use tonic_health::pb::health_check_response::ServingStatus;
    use tonic_health::pb::health_client::HealthClient;
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
    use tonic_reflection::pb::v1::{ServerReflectionRequest, ServiceResponse};

    let hub = Served::new().await;
    let channel = hub.channel(None).await;
    for service in ["", "mighub.v1.SubmissionService", "mighub.v1.RetrievalService"] {
        let request = tonic_health::pb::HealthCheckRequest { service: service.into() };
        let health = HealthClient::new(channel.clone()).check(request).await.expect("health").into_inner();
        assert_eq!(health.status(), ServingStatus::Serving, "{service:?}");
    }
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut reflection = ServerReflectionClient::new(channel);
    let mut answers = reflection
        .server_reflection_info(tokio_stream::once(request))
        .await
        .expect("reflection")
        .into_inner();
    let answer = answers.message().await.expect("an answer").expect("one").message_response;
    let Some(MessageResponse::ListServicesResponse(services)) = answer else { panic!("{answer:?}") };
    let mut names: Vec<String> = services.service.into_iter().map(|ServiceResponse { name }| name).collect();
    names.retain(|name| name.starts_with("mighub"));
    names.sort();
    let expected = [
        "AgencyService",
        "ConsolidationService",
        "DisclosureService",
        "EvidenceService",
        "ExpungeService",
        "KeyService",
        "MetadataService",
        "ReleaseService",
        "RetrievalService",
        "StructureService",
        "SubmissionService",
    ];
    assert_eq!(names, expected.map(|name| format!("mighub.v1.{name}")));
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_tells_those_who_watch_when_to_come_back_and_gives_the_folder_free() {
    let hub = Served::new().await;
    let mut client = RetrievalServiceClient::new(hub.channel(None).await);
    let mut events =
        client.watch_vintages(v1::WatchVintagesRequest::default()).await.expect("watching").into_inner();
    let Served { folder, running } = hub;
    let stopping = tokio::spawn(running.stop());
    let ended = events.message().await.expect_err("the end");
    assert_eq!((reason(&ended).as_str(), ended.code()), ("SHUTTING_DOWN", Code::Unavailable));
    assert!(ended.get_error_details().retry_info().is_some());
    stopping.await.expect("stopped");
    serve(folder.path()).await.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_reaches_a_hub_that_runs_and_one_that_does_not() {
    let hub = Served::new().await;
    hub.token("SWE").await;
    let Served { folder, running } = hub;
    running.stop().await;
    let path = folder.path().join("hub");
    let operator = Operator::connect(&path).await.expect("started for the while");
    assert_eq!(operator.dataflow("MIG_FLOW").await.expect("known"), "MIGHUB:MIG_FLOW(1.0.0)");
    let misspelt = operator.dataflow("MIG_FLAW").await.expect_err("unknown").to_string();
    assert!(misspelt.contains("MIG_FLOW"), "{misspelt}");
    let agencies = operator.all_agencies().await.expect("agencies");
    let ids: Vec<&str> = agencies.iter().map(|(agency, _)| agency.id.as_str()).collect();
    assert_eq!(ids, ["MIGHUB", "SWE"]);
    operator.end().await;
    serve(folder.path()).await.stop().await;
}

#[test]
fn a_hub_that_could_not_be_made_leaves_its_folder_empty_for_the_next_attempt() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = |structures: &[&[u8]]| InitOptions {
        folder: folder.path().to_owned(),
        hub_id: "TEST".into(),
        listen: "127.0.0.1:8443".into(),
        names: Vec::new(),
        structures: structures.iter().map(|message| message.to_vec()).collect(),
        administrator: AgencyId::new("MIGHUB").expect("an id"),
        administrator_name: "The operator".into(),
    };
    let now = Clock::of_machine().now();
    init(options(&[b"{}", b"no SDMX"]), now).expect_err("no structures");
    assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 0);
    init(options(&[]), now).expect("a hub without structures");
    init(options(&[]), now).expect_err("a hub is there");
}
