//! A hub with everybody who can call it, an office with a lane, and the states its agreement can be in.

use mighub::v1::key_service_client::KeyServiceClient;
use mighub::v1::{self, Role, TokenScope};
use mighub_client::{PushOptions, PushOutcome};
use prost::Message;
use tonic::transport::Channel;

use crate::office::parcel::{self, Desk};
use crate::office::{ADMINISTRATOR, Stage, accepted, agreement, push, raw};

/// Whoever calls. Everything is about the lane of SWE.
pub(super) const IDENTITIES: [&str; 22] = [
    // No certificate, no token.
    "public",
    // A certificate of the hub's authority whose agency this hub does not know: as after a restored backup.
    "unknown certificate",
    // An agency without any role.
    "ILO",
    // An office that sends, but for itself.
    "NOR",
    // The office.
    "SWE",
    // Sends in the office's name where the agreement says so.
    "MPI",
    "READER",
    // Readers whom the agreement names: before release, and of restricted cells.
    "EARLY",
    "CONFIDANT",
    "REVIEWER",
    "PUBLISHER",
    "AUDITOR",
    ADMINISTRATOR,
    // Access tokens: the office's for reading, for sending, and for another dataflow; others'.
    "token SWE read",
    "token SWE send",
    "token SWE other flow",
    "token NOR other flow",
    "token READER",
    "token AUDITOR",
    // Access tokens that are good no more, and one that never was.
    "token revoked",
    "token expired",
    "token invented",
];

/// What holds between the office and the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Terms {
    InForce,
    /// Its last day is over.
    Ended,
    /// The sender and the readers that it named are named no more.
    Narrowed,
}

pub(super) const TERMS: [Terms; 3] = [Terms::InForce, Terms::Ended, Terms::Narrowed];

/// A submission that a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    InForce,
    /// Waits for blocks.
    Open,
    /// Waits for sealing.
    Sent,
    /// Waits for answers to warnings.
    ToBeAnswered,
}

/// Whoever calls, with a connection.
pub(super) struct Caller {
    pub(super) name: &'static str,
    pub(super) channel: Channel,
    pub(super) token: Option<String>,
}

/// The hub and everybody.
pub(super) struct World {
    pub(super) stage: Stage,
    pub(super) callers: Vec<Caller>,
    /// Had every role, until the keys were revoked.
    pub(super) revoked: Caller,
    /// The submission that calls are about.
    pub(super) id: String,
    desk: Desk,
    office: Channel,
}

/// A dataflow that the calls are not about.
const OTHER_FLOW: &str = "MIGHUB:MIG_STOCK(1.0.0)";
/// Days after which the token that expires has expired.
const EXPIRES_DAYS: u32 = 1;
const DAY_S: i64 = 24 * 3_600;

impl World {
    pub(super) async fn new() -> Self {
        let template = {
            let stage = Stage::with_hand_set_clock().await;
            stage.admit_office("NOR").await;
            let roles: [(&str, &[Role]); 9] = [
                ("ILO", &[]),
                ("SWE", &[Role::Submitter]),
                ("MPI", &[Role::Submitter]),
                ("READER", &[Role::Reader]),
                ("EARLY", &[Role::Reader]),
                ("CONFIDANT", &[Role::Reader]),
                ("REVIEWER", &[Role::Reviewer]),
                ("PUBLISHER", &[Role::Publisher]),
                ("AUDITOR", &[Role::Auditor]),
            ];
            for (agency, roles) in roles {
                stage.admit(agency, roles).await;
            }
            stage.into_template().await
        };
        // Enrolled at a twin of the hub, which has the same authority.
        let (stage, twin) = (template.open().await, template.open().await);
        twin.admit("STRANGER", &[Role::Administrator, Role::Auditor]).await;
        let authority = stage.home(ADMINISTRATOR);
        let unknown = raw::channel(stage.address(), &authority, Some(&twin.home("STRANGER"))).await;
        twin.close().await;
        stage.agree(terms(Terms::InForce)).await;
        let file = crate::office::data::flows("SWE", &[("M", "IMM", "NOR", 2015, "1,A,F")]);
        accepted(&stage.client("SWE").await, &file, &PushOptions::default()).await;
        let desk = Desk::of(&stage, "SWE", "SWE").await;
        let office = stage.channel("SWE").await;
        let revoked = revoked(&stage).await;
        let mut world = Self { callers: Vec::new(), revoked, id: String::new(), desk, office, stage };
        let expired = world.token("SWE", TokenScope::Read, &[], EXPIRES_DAYS).await.access_token;
        world.stage.wait_s(2 * DAY_S);
        for name in IDENTITIES {
            let caller = world.caller(name, &unknown, &expired).await;
            world.callers.push(caller);
        }
        world
    }

    async fn caller(&self, name: &'static str, unknown: &Channel, expired: &str) -> Caller {
        let public = self.stage.public_channel().await;
        let send = TokenScope::ReadAndSubmit;
        let token = match name {
            "public" => return Caller { name, channel: public, token: None },
            "unknown certificate" => return Caller { name, channel: unknown.clone(), token: None },
            "token SWE read" => self.token("SWE", TokenScope::Read, &[], 0).await.access_token,
            "token SWE send" => self.token("SWE", send, &[], 0).await.access_token,
            "token SWE other flow" => self.token("SWE", send, &[OTHER_FLOW], 0).await.access_token,
            "token NOR other flow" => self.token("NOR", send, &[OTHER_FLOW], 0).await.access_token,
            "token READER" => self.token("READER", TokenScope::Read, &[], 0).await.access_token,
            "token AUDITOR" => self.token("AUDITOR", TokenScope::Read, &[], 0).await.access_token,
            "token revoked" => {
                let made = self.token("SWE", send, &[], 0).await;
                let id = made.token.expect("a token").id;
                let request = v1::RevokeTokenRequest { id, reason: "a test".into() };
                let mut agencies = raw::agencies(self.stage.channel(ADMINISTRATOR).await);
                agencies.revoke_token(request).await.expect("revoked");
                made.access_token
            }
            "token expired" => expired.to_owned(),
            "token invented" => mighub::token::AccessToken::new([5; 32]).reveal().to_string(),
            agency => return Caller { name, channel: self.stage.channel(agency).await, token: None },
        };
        Caller { name, channel: public, token: Some(token) }
    }

    async fn token(
        &self,
        agency: &str,
        scope: TokenScope,
        dataflows: &[&str],
        days: u32,
    ) -> v1::CreateTokenResponse {
        let request = v1::CreateTokenRequest {
            agency: agency.into(),
            scope: scope.into(),
            dataflows: dataflows.iter().map(|name| (*name).to_owned()).collect(),
            days,
            ..Default::default()
        };
        let mut agencies = raw::agencies(self.stage.channel(ADMINISTRATOR).await);
        agencies.create_token(request).await.expect("a token").into_inner()
    }

    /// Puts a submission of the office into a state, and then the agreement.
    pub(super) async fn set(&mut self, state: State, of_agreement: Terms) {
        self.clear_away().await;
        self.stage.agree(terms(Terms::InForce)).await;
        self.id = self.submission(state).await;
        self.stage.agree(terms(of_agreement)).await;
    }

    /// The opening of a submission that was never seen, for the office's lane or a neighbour's.
    pub(super) fn opening(&self, signer: &str) -> Vec<Vec<u8>> {
        let mut parcel = self.desk.fresh();
        parcel.header.agency = signer.to_owned();
        let mut messages = parcel.opening();
        let signed = parcel.signed_by(&self.stage.home(signer));
        messages[0] = parcel::part(v1::open_submission_request::Part::SignedHeader(signed));
        messages.iter().map(Message::encode_to_vec).collect()
    }

    async fn submission(&self, state: State) -> String {
        let parcel = self.desk.fresh();
        match state {
            State::Open => drop(parcel::open(&self.office, parcel.opening()).await.expect("open")),
            State::Sent => {
                parcel::open(&self.office, parcel.opening()).await.expect("open");
                parcel::upload(&self.office, parcel.upload()).await.expect("sent");
            }
            State::ToBeAnswered => {
                // A key and nothing else is a warning.
                let figure = format!("{},A,F", parcel::fresh_figure());
                let rows = [("M", "IMM", "NOR", 2015, ",,"), ("M", "IMM", "NOR", 2016, &*figure)];
                let office = self.stage.client("SWE").await;
                let file = crate::office::data::flows("SWE", &rows);
                let pushed = push(&office, &file, &PushOptions::default()).await;
                assert!(matches!(pushed.outcome, PushOutcome::NeedsAnswer { .. }), "{:?}", pushed.outcome);
                return pushed.submission.expect("an id");
            }
            State::InForce => drop(parcel.send(&self.office).await.expect("accepted")),
        }
        parcel.id()
    }

    /// Only so many may be open at a time.
    async fn clear_away(&self) {
        self.stage.agree(terms(Terms::InForce)).await;
        let mut submissions = raw::submissions(self.office.clone());
        let states =
            [v1::SubmissionState::Receiving, v1::SubmissionState::Checking, v1::SubmissionState::NeedsAnswer];
        let request = v1::ListSubmissionsRequest {
            states: states.map(i32::from).to_vec(),
            page_size: 100,
            ..Default::default()
        };
        let open = submissions.list_submissions(request).await.expect("listed").into_inner();
        for submission in open.submissions {
            let request = v1::WithdrawSubmissionRequest {
                submission_id: submission.submission_id,
                reason: "the test is over".to_owned(),
                ..Default::default()
            };
            submissions.withdraw_submission(request).await.expect("withdrawn");
        }
    }
}

/// An agency that may do everything and whose connection stood when its keys were revoked.
async fn revoked(stage: &Stage) -> Caller {
    let name = "REVOKED";
    let roles =
        [Role::Submitter, Role::Reader, Role::Reviewer, Role::Publisher, Role::Auditor, Role::Administrator];
    stage.admit(name, &roles).await;
    let caller = Caller { name, channel: stage.channel(name).await, token: None };
    raw::agencies(caller.channel.clone())
        .list_roles(v1::ListRolesRequest::default())
        .await
        .expect("until then");
    let request = v1::RevokeKeysRequest {
        agency: name.into(),
        application: "client".into(),
        reason: "a test".into(),
        ..Default::default()
    };
    let mut keys = KeyServiceClient::new(stage.channel(ADMINISTRATOR).await);
    keys.revoke_keys(request).await.expect("revoked");
    caller
}

/// The office's agreement in one of its states.
pub(super) fn terms(state: Terms) -> v1::Agreement {
    let full = v1::Agreement {
        sender_agencies: vec!["MPI".into()],
        pre_release_readers: vec!["EARLY".into()],
        confidential_readers: vec!["CONFIDANT".into()],
        ..agreement("SWE")
    };
    match state {
        Terms::InForce => full,
        Terms::Ended => v1::Agreement { valid_to: "2020-12-31".into(), ..full },
        Terms::Narrowed => agreement("SWE"),
    }
}
