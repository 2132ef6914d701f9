//! The hub of the simulated world: the real one below its doors, in a folder, with a clock that may jump.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mighub::v1::{self, ErrorReason, Role};
use mighub_sdmx::columns::Shape;
use mighub_sdmx::structure::{AgencyId, Class, Reference};
use mighub_server::hub::lane::LaneId;
use mighub_server::hub::permit::{ActOn, Administer, Enrolled, Operation, Permit, Read, Submit};
use mighub_server::hub::{Founding, Hub, HubOptions, Moment, Principal, Refusal};
use mighub_server::trust::HubSigner;
use ring::signature::KeyPair;

use super::flow::{DATAFLOW, Prepared, signing_key, structures};

/// When worlds begin.
pub(super) const START_MS: i64 = 1_795_000_000_000;
/// Offices, and whoever reads.
pub(super) const OFFICES: [&str; 2] = ["NOR", "SWE"];
pub(super) const READER: &str = "UNSD";

/// What is asked of the hub.
#[derive(Clone, Debug)]
pub(super) enum Request {
    Open(Arc<Prepared>),
    Upload(Arc<Prepared>, u32),
    Seal(String),
    /// Everything that changed since a cursor, or everything; the number is the asker's.
    Pull {
        number: u64,
        since: Vec<u8>,
    },
}

/// What the hub answers.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Opened { id: String, missing: Vec<u32>, receipt: Option<v1::Receipt> },
    Uploaded { id: String, durable: Vec<u32> },
    Sealed { id: String, receipt: Option<v1::Receipt> },
    Refused { id: String, reason: ErrorReason, text: String },
    Pulled { number: u64, parts: Vec<v1::PullResponse> },
}

/// A folder with a founded hub, to be copied.
pub(super) struct Template {
    folder: tempfile::TempDir,
}

/// A hub that runs, or that crashed.
pub(super) struct SimulatedHub {
    folder: tempfile::TempDir,
    hub: Option<Arc<Hub>>,
    /// The latest that its clock told since it started.
    latest_ms: i64,
    /// The latest time of a record: a hub that starts again begins no earlier.
    recorded_ms: i64,
}

pub(super) fn principal(agency: &str) -> Principal {
    Principal {
        application: Some("test".into()),
        ..Principal::of_agency(AgencyId::new(agency).expect("an id"))
    }
}

/// In memory where there is such a folder: power does not fail in this world, and two thousand worlds wait for the disk
/// otherwise.
fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.expect("a folder")
}

fn open(folder: &Path) -> Arc<Hub> {
    let signer = HubSigner::open(&folder.join("signing.key")).expect("a key");
    let opened = Hub::open(&folder.join("hub"), HubOptions { signer, free_space_min: 0 });
    Arc::new(opened.expect("a hub that crashed starts again").0)
}

impl Template {
    pub(super) fn new() -> Self {
        let folder = scratch();
        HubSigner::create(&folder.path().join("signing.key")).expect("a key");
        let founding = Founding {
            hub_id: "TEST".to_owned(),
            lane_secret: [7; 32],
            structures: vec![structures().to_string().into_bytes()],
            administrator: AgencyId::new("HUB").expect("an id"),
            administrator_name: "The operator".to_owned(),
        };
        Hub::create(&folder.path().join("hub"), &founding, Moment(START_MS)).expect("made");
        let hub = open(folder.path());
        for agency in OFFICES.into_iter().chain([READER]) {
            enrol(&hub, agency);
        }
        for provider in OFFICES {
            grant(&hub, provider, Role::Submitter);
            agree(&hub, provider);
        }
        grant(&hub, READER, Role::Reader);
        Arc::into_inner(hub).expect("nobody else has it").close();
        Self { folder }
    }

    pub(super) fn open(&self) -> SimulatedHub {
        let folder = scratch();
        copy(self.folder.path(), folder.path());
        SimulatedHub { hub: Some(open(folder.path())), folder, latest_ms: START_MS, recorded_ms: START_MS }
    }
}

/// What the administrator does.
fn administer(hub: &Hub) -> Permit<Administer> {
    permitted(hub, "HUB", Administer, Moment(START_MS)).expect("the administrator may")
}

fn permitted<O: Operation>(hub: &Hub, who: &str, what: O, now: Moment) -> Result<Permit<O>, Refusal> {
    hub.authorise(&principal(who), what, now)
}

fn enrol(hub: &Hub, agency: &str) {
    let request = v1::AddAgencyRequest { agency: agency.into(), name: agency.into(), token_only: false };
    let token = mighub::token::EnrolmentToken::new([agency.as_bytes()[0]; 16], [0; 32]);
    let end = Moment(i64::MAX / 2);
    hub.add_agency(&administer(hub), &request, &token, end, Moment(START_MS)).expect("added");
    let keys = v1::KeysRecorded {
        agency_id: agency.into(),
        application: "test".into(),
        signing_key: signing_key(agency).public_key().as_ref().to_vec().into(),
        not_after: Some(Moment(START_MS + 1_000_000_000_000).to_message()),
        ..Default::default()
    };
    hub.record_keys(None, keys, Moment(START_MS)).expect("enrolled");
}

fn grant(hub: &Hub, agency: &str, role: Role) {
    let request = v1::GrantRoleRequest { agency: agency.into(), role: role.into() };
    hub.grant_role(&administer(hub), &request, Moment(START_MS)).expect("granted");
}

fn agree(hub: &Hub, provider: &str) {
    let agreement = v1::Agreement {
        id: format!("HUB:PA_{provider}(1.0.0)"),
        dataflow: DATAFLOW.into(),
        provider: provider.into(),
        principal_rank: if provider == OFFICES[0] { 1 } else { 2 },
        default_conf_status: "F".into(),
        ..Default::default()
    };
    let request = v1::PutAgreementRequest { agreement: Some(agreement) };
    hub.put_agreement(&administer(hub), &request, Moment(START_MS)).expect("an agreement");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target: PathBuf = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}

impl SimulatedHub {
    pub(super) fn is_up(&self) -> bool {
        self.hub.is_some()
    }

    /// What holds of the process is gone; what is on the disk stays.
    pub(super) fn crash(&mut self) {
        self.hub = None;
    }

    /// Starts again, perhaps without its view; its clock begins anew, and not before the journal's last record.
    pub(super) fn start(&mut self, without_view: bool) {
        if without_view {
            std::fs::remove_dir_all(self.folder.path().join("hub/view")).expect("removed");
        }
        self.hub = Some(open(self.folder.path()));
        self.latest_ms = self.recorded_ms;
    }

    pub(super) fn hub(&self) -> &Arc<Hub> {
        self.hub.as_ref().expect("it is up")
    }

    /// What its clock tells when the machine's says `machine_ms`: never less than before, as `mighub_server::clock`.
    pub(super) fn now(&mut self, machine_ms: i64) -> Moment {
        self.latest_ms = self.latest_ms.max(machine_ms);
        Moment(self.latest_ms)
    }

    pub(super) fn shape(&self) -> Arc<Shape> {
        let flow = Reference::parse_short(Class::Dataflow, DATAFLOW).expect("a dataflow");
        self.hub().definition(&flow).expect("defined").data.shape.clone()
    }

    pub(super) fn terms(&self, provider: &str) -> v1::GetLaneResponse {
        let message = v1::Lane { dataflow: DATAFLOW.into(), provider: provider.into() };
        let lane = LaneId::of_message(Some(&message)).expect("a lane");
        let (now, request) = (Moment(START_MS), v1::GetLaneRequest { lane: Some(message) });
        let permit = permitted(self.hub(), provider, Submit(lane), now).expect("its own lane");
        self.hub().get_lane(&permit, &request, now).expect("a lane")
    }

    /// Does what is asked.
    pub(super) fn answer(&mut self, who: &str, request: &Request, now: Moment) -> Answer {
        let before = self.hub().position();
        let answer = self.answered(who, request, now);
        if self.hub().position() != before {
            self.recorded_ms = self.recorded_ms.max(now.0);
        }
        answer
    }

    fn answered(&self, who: &str, request: &Request, now: Moment) -> Answer {
        let refused = |id: &str| {
            let id = id.to_owned();
            move |refusal: Refusal| Answer::Refused { id, reason: refusal.reason, text: refusal.text }
        };
        match request {
            Request::Open(prepared) => self.opened(who, prepared, now).unwrap_or_else(refused(&prepared.id)),
            Request::Upload(prepared, index) => {
                self.uploaded(who, prepared, *index, now).unwrap_or_else(refused(&prepared.id))
            }
            Request::Seal(id) => {
                let request = v1::SealSubmissionRequest { submission_id: id.clone() };
                let sealed = permitted(self.hub(), who, ActOn(id.clone()), now);
                match sealed.and_then(|permit| self.hub().seal_submission(&permit, &request, now)) {
                    Ok(sealed) => Answer::Sealed { id: id.clone(), receipt: sealed.receipt },
                    Err(refusal) => refused(id)(refusal),
                }
            }
            Request::Pull { number, since } => {
                let request = v1::PullRequest {
                    dataflow: DATAFLOW.into(),
                    all_providers: true,
                    since: since.clone().into(),
                    ..Default::default()
                };
                let permit = permitted(self.hub(), who, Read, now);
                let parts = permit.and_then(|permit| self.hub().pull(&permit, request, now));
                match parts.and_then(Iterator::collect) {
                    Ok(parts) => Answer::Pulled { number: *number, parts },
                    Err(refusal) => refused("a pull")(refusal),
                }
            }
        }
    }

    fn opened(&self, who: &str, prepared: &Prepared, now: Moment) -> Result<Answer, Refusal> {
        let permit = permitted(self.hub(), who, Enrolled, now)?;
        let mut opening = self.hub().open_submission(&permit, prepared.signed.clone(), now)?;
        opening.chunk(&prepared.manifest)?;
        let opened = opening.finish(now)?;
        let (id, missing) = (prepared.id.clone(), opened.missing_blocks);
        Ok(Answer::Opened { id, missing, receipt: opened.receipt })
    }

    fn uploaded(&self, who: &str, prepared: &Prepared, index: u32, now: Moment) -> Result<Answer, Refusal> {
        let permit = permitted(self.hub(), who, ActOn(prepared.id.clone()), now)?;
        let mut upload = self.hub().upload(&permit, now)?;
        let frame = prepared.frames[index as usize].clone().into();
        let put = upload.put(vec![v1::SubmittedBlock { index, frame }], now)?;
        Ok(Answer::Uploaded { id: prepared.id.clone(), durable: put.durable_blocks })
    }
}
