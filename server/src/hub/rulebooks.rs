//! The rulebooks a hub holds: put, try, get, list.
//!
//! What lives here: which rulebook is the present one of a dataflow, and who may change that. What must not: what
//! rules are, and the hearing of a submission.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use mighub::block::Digest;
use mighub::convert::attribute_default_message;
use mighub::v1::{self, AttributeDefaultOrigin, ErrorReason, Role, record::What};
use mighub_sdmx::structure::{Class, Reference};
use mighub_store::{Name, ViewError};
use mighub_validation::{Prepared, Rulebook, RulebookProblem};
use prost::Message;

use super::Hub;
use super::append::Actor;
use super::lane::{LaneId, dataflow};
use super::moment::Moment;
use super::objects::{content, object};
use super::pages::Page;
use super::permit::{Administer, Anybody, Permit};
use super::refusal::Refusal;
use super::rows::{RULEBOOKS, RulebookRow, falling_position, rulebooks_prefix};
use super::submission::{States, counts_message, findings, group_message, rule_count_message, vintage_ref};
use super::vintage::Vintage;
use super::vintages::Recorded;

fn unknown() -> Refusal {
    Refusal::new(ErrorReason::UnknownRulebook, "no rulebook here ever had this digest")
}

fn row(bytes: &[u8]) -> Result<RulebookRow, Refusal> {
    RulebookRow::decode(bytes).map_err(|error| Refusal::from(ViewError(error.to_string())))
}

/// The rulebooks of today, made ready once they are asked for.
#[derive(Default)]
pub(super) struct Rulebooks(Mutex<BTreeMap<Reference, Arc<Present>>>);

/// The rulebook by which a dataflow is judged today.
pub(super) struct Present {
    pub(super) rulebook: Rulebook,
    pub(super) digest: Digest,
    /// Its rules beyond the built-in ones; nothing if there are none, or none that fit the structures.
    pub(super) prepared: Option<Arc<Prepared>>,
}

impl Rulebooks {
    /// Structures or rulebooks have changed.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Hub {
    /// The present rulebook of a dataflow: the one that was put last, else the one that comes with this program,
    /// else the built-in rules alone.
    pub(super) fn present_rulebook(&self, dataflow: &Reference) -> Result<Arc<Present>, Refusal> {
        let mut kept = self.rulebooks.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(present) = kept.get(dataflow) {
            return Ok(present.clone());
        }
        let short = dataflow.short();
        let newest = self.view.scan(&rulebooks_prefix(&short), &[], 1)?;
        let rulebook = match newest.first() {
            Some((_, bytes)) => {
                let bytes = content(&self.store, &row(bytes)?.digest)?;
                let read = Rulebook::read(&bytes);
                read.map_err(|error| Refusal::internal(format!("the rulebook of {short}: {error}")))?
            }
            None => Rulebook::shipped(&short).unwrap_or_else(Rulebook::built_in),
        };
        let prepared = self.prepare_rulebook(&rulebook).unwrap_or_else(|problems| {
            // Rules that were proven no longer fit: the structures have changed since.
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            tracing::error!(dataflow = %short, ?problems, "the rulebook does not fit the structures and does not judge");
            None
        });
        let digest = Digest::of(rulebook.canonical_bytes());
        let present = Arc::new(Present { rulebook, digest, prepared: prepared.map(Arc::new) });
        kept.insert(dataflow.clone(), present.clone());
        Ok(present)
    }

    /// A rulebook made ready for the structures of today.
    pub(super) fn prepare_rulebook(
        &self,
        rulebook: &Rulebook,
    ) -> Result<Option<Prepared>, Vec<RulebookProblem>> {
        let registry = self.registry();
        rulebook.prepare(&|short| {
            let reference = Reference::parse_short(Class::Dataflow, short).ok()?;
            registry.definition(&reference).ok().map(|definition| definition.data.clone())
        })
    }

    /// A rulebook that somebody sent: read and proven against the structures of today.
    fn proven(&self, bytes: &[u8]) -> Result<(Rulebook, Prepared), Vec<RulebookProblem>> {
        let rulebook =
            Rulebook::read(bytes).map_err(|error| vec![RulebookProblem::of_book(error.to_string())])?;
        match self.prepare_rulebook(&rulebook)? {
            Some(prepared) => Ok((rulebook, prepared)),
            None => {
                let text = "it has no rules beside the built-in ones: send the rulebook of a dataflow";
                Err(vec![RulebookProblem::of_book(text)])
            }
        }
    }

    /// Bytes of a rulebook that judged here, or could have.
    fn rulebook_of(&self, digest: &Digest) -> Result<Vec<u8>, Refusal> {
        let with_program = Rulebook::all_shipped().into_iter().chain([Rulebook::built_in()]);
        let mut with_program = with_program.map(|rulebook| rulebook.canonical_bytes().to_vec());
        if let Some(bytes) = with_program.find(|bytes| Digest::of(bytes) == *digest) {
            return Ok(bytes);
        }
        let bytes = self.store.object(&Name(digest.0)).map_err(|_| unknown())?;
        // Other contents are named by digests too: only a rulebook is given out here.
        if Rulebook::is_one(&bytes) { Ok(bytes.to_vec()) } else { Err(unknown()) }
    }

    /// StructureService.GetRulebook.
    pub fn get_rulebook(
        &self,
        _permit: &Permit<Anybody>,
        request: &v1::GetRulebookRequest,
        _now: Moment,
    ) -> Result<v1::GetRulebookResponse, Refusal> {
        use v1::get_rulebook_request::Rulebook as Asked;
        let (bytes, dataflow, defaults) = match &request.rulebook {
            Some(Asked::Digest(asked)) => {
                let digest = Digest::from_slice(asked)
                    .ok_or_else(|| Refusal::malformed("digest", "a digest has 32 bytes"))?;
                (self.rulebook_of(&digest)?, String::new(), Vec::new())
            }
            Some(Asked::Dataflow(text)) => {
                let definition = self.definition(&dataflow("dataflow", text)?)?;
                let default = |default| attribute_default_message(default, AttributeDefaultOrigin::Dataflow);
                let defaults = definition.data.defaults.iter().map(default).collect();
                let dataflow = &definition.data.dataflow;
                let present = self.present_rulebook(dataflow)?;
                (present.rulebook.canonical_bytes().to_vec(), dataflow.short(), defaults)
            }
            None => return Err(Refusal::malformed("rulebook", "name a dataflow or a digest")),
        };
        Ok(v1::GetRulebookResponse {
            digest: Digest::of(&bytes).to_bytes(),
            rulebook: bytes.into(),
            media_type: Rulebook::MEDIA_TYPE.to_owned(),
            dataflow,
            defaults,
        })
    }

    /// StructureService.ListRulebooks.
    pub fn list_rulebooks(
        &self,
        _permit: &Permit<Anybody>,
        request: &v1::ListRulebooksRequest,
        _now: Moment,
    ) -> Result<v1::ListRulebooksResponse, Refusal> {
        let (prefix, asked) = match &request.dataflow[..] {
            "" => (RULEBOOKS.to_vec(), self.dataflows()),
            text => {
                let dataflow = self.definition(&dataflow("dataflow", text)?)?.data.dataflow.clone();
                (rulebooks_prefix(&dataflow.short()), vec![dataflow])
            }
        };
        let mut rulebooks: Vec<v1::RulebookSummary> = Vec::new();
        for (key, value) in self.view.scan(&prefix, &[], usize::MAX)? {
            let dataflow = key[RULEBOOKS.len()..].split(|byte| *byte == 0).next().unwrap_or_default();
            let dataflow = String::from_utf8_lossy(dataflow).into_owned();
            // Newest first: what comes behind it of the same dataflow is past.
            let is_past = rulebooks.last().is_some_and(|before| before.dataflow == dataflow);
            if is_past && request.dataflow.is_empty() {
                continue;
            }
            let row = row(&value)?;
            rulebooks.push(v1::RulebookSummary {
                dataflow,
                digest: row.digest.into(),
                version: row.version,
                position: falling_position(&key).unwrap_or_default(),
                since: Some(Moment(row.since_ms).to_message()),
                rules: row.rules,
            });
        }
        let is_put = |short: &str| rulebooks.iter().any(|rulebook| rulebook.dataflow == short);
        let all_it_had = !request.dataflow.is_empty();
        let with_program = asked.iter().map(Reference::short).filter(|short| all_it_had || !is_put(short));
        let with_program: Vec<_> = with_program.filter_map(|short| shipped_summary(&short)).collect();
        rulebooks.extend(with_program);
        rulebooks.sort_by(|a, b| a.dataflow.cmp(&b.dataflow).then(b.position.cmp(&a.position)));
        let page = Page::read(request.page_size, &request.page_token)?;
        let name = |rulebook: &v1::RulebookSummary| {
            format!("{} {:020}", rulebook.dataflow, u64::MAX - rulebook.position)
        };
        let (rulebooks, next_page_token) = page.cut(rulebooks, name);
        Ok(v1::ListRulebooksResponse { rulebooks, next_page_token })
    }

    /// StructureService.PutRulebook.
    pub fn put_rulebook(
        &self,
        permit: &Permit<Administer>,
        request: &v1::PutRulebookRequest,
        now: Moment,
    ) -> Result<v1::PutRulebookResponse, Refusal> {
        let principal = permit.principal();
        // Structures must not change between proof and record.
        let _one_at_a_time = self.desk.changing_structures();
        let (rulebook, prepared) = match self.proven(&request.rulebook) {
            Ok(proven) => proven,
            Err(problems) => {
                let problems = problems.into_iter().map(problem_message).collect();
                return Ok(v1::PutRulebookResponse { problems, ..Default::default() });
            }
        };
        let dataflow = prepared.definition().dataflow.clone();
        let (digest, stored) = object(rulebook.canonical_bytes().to_vec());
        let answer = v1::PutRulebookResponse {
            dataflow: dataflow.short(),
            digest: digest.to_bytes(),
            ..Default::default()
        };
        let is_present = self.present_rulebook(&dataflow)?.digest == digest;
        if request.dry_run || is_present {
            return Ok(answer);
        }
        let what = What::Rulebook(v1::RulebookRecorded {
            rulebook_digest: digest.to_bytes(),
            dataflow: dataflow.short(),
            version: rulebook.version().to_owned(),
            rules: prepared.rules().len() as u32,
        });
        let position = self.record(Actor::of(principal, ""), what, vec![stored], now)?;
        Ok(v1::PutRulebookResponse { position: Some(position), ..answer })
    }

    /// StructureService.TryRulebook: the lanes are judged one by one, as answers are asked for.
    pub fn try_rulebook(
        self: &Arc<Self>,
        permit: &Permit<Administer>,
        request: v1::TryRulebookRequest,
        now: Moment,
    ) -> Result<impl Iterator<Item = Result<v1::TryRulebookResponse, Refusal>> + Send + use<>, Refusal> {
        let hub = self.clone();
        // An administrator sees no figures; an auditor sees them all.
        let rights = self.rights();
        let agency = permit.principal().agency.as_ref();
        let shows_values = agency.is_some_and(|agency| rights.has_role(agency, Role::Auditor, u64::MAX));
        let (prepared, problems) = match self.proven(&request.rulebook) {
            Ok((_, prepared)) => (Some(Arc::new(prepared)), None),
            Err(problems) => {
                let problems = problems.into_iter().map(problem_message).collect();
                (None, Some(Ok(v1::TryRulebookResponse { problems, ..Default::default() })))
            }
        };
        let mut lanes = Vec::new();
        if let Some(prepared) = &prepared {
            lanes = self.lanes(&prepared.definition().dataflow)?;
            let is_asked = |lane: &LaneId| request.providers.iter().any(|asked| **asked == *lane.provider);
            lanes.retain(|lane| request.providers.is_empty() || is_asked(lane));
        }
        let tried = lanes.into_iter().filter_map(move |lane| {
            let mut tried = hub.try_on(prepared.as_ref()?, &lane, now).transpose()?;
            if let (false, Ok(answer)) = (shows_values, &mut tried) {
                let samples = answer.groups.iter_mut().flat_map(|group| &mut group.components);
                samples.for_each(|sample| sample.values.clear());
            }
            Some(tried)
        });
        Ok(problems.into_iter().chain(tried))
    }

    /// Judges what a lane holds; nothing if it holds nothing, or what today's rules cannot read.
    fn try_on(
        &self,
        prepared: &Arc<Prepared>,
        lane: &LaneId,
        now: Moment,
    ) -> Result<Option<v1::TryRulebookResponse>, Refusal> {
        let definition = prepared.definition();
        let state = |position: Option<u64>| {
            let recorded =
                position.map(|position| self.vintage_recorded_at(lane, position)).transpose()?.flatten();
            let manifest = recorded.as_ref().and_then(Recorded::manifest);
            let vintage = manifest.map(|digest| self.vintage(&definition.shape, &digest)).transpose()?;
            Ok::<_, Refusal>((recorded, vintage))
        };
        let (Some(head), Some(after)) = state(self.head_position(lane)?)? else { return Ok(None) };
        let (_, before) = state(head.row.below)?;
        let before = before.unwrap_or_else(|| Arc::new(Vintage::empty(definition.shape.clone())));
        let rights = self.rights();
        let agreement = rights.agreement_on(lane, u64::MAX, now);
        let parameters = agreement.map(|agreement| agreement.rule_parameters.clone()).unwrap_or_default();
        let states = States {
            lane,
            definition,
            before: &before,
            after: &after,
            parameters: &parameters,
            as_a_whole: true,
        };
        let mut findings = findings();
        self.judge_levels(prepared, &states, &mut findings, now)?;
        let report = findings
            .finish()
            .map_err(|error| Refusal::internal(format!("a scratch file failed: {error}")))?;
        let summary = report.summary();
        Ok(Some(v1::TryRulebookResponse {
            lane: Some(lane.to_message()),
            vintage: Some(vintage_ref(&head)),
            counts: Some(counts_message(summary.counts)),
            groups: summary.groups.iter().map(group_message).collect(),
            rules: summary.rules.iter().map(rule_count_message).collect(),
            problems: Vec::new(),
        }))
    }
}

/// The rulebook that judges as long as none was put.
fn shipped_summary(dataflow: &str) -> Option<v1::RulebookSummary> {
    let rulebook = Rulebook::shipped(dataflow)?;
    Some(v1::RulebookSummary {
        dataflow: dataflow.to_owned(),
        digest: Digest::of(rulebook.canonical_bytes()).to_bytes(),
        version: rulebook.version().to_owned(),
        position: 0,
        since: None,
        rules: rulebook.book().map_or(0, |book| book.rules.len() as u32),
    })
}

fn problem_message(problem: RulebookProblem) -> v1::RulebookProblem {
    v1::RulebookProblem {
        rule_id: problem.rule_id,
        script: problem.script,
        line: problem.line as u32,
        column: problem.column as u32,
        text: problem.text,
    }
}
