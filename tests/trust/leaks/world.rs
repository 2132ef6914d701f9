//! A hub with secrets in it, and everybody who asks.

use std::collections::BTreeMap;

use mighub::v1::expunge_service_client::ExpungeServiceClient;
use mighub::v1::release_service_client::ReleaseServiceClient;
use mighub::v1::{self, Role, TokenScope};
use mighub_client::{PushOptions, PushOutcome, Receipt};
use tonic::transport::Channel;

use super::canaries::{AREAS, Canary, OF_EACH, WHYS, Why, canaries};
use crate::files::{Row, noted};
use crate::office::parcel::{self, Desk};
use crate::office::random::Random;
use crate::office::{ADMINISTRATOR, Stage, accepted, agreement, instant, push, raw};

/// Whoever asks.
pub(crate) const READERS: [&str; 16] = [
    "public",
    "ILO",
    "NOR",
    "SWE",
    "READER",
    "EARLY",
    "CONFIDANT",
    "IOM",
    "REVIEWER",
    "PUBLISHER",
    "AUDITOR",
    ADMINISTRATOR,
    "token SWE",
    "token SWE other flow",
    "token AUDITOR",
    "token revoked",
];

/// From the beginning to the first embargo's end, and to the second's.
pub(crate) const FIRST_S: i64 = 3_600;
pub(crate) const SECOND_S: i64 = 7_200;
/// Year of the figures of the first kind; the others follow.
const FIRST_YEAR: u16 = 2000;

/// Whoever asks, with a connection.
pub(crate) struct Reader {
    pub(crate) name: &'static str,
    pub(crate) channel: Channel,
    pub(crate) token: Option<String>,
}

/// The hub and everybody.
pub(crate) struct World {
    pub(crate) stage: Stage,
    pub(crate) readers: Vec<Reader>,
    pub(crate) canaries: Vec<Canary>,
    pub(crate) submissions: Vec<String>,
    /// Second in which it began.
    pub(crate) begun_s: i64,
}

/// Adds everybody and the agreements.
pub(crate) async fn admit_everybody(stage: &Stage) {
    let roles: [(&str, &[Role]); 10] = [
        ("ILO", &[]),
        ("READER", &[Role::Reader]),
        ("EARLY", &[Role::Reader]),
        ("CONFIDANT", &[Role::Reader]),
        ("IOM", &[Role::Reader]),
        ("REVIEWER", &[Role::Reviewer]),
        ("PUBLISHER", &[Role::Publisher]),
        ("AUDITOR", &[Role::Auditor]),
        ("SWE", &[Role::Submitter]),
        ("FRA", &[Role::Submitter]),
    ];
    for (agency, roles) in roles {
        stage.admit(agency, roles).await;
    }
    stage.admit_office("NOR").await;
    stage
        .agree(v1::Agreement {
            pre_release_readers: vec!["EARLY".into()],
            confidential_readers: vec!["CONFIDANT".into()],
            ..agreement("SWE")
        })
        .await;
    stage.agree(v1::Agreement { existence_restricted: true, ..agreement("FRA") }).await;
}

/// Access tokens by the names of those who have them.
pub(crate) type Tokens = BTreeMap<&'static str, String>;

/// Makes the access tokens.
pub(crate) async fn tokens(stage: &Stage) -> Tokens {
    let other_flow = ["MIGHUB:MIG_STOCK(1.0.0)"];
    let mut tokens = Tokens::new();
    tokens.insert("token SWE", token(stage, "SWE", &[]).await.access_token);
    tokens.insert("token SWE other flow", token(stage, "SWE", &other_flow).await.access_token);
    tokens.insert("token AUDITOR", token(stage, "AUDITOR", &[]).await.access_token);
    let made = token(stage, "SWE", &[]).await;
    let id = made.token.expect("a token").id;
    let request = v1::RevokeTokenRequest { id, reason: "a test".into() };
    raw::agencies(stage.channel(ADMINISTRATOR).await).revoke_token(request).await.expect("revoked");
    tokens.insert("token revoked", made.access_token);
    tokens
}

/// Connections of everybody.
pub(crate) async fn connect_everybody(stage: &Stage, tokens: &Tokens) -> Vec<Reader> {
    let mut readers = Vec::new();
    for name in READERS {
        let token = tokens.get(name).cloned();
        let channel = match name {
            "public" => stage.public_channel().await,
            _ if token.is_some() => stage.public_channel().await,
            agency => stage.channel(agency).await,
        };
        readers.push(Reader { name, channel, token });
    }
    readers
}

async fn token(stage: &Stage, agency: &str, dataflows: &[&str]) -> v1::CreateTokenResponse {
    let dataflows = dataflows.iter().map(|name| (*name).to_owned()).collect();
    let scope = TokenScope::Read.into();
    let request = v1::CreateTokenRequest { agency: agency.into(), scope, dataflows, ..Default::default() };
    let mut agencies = raw::agencies(stage.channel(ADMINISTRATOR).await);
    agencies.create_token(request).await.expect("a token").into_inner()
}

impl World {
    /// A hub in which every secret of [`WHYS`] lies.
    pub(crate) async fn new(random: &mut Random) -> Self {
        let stage = Stage::with_hand_set_clock().await;
        admit_everybody(&stage).await;
        let begun_s = stage.now().0 / 1_000;
        let canaries = canaries(random);
        let mut world = Self { readers: Vec::new(), canaries, submissions: Vec::new(), begun_s, stage };
        Box::pin(world.send_all()).await;
        let tokens = tokens(&world.stage).await;
        world.readers = connect_everybody(&world.stage, &tokens).await;
        world
    }

    /// The secret figures of a kind, or their notes.
    fn of(&self, why: Why) -> Vec<(&str, &str)> {
        let of_kind: Vec<&Canary> = self.canaries.iter().filter(|canary| canary.why == why).collect();
        of_kind.chunks(2).map(|pair| (pair[0].text.as_str(), pair[1].text.as_str())).collect()
    }

    fn rows<'a>(&'a self, why: Why, conf: &'a str, redist: &'a str) -> Vec<Row<'a>> {
        let kind = WHYS.iter().position(|other| *other == why).expect("one of them");
        let year = FIRST_YEAR + kind as u16;
        let row = |(nth, (value, note))| Row { counterpart: AREAS[nth], year, value, conf, redist, note };
        self.of(why).into_iter().enumerate().map(row).collect()
    }

    /// Rows of a kind with another figure and no note.
    fn plain<'a>(&'a self, why: Why, value: &'a str, conf: &'a str) -> Vec<Row<'a>> {
        self.rows(why, conf, "").into_iter().map(|row| Row { value, note: "", ..row }).collect()
    }

    async fn send_all(&mut self) {
        let office = self.stage.client("SWE").await;
        let embargo = |seconds: i64, edition: &str| PushOptions {
            embargo: Some(instant(self.begun_s + seconds)),
            edition: Some((edition.to_owned(), String::new())),
            ..PushOptions::default()
        };
        let first = PushOptions { edition: Some(("first".into(), String::new())), ..PushOptions::default() };
        let free = [
            self.rows(Why::Free, "F", ""),
            self.rows(Why::RestrictedSince, "F", ""),
            self.rows(Why::RestrictedWithAnother, "F", ""),
            self.plain(Why::EmbargoedRevision, "3", "F"),
        ];
        let restricted = [
            self.rows(Why::Restricted, "C", ""),
            self.rows(Why::NotForPublication, "N", ""),
            self.rows(Why::Redistributed, "C", "IOM"),
            self.rows(Why::RestrictedSince, "C", ""),
            self.plain(Why::RestrictedWithAnother, "5", "C"),
        ];
        let held = [
            self.rows(Why::Embargoed, "F", ""),
            self.rows(Why::EmbargoedRevision, "F", ""),
            self.rows(Why::EmbargoedAndRestricted, "C", ""),
        ];
        let later = [self.rows(Why::EmbargoedLonger, "F", "")];
        let withdrawn = [self.rows(Why::Withdrawn, "F", "")];
        let mut receipts: BTreeMap<usize, Receipt> = BTreeMap::new();
        let parts: [(&[Vec<Row<'_>>], PushOptions); 5] = [
            (&free, first),
            (&restricted, PushOptions::default()),
            (&held, embargo(FIRST_S, "held")),
            (&later, embargo(SECOND_S, "later")),
            (&withdrawn, embargo(FIRST_S, "withdrawn")),
        ];
        for (nth, (rows, options)) in parts.into_iter().enumerate() {
            self.stage.wait_s(10);
            receipts.insert(nth, accepted(&office, &noted("SWE", &rows.concat()), &options).await);
        }
        let mistaken = receipts[&4].body.submission_id.clone();
        office.withdraw(&mistaken, "sent by mistake", "").await.expect("withdrawn");
        let mut ids: Vec<String> = receipts.into_values().map(|receipt| receipt.body.submission_id).collect();

        let mut pending = self.rows(Why::Pending, "F", "");
        // A key and nothing else, of a cell that has a figure, is a warning.
        pending.push(Row { counterpart: AREAS[0], year: FIRST_YEAR, ..Row::default() });
        let pushed = push(&office, &noted("SWE", &pending), &PushOptions::default()).await;
        assert!(matches!(pushed.outcome, PushOutcome::NeedsAnswer { .. }), "{:?}", pushed.outcome);
        ids.extend(pushed.submission);

        let desk = Desk::of(&self.stage, "SWE", "SWE").await;
        let figures = self.of(Why::Open).into_iter().zip(AREAS);
        let figures: Vec<(&str, i64)> =
            figures.map(|((value, _), area)| (area, value.parse().expect("a figure"))).collect();
        let mut sorted = figures.clone();
        sorted.sort_unstable();
        let parcel = desk.parcel(vec![desk.block(&desk.columns(&sorted))]);
        let channel = self.stage.channel("SWE").await;
        parcel::open(&channel, parcel.opening()).await.expect("open");
        parcel::upload(&channel, parcel.upload()).await.expect("sent");
        ids.push(parcel.id());

        ids.push(self.expunge().await);

        // A lane whose restricted cells nobody may even know of.
        let hidden = [Row { counterpart: "NOR", year: 2003, value: "7", conf: "C", ..Row::default() }];
        accepted(&self.stage.client("FRA").await, &noted("FRA", &hidden), &PushOptions::default()).await;
        assert_eq!(OF_EACH, sorted.len());
        self.submissions = ids;
    }

    /// Norway sends by mistake, takes it back, and two persons have it overwritten.
    async fn expunge(&self) -> String {
        let publisher_agencies = vec!["PUBLISHER".into()];
        self.stage.agree(v1::Agreement { publisher_agencies, ..agreement("NOR") }).await;
        let (office, options) = (self.stage.client("NOR").await, PushOptions::default());
        let sound = [Row { counterpart: "SWE", year: FIRST_YEAR, value: "8", conf: "F", ..Row::default() }];
        accepted(&office, &noted("NOR", &sound), &options).await;
        let mistaken = accepted(&office, &noted("NOR", &self.rows(Why::Expunged, "F", "")), &options).await;
        let submission_id = mistaken.body.submission_id;
        office.withdraw(&submission_id, "names of people were in it", "").await.expect("withdrawn");
        let (reason, person) = ("it held what it must not".to_owned(), "Anna".to_owned());
        let request = v1::ExpungeSubmissionRequest {
            submission_id: submission_id.clone(),
            reason: reason.clone(),
            person,
            dry_run: false,
        };
        let mut administrator = ExpungeServiceClient::new(self.stage.channel(ADMINISTRATOR).await);
        let asked = administrator.expunge_submission(request).await.expect("asked").into_inner();
        let confirm = v1::DecideRequestRequest {
            request: asked.request.expect("a request"),
            decision: v1::RequestDecision::Confirm.into(),
            reason,
            person: "Bert".into(),
        };
        let mut publisher = ReleaseServiceClient::new(self.stage.channel("PUBLISHER").await);
        publisher.decide_request(confirm).await.expect("confirmed");
        submission_id
    }
}
