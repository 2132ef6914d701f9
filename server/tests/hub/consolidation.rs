//! The hub's own lanes without a network: small steps against all anew, two hubs against each other, and a journal that is
//! replayed.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use mighub::id::SubmissionId;
use mighub::v1::{self, PutAgreementRequest, Role, SubmissionKind, SubmissionState};
use mighub_intake::{ReadOptions, Source};
use mighub_sdmx::structure::{AgencyId, Class, Reference};
use mighub_server::hub::consolidate::HUB_PROVIDER;
use mighub_server::hub::lane::LaneId;
use mighub_server::hub::permit::{Administer, Enrolled, Operation, Permit, Submit};
use mighub_server::hub::{Founding, Hub, HubOptions, Moment, Principal, Sending};
use mighub_server::trust::HubSigner;
use proptest::prelude::*;

use super::stage::START_MS;

const OFFICES: [&str; 3] = ["SWE", "FIN", "NOR"];

/// A hub with the structure package, and offices that send flows and stocks.
struct Office {
    folder: tempfile::TempDir,
    hub: Option<Arc<Hub>>,
    now: Moment,
    sent: u8,
}

/// One file of one office: what it says of people from or to others.
#[derive(Clone, Debug)]
struct Said {
    office: usize,
    is_stock: bool,
    rows: Vec<(usize, u16, i64, bool, bool)>,
}

fn package() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../structures");
    let entries =
        std::fs::read_dir(folder).expect("the package").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|it| it == "json")).collect();
    files.sort();
    files.iter().map(|path| std::fs::read(path).expect("readable")).collect()
}

fn open(folder: &Path) -> Arc<Hub> {
    let signer = HubSigner::open(&folder.join("signing.key")).expect("a key");
    let (hub, _) = Hub::open(&folder.join("hub"), HubOptions { signer, free_space_min: 0 }).expect("a hub");
    Arc::new(hub)
}

fn agency(id: &str) -> Principal {
    Principal { application: Some("test".into()), ..Principal::of_agency(AgencyId::new(id).expect("an id")) }
}

fn name(dataflow: &str) -> String {
    format!("MIGHUB:{dataflow}(1.0.0)")
}

impl Office {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        HubSigner::create(&folder.path().join("signing.key")).expect("a key");
        let founding = Founding {
            hub_id: "TEST".to_owned(),
            lane_secret: [7; 32],
            structures: package(),
            administrator: AgencyId::new("OPERATOR").expect("an id"),
            administrator_name: "The operator".to_owned(),
        };
        let now = Moment(START_MS);
        Hub::create(&folder.path().join("hub"), &founding, now).expect("made");
        let hub = Some(open(folder.path()));
        let office = Self { folder, hub, now, sent: 0 };
        for id in OFFICES {
            office.admit(id);
        }
        office
    }

    fn hub(&self) -> &Arc<Hub> {
        self.hub.as_ref().expect("open")
    }

    fn may<O: Operation>(&self, principal: &Principal, operation: O) -> Permit<O> {
        self.hub().authorise(principal, operation, self.now).expect("granted")
    }

    fn admit(&self, id: &str) {
        let permit = self.may(&agency("OPERATOR"), Administer);
        let added = v1::AddAgencyRequest { agency: id.into(), name: id.into(), token_only: false };
        let token = mighub::token::EnrolmentToken::new([id.as_bytes()[0]; 16], [0; 32]);
        self.hub().add_agency(&permit, &added, &token, Moment(i64::MAX / 2), self.now).expect("added");
        let role = v1::GrantRoleRequest { agency: id.into(), role: Role::Submitter.into() };
        self.hub().grant_role(&permit, &role, self.now).expect("granted");
        for dataflow in ["MIG_FLOW", "MIG_STOCK"] {
            let agreement = v1::Agreement {
                id: format!("MIGHUB:PA_{dataflow}_{id}(1.0)"),
                dataflow: name(dataflow),
                provider: id.into(),
                default_conf_status: "F".into(),
                permitted_region: vec![v1::DimensionCodes {
                    dimension: "REF_AREA".into(),
                    codes: vec![id.into()],
                }],
                ..Default::default()
            };
            let request = PutAgreementRequest { agreement: Some(agreement) };
            self.hub().put_agreement(&permit, &request, self.now).expect("agreed");
        }
    }

    fn say(&mut self, said: &Said) {
        self.now = Moment(self.now.0 + 1_000);
        self.sent += 1;
        let provider = OFFICES[said.office];
        let mut text = if said.is_stock {
            "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,MIG_CRITERION,COUNTERPART_AREA,SEX,AGE,ARRIVAL,TIME_PERIOD,\
             OBS_VALUE,OBS_STATUS,CONF_STATUS,REF_DATE\n"
                .to_owned()
        } else {
            "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,FLOW_DIR,MIG_CRITERION,COUNTERPART_AREA,SEX,AGE,DURATION,\
             MIG_CATEGORY,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS\n"
                .to_owned()
        };
        for (other, year, value, flag, is_free) in &said.rows {
            let other = OFFICES[(said.office + 1 + other % 2) % 3];
            let conf = if *is_free { "F" } else { "C" };
            text += &if said.is_stock {
                let criterion = if *flag { "BTH" } else { "CTZ" };
                format!(
                    "dataflow,{},M,A,{provider},{criterion},{other},_T,_T,_T,{year},{value},A,{conf},{year}-01-01\n",
                    name("MIG_STOCK")
                )
            } else {
                let direction = if *flag { "IMM" } else { "EMI" };
                format!(
                    "dataflow,{},M,A,{provider},{direction},PRV,{other},_T,_T,LT,_T,{year},{value},A,{conf}\n",
                    name("MIG_FLOW")
                )
            };
        }
        let sending = Sending {
            id: SubmissionId::from_random([self.sent; 16]),
            provider: None,
            kind: SubmissionKind::Routine,
            reason: String::new(),
            person: String::new(),
            test: false,
            embargo: None,
            read: ReadOptions::default(),
        };
        let source =
            Source::Reader { name: "said.csv".into(), reader: Box::new(Cursor::new(text.into_bytes())) };
        let (hub, scratch) = (self.hub().clone(), self.folder.path().to_owned());
        let permit = self.may(&agency(provider), Enrolled);
        let taken = hub.take_in(&permit, source, &sending, &scratch, self.now).expect("taken in");
        let verdict = taken.sealed.expect("sent").verdict.expect("judged");
        assert_eq!(verdict.state(), SubmissionState::Accepted, "{verdict:?}");
    }

    fn consolidate(&self, all: bool) -> usize {
        self.hub().consolidate(all, self.now).expect("consolidated").len()
    }

    /// Digests of the manifests of both derived lanes.
    fn manifests(&self) -> Vec<Option<[u8; 32]>> {
        let manifest = |dataflow: &str| {
            let lane = lane(dataflow, HUB_PROVIDER);
            let head = self.hub().head_position(&lane).expect("read")?;
            let head = self.hub().vintage_recorded_at(&lane, head).expect("read").expect("there");
            head.manifest().map(|digest| digest.0)
        };
        ["MIG_FLOW_OD", "MIG_STOCK_OD"].map(manifest).to_vec()
    }

    /// Stops the hub and starts it again without its view.
    fn replay(&mut self) {
        let hub = Arc::into_inner(self.hub.take().expect("open")).expect("nobody else has it");
        hub.close();
        std::fs::remove_dir_all(self.folder.path().join("hub/view")).expect("removed");
        self.hub = Some(open(self.folder.path()));
    }
}

fn lane(dataflow: &str, provider: &str) -> LaneId {
    let dataflow = Reference::parse_short(Class::Dataflow, &name(dataflow)).expect("a dataflow");
    LaneId { dataflow, provider: AgencyId::new(provider).expect("an id") }
}

fn said() -> impl Strategy<Value = Said> {
    let row = (0usize..2, 2010u16..2014, 0i64..40, any::<bool>(), prop::bool::weighted(0.9));
    (0usize..3, prop::bool::weighted(0.3), prop::collection::vec(row, 1..6)).prop_map(
        |(office, is_stock, mut rows)| {
            // One row a cell: a file that contradicts itself is another test's.
            rows.sort_by_key(|row| (row.0, row.1, row.3));
            rows.dedup_by_key(|row| (row.0, row.1, row.3));
            Said { office, is_stock, rows }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn small_steps_give_the_bytes_of_all_anew_on_any_hub_and_after_any_replay(
        files in prop::collection::vec((said(), any::<bool>()), 1..10),
    ) {
        let (mut small, mut once) = (Office::new(), Office::new());
        for (file, consolidates) in &files {
            small.say(file);
            once.say(file);
            if *consolidates {
                small.consolidate(false);
                // Records of one hub must stand where those of the other do: what is derived names positions.
                once.consolidate(true);
                prop_assert_eq!(small.manifests(), once.manifests());
            }
        }
        small.consolidate(false);
        prop_assert_eq!(small.consolidate(true), 0, "all anew is what was there");
        let manifests = small.manifests();
        prop_assert_eq!(small.consolidate(false), 0);
        small.replay();
        prop_assert_eq!(small.consolidate(false), 0, "nothing happened but a restart");
        prop_assert_eq!(small.manifests(), manifests);
    }
}

#[test]
fn nobody_sends_to_the_lanes_of_the_hub() {
    let office = Office::new();
    let own = lane("MIG_FLOW_OD", HUB_PROVIDER);
    for who in ["SWE", "OPERATOR", HUB_PROVIDER] {
        let refusal = office.hub().authorise(&agency(who), Submit(own.clone()), office.now);
        assert_eq!(refusal.expect_err("computed").reason, v1::ErrorReason::DerivedLane, "{who}");
    }
}
