//! Single artefacts: which is written how, and the small ones.

use super::Writer;
use crate::structure::{Artefact, Categorisation, Class, Dataflow, ProvisionAgreement, Stub};

impl Writer<'_> {
    pub(super) fn artefact(&mut self, artefact: &Artefact) {
        match artefact {
            Artefact::AgencyScheme(scheme) => {
                self.organisations(Class::AgencyScheme, "Agency", &scheme.identity, &scheme.agencies);
            }
            Artefact::DataProviderScheme(scheme) => {
                let (identity, items) = (&scheme.identity, &scheme.data_providers);
                self.organisations(Class::DataProviderScheme, "DataProvider", identity, items);
            }
            Artefact::DataConsumerScheme(scheme) => {
                let (identity, items) = (&scheme.identity, &scheme.data_consumers);
                self.organisations(Class::DataConsumerScheme, "DataConsumer", identity, items);
            }
            Artefact::MetadataProviderScheme(scheme) => {
                let (identity, items) = (&scheme.identity, &scheme.metadata_providers);
                self.organisations(Class::MetadataProviderScheme, "MetadataProvider", identity, items);
            }
            Artefact::OrganisationUnitScheme(scheme) => self.units(scheme),
            Artefact::Codelist(list) => self.codelist(list),
            Artefact::ValueList(list) => self.value_list(list),
            Artefact::ConceptScheme(scheme) => self.concept_scheme(scheme),
            Artefact::CategoryScheme(scheme) => self.category_scheme(scheme),
            Artefact::Categorisation(categorisation) => self.categorisation(categorisation),
            Artefact::Hierarchy(hierarchy) => self.hierarchy(hierarchy),
            Artefact::HierarchyAssociation(association) => self.hierarchy_association(association),
            Artefact::DataStructure(structure) => self.data_structure(structure),
            Artefact::Dataflow(dataflow) => self.dataflow(dataflow),
            Artefact::ProvisionAgreement(agreement) => self.agreement(agreement),
            Artefact::DataConstraint(constraint) => self.data_constraint(constraint),
            Artefact::MetadataStructure(structure) => self.metadata_structure(structure),
            Artefact::Metadataflow(flow) => self.metadataflow(flow),
            Artefact::MetadataProvisionAgreement(agreement) => self.metadata_agreement(agreement),
            Artefact::Stub(stub) => self.stub(stub),
        }
    }

    fn dataflow(&mut self, dataflow: &Dataflow) {
        self.begin(Class::Dataflow, &dataflow.identity, &dataflow.written_annotations(), &[]);
        self.reference("str:Structure", &dataflow.structure);
        self.xml.close();
    }

    fn agreement(&mut self, agreement: &ProvisionAgreement) {
        let annotations = agreement.written_annotations();
        self.begin(Class::ProvisionAgreement, &agreement.identity, &annotations, &[]);
        let usage = if self.is_2_1() { "str:StructureUsage" } else { "str:Dataflow" };
        self.reference(usage, &agreement.dataflow);
        self.reference("str:DataProvider", &agreement.data_provider);
        self.xml.close();
    }

    fn categorisation(&mut self, categorisation: &Categorisation) {
        let identity = &categorisation.identity;
        self.begin(Class::Categorisation, identity, &identity.annotations, &[]);
        self.reference("str:Source", &categorisation.source);
        self.reference("str:Target", &categorisation.target);
        self.xml.close();
    }

    fn stub(&mut self, stub: &Stub) {
        let mut attributes = vec![("isExternalReference", "true")];
        attributes.extend(stub.service_url.as_deref().map(|url| ("serviceURL", url)));
        attributes.extend(stub.structure_url.as_deref().map(|url| ("structureURL", url)));
        self.begin(stub.class, &stub.identity, &stub.identity.annotations, &attributes);
        self.xml.close();
    }
}
