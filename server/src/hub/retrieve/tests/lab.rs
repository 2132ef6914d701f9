//! A real hub in a folder, and beside it a plain account of what was sent to it and when: who may see what at
//! which moment is told from the account alone.

use crate::hub::permit::{Permit, Read};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use mighub::block::{Digest, Naming, compress, encode};
use mighub::manifest::PageWriter;
use mighub::v1::pull_response::Part;
use mighub::v1::{self, Role, record::What};
use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, Shape};
use mighub_sdmx::structure::{AgencyId, Class, Reference};
use mighub_sdmx::{Decimal, Period};
use mighub_store::Object;
use prost::Message;
use prost::bytes::Bytes;

use crate::hub::append::Actor;
use crate::hub::lane::LaneId;
use crate::hub::objects::object;
use crate::hub::{Founding, Hub, HubOptions, Moment, Principal, Refusal};
use crate::trust::HubSigner;

pub(crate) const FLOW: &str = "MIGHUB:MIG_FLOW(1.0.0)";
/// Counterpart area and year.
pub(crate) type Place = (&'static str, u16);
/// Value and CONF_STATUS.
pub(crate) type Cell = (i64, &'static str);
/// What a write does: a new content, or nothing.
pub(crate) type Write = BTreeMap<Place, Option<Cell>>;
/// What a reader has: value, if any, and CONF_STATUS.
pub(crate) type Copy = BTreeMap<(String, Place), (Option<i64>, String)>;

/// A write, and the moment of its release.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) write: Write,
    pub(crate) embargo: Option<Moment>,
    position: u64,
    edition: &'static str,
}

/// What a lane's account says at one position.
#[derive(Clone, Debug)]
struct Entry {
    position: u64,
    time: Moment,
    sent: Vec<Sent>,
}

/// A reader as the account knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sees {
    pub(crate) early: bool,
    pub(crate) restricted: bool,
    pub(crate) keys: bool,
}

pub(crate) struct Lab {
    pub(crate) hub: Arc<Hub>,
    pub(crate) shape: Arc<Shape>,
    structure: Digest,
    _folder: tempfile::TempDir,
    pub(crate) now: Moment,
    accounts: BTreeMap<String, Vec<Entry>>,
}

impl Lab {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let now = Moment(1_700_000_000_000);
        let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../structures");
        let files = std::fs::read_dir(package)
            .expect("the structure package")
            .map(|file| file.expect("a file").path());
        let mut files: Vec<_> =
            files.filter(|file| file.extension().is_some_and(|ext| ext == "json")).collect();
        files.sort();
        let founding = Founding {
            hub_id: "lab".to_owned(),
            lane_secret: [5; 32],
            structures: files.iter().map(|file| std::fs::read(file).expect("a file")).collect(),
            administrator: AgencyId::new("MIGHUB").expect("an id"),
            administrator_name: "Lab".to_owned(),
        };
        Hub::create(folder.path(), &founding, now).expect("a hub");
        let signer = HubSigner::create(&folder.path().join("signer")).expect("a key");
        let (hub, _) = Hub::open(folder.path(), HubOptions { signer, free_space_min: 0 }).expect("a hub");
        let definition = hub.definition(&flow()).expect("a dataflow");
        Self {
            hub: Arc::new(hub),
            shape: definition.data.shape.clone(),
            structure: definition.digest,
            _folder: folder,
            now,
            accounts: BTreeMap::new(),
        }
    }

    /// Some time passes.
    pub(crate) fn wait(&mut self, ms: i64) {
        self.now = Moment(self.now.0 + ms);
    }

    pub(crate) fn role(&self, agency: &str, role: Role) {
        let granted = v1::RoleRecorded { agency_id: agency.to_owned(), role: role.into() };
        self.hub
            .record(
                Actor::default(),
                What::AgencyAdded(v1::AgencyRecorded { agency_id: agency.to_owned(), name: String::new() }),
                Vec::new(),
                self.now,
            )
            .and_then(|_| self.hub.record(Actor::default(), What::RoleGranted(granted), Vec::new(), self.now))
            .expect("recorded");
    }

    /// Makes or changes the agreement of a provider.
    pub(crate) fn agree(&self, provider: &str, change: impl FnOnce(&mut v1::Agreement)) {
        let mut agreement = v1::Agreement {
            id: format!("MIGHUB:{provider}(1.0.0)"),
            dataflow: FLOW.to_owned(),
            provider: provider.to_owned(),
            principal_rank: 1,
            ..Default::default()
        };
        change(&mut agreement);
        let recorded = v1::AgreementRecorded { agreement: agreement.encode_to_vec().into() };
        self.hub.record(Actor::default(), What::Agreement(recorded), Vec::new(), self.now).expect("recorded");
    }

    /// Records whatever it is, at once.
    pub(crate) fn record(&self, what: What) -> u64 {
        self.hub.record(Actor::default(), what, Vec::new(), self.now).expect("recorded")
    }

    /// Records that something of a provider's was expunged.
    pub(crate) fn expunge(&self, provider: &str) {
        let expunged = v1::ExpungeRecorded {
            dataflow: FLOW.to_owned(),
            provider: provider.to_owned(),
            submission_id: "S1".to_owned(),
            ..Default::default()
        };
        self.hub.record(Actor::default(), What::Expunged(expunged), Vec::new(), self.now).expect("recorded");
    }

    /// Sends a write.
    pub(crate) fn send(
        &mut self,
        provider: &str,
        write: Write,
        embargo: Option<Moment>,
        edition: &'static str,
    ) -> u64 {
        let mut sent = self.sent(provider).to_vec();
        let base = sent.last().map(|_| self.last(provider));
        let position = self.hub.position().expect("a record") + 1;
        sent.push(Sent { write, embargo, position, edition });
        let (objects, steps) = self.steps(provider, &sent);
        let full = steps.last().expect("a step").vintage_manifest_digest.clone();
        let contents = v1::SubmissionContents {
            submission_id: format!("S{position}"),
            dataflow: FLOW.to_owned(),
            provider: provider.to_owned(),
            structure_digest: self.structure.to_bytes(),
            kind: v1::SubmissionKind::Routine.into(),
            observations: Some(v1::ObservationCounts { inserted: 1, ..Default::default() }),
            ..Default::default()
        };
        let accepted = v1::Accepted {
            contents: Some(contents),
            vintage_manifest_digest: full,
            base,
            embargo_time: embargo.map(Moment::to_message),
            edition: edition.to_owned(),
            steps,
            ..Default::default()
        };
        self.keep(provider, sent, What::Accepted(accepted), objects)
    }

    /// Takes the last write back.
    pub(crate) fn withdraw(&mut self, provider: &str) {
        let mut sent = self.sent(provider).to_vec();
        let Some(last) = sent.pop() else { return };
        let (objects, steps) = self.steps(provider, &sent);
        let withdrawn = v1::Withdrawn {
            dataflow: FLOW.to_owned(),
            provider: provider.to_owned(),
            submission_id: format!("S{}", last.position),
            vintage_manifest_digest: steps.last().expect("a step").vintage_manifest_digest.clone(),
            reason: "wrong".to_owned(),
            restores: sent.last().map(|sent| sent.position),
            steps,
            ..Default::default()
        };
        self.keep(provider, sent, What::Withdrawn(withdrawn), objects);
    }

    fn keep(&mut self, provider: &str, sent: Vec<Sent>, what: What, objects: Vec<Object>) -> u64 {
        let position = self.hub.record(Actor::default(), what, objects, self.now).expect("recorded");
        let entry = Entry { position, time: self.now, sent };
        self.accounts.entry(provider.to_owned()).or_default().push(entry);
        position
    }

    fn last(&self, provider: &str) -> u64 {
        self.accounts.get(provider).and_then(|entries| entries.last()).map_or(0, |entry| entry.position)
    }

    fn sent(&self, provider: &str) -> &[Sent] {
        self.accounts.get(provider).and_then(|entries| entries.last()).map_or(&[], |entry| &entry.sent)
    }

    /// States from now on, as they become visible.
    fn steps(&self, provider: &str, sent: &[Sent]) -> (Vec<Object>, Vec<v1::ReleaseStep>) {
        let mut moments: Vec<_> =
            sent.iter().filter_map(|sent| sent.embargo).filter(|e| *e > self.now).collect();
        moments.sort();
        moments.dedup();
        let (mut objects, mut steps) = (Vec::new(), Vec::<v1::ReleaseStep>::new());
        for (nth, moment) in std::iter::once(self.now).chain(moments).enumerate() {
            let state = fold(sent, |sent| sent.embargo.is_none_or(|embargo| embargo <= moment));
            let digest = match sent.is_empty() || !sent.iter().any(|s| s.embargo.is_none_or(|e| e <= moment))
            {
                true => Bytes::new(),
                false => self.manifest(provider, &state, &mut objects),
            };
            let from_time = (nth > 0).then(|| moment.to_message());
            if steps.last().is_none_or(|last| last.vintage_manifest_digest != digest) {
                steps.push(v1::ReleaseStep { from_time, vintage_manifest_digest: digest });
            }
        }
        (objects, steps)
    }

    fn manifest(&self, provider: &str, state: &BTreeMap<Place, Cell>, objects: &mut Vec<Object>) -> Bytes {
        let lane = lane(provider);
        let secrets = self.hub.lane_secrets(&lane);
        let naming = Naming { key: secrets.key, unmarked_restricted: true };
        let (mut writer, mut pages) = (PageWriter::default(), Vec::new());
        let cells: Vec<_> = state.iter().collect();
        let series: Vec<_> = cells.chunk_by(|a, b| a.0.0 == b.0.0).collect();
        for block in series.chunks(2) {
            let columns = self.columns(provider, block);
            let raw = encode(&columns);
            let info = naming.name(&columns, &raw);
            objects.push(Object {
                name: secrets.place(&info.digest),
                bytes: compress(&raw).expect("small").into(),
            });
            pages.extend(writer.push(info));
        }
        pages.extend(writer.finish());
        let references = pages.iter().map(|(reference, _)| reference.clone()).collect();
        objects.extend(pages.into_iter().map(|(_, bytes)| object(bytes).1));
        let manifest = v1::Manifest {
            canon: 1,
            dataflow: FLOW.to_owned(),
            provider: provider.to_owned(),
            structure_digest: self.structure.to_bytes(),
            parts: vec![v1::ManifestPart { action: v1::PartAction::Merge.into(), pages: references }],
            ..Default::default()
        };
        let (digest, stored) = object(manifest.encode_to_vec());
        objects.push(stored);
        digest.to_bytes()
    }

    fn columns(&self, provider: &str, series: &[&[(&Place, &Cell)]]) -> Columns {
        let mut builder = ColumnsBuilder::new(self.shape.clone());
        for cells in series {
            let key = self.shape.dimensions.iter().map(|dimension| match &**dimension {
                "REF_AREA" => Arc::from(provider),
                "COUNTERPART_AREA" => Arc::from(cells[0].0.0),
                id => self.code(id),
            });
            builder.start_series_with_key(&key.collect::<Vec<_>>());
            (0..self.shape.series_attributes.len()).for_each(|place| builder.series_attribute(place, None));
            for ((_, year), (value, conf)) in *cells {
                let conf = (!conf.is_empty()).then(|| AttributeValue::text(conf));
                let place = self.shape.observation_attribute("CONF_STATUS");
                builder.observation(Period::year(*year), Some(Decimal::integer(*value)), |at| {
                    conf.as_ref().filter(|_| Some(at) == place)
                });
            }
            builder.end_series();
        }
        builder.take()
    }

    /// The first code that a dimension may have.
    pub(crate) fn code(&self, dimension: &str) -> Arc<str> {
        let definition = self.hub.definition(&flow()).expect("a dataflow").data;
        let dimension = definition.dimension(dimension).expect("a dimension");
        let mut codes =
            dimension.coded_by.codelist().expect("a code list").codes().iter().map(|code| code.id.as_arc());
        codes.find(|code| dimension.admits(code)).expect("a code").clone()
    }

    /// What somebody sees of a lane at a point, with today's confidentiality, as the account tells it.
    pub(crate) fn expected(&self, provider: &str, position: u64, moment: Moment, sees: Sees) -> Copy {
        let entries = self.accounts.get(provider).map_or(&[][..], |entries| entries);
        // What was taken back before its hour never became visible.
        let mut withdrawn = entries.windows(2).filter(|pair| pair[1].sent.len() < pair[0].sent.len());
        let first = withdrawn.find(|pair| pair[1].position > position);
        let moment = first.map_or(moment, |pair| moment.min(Moment(pair[1].time.0 - 1)));
        self.expected_of_edition(provider, position, moment, sees)
    }

    /// The same of a vintage that holds.
    pub(crate) fn expected_of_edition(
        &self,
        provider: &str,
        position: u64,
        moment: Moment,
        sees: Sees,
    ) -> Copy {
        let released = |sent: &Sent| sees.early || sent.embargo.is_none_or(|embargo| embargo <= moment);
        let today = |sent: &Sent| sees.early || sent.embargo.is_none_or(|embargo| embargo <= self.now);
        let entries = self.accounts.get(provider).map_or(&[][..], |entries| entries);
        let entry = entries.iter().rev().find(|entry| entry.position <= position);
        let state = fold(entry.map_or(&[], |entry| &entry.sent), released);
        let head = fold(self.sent(provider), today);
        let mut copy = Copy::new();
        for (place, (value, conf)) in state {
            let is_hidden =
                !sees.restricted && (conf != "F" || head.get(&place).is_some_and(|(_, conf)| *conf != "F"));
            if !is_hidden || sees.keys {
                let value = (!is_hidden).then_some(value);
                copy.insert((provider.to_owned(), place), (value, conf.to_owned()));
            }
        }
        copy
    }

    /// Positions and times at which something was recorded about a lane.
    pub(crate) fn points(&self, provider: &str) -> Vec<(u64, Moment)> {
        let entries = self.accounts.get(provider).map_or(&[][..], |entries| entries);
        entries.iter().map(|entry| (entry.position, entry.time)).collect()
    }

    /// The newest write with a label that holds.
    pub(crate) fn edition(&self, provider: &str, label: &str) -> Option<u64> {
        self.sent(provider).iter().rev().find(|sent| sent.edition == label).map(|sent| sent.position)
    }

    /// What lets somebody read.
    pub(crate) fn granted(&self, principal: &Principal) -> Permit<Read> {
        self.hub.authorise(principal, Read, self.now).expect("everybody reads")
    }

    /// All messages of a pull, made as the door has them made: what is at hand, then the rest.
    pub(crate) fn parts(
        &self,
        principal: &Principal,
        request: v1::PullRequest,
    ) -> Result<Vec<Part>, Refusal> {
        let mut pull = self.hub.pull(&self.granted(principal), request, self.now)?;
        let (at_hand, end) = pull.at_hand();
        if let Some(end) = end {
            end?;
            assert!(pull.next().is_none(), "more comes after the end");
        }
        let messages = at_hand.into_iter().map(Ok).chain(pull);
        messages.map(|message| message.map(|message| message.part.expect("a part"))).collect()
    }
}

/// Counterparts.
pub(crate) const AREAS: [&str; 6] = ["DEU", "EST", "FIN", "NOR", "POL", "SYR"];

fn fold(sent: &[Sent], counts: impl Fn(&Sent) -> bool) -> BTreeMap<Place, Cell> {
    let mut state = BTreeMap::new();
    for (place, cell) in sent.iter().filter(|sent| counts(sent)).flat_map(|sent| &sent.write) {
        match cell {
            Some(cell) => state.insert(*place, *cell),
            None => state.remove(place),
        };
    }
    state
}

pub(crate) fn flow() -> Reference {
    Reference::parse_short(Class::Dataflow, FLOW).expect("a dataflow")
}

pub(crate) fn lane(provider: &str) -> LaneId {
    LaneId { dataflow: flow(), provider: AgencyId::new(provider).expect("an id") }
}

pub(crate) fn agency(id: &str) -> Principal {
    Principal::of_agency(AgencyId::new(id).expect("an id"))
}

/// Figures of some providers.
pub(crate) fn request(providers: &[&str]) -> v1::PullRequest {
    v1::PullRequest {
        dataflow: FLOW.to_owned(),
        providers: providers.iter().map(ToString::to_string).collect(),
        ..Default::default()
    }
}
