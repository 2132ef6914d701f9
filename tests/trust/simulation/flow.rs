//! The dataflow of the simulated world, and submissions to it: cells by area, sex and year.

use std::collections::BTreeMap;
use std::sync::Arc;

use mighub::block::{BlockWriter, CANON, Digest, LaneKey, Naming, compress};
use mighub::convert::attribute_default;
use mighub::id::SubmissionId;
use mighub::manifest::PageWriter;
use mighub::signing::{HEADER_CONTEXT, signed_bytes};
use mighub::v1::{self, PartAction, SubmissionKind};
use mighub_sdmx::columns::{Columns, ColumnsBuilder, Shape};
use mighub_sdmx::{Decimal, Period};
use prost::Message;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use crate::office::random::Random;

pub(super) const DATAFLOW: &str = "HUB:MIG(1.0.0)";
const AREAS: [&str; 4] = ["ESP", "FRA", "MAR", "SWE"];
const SEXES: [&str; 2] = ["F", "M"];
const FIRST_YEAR: u16 = 2000;
const YEARS: u64 = 6;

/// Area, sex, year.
pub(super) type Cell = (&'static str, &'static str, u16);
/// What a lane holds, or a reader has of it.
pub(super) type Table = BTreeMap<Cell, i64>;

/// What one part of a submission does.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) action: PartAction,
    pub(super) cells: BTreeMap<Cell, Option<i64>>,
}

impl Part {
    pub(super) fn apply(&self, table: &mut Table) {
        for (cell, value) in &self.cells {
            match (self.action, value) {
                (PartAction::Delete, _) | (_, None) => drop(table.remove(cell)),
                (_, Some(value)) => drop(table.insert(*cell, *value)),
            }
        }
    }
}

/// Parts that change something: figures are never used twice.
pub(super) fn parts(random: &mut Random, figures: &mut i64) -> Vec<Part> {
    let cell = |random: &mut Random| {
        let area = AREAS[random.below(AREAS.len() as u64) as usize];
        let sex = SEXES[random.below(SEXES.len() as u64) as usize];
        (area, sex, FIRST_YEAR + random.below(YEARS) as u16)
    };
    let mut all = Vec::new();
    if random.below(3) == 0 {
        let cells = (0..1 + random.below(3)).map(|_| (cell(random), None)).collect();
        all.push(Part { action: PartAction::Delete, cells });
    }
    for _ in 0..1 + random.below(2) {
        let mut cells = BTreeMap::new();
        for _ in 0..1 + random.below(5) {
            *figures += 1;
            cells.insert(cell(random), Some(*figures));
        }
        all.push(Part { action: PartAction::Merge, cells });
    }
    all
}

/// A submission as it is sent.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    pub(super) id: String,
    pub(super) signed: v1::SignedHeader,
    pub(super) manifest: Vec<u8>,
    pub(super) frames: Vec<Vec<u8>>,
}

pub(super) fn signing_key(agency: &str) -> Ed25519KeyPair {
    let seed = blake3::hash(agency.as_bytes());
    Ed25519KeyPair::from_seed_unchecked(seed.as_bytes()).expect("32 bytes are a seed")
}

/// Makes a submission of parts, as a client does.
pub(super) fn prepare(
    terms: &v1::GetLaneResponse,
    shape: &Arc<Shape>,
    provider: &str,
    number: u64,
    parts: &[Part],
    embargo: Option<prost_types::Timestamp>,
) -> Prepared {
    let key = LaneKey(terms.lane_key[..].try_into().expect("32 bytes"));
    let defaults: Vec<_> = terms.defaults.iter().map(|d| attribute_default(d).expect("a default")).collect();
    let naming = Naming::of_lane(key, &defaults);
    let (mut manifest_parts, mut pages, mut frames) = (Vec::new(), Vec::new(), Vec::new());
    for part in parts {
        let mut writer = BlockWriter::new(shape.clone(), naming.clone());
        let no_more = |_| Err("more than one block");
        writer.push(&columns(shape, part), &mut { no_more }).expect("some cells are one block");
        let mut of_part = PageWriter::default();
        let mut made = Vec::new();
        if let Some(block) = writer.finish() {
            frames.push(compress(&block.raw).expect("small"));
            made.extend(of_part.push(block.info));
        }
        made.extend(of_part.finish());
        let (references, bytes): (Vec<_>, Vec<_>) = made.into_iter().unzip();
        pages.extend(bytes);
        manifest_parts.push(v1::ManifestPart { action: part.action.into(), pages: references });
    }
    let manifest = v1::Manifest {
        canon: CANON,
        dataflow: DATAFLOW.into(),
        provider: provider.into(),
        structure_digest: terms.structure_digest.clone(),
        parts: manifest_parts,
        ..Default::default()
    };
    let random = blake3::hash(format!("{provider} {number}").as_bytes());
    let id = SubmissionId::from_random(*random.as_bytes().first_chunk().expect("a hash has 32 bytes"));
    let header = v1::SubmissionHeader {
        hub_id: terms.hub_id.clone(),
        lane: Some(v1::Lane { dataflow: DATAFLOW.into(), provider: provider.into() }),
        submission_id: id.to_string(),
        manifest_digest: Digest::of(&manifest.encode_to_vec()).to_bytes(),
        agency: provider.into(),
        kind: SubmissionKind::Routine.into(),
        structure_digest: terms.structure_digest.clone(),
        defaults: terms.defaults.clone(),
        embargo_time: embargo,
        ..Default::default()
    };
    let header = header.encode_to_vec();
    let key = signing_key(provider);
    let signed = v1::SignedHeader {
        signature: key.sign(&signed_bytes(HEADER_CONTEXT, &header)).as_ref().to_vec().into(),
        signing_key_id: Digest::of(key.public_key().as_ref()).to_bytes(),
        header: header.into(),
    };
    let mut bytes = manifest.encode_length_delimited_to_vec();
    for page in pages {
        prost::encoding::encode_varint(page.len() as u64, &mut bytes);
        bytes.extend(page);
    }
    Prepared { id: id.to_string(), signed, manifest: bytes, frames }
}

fn columns(shape: &Arc<Shape>, part: &Part) -> Columns {
    let mut builder = ColumnsBuilder::new(shape.clone());
    let cells: Vec<_> = part.cells.iter().collect();
    for series in cells.chunk_by(|a, b| (a.0.0, a.0.1) == (b.0.0, b.0.1)) {
        let (area, sex, _) = *series[0].0;
        builder.start_series_with_key(&[area, sex].map(Arc::from));
        (0..shape.series_attributes.len()).for_each(|place| builder.series_attribute(place, None));
        for ((_, _, year), value) in series {
            builder.observation(Period::year(*year), value.map(Decimal::integer), |_| None);
        }
        builder.end_series();
    }
    builder.take()
}

/// Cells of columns; values where they have some.
pub(super) fn cells(columns: &Columns) -> Vec<(Cell, Option<i64>)> {
    let known = |codes: &[&'static str], code: &str| {
        *codes.iter().find(|known| **known == code).expect("a code of the flow")
    };
    let mut all = Vec::new();
    for series in 0..columns.series_count() {
        let (area, sex) = (known(&AREAS, columns.code(series, 0)), known(&SEXES, columns.code(series, 1)));
        for place in columns.observations(series) {
            let year = columns.periods[place].first_year().expect("a year");
            let year = u16::try_from(year).expect("of our time");
            all.push(((area, sex, year), columns.value(place).map(|value| value.unscaled)));
        }
    }
    all
}

/// The structures of the world.
pub(super) fn structures() -> Value {
    let artefact = |id: &str, key: &str, value: Value| {
        let names = json!({ "en": id });
        let mut artefact =
            json!({ "id": id, "agencyID": "HUB", "version": "1.0.0", "name": id, "names": names });
        artefact[key] = value;
        artefact
    };
    let items = |ids: &[&str]| {
        let item = |id: &&str| json!({ "id": id, "name": id, "names": { "en": id } });
        Value::from(ids.iter().map(item).collect::<Vec<_>>())
    };
    let urn = |class: &str, id: &str| format!("urn:sdmx:org.sdmx.infomodel.{class}=HUB:{id}(1.0.0)");
    let concept = |id: &str| format!("{}.{id}", urn("conceptscheme.Concept", "CS"));
    let coded = |list: &str| json!({ "enumeration": urn("codelist.Codelist", list) });
    let dimension = |position: usize, id: &str, list: &str| {
        json!({ "id": id, "position": position, "conceptIdentity": concept(id),
                "localRepresentation": coded(list) })
    };
    let attribute = |id: &str, list: &str| {
        json!({ "id": id, "usage": "optional", "conceptIdentity": concept(id),
                "localRepresentation": coded(list), "attributeRelationship": { "observation": {} } })
    };
    let time = json!({ "id": "TIME_PERIOD", "position": 2, "conceptIdentity": concept("TIME_PERIOD"),
                       "localRepresentation": { "format": { "dataType": "ObservationalTimePeriod" } } });
    let measure = json!({ "id": "OBS_VALUE", "usage": "optional", "conceptIdentity": concept("OBS_VALUE"),
                          "localRepresentation": { "format": { "dataType": "Integer" } } });
    let components = json!({
        "dimensionList": { "id": "DimensionDescriptor",
            "dimensions": [dimension(0, "REF_AREA", "CL_AREA"), dimension(1, "SEX", "CL_SEX")],
            "timeDimension": time },
        "measureList": { "id": "MeasureDescriptor", "measures": [measure] },
        "attributeList": { "id": "AttributeDescriptor",
            "attributes": [attribute("OBS_STATUS", "CL_STATUS"), attribute("CONF_STATUS", "CL_CONF")] },
    });
    let concepts = ["REF_AREA", "SEX", "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS", "CONF_STATUS"];
    json!({ "data": {
        "codelists": [
            artefact("CL_AREA", "codes", items(&AREAS)),
            artefact("CL_SEX", "codes", items(&SEXES)),
            artefact("CL_STATUS", "codes", items(&["A", "E", "M", "Q"])),
            artefact("CL_CONF", "codes", items(&["F", "N"])),
        ],
        "conceptSchemes": [artefact("CS", "concepts", items(&concepts))],
        "dataStructures": [artefact("DSD", "dataStructureComponents", components)],
        "dataflows": [artefact("MIG", "structure", urn("datastructure.DataStructure", "DSD").into())],
    }})
}
