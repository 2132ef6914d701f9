//! Structures of reference metadata, as 3.x has them.

use super::Writer;
use super::representation::{Owner, occurs};
use crate::structure::{
    Class, Identity, MetadataAttribute, MetadataProvisionAgreement, MetadataStructure, Metadataflow,
};

/// The id of the list of attributes, which is fixed.
const LIST: &str = "MetadataAttributeDescriptor";

impl Writer<'_> {
    pub(super) fn metadata_structure(&mut self, structure: &MetadataStructure) {
        let identity = &structure.identity;
        self.begin(Class::MetadataStructure, identity, &identity.annotations, &[]);
        if !structure.components.attributes.is_empty() {
            self.xml.open("str:MetadataStructureComponents");
            self.xml.open("str:MetadataAttributeList").attribute("id", LIST);
            for attribute in &structure.components.attributes {
                self.metadata_attribute(attribute, identity, &attribute.id);
            }
            self.xml.close();
            self.xml.close();
        }
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
