//! Sets of artefacts for properties of structure messages.

use std::sync::Arc;

use jiff::civil::Date;
use mighub_sdmx::structure::*;
use mighub_sdmx::{Decimal, Period};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option::of;
use proptest::prelude::*;

fn id() -> impl Strategy<Value = Id> {
    "[A-Za-z][A-Za-z0-9_-]{0,6}".prop_map(|text| Id::new(&text).expect("an id"))
}

fn code_id() -> impl Strategy<Value = CodeId> {
    "[A-Za-z0-9_@$-]{1,6}".prop_map(|text| CodeId::new(&text).expect("an id"))
}

fn agency() -> impl Strategy<Value = AgencyId> {
    "[A-Z]{1,4}(\\.[A-Z]{1,4})?".prop_map(|text| AgencyId::new(&text).expect("an id"))
}

fn version() -> impl Strategy<Value = Version> {
    "(1\\.0|[0-9]\\.[1-9][0-9]\\.0|1\\.0\\.0-[a-z]{1,3}(\\.[a-z0-9]{1,2})?)"
        .prop_map(|text| Version::parse(&text).expect("a version"))
}

fn names() -> impl Strategy<Value = Names> {
    let texts = || btree_map("en|fr|es|ar", "\\PC{0,12}", 0..3);
    (texts(), texts()).prop_map(|(names, descriptions)| Names::of(names).described(descriptions))
}

/// No id that programs read: those are fields of the model.
fn annotation() -> impl Strategy<Value = Annotation> {
    let text = || of("\\PC{0,8}");
    let texts = btree_map("en|fr", "\\PC{0,8}", 0..2);
    (of("[a-z]{1,5}"), text(), text(), text(), text(), texts)
        .prop_map(|(id, title, kind, value, text, texts)| Annotation { id, title, kind, value, text, texts })
}

fn identity() -> impl Strategy<Value = Identity> {
    (agency(), id(), version(), names(), vec(annotation(), 0..2)).prop_map(
        |(agency, id, version, names, annotations)| Identity {
            annotations,
            ..Identity::new(agency, id, version, names)
        },
    )
}

fn reference(class: Class) -> impl Strategy<Value = Reference> {
    (agency(), id(), version())
        .prop_map(move |(agency, id, version)| Reference::new(class, agency, id, version))
}

/// References to items.
pub(crate) fn item_reference(class: Class) -> impl Strategy<Value = Reference> {
    (reference(class), code_id()).prop_map(|(scheme, item)| scheme.with_item(item))
}

fn day() -> impl Strategy<Value = Date> {
    (1800i16..2100, 1i8..=12, 1i8..=28).prop_map(|(year, month, day)| Date::constant(year, month, day))
}

fn validity() -> impl Strategy<Value = Validity> {
    (of(day()), of(day())).prop_map(|(one, other)| match (one, other) {
        (Some(one), Some(other)) => Validity { from: Some(one.min(other)), to: Some(one.max(other)) },
        (from, to) => Validity { from, to },
    })
}

fn codelist() -> impl Strategy<Value = Artefact> {
    let code = (code_id(), names(), of(code_id()), validity(), vec(annotation(), 0..2)).prop_map(
        |(id, names, parent, validity, annotations)| Code { id, names, parent, validity, annotations },
    );
    (identity(), vec(code, 0..5))
        .prop_map(|(identity, codes)| Artefact::Codelist(Arc::new(Codelist::new(identity, codes))))
}

fn representation() -> impl Strategy<Value = Representation> {
    let number = || of((-999i64..999).prop_map(Decimal::integer));
    let data_type = prop_oneof![
        Just(DataType::String),
        Just(DataType::Decimal),
        Just(DataType::Uri),
        Just(DataType::GregorianDay),
        Just(DataType::ObservationalTimePeriod)
    ];
    let length = || of(1u32..100);
    let format =
        (of(data_type), number(), number(), length(), length(), length(), of("\\PC{1,6}"), of(any::<bool>()))
            .prop_map(
                |(
                    data_type,
                    min_value,
                    max_value,
                    min_length,
                    max_length,
                    decimals,
                    pattern,
                    is_multi_lingual,
                )| {
                    Format {
                        data_type,
                        min_value,
                        max_value,
                        min_length,
                        max_length,
                        decimals,
                        pattern,
                        is_multi_lingual,
                    }
                },
            );
    let occurs =
        prop_oneof![(1u32..9).prop_map(Occurs::Times), Just(Occurs::Unbounded(Unbounded::Unbounded))];
    let values = prop_oneof![
        reference(Class::Codelist).prop_map(Representation::coded),
        format.prop_map(Representation::formatted)
    ];
    (values, of(0u32..3), of(occurs)).prop_map(|(values, min_occurs, max_occurs)| Representation {
        min_occurs,
        max_occurs,
        ..values
    })
}

fn concept_scheme() -> impl Strategy<Value = Artefact> {
    let concept = (id(), names(), of(id()), of(representation()), vec(annotation(), 0..2)).prop_map(
        |(id, names, parent, core_representation, annotations)| Concept {
            id,
            names,
            parent,
            core_representation,
            annotations,
        },
    );
    (identity(), vec(concept, 0..4))
        .prop_map(|(identity, concepts)| Artefact::ConceptScheme(ConceptScheme { identity, concepts }))
}

fn dimension() -> impl Strategy<Value = Dimension> {
    (id(), item_reference(Class::ConceptScheme), of(representation())).prop_map(
        |(id, concept_identity, local_representation)| Dimension {
            id,
            concept_identity,
            local_representation,
        },
    )
}

fn usage() -> impl Strategy<Value = Usage> {
    prop_oneof![Just(Usage::Mandatory), Just(Usage::Optional)]
}

fn attribute() -> impl Strategy<Value = Attribute> {
    let relationship = prop_oneof![
        Just(AttributeRelationship::Observation(Nothing {})),
        Just(AttributeRelationship::Dataflow(Nothing {})),
        id().prop_map(AttributeRelationship::Group),
        vec(id(), 1..3).prop_map(AttributeRelationship::Dimensions)
    ];
    (dimension(), usage(), relationship, vec(id(), 0..2)).prop_map(
        |(component, usage, attribute_relationship, measure_relationship)| Attribute {
            id: component.id,
            usage,
            concept_identity: component.concept_identity,
            local_representation: component.local_representation,
            attribute_relationship,
            measure_relationship,
        },
    )
}

fn data_structure() -> impl Strategy<Value = Artefact> {
    let measure = (dimension(), usage()).prop_map(|(component, usage)| Measure {
        id: component.id,
        usage,
        concept_identity: component.concept_identity,
        local_representation: component.local_representation,
    });
    let group = (id(), vec(id(), 1..3)).prop_map(|(id, group_dimensions)| Group { id, group_dimensions });
    let components = (
        vec(dimension(), 0..4),
        of(dimension()),
        vec(group, 0..2),
        vec(measure, 0..3),
        vec(attribute(), 0..4),
    );
    (identity(), components).prop_map(
        |(identity, (dimensions, time_dimension, groups, measures, attributes))| {
            let components = Components { dimensions, time_dimension, groups, measures, attributes };
            Artefact::DataStructure(DataStructure { identity, components })
        },
    )
}

fn attribute_default() -> impl Strategy<Value = AttributeDefault> {
    let value = prop_oneof![
        "[A-Za-z0-9][\\PC]{0,6}".prop_map(|text| DefaultValue::Text(text.into())),
        (1u8..=12, 1u8..=28).prop_map(|(month, day)| DefaultValue::DayOfYear { month, day })
    ];
    let when = (id(), btree_set(code_id(), 1..3))
        .prop_map(|(dimension, codes)| DefaultCondition { dimension, codes });
    (id(), value, of(when)).prop_map(|(attribute, value, when)| AttributeDefault { attribute, value, when })
}

fn dataflow() -> impl Strategy<Value = Artefact> {
    (identity(), reference(Class::DataStructure), vec(attribute_default(), 0..3)).prop_map(
        |(identity, structure, defaults)| Artefact::Dataflow(Dataflow { identity, structure, defaults }),
    )
}

fn agreement() -> impl Strategy<Value = Artefact> {
    let permitted = btree_map(id(), btree_set(code_id(), 1..3), 0..3);
    let agencies = || btree_set(agency(), 0..3);
    let terms =
        (permitted, validity(), 1u16.., agencies(), vec(attribute_default(), 0..3), agencies(), agencies())
            .prop_map(
                |(
                    permitted,
                    validity,
                    rank,
                    senders,
                    defaults,
                    readers_before_release,
                    readers_confidential,
                )| {
                    let rank = Rank::new(rank).expect("a rank from 1");
                    AgreementTerms {
                        permitted,
                        validity,
                        rank,
                        senders,
                        defaults,
                        readers_before_release,
                        readers_confidential,
                    }
                },
            );
    (identity(), reference(Class::Dataflow), item_reference(Class::DataProviderScheme), terms).prop_map(
        |(identity, dataflow, data_provider, terms)| {
            Artefact::ProvisionAgreement(ProvisionAgreement { identity, dataflow, data_provider, terms })
        },
    )
}

fn time_range() -> impl Strategy<Value = TimeRange> {
    let bound = || {
        ("(19|20)[0-9]{2}(-Q[1-4]|-0[1-9])?", any::<bool>()).prop_map(|(text, is_inclusive)| Bound {
            period: Period::parse(text.as_bytes()).expect("a period"),
            is_inclusive,
        })
    };
    prop_oneof![
        bound().prop_map(TimeRange::Before),
        bound().prop_map(TimeRange::After),
        (bound(), bound()).prop_map(|(start, end)| TimeRange::Between(start, end))
    ]
}

fn constraint() -> impl Strategy<Value = Artefact> {
    let values = || {
        (id(), any::<bool>(), vec("\\PC{0,6}".prop_map(Arc::from), 0..3), of(time_range()))
            .prop_map(|(id, include, values, time_range)| KeyValues { id, include, values, time_range })
    };
    let region = (any::<bool>(), vec(values(), 0..3), vec(values(), 0..2))
        .prop_map(|(include, key_values, components)| CubeRegion { include, key_values, components });
    let role = prop_oneof![Just(ConstraintRole::Allowed), Just(ConstraintRole::Actual)];
    let attachment =
        (
            of(item_reference(Class::DataProviderScheme)),
            vec(reference(Class::DataStructure), 0..2),
            vec(reference(Class::Dataflow), 0..2),
            vec(reference(Class::ProvisionAgreement), 0..2),
        )
            .prop_map(|(data_provider, data_structures, dataflows, provision_agreements)| {
                Attachment { data_provider, data_structures, dataflows, provision_agreements }
            });
    (identity(), role, attachment, vec(region, 0..3)).prop_map(
        |(identity, role, constraint_attachment, cube_regions)| {
            Artefact::DataConstraint(DataConstraint { identity, role, constraint_attachment, cube_regions })
        },
    )
}

fn organisations() -> impl Strategy<Value = Artefact> {
    let item = (code_id(), names(), vec(annotation(), 0..2)).prop_map(|(id, names, annotations)| Item {
        id,
        names,
        annotations,
    });
    (identity(), vec(item, 0..3), any::<bool>()).prop_map(|(identity, items, of_agencies)| {
        if of_agencies {
            Artefact::AgencyScheme(AgencyScheme { identity, agencies: items })
        } else {
            Artefact::DataProviderScheme(DataProviderScheme { identity, data_providers: items })
        }
    })
}

/// Sets of artefacts of all classes.
pub(crate) fn structures() -> impl Strategy<Value = Structures> {
    let artefact = prop_oneof![
        organisations(),
        codelist(),
        concept_scheme(),
        data_structure(),
        dataflow(),
        agreement(),
        constraint()
    ];
    vec(artefact, 0..6).prop_map(|artefacts| {
        let mut structures = Structures::default();
        for artefact in artefacts {
            // Two of one name: the first stays.
            let _ = structures.put(artefact);
        }
        structures
    })
}
