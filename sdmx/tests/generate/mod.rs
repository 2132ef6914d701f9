//! Sets of artefacts for properties of structure messages.

use std::sync::Arc;

use jiff::Timestamp;
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
    "(1\\.0|[0-9]\\.[1-9][0-9]\\.0|1\\.0\\.0-[a-z]{1,3}(\\.([a-z][a-z0-9]?|[1-9][0-9]?))?)"
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

fn instant() -> impl Strategy<Value = Timestamp> {
    (-2_000_000_000i64..4_000_000_000)
        .prop_map(|seconds| Timestamp::from_second(seconds).expect("within the calendar"))
}

fn identity() -> impl Strategy<Value = Identity> {
    (agency(), id(), version(), names(), vec(annotation(), 0..2), of(instant()), of(instant())).prop_map(
        |(agency, id, version, names, annotations, valid_from, valid_to)| Identity {
            annotations,
            valid_from,
            valid_to,
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
    (identity(), vec(code, 0..5), vec(extension(), 0..2)).prop_map(|(identity, codes, extensions)| {
        let mut list = Codelist::new(identity, codes);
        list.extensions = extensions;
        Artefact::Codelist(Arc::new(list))
    })
}

fn extension() -> impl Strategy<Value = CodelistExtension> {
    let cascade = prop_oneof![Just(Cascade::No), Just(Cascade::Yes), Just(Cascade::ExcludeRoot)];
    let member = (code_id(), cascade).prop_map(|(value, cascade)| MemberValue { value, cascade });
    let selection = (vec(member, 0..3), vec("[A-Z]{1,2}%", 0..2)).prop_map(
        |(member_values, wildcarded_member_values)| CodeSelection { member_values, wildcarded_member_values },
    );
    (reference(Class::Codelist), of("[A-Z]{1,2}_"), of(selection), any::<bool>()).prop_map(
        |(codelist, prefix, selection, is_inclusive)| {
            let (include, exclude) = if is_inclusive { (selection, None) } else { (None, selection) };
            CodelistExtension { codelist, prefix, include, exclude }
        },
    )
}

fn value_list() -> impl Strategy<Value = Artefact> {
    let item = ("\\PC{1,4}", names(), vec(annotation(), 0..2))
        .prop_map(|(id, names, annotations)| ValueItem { id, names, annotations });
    (identity(), vec(item, 0..4))
        .prop_map(|(identity, value_items)| Artefact::ValueList(ValueList { identity, value_items }))
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
        reference(Class::ValueList).prop_map(Representation::coded),
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
        let value = ("\\PC{0,6}".prop_map(Arc::from), value_qualifiers());
        (id(), any::<bool>(), vec(value, 0..3), of(time_range()), any::<bool>(), of("20[0-9]{2}")).prop_map(
            |(id, include, values, time_range, remove_prefix, valid_from)| {
                let qualified = values.iter().filter(|(_, qualifiers)| !qualifiers.is_none()).cloned();
                let of_values = qualified.collect();
                let mut values: Vec<Arc<str>> = values.into_iter().map(|(value, _)| value).collect();
                values.sort();
                values.dedup();
                let qualifiers = Qualifiers { remove_prefix, valid_from, valid_to: None, of_values };
                KeyValues { id, include, values, time_range, qualifiers }
            },
        )
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
    (identity(), role, attachment, vec(region, 0..3), vec(key_set(), 0..2)).prop_map(
        |(identity, role, constraint_attachment, cube_regions, key_sets)| {
            Artefact::DataConstraint(DataConstraint {
                identity,
                role,
                constraint_attachment,
                cube_regions,
                key_sets,
            })
        },
    )
}

fn value_qualifiers() -> impl Strategy<Value = ValueQualifiers> {
    let cascade =
        prop_oneof![3 => Just(Cascade::No), 1 => Just(Cascade::Yes), 1 => Just(Cascade::ExcludeRoot)];
    (cascade, of("20[0-9]{2}"), of("20[0-9]{2}")).prop_map(|(cascade, valid_from, valid_to)| {
        ValueQualifiers { cascade, language: None, valid_from, valid_to }
    })
}

fn key_set() -> impl Strategy<Value = DataKeySet> {
    let value = || "\\PC{1,6}".prop_map(Arc::from);
    let key_value = (id(), vec(value(), 1..3)).prop_map(|(id, values)| DataKeyValue { id, values });
    let component = (id(), any::<bool>(), vec(value(), 0..3)).prop_map(|(id, include, values)| KeyValues {
        id,
        include,
        values,
        time_range: None,
        qualifiers: Qualifiers::default(),
    });
    let year = || of("20[0-9]{2}");
    let key = (vec(key_value, 1..3), vec(component, 0..2), year(), year()).prop_map(
        |(key_values, components, valid_from, valid_to)| DataKey {
            key_values,
            components,
            valid_from,
            valid_to,
        },
    );
    (any::<bool>(), vec(key, 1..3)).prop_map(|(is_included, keys)| DataKeySet { is_included, keys })
}

fn item() -> impl Strategy<Value = Item> {
    (code_id(), names(), vec(annotation(), 0..2)).prop_map(|(id, names, annotations)| Item {
        id,
        names,
        annotations,
    })
}

/// A scheme of organisations, with the one version that these have.
fn organisations() -> impl Strategy<Value = Artefact> {
    let unit = (item(), of(code_id())).prop_map(|(item, parent)| {
        let Item { id, names, annotations } = item;
        OrganisationUnit { id, names, parent, annotations }
    });
    let units = vec(unit, 0..3);
    (identity(), vec(item(), 0..3), units, 0..5).prop_map(|(mut identity, items, units, class)| {
        identity.version = Version::of_organisations();
        match class {
            0 => Artefact::AgencyScheme(AgencyScheme { identity, agencies: items }),
            1 => Artefact::DataProviderScheme(DataProviderScheme { identity, data_providers: items }),
            2 => Artefact::DataConsumerScheme(DataConsumerScheme { identity, data_consumers: items }),
            3 => {
                let metadata_providers = items;
                Artefact::MetadataProviderScheme(MetadataProviderScheme { identity, metadata_providers })
            }
            _ => {
                let organisation_units = units;
                Artefact::OrganisationUnitScheme(OrganisationUnitScheme { identity, organisation_units })
            }
        }
    })
}

fn category_scheme() -> impl Strategy<Value = Artefact> {
    let leaf = item().prop_map(|Item { id, names, annotations }| Category {
        id,
        names,
        annotations,
        categories: Vec::new(),
    });
    let category = leaf.prop_recursive(3, 8, 3, |inner| {
        (item(), vec(inner, 0..3)).prop_map(|(Item { id, names, annotations }, categories)| Category {
            id,
            names,
            annotations,
            categories,
        })
    });
    (identity(), vec(category, 0..3))
        .prop_map(|(identity, categories)| Artefact::CategoryScheme(CategoryScheme { identity, categories }))
}

fn categorisation() -> impl Strategy<Value = Artefact> {
    let source = prop_oneof![reference(Class::Dataflow), reference(Class::Hierarchy)];
    let path = "[A-Z]{1,3}(\\.[A-Z]{1,3})?".prop_map(|text| ItemId::new(&text).expect("a path"));
    (identity(), source, reference(Class::CategoryScheme), path).prop_map(
        |(identity, source, scheme, path)| {
            let target = scheme.with_item(path);
            Artefact::Categorisation(Categorisation { identity, source, target })
        },
    )
}

fn hierarchy() -> impl Strategy<Value = Artefact> {
    let code = |inner: BoxedStrategy<Vec<HierarchicalCode>>| {
        let dates = (of(instant()), of(instant()));
        let rest = (of(code_id()), dates, vec(annotation(), 0..2), inner);
        (code_id(), item_reference(Class::Codelist), rest).prop_map(
            |(id, code, (level, (valid_from, valid_to), annotations, hierarchical_codes))| HierarchicalCode {
                id,
                code,
                level,
                valid_from,
                valid_to,
                annotations,
                hierarchical_codes,
            },
        )
    };
    let codes =
        code(Just(Vec::new()).boxed()).prop_recursive(3, 8, 3, move |inner| code(vec(inner, 0..3).boxed()));
    let level =
        || item().prop_map(|Item { id, names, annotations }| Level { id, names, annotations, level: None });
    let levels = (level(), of(level())).prop_map(|(mut upper, lower)| {
        upper.level = lower.map(Box::new);
        upper
    });
    (identity(), any::<bool>(), of(levels), vec(codes, 0..3)).prop_map(
        |(identity, has_formal_levels, level, hierarchical_codes)| {
            Artefact::Hierarchy(Hierarchy { identity, has_formal_levels, level, hierarchical_codes })
        },
    )
}

fn hierarchy_association() -> impl Strategy<Value = Artefact> {
    let (hierarchy, object) = (reference(Class::Hierarchy), item_reference(Class::ConceptScheme));
    (identity(), hierarchy, object, of(reference(Class::Dataflow))).prop_map(
        |(identity, linked_hierarchy, linked_object, context_object)| {
            Artefact::HierarchyAssociation(HierarchyAssociation {
                identity,
                linked_hierarchy,
                linked_object,
                context_object,
            })
        },
    )
}

fn metadata_structure() -> impl Strategy<Value = Artefact> {
    let attribute = |inner: BoxedStrategy<Vec<MetadataAttribute>>| {
        let rest = (any::<bool>(), of(0u32..3), vec(annotation(), 0..2), inner);
        (dimension(), rest).prop_map(
            |(component, (is_presentational, min_occurs, annotations, metadata_attributes))| {
                let local_representation = component.local_representation.map(|mut representation| {
                    (representation.min_occurs, representation.max_occurs) = (None, None);
                    representation
                });
                MetadataAttribute {
                    id: component.id,
                    concept_identity: component.concept_identity,
                    local_representation,
                    is_presentational,
                    min_occurs,
                    max_occurs: min_occurs.map(|least| Occurs::Times(least + 1)),
                    annotations,
                    metadata_attributes,
                }
            },
        )
    };
    let attributes = attribute(Just(Vec::new()).boxed())
        .prop_recursive(3, 6, 2, move |inner| attribute(vec(inner, 0..2).boxed()));
    (identity(), vec(attributes, 0..3)).prop_map(|(identity, attributes)| {
        let components = MetadataComponents { attributes };
        Artefact::MetadataStructure(MetadataStructure { identity, components })
    })
}

fn targets() -> impl Strategy<Value = Vec<String>> {
    vec("urn:sdmx:org\\.sdmx\\.infomodel\\.[*]=[A-Z]{1,3}:[*]\\([*]\\)", 0..3)
}

fn metadataflow() -> impl Strategy<Value = Artefact> {
    (identity(), reference(Class::MetadataStructure), targets()).prop_map(|(identity, structure, targets)| {
        Artefact::Metadataflow(Metadataflow { identity, structure, targets })
    })
}

fn metadata_agreement() -> impl Strategy<Value = Artefact> {
    let (flow, provider) = (reference(Class::Metadataflow), item_reference(Class::MetadataProviderScheme));
    (identity(), flow, provider, targets()).prop_map(
        |(identity, metadataflow, metadata_provider, targets)| {
            Artefact::MetadataProvisionAgreement(MetadataProvisionAgreement {
                identity,
                metadataflow,
                metadata_provider,
                targets,
            })
        },
    )
}

fn stub() -> impl Strategy<Value = Artefact> {
    let class = proptest::sample::select(Class::all().collect::<Vec<_>>());
    let url = || of("https://example\\.org/[a-z]{1,5}");
    (class, identity(), url(), url()).prop_map(|(class, mut identity, structure_url, service_url)| {
        if class.is_of_organisations() {
            identity.version = Version::of_organisations();
        }
        Artefact::Stub(Stub { class, identity, structure_url, service_url })
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
        constraint(),
        value_list(),
        category_scheme(),
        categorisation(),
        hierarchy(),
        hierarchy_association(),
        metadata_structure(),
        metadataflow(),
        metadata_agreement(),
        stub()
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
