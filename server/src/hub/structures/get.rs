//! Giving structures out: by name or digest, with relatives, whole or in part, in any format.

use std::collections::BTreeSet;

use jiff::Timestamp;
use mighub::block::Digest;
use mighub::v1;
use mighub_sdmx::data::JsonVersion;
use mighub_sdmx::ml::structure::{MessageHeader, MlVersion, write_message};
use mighub_sdmx::structure::{
    Class, Detail, Reference, Relatives, Structures, read_message, write_json, write_json_message,
};
use mighub_store::Name;

use super::unknown;
use crate::hub::Hub;
use crate::hub::moment::Moment;
use crate::hub::pages::Page;
use crate::hub::permit::{Anybody, Permit};
use crate::hub::refusal::Refusal;

/// The format of stored messages, and of answers where no other is asked for.
const STRUCTURE_MEDIA_TYPE: &str = "application/vnd.sdmx.structure+json;version=2.0.0";

/// A format of structure messages.
#[derive(Clone, Copy)]
enum Format {
    Stored,
    Json(JsonVersion),
    Ml(MlVersion),
}

/// The formats that may be asked for.
const FORMATS: [(&str, Format); 5] = [
    (STRUCTURE_MEDIA_TYPE, Format::Stored),
    ("application/vnd.sdmx.structure+json;version=2.1.0", Format::Json(JsonVersion::V2_1)),
    ("application/vnd.sdmx.structure+xml;version=2.1", Format::Ml(MlVersion::V2_1)),
    ("application/vnd.sdmx.structure+xml;version=3.0.0", Format::Ml(MlVersion::V3_0)),
    ("application/vnd.sdmx.structure+xml;version=3.1.0", Format::Ml(MlVersion::V3_1)),
];

impl Format {
    fn read(media_type: &str) -> Result<(&'static str, Self), Refusal> {
        let asked: String = media_type.chars().filter(|letter| !letter.is_whitespace()).collect();
        let asked = if asked.is_empty() { STRUCTURE_MEDIA_TYPE.to_owned() } else { asked };
        let known = FORMATS.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(&asked));
        known.ok_or_else(|| {
            let names: Vec<_> = FORMATS.iter().map(|(name, _)| *name).collect();
            let text = format!("{media_type:?} is no format of structures: ask for {}", names.join(", "));
            Refusal::malformed("media_type", text)
        })
    }

    fn write(self, structures: &Structures, header: &MessageHeader) -> Vec<u8> {
        match self {
            Self::Stored => write_json(structures),
            Self::Json(version) => write_json_message(structures, version, header),
            Self::Ml(version) => write_message(structures, version, header),
        }
    }
}

impl Hub {
    /// StructureService.GetStructures. Everybody may read structures.
    pub fn get_structures(
        &self,
        _permit: &Permit<Anybody>,
        request: &v1::GetStructuresRequest,
        now: Moment,
    ) -> Result<v1::GetStructuresResponse, Refusal> {
        use v1::get_structures_request::Artefact as Asked;
        let answer = |bytes: Vec<u8>, media_type: &str| v1::GetStructuresResponse {
            digest: Digest::of(&bytes).to_bytes(),
            message: bytes.into(),
            media_type: media_type.to_owned(),
        };
        match &request.artefact {
            Some(Asked::StructureDigest(digest)) => {
                let digest = Digest::from_slice(digest)
                    .ok_or_else(|| Refusal::malformed("structure_digest", "a digest has 32 bytes"))?;
                let missing = || unknown(format!("no structure here ever had the digest {digest}"));
                let bytes = self.store.object(&Name(digest.0)).map_err(|_| missing())?;
                // Other contents are named by digests too: only a structure message is given out here.
                let is_message = read_message(&bytes).is_ok_and(|message| !message.structures.is_empty());
                if is_message { Ok(answer(bytes.to_vec(), STRUCTURE_MEDIA_TYPE)) } else { Err(missing()) }
            }
            Some(Asked::Urn(urn)) => {
                let (media_type, format) = Format::read(&request.media_type)?;
                let relatives = Relatives::parse(&request.references);
                let relatives =
                    relatives.map_err(|error| Refusal::malformed("references", error.to_string()))?;
                let detail = match &request.detail[..] {
                    "" => Detail::Raw,
                    text => Detail::parse(text)
                        .map_err(|error| Refusal::malformed("detail", error.to_string()))?,
                };
                let reference: Reference = urn.parse().map_err(|error| unknown(format!("{error}")))?;
                let asked = self.asked(&reference)?;
                let registry = self.registry();
                let is_plain = relatives == Relatives::None && detail == Detail::Raw;
                if request.descendants
                    && is_plain
                    && let Format::Stored = format
                    && let Some(dataflow) = registry.structures.get_key(&reference)
                    && let Ok(definition) = registry.definition(dataflow)
                {
                    return Ok(answer(definition.data.canonical_json().to_vec(), media_type));
                }
                let names: BTreeSet<Reference> = asked.iter().map(|(name, _)| name.clone()).collect();
                let mut found = registry.structures.with_relatives(&asked, &relatives);
                if request.descendants {
                    found = registry.structures.with_descendants(&found);
                }
                let found = found.in_detail(detail, &names, &registry.structures);
                Ok(answer(format.write(&found, &self.header(now)), media_type))
            }
            None => Err(Refusal::malformed("artefact", "name an artefact by URN or a structure digest")),
        }
    }

    /// The artefacts that a reference names: one, or all that fit `*`.
    fn asked(&self, reference: &Reference) -> Result<Structures, Refusal> {
        let known = self.known_structures();
        let mut asked = Structures::default();
        if reference.version.to_string().contains('*') {
            known.fitting(reference).for_each(|(_, artefact)| asked.share(artefact));
        } else if let Some(artefact) = known.get(reference) {
            asked.share(artefact);
        }
        if asked.is_empty() { Err(unknown(format!("there is no artefact {reference}"))) } else { Ok(asked) }
    }

    fn header(&self, now: Moment) -> MessageHeader {
        MessageHeader {
            id: "STRUCTURES".to_owned(),
            test: false,
            prepared: Timestamp::from_millisecond(now.0).unwrap_or(Timestamp::UNIX_EPOCH),
            sender: self.hub_id().to_owned(),
            receivers: Vec::new(),
        }
    }

    /// StructureService.ListStructures.
    pub fn list_structures(
        &self,
        _permit: &Permit<Anybody>,
        request: &v1::ListStructuresRequest,
        _now: Moment,
    ) -> Result<v1::ListStructuresResponse, Refusal> {
        let class = match &request.class[..] {
            "" => None,
            name => Some(Class::of_name(name).ok_or_else(|| {
                let known: Vec<_> = Class::all().map(Class::name).collect();
                Refusal::malformed(
                    "class",
                    format!("{name:?} is not a class held here: {}", known.join(", ")),
                )
            })?),
        };
        let registry = self.registry();
        let newest = if request.newest_only { newest(&registry.structures) } else { BTreeSet::new() };
        let asked = registry.structures.iter().filter(|(reference, _)| {
            class.is_none_or(|class| reference.class == class)
                && (request.agency.is_empty() || *reference.agency == *request.agency)
                && (request.id.is_empty() || *reference.id == *request.id)
                && (!request.newest_only || newest.contains(reference))
        });
        let mut asked: Vec<_> =
            asked.map(|(reference, artefact)| (reference.to_string(), reference, artefact)).collect();
        asked.sort_by(|a, b| a.0.cmp(&b.0));
        let page = Page::read(request.page_size, &request.page_token)?;
        let (asked, next_page_token) = page.cut(asked, |(urn, ..)| urn.clone());
        let structures = asked.into_iter().map(|(urn, reference, artefact)| {
            let text = |(language, text): (&String, &String)| v1::LocalizedText {
                language: language.clone(),
                text: text.clone(),
            };
            v1::StructureSummary {
                urn,
                names: artefact.identity().names.all().iter().map(text).collect(),
                stable: reference.version.is_stable(),
                stored_time: registry.stored_ms.get(reference).map(|ms| Moment(*ms).to_message()),
            }
        });
        Ok(v1::ListStructuresResponse { structures: structures.collect(), next_page_token })
    }
}

/// The newest version of each artefact: versions of one stand together, ascending.
fn newest(structures: &Structures) -> BTreeSet<&Reference> {
    let mut newest: Vec<&Reference> = Vec::new();
    for (reference, _) in structures.iter() {
        let is_same = |last: &&Reference| {
            (last.class, &last.agency, &last.id) == (reference.class, &reference.agency, &reference.id)
        };
        if newest.last().is_some_and(is_same) {
            newest.pop();
        }
        newest.push(reference);
    }
    newest.into_iter().collect()
}
