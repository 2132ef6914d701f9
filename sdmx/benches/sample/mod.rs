//! Observations for benchmarks: flows between 200 areas by sex, age and kind of measure over thirty years, with
//! heavy-tailed figures that drift from year to year, as registers give them. The same on every run.

use std::sync::Arc;

use mighub_sdmx::structure::{Class, DataDefinition, Structures, read_json};
use serde_json::json;

const AREAS: usize = 200;
const YEARS: u16 = 30;
const FIRST_YEAR: u16 = 1995;
const DIMENSIONS: [&str; 6] = ["FREQ", "REPORTER", "PARTNER", "SEX", "AGE", "MEASURE_TYPE"];
const HEADER: &str =
    "DATAFLOW,FREQ,REPORTER,PARTNER,SEX,AGE,MEASURE_TYPE,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS\n";

/// In which order the rows of a file stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowOrder {
    /// Series by series, as the canonical form has them.
    Canonical,
    /// All of one year, then all of the next: the worst there is.
    TimeMajor,
}

/// A file of `rows` observations.
pub(crate) fn file(rows: usize, order: RowOrder) -> Vec<u8> {
    let codes = Codes::new();
    let mut observations = observations(rows, &codes);
    if order == RowOrder::TimeMajor {
        observations.sort_by_key(|observation| observation.year);
    }
    let mut text = HEADER.as_bytes().to_vec();
    text.reserve(rows * 52);
    for observation in &observations {
        codes.write(observation, &mut text);
    }
    text
}

/// The dataflow of these observations.
pub(crate) fn definition() -> Arc<DataDefinition> {
    let string = json!({ "format": { "dataType": "String" } });
    let concept =
        |id: &str| format!("urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept=BENCH:CS(1.0.0).{id}");
    let dimension = |(position, id): (usize, &&str)| json!({ "id": id, "position": position, "conceptIdentity": concept(id), "localRepresentation": string });
    let attribute = |id: &str| {
        json!({
            "id": id, "usage": "optional", "conceptIdentity": concept(id), "localRepresentation": string,
            "attributeRelationship": { "observation": {} },
        })
    };
    let concepts: Vec<_> = DIMENSIONS
        .iter()
        .chain(&["TIME_PERIOD", "OBS_VALUE", "OBS_STATUS", "CONF_STATUS"])
        .map(|id| json!({ "id": id, "name": id, "names": { "en": id } }))
        .collect();
    let artefact = |id: &str| json!({ "id": id, "agencyID": "BENCH", "version": "1.0.0", "name": id, "names": { "en": id } });
    let with = |mut base: serde_json::Value, key: &str, value: serde_json::Value| {
        base[key] = value;
        base
    };
    let components = json!({
        "dimensionList": {
            "id": "DimensionDescriptor",
            "dimensions": DIMENSIONS.iter().enumerate().map(dimension).collect::<Vec<_>>(),
            "timeDimension": {
                "id": "TIME_PERIOD", "position": DIMENSIONS.len(), "conceptIdentity": concept("TIME_PERIOD"),
                "localRepresentation": { "format": { "dataType": "ObservationalTimePeriod" } },
            },
        },
        "measureList": {
            "id": "MeasureDescriptor",
            "measures": [{
                "id": "OBS_VALUE", "usage": "optional", "conceptIdentity": concept("OBS_VALUE"),
                "localRepresentation": { "format": { "dataType": "Decimal" } },
            }],
        },
        "attributeList": {
            "id": "AttributeDescriptor",
            "attributes": [attribute("OBS_STATUS"), attribute("CONF_STATUS")],
        },
    });
    let structure = "urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=BENCH:DSD_FLOW(1.0.0)";
    let message = json!({ "data": {
        "conceptSchemes": [with(artefact("CS"), "concepts", concepts.into())],
        "dataStructures": [with(artefact("DSD_FLOW"), "dataStructureComponents", components)],
        "dataflows": [with(artefact("FLOW"), "structure", structure.into())],
    }});
    let mut structures = Structures::default();
    for artefact in read_json(message.to_string().as_bytes()).expect("the message above is sound") {
        structures.put(artefact).expect("the artefacts above are new");
    }
    let (reference, _) = structures.find(Class::Dataflow, "FLOW").expect("it was put above");
    DataDefinition::resolve(&structures, reference).expect("all it refers to was put above")
}

struct Codes {
    areas: Vec<String>,
    sexes: Vec<String>,
    ages: Vec<String>,
    kinds: Vec<String>,
}

struct Observation {
    /// Places in the dictionaries of [`Codes`].
    key: [u8; 5],
    year: u16,
    status: u8,
    confidentiality: u8,
    value: u64,
}

impl Codes {
    fn new() -> Self {
        let sorted = |mut codes: Vec<String>| {
            codes.sort();
            codes
        };
        let letter = |number: usize| char::from(b'A' + (number % 26) as u8);
        let area = |nth: usize| {
            let number = nth * 87 + 11;
            [letter(number / 676), letter(number / 26), letter(number)].iter().collect()
        };
        let ages = (0..18).map(|five| format!("Y{}T{}", five * 5, five * 5 + 4));
        Self {
            areas: sorted((0..AREAS).map(area).collect()),
            sexes: ["F", "M", "_T"].map(str::to_owned).to_vec(),
            ages: sorted(ages.chain(["Y_GE90".to_owned(), "_T".to_owned()]).collect()),
            kinds: ["EMIG", "IMMIG"].map(str::to_owned).to_vec(),
        }
    }

    fn write(&self, observation: &Observation, text: &mut Vec<u8>) {
        let [reporter, partner, sex, age, kind] = observation.key.map(usize::from);
        text.extend_from_slice(b"BENCH:FLOW(1.0.0),A");
        for code in [
            &self.areas[reporter],
            &self.areas[partner],
            &self.sexes[sex],
            &self.ages[age],
            &self.kinds[kind],
        ] {
            text.push(b',');
            text.extend_from_slice(code.as_bytes());
        }
        let status = ["A", "E", "P", "B"][usize::from(observation.status)];
        let confidentiality = ["F", "C", "N"][usize::from(observation.confidentiality)];
        let rest = format!(",{},{},{status},{confidentiality}\n", observation.year, observation.value);
        text.extend_from_slice(rest.as_bytes());
    }
}

fn observations(rows: usize, codes: &Codes) -> Vec<Observation> {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let series_per_pair = codes.sexes.len() * codes.ages.len() * codes.kinds.len();
    // A series has twenty years on average; all reporters have partners.
    let partners = rows.div_ceil(AREAS * series_per_pair * 20).clamp(1, AREAS - 1);
    let mut observations = Vec::with_capacity(rows);
    for reporter in 0..AREAS {
        for nth in 0..partners {
            let partner = nth * AREAS / partners;
            let size = 4.0 + 2.5 * random.normal();
            for inner in 0..series_per_pair {
                let kind = inner % codes.kinds.len();
                let age = inner / codes.kinds.len() % codes.ages.len();
                let sex = inner / codes.kinds.len() / codes.ages.len();
                let key = [reporter, partner, sex, age, kind].map(|place| place as u8);
                let profile = -((age as f64 - 6.0) / 4.0).powi(2);
                let mut log = (size + profile).max(0.0) + 0.3 * random.normal();
                let length = 11 + random.below(19) as u16;
                let first = FIRST_YEAR + random.below(u64::from(YEARS - length) + 1) as u16;
                let confidentiality = if random.below(100) < 97 { 0 } else { 1 + random.below(2) as u8 };
                for year in first..first + length {
                    log += 0.15 * random.normal();
                    let status = match random.below(100) {
                        0..92 => 0,
                        92..96 => 1,
                        96..99 => 2,
                        _ => 3,
                    };
                    let value = log.exp().round() as u64;
                    observations.push(Observation { key, year, status, confidentiality, value });
                    if observations.len() == rows {
                        return observations;
                    }
                }
            }
        }
    }
    observations
}

/// xorshift64*: good enough for figures.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 16) % bound
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Of the standard normal distribution (Box and Muller).
    fn normal(&mut self) -> f64 {
        let (u, v) = (self.unit().max(1e-12), self.unit());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }
}
