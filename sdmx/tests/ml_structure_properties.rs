//! Properties of structure messages of SDMX-ML: *read(write(x)) = x* but for what a version cannot carry, and
//! no bytes make the reader panic.

mod generate;

use std::sync::Arc;

use mighub_sdmx::ml::structure::{MessageHeader, MlVersion, read_message, write_message};
use mighub_sdmx::structure::*;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::generate::structures;

fn header() -> MessageHeader {
    MessageHeader {
        id: "STRUCTURES".to_owned(),
        test: false,
        prepared: "2026-11-25T04:00:00Z".parse().expect("a time"),
        sender: "MIGHUB".to_owned(),
        receivers: vec!["UN".to_owned()],
    }
}

/// What a version makes of artefacts: the table of what it cannot carry, as code.
struct Carried(MlVersion);

impl Carried {
    fn is_2_1(&self) -> bool {
        self.0 == MlVersion::V2_1
    }

    fn structures(&self, structures: &Structures) -> Structures {
        let mut carried = Structures::default();
        // The final version goes before its drafts.
        let mut all: Vec<_> = structures.iter().map(|(_, artefact)| artefact).collect();
        all.sort_by(|a, b| b.identity().version.cmp(&a.identity().version));
        for artefact in all {
            let artefact = self.artefact(artefact, structures);
            let is_known = carried.get(&artefact.reference()).is_some();
            if !is_known && self.is_carried(&artefact) {
                carried.put(artefact).expect("a new name");
            }
        }
        carried
    }

    fn is_carried(&self, artefact: &Artefact) -> bool {
        match (artefact, self.0) {
            (Artefact::DataConstraint(constraint), MlVersion::V3_1) => {
                constraint.role == ConstraintRole::Allowed
            }
            (Artefact::DataConstraint(constraint), MlVersion::V2_1) => {
                let values = constraint.cube_regions.iter().flat_map(CubeRegion::all_values);
                constraint.key_sets.iter().flat_map(|set| &set.keys).all(|key| {
                    key.components.is_empty() && key.valid_from.is_none() && key.valid_to.is_none()
                }) && values.map(|values| &values.qualifiers).all(|qualifiers| {
                    let below = |one: &ValueQualifiers| {
                        (one.cascade, &one.language, &one.valid_from, &one.valid_to)
                            == (Cascade::Yes, &None, &None, &None)
                    };
                    !qualifiers.remove_prefix
                        && qualifiers.valid_from.is_none()
                        && qualifiers.valid_to.is_none()
                        && qualifiers.of_values.values().all(below)
                })
            }
            (artefact, MlVersion::V2_1) => !matches!(
                artefact.class(),
                Class::MetadataProviderScheme
                    | Class::HierarchyAssociation
                    | Class::ValueList
                    | Class::MetadataProvisionAgreement
            ),
            _ => true,
        }
    }

    fn artefact(&self, artefact: &Artefact, all: &Structures) -> Artefact {
        let name = artefact.reference();
        let mut artefact = artefact.clone();
        match &mut artefact {
            Artefact::AgencyScheme(scheme) => {
                self.identity(&mut scheme.identity);
                scheme.agencies.iter_mut().for_each(|item| self.item(item));
            }
            Artefact::DataProviderScheme(scheme) => {
                self.identity(&mut scheme.identity);
                scheme.data_providers.iter_mut().for_each(|item| self.item(item));
            }
            Artefact::DataConsumerScheme(scheme) => {
                self.identity(&mut scheme.identity);
                scheme.data_consumers.iter_mut().for_each(|item| self.item(item));
            }
            Artefact::MetadataProviderScheme(scheme) => {
                self.identity(&mut scheme.identity);
                scheme.metadata_providers.iter_mut().for_each(|item| self.item(item));
            }
            Artefact::OrganisationUnitScheme(scheme) => {
                self.identity(&mut scheme.identity);
                for unit in &mut scheme.organisation_units {
                    self.names(&mut unit.names, &unit.id);
                    self.annotations(&mut unit.annotations);
                }
            }
            Artefact::Codelist(list) => {
                let whole = match self.is_2_1() {
                    true => all.expanded(&name).unwrap_or_else(|_| list.clone()),
                    false => list.clone(),
                };
                let mut identity = list.identity.clone();
                self.identity(&mut identity);
                let mut codes = whole.codes().to_vec();
                for code in &mut codes {
                    self.names(&mut code.names, &code.id);
                    self.annotations(&mut code.annotations);
                }
                let mut carried = Codelist::new(identity, codes);
                if !self.is_2_1() {
                    carried.extensions = list.extensions.clone();
                }
                *list = Arc::new(carried);
            }
            Artefact::ValueList(list) => {
                self.identity(&mut list.identity);
                list.value_items.iter_mut().for_each(|item| self.annotations(&mut item.annotations));
            }
            Artefact::ConceptScheme(scheme) => {
                self.identity(&mut scheme.identity);
                for concept in &mut scheme.concepts {
                    self.names(&mut concept.names, &concept.id);
                    self.annotations(&mut concept.annotations);
                    self.representation(&mut concept.core_representation, !self.is_2_1(), true);
                }
            }
            Artefact::CategoryScheme(scheme) => {
                self.identity(&mut scheme.identity);
                scheme.categories.iter_mut().for_each(|category| self.category(category));
            }
            Artefact::Categorisation(categorisation) => {
                self.identity(&mut categorisation.identity);
                if self.0 == MlVersion::V3_1 {
                    categorisation.identity.version = Version::of_organisations();
                }
                self.reference(&mut categorisation.source);
                self.reference(&mut categorisation.target);
            }
            Artefact::Hierarchy(hierarchy) => {
                self.identity(&mut hierarchy.identity);
                hierarchy.level.iter_mut().for_each(|level| self.level(level));
                hierarchy.hierarchical_codes.iter_mut().for_each(|code| self.hierarchical_code(code));
            }
            Artefact::HierarchyAssociation(association) => self.identity(&mut association.identity),
            Artefact::DataStructure(structure) => {
                self.identity(&mut structure.identity);
                self.components(&mut structure.components);
            }
            Artefact::Dataflow(dataflow) => {
                self.identity(&mut dataflow.identity);
                self.reference(&mut dataflow.structure);
            }
            Artefact::ProvisionAgreement(agreement) => {
                self.identity(&mut agreement.identity);
                self.reference(&mut agreement.dataflow);
                self.reference(&mut agreement.data_provider);
            }
            Artefact::DataConstraint(constraint) => self.constraint(constraint),
            Artefact::MetadataStructure(structure) => {
                self.identity(&mut structure.identity);
                let attributes = &mut structure.components.attributes;
                attributes.iter_mut().for_each(|attribute| self.metadata_attribute(attribute));
            }
            Artefact::Metadataflow(flow) => {
                self.identity(&mut flow.identity);
                self.reference(&mut flow.structure);
                if self.is_2_1() {
                    flow.targets.clear();
                }
            }
            Artefact::MetadataProvisionAgreement(agreement) => self.identity(&mut agreement.identity),
            Artefact::Stub(stub) => {
                self.identity(&mut stub.identity);
                if self.0 == MlVersion::V3_1 && stub.class == Class::Categorisation {
                    stub.identity.version = Version::of_organisations();
                }
            }
        }
        artefact
    }

    fn category(&self, category: &mut Category) {
        self.names(&mut category.names, &category.id);
        self.annotations(&mut category.annotations);
        category.categories.iter_mut().for_each(|inner| self.category(inner));
    }

    fn level(&self, level: &mut Level) {
        self.names(&mut level.names, &level.id);
        self.annotations(&mut level.annotations);
        level.level.iter_mut().for_each(|inner| self.level(inner));
    }

    fn hierarchical_code(&self, code: &mut HierarchicalCode) {
        self.reference(&mut code.code);
        self.annotations(&mut code.annotations);
        code.hierarchical_codes.iter_mut().for_each(|inner| self.hierarchical_code(inner));
    }

    fn metadata_attribute(&self, attribute: &mut MetadataAttribute) {
        self.annotations(&mut attribute.annotations);
        self.reference(&mut attribute.concept_identity);
        self.representation(&mut attribute.local_representation, false, !self.is_2_1());
        attribute.metadata_attributes.iter_mut().for_each(|inner| self.metadata_attribute(inner));
    }

    fn constraint(&self, constraint: &mut DataConstraint) {
        self.identity(&mut constraint.identity);
        self.attachment(&mut constraint.constraint_attachment);
        for region in &mut constraint.cube_regions {
            let says = |values: &KeyValues| !values.values.is_empty() || values.time_range.is_some();
            region.key_values.retain(says);
            let values = region.key_values.iter_mut().chain(&mut region.components);
            for values in values.filter(|values| values.time_range.is_some()) {
                values.values.clear();
                values.qualifiers.of_values.clear();
            }
        }
        if self.0 < MlVersion::V3_1 {
            for set in &mut constraint.key_sets {
                set.keys = set.keys.iter().flat_map(single_keys).collect();
            }
        }
    }

    fn identity(&self, identity: &mut Identity) {
        self.names(&mut identity.names, &identity.id);
        self.annotations(&mut identity.annotations);
        self.version(&mut identity.version);
    }

    fn version(&self, version: &mut Version) {
        if self.is_2_1() {
            let text = version.to_string();
            let numbers = text.split('-').next().expect("there is a first");
            *version = Version::parse(numbers).expect("a version");
        }
    }

    fn reference(&self, reference: &mut Reference) {
        self.version(&mut reference.version);
    }

    fn names(&self, names: &mut Names, id: &str) {
        if names.all().is_empty() {
            *names = Names::english(id).described(names.descriptions().clone());
        }
    }

    fn item(&self, item: &mut Item) {
        self.names(&mut item.names, &item.id);
        self.annotations(&mut item.annotations);
    }

    fn annotations(&self, annotations: &mut [Annotation]) {
        for annotation in annotations {
            if self.is_2_1() {
                let value = annotation.value.take();
                annotation.title = annotation.title.take().or(value);
            }
            if let (Some(text), true) = (&annotation.text, annotation.texts.is_empty()) {
                annotation.texts.insert("en".to_owned(), text.clone());
            }
            let texts = &annotation.texts;
            annotation.text = texts.get("en").or_else(|| texts.values().next()).cloned();
        }
    }

    fn representation(&self, read: &mut Option<Representation>, may_repeat: bool, may_translate: bool) {
        let Some(read) = read else { return };
        if self.is_2_1() && read.enumeration.as_ref().is_some_and(|list| list.class == Class::ValueList) {
            (read.enumeration, read.format) = (None, Some(read.format.clone().unwrap_or_default()));
        }
        read.enumeration.iter_mut().for_each(|list| self.reference(list));
        if !may_repeat {
            (read.min_occurs, read.max_occurs) = (None, None);
        }
        if let Some(format) = &mut read.format {
            format.is_multi_lingual.take_if(|_| !may_translate);
            if self.0 < MlVersion::V3_1 && format.data_type == Some(DataType::Uri) {
                format.data_type = Some(DataType::String);
            }
        }
    }

    fn components(&self, components: &mut Components) {
        for dimension in &mut components.dimensions {
            self.reference(&mut dimension.concept_identity);
            self.representation(&mut dimension.local_representation, false, false);
        }
        if let Some(time) = &mut components.time_dimension {
            self.reference(&mut time.concept_identity);
            let format = time.local_representation.take().and_then(|representation| representation.format);
            let data_type = match format.and_then(|format| format.data_type) {
                Some(day @ DataType::GregorianDay) => day,
                _ => DataType::ObservationalTimePeriod,
            };
            let format = Format { data_type: Some(data_type), ..Format::default() };
            time.local_representation = Some(Representation::formatted(format));
        }
        let is_3 = !self.is_2_1();
        let has_choice = is_3 && components.measures.len() > 1;
        for attribute in &mut components.attributes {
            self.reference(&mut attribute.concept_identity);
            self.representation(&mut attribute.local_representation, is_3, is_3);
            if !has_choice {
                attribute.measure_relationship.clear();
            }
        }
        for measure in &mut components.measures {
            self.reference(&mut measure.concept_identity);
            self.representation(&mut measure.local_representation, is_3, is_3);
        }
        if self.is_2_1() && !components.measures.is_empty() {
            let further = components.measures.split_off(1);
            components.measures[0].id = Id::new("OBS_VALUE").expect("an id");
            components.measures[0].usage = Usage::Optional;
            components.attributes.extend(further.into_iter().map(|measure| Attribute {
                id: measure.id,
                usage: measure.usage,
                concept_identity: measure.concept_identity,
                local_representation: measure.local_representation,
                attribute_relationship: AttributeRelationship::Observation(Nothing {}),
                measure_relationship: Vec::new(),
            }));
        }
    }

    fn attachment(&self, attachment: &mut Attachment) {
        let first = attachment.clone();
        *attachment = Attachment::default();
        if first.data_provider.is_some() {
            attachment.data_provider = first.data_provider;
        } else if !first.data_structures.is_empty() {
            attachment.data_structures = first.data_structures;
        } else if !first.dataflows.is_empty() {
            attachment.dataflows = first.dataflows;
        } else {
            attachment.provision_agreements = first.provision_agreements;
        }
        attachment.data_provider.iter_mut().for_each(|reference| self.reference(reference));
        let kinds = attachment.data_structures.iter_mut().chain(&mut attachment.dataflows);
        kinds.chain(&mut attachment.provision_agreements).for_each(|reference| self.reference(reference));
    }
}

/// Every combination of the values of a key; the values of the first dimension change fastest.
fn single_keys(key: &DataKey) -> Vec<DataKey> {
    let start = vec![DataKey { key_values: Vec::new(), ..key.clone() }];
    key.key_values.iter().fold(start, |keys, DataKeyValue { id, values }| {
        let with = |value: &Arc<str>, key: &DataKey| {
            let mut key = key.clone();
            key.key_values.push(DataKeyValue { id: id.clone(), values: vec![value.clone()] });
            key
        };
        values.iter().flat_map(|value| keys.iter().map(move |key| with(value, key))).collect()
    })
}

fn version() -> impl Strategy<Value = MlVersion> {
    proptest::sample::select(MlVersion::ALL.to_vec())
}

/// Whatever the reader makes of bytes, nothing that follows panics.
fn use_all(bytes: &[u8]) {
    let Ok(message) = read_message(bytes) else { return };
    for version in MlVersion::ALL {
        let written = write_message(&message.structures, version, &header());
        let again = read_message(&written).expect("what was written is a message");
        assert_eq!((again.problems, again.ignored), (vec![], vec![]), "{version:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_again(structures in structures(), version in version()) {
        let bytes = write_message(&structures, version, &header());
        let message = read_message(&bytes).expect("a message");
        prop_assert_eq!(&message.structures, &Carried(version).structures(&structures));
        // What is there has no name in 3.1, so it is no artefact of a message.
        let is_there = |problem: &&Problem| problem.artefact.starts_with("AvailabilityConstraints");
        let ignored: Vec<&Problem> = message.ignored.iter().filter(|problem| !is_there(problem)).collect();
        prop_assert_eq!((message.problems, ignored), (vec![], vec![]));
    }

    #[test]
    fn a_message_that_was_damaged_is_refused_or_read_but_never_panics(
        place in 0usize..12_000, bytes in vec(any::<u8>(), 0..4), cut in 0usize..40,
    ) {
        let mut damaged = include_bytes!("data/structure-ml21.xml").to_vec();
        damaged.splice(place..place + cut, bytes);
        use_all(&damaged);
    }

    #[test]
    fn words_of_the_fixture_in_other_places_never_panic(from in 0usize..400, to in 0usize..400) {
        let fixture = include_str!("data/structure-ml30.xml");
        let mut words: Vec<&str> = fixture.split('"').collect();
        let count = words.len() / 2;
        words[2 * (to % count) + 1] = words[2 * (from % count) + 1];
        use_all(words.join("\"").as_bytes());
    }
}
