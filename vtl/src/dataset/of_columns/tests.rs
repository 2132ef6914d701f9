use std::sync::Arc;

use mighub_sdmx::columns::{AttributeValue, ColumnsBuilder};
use mighub_sdmx::structure::{Class, DataDefinition, Structures, read_json};
use mighub_sdmx::{Columns, Decimal, Period};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{BuildError, DatasetBuilder, structure_of};
use crate::dataset::Dataset;
use crate::time::{Frequency, TimePeriod};
use crate::value::{Number, Role, Scalar, ScalarType};

/// Two dimensions, a decimal measure, a coded attribute of observations and a whole number of series.
fn definition() -> Arc<DataDefinition> {
    let concept = |id: &str| format!("urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept=T:CS(1.0.0).{id}");
    let component = |id: &str, data_type: &str| {
        json!({
            "id": id, "conceptIdentity": concept(id),
            "localRepresentation": { "format": { "dataType": data_type } },
        })
    };
    let with = |mut base: Value, key: &str, value: Value| {
        base[key] = value;
        base
    };
    let artefact = |id: &str| json!({ "id": id, "agencyID": "T", "version": "1.0.0", "name": id, "names": { "en": id } });
    let ids = ["AREA", "SEX", "TIME_PERIOD", "OBS_VALUE", "STATUS", "COUNT"];
    let concepts: Vec<Value> =
        ids.iter().map(|id| json!({ "id": id, "name": id, "names": { "en": id } })).collect();
    let dimension = |id: &str, place: usize| with(component(id, "String"), "position", place.into());
    let relation = |base: Value, relation: Value| with(base, "attributeRelationship", relation);
    let components = json!({
        "dimensionList": {
            "id": "DimensionDescriptor",
            "dimensions": [dimension("AREA", 0), dimension("SEX", 1)],
            "timeDimension": with(component("TIME_PERIOD", "ObservationalTimePeriod"), "position", 2.into()),
        },
        "measureList": { "id": "MeasureDescriptor", "measures": [component("OBS_VALUE", "Decimal")] },
        "attributeList": { "id": "AttributeDescriptor", "attributes": [
            relation(component("STATUS", "String"), json!({ "observation": {} })),
            relation(component("COUNT", "Integer"), json!({ "dimensions": ["AREA", "SEX"] })),
        ] },
    });
    let structure = "urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=T:DSD(1.0.0)";
    let message = json!({ "data": {
        "conceptSchemes": [with(artefact("CS"), "concepts", concepts.into())],
        "dataStructures": [with(artefact("DSD"), "dataStructureComponents", components)],
        "dataflows": [with(artefact("FLOW"), "structure", structure.into())],
    }});
    let mut structures = Structures::default();
    for artefact in read_json(message.to_string().as_bytes()).expect("the message is sound") {
        structures.put(artefact).expect("the artefacts are new");
    }
    let (reference, _) = structures.find(Class::Dataflow, "FLOW").expect("it was put");
    DataDefinition::resolve(&structures, reference).expect("all it refers to was put")
}

/// Area, sex, number of the series; observations: year, value, status.
type Series = (usize, usize, Option<u8>, Vec<(u16, Option<(i64, u8)>, Option<usize>)>);

const AREAS: [&str; 4] = ["DE", "AT", "CH", "BE"];
const SEXES: [&str; 2] = ["M", "F"];
const STATUSES: [&str; 2] = ["P", "A"];

fn batches() -> impl Strategy<Value = Vec<Vec<Series>>> {
    let value = proptest::option::of((-5_000_000_000i64..5_000_000_000, 0u8..18));
    let observation = (1990u16..2030, value, proptest::option::of(0usize..2));
    let observations = proptest::collection::vec(observation, 1..5);
    let series = (0usize..4, 0usize..2, proptest::option::of(any::<u8>()), observations);
    proptest::collection::vec(proptest::collection::vec(series, 0..4), 0..4)
}

fn columns(definition: &DataDefinition, batch: &[Series]) -> Columns {
    let mut builder = ColumnsBuilder::new(definition.shape.clone());
    for (area, sex, count, observations) in batch {
        builder.start_series_with_key(&[Arc::from(AREAS[*area]), Arc::from(SEXES[*sex])]);
        builder.series_attribute(0, count.map(|count| AttributeValue::text(&count.to_string())).as_ref());
        for (year, value, status) in observations {
            let value = value.map(|(unscaled, scale)| Decimal { unscaled, scale });
            let status = status.map(|status| AttributeValue::text(STATUSES[status]));
            builder.observation(Period::year(*year), value, |_| status.as_ref());
        }
        builder.end_series();
    }
    builder.take()
}

fn exact(value: &Scalar) -> Option<i128> {
    match value {
        Scalar::Number(Number::Exact { unscaled, scale }) => {
            Some(unscaled * 10i128.pow(18 - u32::from(*scale)))
        }
        _ => None,
    }
}

fn row(dataset: &Dataset, row: usize) -> Vec<Scalar> {
    (0..dataset.columns().len()).map(|column| dataset.value(row, column)).collect()
}

proptest! {
    #[test]
    fn a_data_set_is_the_rows_of_its_batches(batches in batches()) {
        let definition = definition();
        let mut builder = DatasetBuilder::new(&definition, &["OBS_VALUE", "STATUS", "COUNT"]);
        for batch in &batches {
            builder.push(&columns(&definition, batch)).expect("years are regular");
        }
        let dataset = builder.finish();
        let text = |text: &str| Scalar::String(Arc::from(text));
        let mut at = 0;
        for (area, sex, count, observations) in batches.iter().flatten() {
            for (year, value, status) in observations {
                let found = row(&dataset, at);
                at += 1;
                let period = TimePeriod::new(Frequency::Year, i32::from(*year), 1);
                prop_assert_eq!(&found[..2], &[text(AREAS[*area]), text(SEXES[*sex])]);
                prop_assert_eq!(&found[2], &Scalar::TimePeriod(period));
                let value = value.map(|(unscaled, scale)| i128::from(unscaled) * 10i128.pow(18 - u32::from(scale)));
                prop_assert_eq!(exact(&found[3]), value);
                prop_assert_eq!(&found[4], &status.map_or(Scalar::Null, |status| text(STATUSES[status])));
                prop_assert_eq!(&found[5], &count.map_or(Scalar::Null, |count| Scalar::Integer(count.into())));
            }
        }
        prop_assert_eq!(at, dataset.rows());
    }
}

#[test]
fn identifiers_come_along_whatever_is_wanted() {
    let definition = definition();
    let roles: Vec<_> = structure_of(&definition)
        .components()
        .iter()
        .map(|component| (component.name.to_string(), component.role, component.scalar_type))
        .collect();
    let expected = [
        ("AREA", Role::Identifier, ScalarType::String),
        ("SEX", Role::Identifier, ScalarType::String),
        ("TIME_PERIOD", Role::Identifier, ScalarType::TimePeriod),
        ("OBS_VALUE", Role::Measure, ScalarType::Number),
        ("STATUS", Role::Attribute, ScalarType::String),
        ("COUNT", Role::Attribute, ScalarType::Integer),
    ];
    assert_eq!(roles, expected.map(|(name, role, scalar_type)| (name.to_owned(), role, scalar_type)));
    let only_status = DatasetBuilder::new(&definition, &["STATUS"]).finish();
    let names: Vec<_> = only_status.structure().components().iter().map(|c| c.name.to_string()).collect();
    assert_eq!(names, ["AREA", "SEX", "TIME_PERIOD", "STATUS"]);
}

#[test]
fn every_regular_period_of_sdmx_is_one_of_vtl() {
    for (text, frequency, year, number) in [
        ("2024", Frequency::Year, 2024, 1),
        ("2024-A1", Frequency::Year, 2024, 1),
        ("2024-S2", Frequency::Semester, 2024, 2),
        ("2024-Q4", Frequency::Quarter, 2024, 4),
        ("2024-02", Frequency::Month, 2024, 2),
        ("2024-M12", Frequency::Month, 2024, 12),
        ("2020-W53", Frequency::Week, 2020, 53),
        ("2021-W01", Frequency::Week, 2021, 1),
        ("2024-12-31", Frequency::Day, 2024, 366),
        ("1969-D001", Frequency::Day, 1969, 1),
    ] {
        let period = Period::parse(text.as_bytes()).expect(text);
        assert_eq!(super::build::regular(period), Ok(TimePeriod::new(frequency, year, number)), "{text}");
    }
}

#[test]
fn an_irregular_period_is_named() {
    let definition = definition();
    let mut columns = columns(&definition, &[(0, 0, None, vec![(2020, None, None)])]);
    columns.periods[0] = Period::parse(b"2020-01-01/P5Y").expect("a range");
    let error = DatasetBuilder::new(&definition, &[]).push(&columns);
    assert_eq!(error, Err(BuildError::Period { period: "2020-01-01/P5Y".to_owned() }));
}
