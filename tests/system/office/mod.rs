//! A real hub on a free port with the agencies that meet there, each with a home and the real client.
//!
//! What lives here: what every whole-system test needs. What must not be here: what is right; tests say that.

// Attacks of tests/trust need more of it than those here.
#[allow(dead_code)]
pub(crate) mod attack;
// The same, and not each of them needs all of it.
#[allow(dead_code)]
pub(crate) mod child;
pub(crate) mod data;
pub(crate) mod parcel;
pub(crate) mod proxy;
pub(crate) mod random;
pub(crate) mod raw;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mighub::token::EnrolmentToken;
use mighub::v1::{self, Role};
use mighub_client::{Config, Home, Hub, Progress, PushOptions, PushOutcome, Pushed, Receipt, Source, enrol};
use mighub_sdmx::structure::{AgencyId, Class, DataDefinition, Reference};
use mighub_server::clock::Clock;
use mighub_server::hub::Moment;
use mighub_server::serve::{InitOptions, Running, ServeOptions, init, start};
use serde_json::json;
use tempfile::TempDir;
use tonic::transport::Channel;

/// The dataflow of the sample files.
pub(crate) const FLOW: &str = "MIGHUB:MIG_FLOW(1.0.0)";
/// The agency that runs the hub.
pub(crate) const ADMINISTRATOR: &str = "MIGHUB";

/// A hub that serves, and the homes of those who deal with it.
pub(crate) struct Stage {
    folder: TempDir,
    running: Option<Running>,
    address: SocketAddr,
    clock: Arc<Clock>,
}

/// A hub with its homes, to be copied.
pub(crate) struct Template {
    folder: TempDir,
}

impl Template {
    /// A copy that serves, by a clock of its own.
    pub(crate) async fn open(&self) -> Stage {
        let folder = tempfile::tempdir().expect("a folder");
        copy_folder(self.folder.path(), folder.path());
        let clock = Arc::new(Clock::set_by_hand(this_second()));
        let running = serve(folder.path(), "127.0.0.1:0", &clock).await;
        let stage = Stage { address: running.address(), running: Some(running), clock, folder };
        for home in std::fs::read_dir(stage.path("homes")).expect("homes") {
            let home = Home::new(home.expect("a home").path());
            let config = Config { hub: stage.address.to_string(), ..home.config().expect("enrolled") };
            home.save_config(&config).expect("saved");
        }
        stage
    }
}

/// Copies a folder with all that is in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}

impl Stage {
    /// A new hub with the structure package, by the machine's clock. Flows are judged by the built-in rules alone:
    /// what is sent through it is made up, and means nothing.
    pub(crate) async fn new() -> Self {
        let stage = Self::by(Clock::of_machine()).await;
        stage.judge_flows_by_built_in_rules().await;
        stage
    }

    /// The same hub, with the rulebooks that come with it.
    pub(crate) async fn with_rulebooks() -> Self {
        Self::by(Clock::of_machine()).await
    }

    /// A new hub that lives by a clock of its own, which stands at the present second.
    pub(crate) async fn with_hand_set_clock() -> Self {
        let stage = Self::by(Clock::set_by_hand(this_second())).await;
        // The hub was founded a moment ago, and no clock stands before its journal.
        stage.clock.set(Moment((stage.now().0 + 999) / 1_000 * 1_000));
        stage.judge_flows_by_built_in_rules().await;
        stage
    }

    async fn by(clock: Clock) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        make_hub(&folder.path().join("hub"));
        let clock = Arc::new(clock);
        let running = serve(folder.path(), "127.0.0.1:0", &clock).await;
        Self { address: running.address(), running: Some(running), clock, folder }
    }

    /// Stops the hub, to begin from where it is as often as is wanted.
    pub(crate) async fn into_template(mut self) -> Template {
        self.running.take().expect("running").stop().await;
        Template { folder: self.folder }
    }

    /// Its folder.
    pub(crate) fn hub_folder(&self) -> PathBuf {
        self.folder.path().join("hub")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the hub's clock says.
    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Lets time pass, for a hub with a clock of its own.
    pub(crate) fn wait_s(&self, seconds: i64) {
        self.clock.set(Moment(self.clock.now().0 + seconds * 1_000));
    }

    /// Stops the hub, lets something happen to its folder, and serves it at the same address again.
    pub(crate) async fn restart(&mut self, between: impl FnOnce(&Path)) {
        let folder = self.hub_folder();
        self.while_stopped(async || between(&folder)).await;
    }

    /// Stops the hub and serves it again on a machine whose clock says something else, perhaps something earlier.
    #[allow(dead_code, reason = "attacks of tests/trust turn the clock back")]
    pub(crate) async fn restart_with_clock_s(&mut self, seconds: i64) {
        self.running.take().expect("running").stop().await;
        self.clock = Arc::new(Clock::set_by_hand(Moment(seconds * 1_000)));
        self.running = Some(serve(self.folder.path(), &self.address.to_string(), &self.clock).await);
    }

    /// Stops the hub for good: somebody else serves its folder.
    #[allow(dead_code, reason = "a siege is in tests/system")]
    pub(crate) async fn pause(&mut self) {
        self.running.take().expect("running").stop().await;
    }

    /// Stops the hub while somebody else serves its folder.
    pub(crate) async fn while_stopped(&mut self, work: impl AsyncFnOnce()) {
        self.running.take().expect("running").stop().await;
        work().await;
        self.running = Some(serve(self.folder.path(), &self.address.to_string(), &self.clock).await);
    }

    pub(crate) async fn close(mut self) {
        self.running.take().expect("running").stop().await;
    }

    /// What the hub found when it was last opened.
    pub(crate) fn report(&self) -> &mighub_server::hub::OpenReport {
        self.running.as_ref().expect("running").report()
    }

    pub(crate) fn home(&self, agency: &str) -> Home {
        if agency == ADMINISTRATOR {
            return Home::new(self.hub_folder().join("administrator"));
        }
        Home::new(self.folder.path().join("homes").join(agency))
    }

    /// The hub itself: what it does by itself while it serves is done at once. Nobody keeps it.
    #[allow(dead_code, reason = "consolidation is in tests/system")]
    pub(crate) fn hub(&self) -> &Arc<mighub_server::hub::Hub> {
        self.running.as_ref().expect("running").hub()
    }

    /// Where it listens without TLS.
    pub(crate) fn plain_address(&self) -> SocketAddr {
        self.running.as_ref().and_then(Running::plain_address).expect("it listens without TLS")
    }

    /// The dataflow of the sample files as the hub knows it.
    pub(crate) fn definition(&self) -> Arc<DataDefinition> {
        let flow = Reference::parse_short(Class::Dataflow, FLOW).expect("a dataflow");
        self.running.as_ref().expect("running").hub().definition(&flow).expect("it is known").data
    }

    /// The client of an agency.
    pub(crate) async fn client(&self, agency: &str) -> Hub {
        Hub::connect(&self.home(agency)).await.expect("the agency is enrolled")
    }

    /// The bare connection of an agency, with its certificate.
    pub(crate) async fn channel(&self, agency: &str) -> Channel {
        raw::channel(self.address, &self.home(ADMINISTRATOR), Some(&self.home(agency))).await
    }

    /// The bare connection of somebody without certificate.
    pub(crate) async fn public_channel(&self) -> Channel {
        raw::channel(self.address, &self.home(ADMINISTRATOR), None).await
    }

    /// Adds an agency with some roles, and enrols it.
    pub(crate) async fn admit(&self, agency: &str, roles: &[Role]) {
        let token = self.token(agency).await;
        for role in roles {
            self.grant(agency, *role).await;
        }
        self.enrol(agency, &token).await;
    }

    /// A token for a new agency.
    pub(crate) async fn token(&self, agency: &str) -> EnrolmentToken {
        let request = v1::AddAgencyRequest {
            agency: agency.into(),
            name: format!("Office {agency}"),
            token_only: false,
        };
        let mut agencies = raw::agencies(self.channel(ADMINISTRATOR).await);
        let answer = agencies.add_agency(request).await.expect("a new agency").into_inner();
        answer.enrolment_token.parse().expect("a token")
    }

    pub(crate) async fn enrol(&self, agency: &str, token: &EnrolmentToken) {
        enrol(&self.home(agency), &self.address.to_string(), token, "client").await.expect("enrolled");
    }

    pub(crate) async fn grant(&self, agency: &str, role: Role) {
        let request = v1::GrantRoleRequest { agency: agency.into(), role: role.into() };
        raw::agencies(self.channel(ADMINISTRATOR).await).grant_role(request).await.expect("granted");
    }

    pub(crate) async fn agree(&self, agreement: v1::Agreement) {
        let request = v1::PutAgreementRequest { agreement: Some(agreement) };
        raw::agencies(self.channel(ADMINISTRATOR).await).put_agreement(request).await.expect("agreed");
    }

    /// An office that sends its country's flows.
    pub(crate) async fn admit_office(&self, agency: &str) {
        self.admit(agency, &[Role::Submitter, Role::Reader]).await;
        self.agree(agreement(agency)).await;
    }

    pub(crate) async fn put_structures(&self, message: String) -> v1::PutStructuresResponse {
        let request = v1::PutStructuresRequest {
            message: message.into(),
            media_type: "application/vnd.sdmx.structure+json;version=2.0.0".into(),
            dry_run: false,
        };
        raw::structures(self.channel(ADMINISTRATOR).await)
            .put_structures(request)
            .await
            .expect("read")
            .into_inner()
    }

    async fn judge_flows_by_built_in_rules(&self) {
        let rulebook = json!({
            "id": "RB_NONE", "version": "1.0.0", "dataflow": FLOW, "scripts": [], "rules": [],
        });
        let answer = self.put_rulebook(rulebook.to_string(), false).await;
        assert_eq!((answer.problems, answer.position.is_some()), (Vec::new(), true));
    }

    /// Lets a rulebook take effect.
    pub(crate) async fn put_rulebook(&self, rulebook: String, dry_run: bool) -> v1::PutRulebookResponse {
        let request = v1::PutRulebookRequest { rulebook: rulebook.into(), dry_run };
        let mut structures = raw::structures(self.channel(ADMINISTRATOR).await);
        structures.put_rulebook(request).await.expect("read").into_inner()
    }

    /// Number of records in the hub's journal.
    pub(crate) async fn records(&self) -> u64 {
        let answer = self.client(ADMINISTRATOR).await.who_am_i().await.expect("known");
        answer.position.expect("records") + 1
    }

    /// Bytes of the hub's store.
    pub(crate) fn stored_bytes(&self) -> u64 {
        bytes_below(&self.hub_folder().join("store"))
    }
}

/// The terms under which an office sends its own country's flows, free where it says nothing else.
pub(crate) fn agreement(agency: &str) -> v1::Agreement {
    v1::Agreement {
        id: format!("MIGHUB:PA_{agency}(1.0.0)"),
        dataflow: FLOW.into(),
        provider: agency.into(),
        permitted_region: vec![v1::DimensionCodes {
            dimension: "REF_AREA".into(),
            codes: vec![agency.into()],
        }],
        default_conf_status: "F".into(),
        ..Default::default()
    }
}

/// A whole second, as the client's library takes it.
pub(crate) fn instant(second: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(second).expect("of this century")
}

fn this_second() -> Moment {
    let now = machine_now();
    Moment(now.0 - now.0 % 1_000)
}

pub(crate) fn machine_now() -> Moment {
    Moment(mighub_client::clock::now().as_millisecond())
}

/// A hub in a folder, as `mighub-server init` makes it.
pub(crate) fn make_hub(folder: &Path) {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("structures");
    let mut files: Vec<PathBuf> = std::fs::read_dir(package)
        .expect("the structure package")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let options = InitOptions {
        folder: folder.to_owned(),
        hub_id: "TEST".into(),
        listen: "127.0.0.1:0".into(),
        names: vec!["localhost".into()],
        structures: files.iter().map(|path| std::fs::read(path).expect("readable")).collect(),
        administrator: AgencyId::new(ADMINISTRATOR).expect("an id"),
        administrator_name: "The operator".into(),
    };
    init(options, machine_now()).expect("a hub");
    // Tests count records: derived dataflows are made anew where a test says so.
    let file = folder.join("hub.json");
    let config = std::fs::read_to_string(&file).expect("written");
    let mut config: serde_json::Value = serde_json::from_str(&config).expect("JSON");
    config["consolidation"] = false.into();
    std::fs::write(&file, config.to_string()).expect("written");
}

async fn serve(folder: &Path, listen: &str, clock: &Arc<Clock>) -> Running {
    let options = ServeOptions {
        clock: clock.clone(),
        ..ServeOptions::new(folder.join("hub")).listening_on(listen).plain_on("127.0.0.1:0")
    };
    start(options).await.expect("the hub starts")
}

fn bytes_below(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| {
            if entry.path().is_dir() {
                bytes_below(&entry.path())
            } else {
                entry.metadata().expect("there").len()
            }
        })
        .sum()
}

/// Text as a file to be sent.
pub(crate) fn text(content: impl Into<String>) -> Source {
    Source::Reader {
        name: "test.csv".into(),
        reader: Box::new(std::io::Cursor::new(content.into().into_bytes())),
    }
}

/// Sends text; the call must succeed, whatever the verdict.
pub(crate) async fn push(hub: &Hub, content: &str, options: &PushOptions) -> Pushed {
    hub.push(text(content), options, &Progress::silent()).await.expect("the call succeeds")
}

/// Sends text, which must be accepted.
pub(crate) async fn accepted(hub: &Hub, content: &str, options: &PushOptions) -> Receipt {
    let mut pushed = push(hub, content, options).await;
    let report = report_text(&mut pushed);
    match pushed.outcome {
        PushOutcome::Accepted { receipt, .. } => receipt,
        other => panic!("not accepted: {other:?}\n{report}"),
    }
}

/// What the client found in a file.
pub(crate) fn report_text(pushed: &mut Pushed) -> String {
    let mut text = Vec::new();
    pushed.checked.write_text(&mighub_validation::TextOptions::default(), &mut text).expect("text");
    String::from_utf8_lossy(&text).into_owned()
}
