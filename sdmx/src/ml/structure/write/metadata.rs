//! Structures of reference metadata, as 3.x has them; for 2.1 with the targets and the report that it wants.

use super::Writer;
use super::representation::{Owner, occurs};
use crate::structure::{
    Class, Identity, MetadataAttribute, MetadataProvisionAgreement, MetadataStructure, Metadataflow,
};

/// The id of the list of attributes, which is fixed.
const LIST: &str = "MetadataAttributeDescriptor";
/// Of 2.1: what metadata are about, and the one report that has all attributes. 3.x has neither.
const TARGET: &str = "TARGET";
const REPORT: &str = "REPORT";

impl Writer<'_> {
    pub(super) fn metadata_structure(&mut self, structure: &MetadataStructure) {
        let identity = &structure.identity;
        self.begin(Class::MetadataStructure, identity, &identity.annotations, &[]);
        if !structure.components.attributes.is_empty() {
            self.xml.open("str:MetadataStructureComponents");
            if self.is_2_1() {
                self.any_target();
                self.xml.open("str:ReportStructure").attribute("id", REPORT);
            } else {
                self.xml.open("str:MetadataAttributeList").attribute("id", LIST);
            }
            for attribute in &structure.components.attributes {
                let path = if self.is_2_1() {
                    format!("{REPORT}.{}", attribute.id)
                } else {
                    attribute.id.to_string()
                };
                self.metadata_attribute(attribute, identity, &path);
            }
            if self.is_2_1() {
                self.xml.open("str:MetadataTarget").open("Ref").attribute("id", TARGET).close();
                self.xml.close();
            }
            self.xml.close();
            self.xml.close();
        }
        self.xml.close();
    }

    /// Metadata may be about anything: 3.x says in flows and agreements what.
    fn any_target(&mut self) {
        self.xml.open("str:MetadataTarget").attribute("id", TARGET);
        self.xml
            .open("str:IdentifiableObjectTarget")
            .attribute("id", "OBJECT")
            .attribute("objectType", "Any");
        self.xml.open("str:LocalRepresentation").open("str:TextFormat");
        self.xml.attribute("textType", "IdentifiableReference").close();
        self.xml.close();
        self.xml.close();
        self.xml.close();
    }

    /// An attribute with those within; readers limit how deep they lie.
    fn metadata_attribute(&mut self, attribute: &MetadataAttribute, identity: &Identity, path: &str) {
        self.xml.line();
        let urn = self.urn_within("metadatastructure.MetadataAttribute", identity, path);
        self.xml.open("str:MetadataAttribute").attribute("id", &*attribute.id).attribute("urn", urn);
        self.xml.optional("minOccurs", attribute.min_occurs);
        self.xml.optional("maxOccurs", attribute.max_occurs.map(occurs));
        if attribute.is_presentational {
            self.xml.attribute("isPresentational", "true");
        }
        self.annotations(&attribute.annotations);
        self.reference("str:ConceptIdentity", &attribute.concept_identity);
        let representation = attribute.local_representation.as_ref();
        self.representation("str:LocalRepresentation", representation, Owner::MetadataAttribute);
        for inner in &attribute.metadata_attributes {
            self.metadata_attribute(inner, identity, &format!("{path}.{}", inner.id));
        }
        self.xml.close();
    }

    pub(super) fn metadataflow(&mut self, flow: &Metadataflow) {
        let identity = &flow.identity;
        self.begin(Class::Metadataflow, identity, &identity.annotations, &[]);
        self.reference("str:Structure", &flow.structure);
        self.targets(&flow.targets);
        self.xml.close();
    }

    pub(super) fn metadata_agreement(&mut self, agreement: &MetadataProvisionAgreement) {
        let identity = &agreement.identity;
        self.begin(Class::MetadataProvisionAgreement, identity, &identity.annotations, &[]);
        self.reference("str:Metadataflow", &agreement.metadataflow);
        self.reference("str:MetadataProvider", &agreement.metadata_provider);
        self.targets(&agreement.targets);
        self.xml.close();
    }

    fn targets(&mut self, targets: &[String]) {
        // 2.1 says in the metadata structure what metadata may be about.
        if !self.is_2_1() {
            for target in targets {
                self.xml.leaf("str:Target", target);
            }
        }
    }
}
