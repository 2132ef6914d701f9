//! Schemes of organisations and concepts, and code lists.

use super::Writer;
use super::representation::Place;
use crate::structure::{Class, Codelist, ConceptScheme, Identity, Item};

impl Writer {
    pub(super) fn organisations(
        &mut self,
        scheme: Class,
        item_class: &'static str,
        identity: &Identity,
        items: &[Item],
    ) {
        self.begin(scheme, identity, &identity.annotations, &[]);
        for item in items {
            self.xml.line();
            self.xml.open(format!("str:{item_class}")).attribute("id", &*item.id);
            let urn = self.urn_within(&format!("base.{item_class}"), identity, &item.id);
            self.xml.attribute("urn", urn);
            self.annotations(&item.annotations);
            self.names(&item.names, &item.id);
            self.xml.close();
        }
        self.xml.close();
    }

    pub(super) fn codelist(&mut self, list: &Codelist) {
        let identity = &list.identity;
        self.begin(Class::Codelist, identity, &identity.annotations, &[]);
        for code in list.codes() {
            self.xml.line();
            let urn = self.urn_within("codelist.Code", identity, &code.id);
            self.xml.open("str:Code").attribute("id", &*code.id).attribute("urn", urn);
            self.annotations(&code.written_annotations());
            self.names(&code.names, &code.id);
            if let Some(parent) = &code.parent {
                self.local("str:Parent", parent);
            }
            self.xml.close();
        }
        self.xml.close();
    }

    pub(super) fn concept_scheme(&mut self, scheme: &ConceptScheme) {
        let identity = &scheme.identity;
        self.begin(Class::ConceptScheme, identity, &identity.annotations, &[]);
        for concept in &scheme.concepts {
            self.xml.line();
            let urn = self.urn_within("conceptscheme.Concept", identity, &concept.id);
            self.xml.open("str:Concept").attribute("id", &*concept.id).attribute("urn", urn);
            self.annotations(&concept.annotations);
            self.names(&concept.names, &concept.id);
            if let Some(parent) = &concept.parent {
                self.local("str:Parent", parent);
            }
            let core = concept.core_representation.as_ref();
            self.representation("str:CoreRepresentation", core, Place::Concept);
            self.xml.close();
        }
        self.xml.close();
    }
}
