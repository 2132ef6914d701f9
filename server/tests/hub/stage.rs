//! A hub in a folder of its own, two offices, and submissions made of rows.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use mighub::id::SubmissionId;
use mighub::v1::{self, PartAction, Role, SubmissionKind};
use mighub_sdmx::structure::{AgencyId, Class, Reference};
use mighub_server::hub::lane::LaneId;
use mighub_server::hub::permit::{ActOn, Administer, Enrolled, FollowOne, Operation, Permit, Submit};
use mighub_server::hub::vintage::load_joined;
use mighub_server::hub::{Founding, Hub, HubOptions, Moment, Principal, Refusal};
use mighub_server::trust::HubSigner;
use ring::signature::KeyPair;

use super::prepare::{Prepared, signing_key};
use super::structures::structures;

/// A dataflow for ever as it is.
pub(crate) const STABLE: &str = "HUB:MIG(1.0.0)";
/// A dataflow whose structures may change.
pub(crate) const DRAFT: &str = "HUB:DRAFT(1.0)";

/// When everything begins.
pub(crate) const START_MS: i64 = 1_795_000_000_000;

/// Area, sex and year of an observation, and its value.
pub(crate) type Content = BTreeMap<(String, String, i64), Option<i64>>;

/// A row of a file.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) key: [&'static str; 2],
    pub(crate) year: Option<u16>,
    pub(crate) value: Option<i64>,
    pub(crate) status: Option<&'static str>,
}

pub(crate) fn row(area: &'static str, sex: &'static str, year: u16, value: i64) -> Row {
    Row { key: [area, sex], year: Some(year), value: Some(value), status: None }
}

/// A row that says nothing: a warning, where there is something already.
pub(crate) fn silent(area: &'static str, sex: &'static str, year: u16) -> Row {
    Row { value: None, ..row(area, sex, year, 0) }
}

/// What is sent.
#[derive(Clone, Debug)]
pub(crate) struct Push {
    pub(crate) number: u8,
    pub(crate) dataflow: &'static str,
    pub(crate) provider: &'static str,
    pub(crate) parts: Vec<(PartAction, Vec<Row>)>,
    pub(crate) dataset: Vec<(&'static str, Option<&'static str>)>,
    pub(crate) header: v1::SubmissionHeader,
}

/// Rows to be merged into the lane of Sweden.
pub(crate) fn push(number: u8, rows: Vec<Row>) -> Push {
    Push {
        number,
        dataflow: STABLE,
        provider: "SWE",
        parts: vec![(PartAction::Merge, rows)],
        dataset: vec![],
        header: v1::SubmissionHeader { kind: SubmissionKind::Routine.into(), ..Default::default() },
    }
}

impl Push {
    pub(crate) fn with(mut self, change: impl FnOnce(&mut v1::SubmissionHeader)) -> Self {
        change(&mut self.header);
        self
    }

    pub(crate) fn of(mut self, dataflow: &'static str, provider: &'static str) -> Self {
        (self.dataflow, self.provider) = (dataflow, provider);
        self
    }

    pub(crate) fn part(mut self, action: PartAction, rows: Vec<Row>) -> Self {
        self.parts.push((action, rows));
        self
    }

    pub(crate) fn id(&self) -> String {
        SubmissionId::from_random([self.number; 16]).to_string()
    }
}

pub(crate) struct Stage {
    folder: tempfile::TempDir,
    hub: Option<Arc<Hub>>,
    now_ms: Cell<i64>,
}

fn principal(agency: &str) -> Principal {
    Principal {
        application: Some("test".into()),
        ..Principal::of_agency(AgencyId::new(agency).expect("an id"))
    }
}

fn open(folder: &Path) -> Arc<Hub> {
    let signer = HubSigner::open(&folder.join("signing.key")).expect("a key");
    let (hub, _) = Hub::open(&folder.join("hub"), HubOptions { signer, free_space_min: 0 }).expect("a hub");
    Arc::new(hub)
}

impl Stage {
    /// A hub with two offices that may send both dataflows.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        HubSigner::create(&folder.path().join("signing.key")).expect("a key");
        let founding = Founding {
            hub_id: "TEST".to_owned(),
            lane_secret: [7; 32],
            structures: vec![structures(&[]).to_string().into_bytes()],
            administrator: AgencyId::new("HUB").expect("an id"),
            administrator_name: "The operator".to_owned(),
        };
        Hub::create(&folder.path().join("hub"), &founding, Moment(START_MS)).expect("made");
        let hub = Some(open(folder.path()));
        let stage = Self { folder, hub, now_ms: Cell::new(START_MS) };
        for agency in ["SWE", "NOR", "UNSD"] {
            stage.enrol(agency);
        }
        stage.grant("UNSD", Role::Auditor);
        for provider in ["SWE", "NOR"] {
            stage.grant(provider, Role::Submitter);
            for dataflow in [STABLE, DRAFT] {
                stage.put_agreement(stage.agreement(dataflow, provider)).expect("an agreement");
            }
        }
        stage
    }

    pub(crate) fn hub(&self) -> &Arc<Hub> {
        self.hub.as_ref().expect("open")
    }

    pub(crate) fn now(&self) -> Moment {
        Moment(self.now_ms.get())
    }

    pub(crate) fn wait_ms(&self, milliseconds: i64) {
        self.now_ms.set(self.now_ms.get() + milliseconds);
    }

    /// Stops the hub and starts it again, perhaps without its view.
    pub(crate) fn restart(&mut self, without_view: bool) {
        let hub = Arc::into_inner(self.hub.take().expect("open")).expect("nobody else has it");
        hub.close();
        if without_view {
            std::fs::remove_dir_all(self.folder.path().join("hub/view")).expect("removed");
        }
        self.hub = Some(open(self.folder.path()));
    }

    fn enrol(&self, agency: &str) {
        let request = v1::AddAgencyRequest { agency: agency.into(), name: agency.into(), token_only: false };
        let token = mighub::token::EnrolmentToken::new([agency.as_bytes()[0]; 16], [0; 32]);
        let end = Moment(i64::MAX / 2);
        self.hub()
            .add_agency(&self.may(&principal("HUB"), Administer), &request, &token, end, self.now())
            .expect("added");
        let keys = v1::KeysRecorded {
            agency_id: agency.into(),
            application: "test".into(),
            signing_key: signing_key(agency).public_key().as_ref().to_vec().into(),
            not_after: Some(Moment(START_MS + 1_000_000_000_000).to_message()),
            ..Default::default()
        };
        self.hub().record_keys(None, keys, self.now()).expect("enrolled");
    }

    pub(crate) fn grant(&self, agency: &str, role: Role) {
        let request = v1::GrantRoleRequest { agency: agency.into(), role: role.into() };
        self.hub()
            .grant_role(&self.may(&principal("HUB"), Administer), &request, self.now())
            .expect("granted");
    }

    /// Takes all roles away.
    pub(crate) fn revoke_all(&self, agency: &str) {
        for role in 1..=6 {
            let request = v1::RevokeRoleRequest { agency: agency.into(), role, reason: "for a test".into() };
            let permit = self.may(&principal("HUB"), Administer);
            self.hub().revoke_role(&permit, &request, self.now()).expect("revoked");
        }
    }

    pub(crate) fn agreement(&self, dataflow: &str, provider: &str) -> v1::Agreement {
        let name = dataflow.split([':', '(']).nth(1).expect("an id");
        v1::Agreement {
            id: format!("HUB:PA_{name}_{provider}(1.0)"),
            dataflow: dataflow.into(),
            provider: provider.into(),
            principal_rank: if provider == "SWE" { 1 } else { 2 },
            default_conf_status: "F".into(),
            ..Default::default()
        }
    }

    pub(crate) fn put_agreement(
        &self,
        agreement: v1::Agreement,
    ) -> Result<v1::PutAgreementResponse, Refusal> {
        let request = v1::PutAgreementRequest { agreement: Some(agreement) };
        self.hub().put_agreement(&self.may(&principal("HUB"), Administer), &request, self.now())
    }

    /// Puts the structures of the draft dataflow with further attributes of observations.
    pub(crate) fn put_draft(&self, attributes: &[&str]) -> v1::PutStructuresResponse {
        let message = structures(attributes).to_string().into_bytes().into();
        let request = v1::PutStructuresRequest { message, ..Default::default() };
        self.hub()
            .put_structures(&self.may(&principal("HUB"), Administer), &request, self.now())
            .expect("answered")
    }

    pub(crate) fn lane(&self, dataflow: &str, provider: &str) -> LaneId {
        let dataflow = Reference::parse_short(Class::Dataflow, dataflow).expect("a dataflow");
        LaneId { dataflow, provider: AgencyId::new(provider).expect("an id") }
    }

    pub(crate) fn get_lane(&self, dataflow: &str, provider: &str) -> v1::GetLaneResponse {
        let lane = Some(self.lane(dataflow, provider).to_message());
        let id = LaneId::of_message(lane.as_ref()).expect("a lane");
        let permit = self.may(&principal(provider), Submit(id));
        self.hub().get_lane(&permit, &v1::GetLaneRequest { lane }, self.now()).expect("a lane")
    }

    /// The permit for an operation that must be granted.
    pub(crate) fn may<O: Operation>(&self, principal: &Principal, operation: O) -> Permit<O> {
        self.hub().authorise(principal, operation, self.now()).expect("granted")
    }

    pub(crate) fn office(&self, agency: &str) -> Principal {
        principal(agency)
    }

    pub(crate) fn open(&self, prepared: &Prepared) -> Result<v1::OpenSubmissionResponse, Refusal> {
        let signed = prepared.signed.clone();
        let mut opening = self.hub().open_submission(
            &self.may(&principal(prepared.provider), Enrolled),
            signed,
            self.now(),
        )?;
        // Whatever the size of a chunk, a length or a piece may be cut by it.
        prepared.manifest.chunks(7).try_for_each(|chunk| opening.chunk(chunk))?;
        opening.finish(self.now())
    }

    pub(crate) fn upload(&self, prepared: &Prepared, missing: &[u32]) -> Result<(), Refusal> {
        let act = ActOn(prepared.id.clone());
        let permit = self.hub().authorise(&principal(prepared.provider), act, self.now())?;
        let mut upload = self.hub().upload(&permit, self.now())?;
        let block = |index: &u32| v1::SubmittedBlock {
            index: *index,
            frame: prepared.frames[*index as usize].clone().into(),
        };
        upload.put(missing.iter().map(block).collect(), self.now()).map(|_| ())
    }

    pub(crate) fn seal(&self, prepared: &Prepared) -> Result<v1::SealSubmissionResponse, Refusal> {
        let request = v1::SealSubmissionRequest { submission_id: prepared.id.clone() };
        let act = ActOn(request.submission_id.clone());
        let permit = self.hub().authorise(&principal(prepared.provider), act, self.now())?;
        self.hub().seal_submission(&permit, &request, self.now())
    }

    /// All the way.
    pub(crate) fn send_prepared(&self, prepared: &Prepared) -> Result<v1::SealSubmissionResponse, Refusal> {
        let opened = self.open(prepared)?;
        if !opened.missing_blocks.is_empty() {
            self.upload(prepared, &opened.missing_blocks)?;
        }
        self.seal(prepared)
    }

    pub(crate) fn send(&self, push: &Push) -> Result<v1::SealSubmissionResponse, Refusal> {
        self.wait_ms(1);
        self.send_prepared(&self.prepare(push))
    }

    pub(crate) fn withdraw(
        &self,
        push: &Push,
        reason: &str,
    ) -> Result<v1::WithdrawSubmissionResponse, Refusal> {
        let request = v1::WithdrawSubmissionRequest {
            submission_id: push.id(),
            reason: reason.into(),
            person: String::new(),
        };
        let act = ActOn(request.submission_id.clone());
        let permit = self.hub().authorise(&principal(push.provider), act, self.now())?;
        self.hub().withdraw_submission(&permit, &request, self.now())
    }

    pub(crate) fn get(&self, push: &Push) -> v1::Submission {
        let request = v1::GetSubmissionRequest { submission_id: push.id() };
        let got = self
            .hub()
            .get_submission(
                &self.may(&principal(push.provider), FollowOne(request.submission_id.clone())),
                &request,
                self.now(),
            )
            .expect("known");
        got.submission.expect("there")
    }

    /// What a lane holds: all of it, or what is released.
    pub(crate) fn content(&self, dataflow: &str, provider: &str, before_release: bool) -> Content {
        let (hub, lane) = (self.hub(), self.lane(dataflow, provider));
        let Some(position) = hub.head_position(&lane).expect("read") else { return Content::new() };
        let head = hub.vintage_recorded_at(&lane, position).expect("read").expect("there");
        let Some(digest) = head.manifest_at(self.now(), before_release) else { return Content::new() };
        let shape = hub
            .definition_of(&lane.dataflow, &head.row.structure_digest)
            .expect("defined")
            .data
            .shape
            .clone();
        let vintage = hub.vintage(&shape, &digest).expect("a vintage");
        let (blocks, mut content, mut next) = (hub.lane_blocks(&lane, shape), Content::new(), 0);
        while next < vintage.blocks.len() {
            let (columns, count) = load_joined(&blocks, &vintage.blocks[next..]).expect("loaded");
            next += count;
            for series in 0..columns.series_count() {
                for at in columns.observations(series) {
                    let year = columns.periods[at].first_year().expect("a year");
                    let key =
                        (columns.code(series, 0).to_string(), columns.code(series, 1).to_string(), year);
                    content.insert(key, columns.value(at).map(|value| value.unscaled));
                }
            }
        }
        content
    }
}

/// The content that rows say.
pub(crate) fn content(rows: &[(&str, &str, i64, i64)]) -> Content {
    let entry = |(area, sex, year, value): &(&str, &str, i64, i64)| {
        (((*area).to_owned(), (*sex).to_owned(), *year), Some(*value))
    };
    rows.iter().map(entry).collect()
}
