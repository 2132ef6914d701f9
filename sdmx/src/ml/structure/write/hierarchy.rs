//! Hierarchies of codes: artefacts of their own in 3.x, each the one part of a HierarchicalCodelist in 2.1.

use super::Writer;
use crate::structure::{Class, HierarchicalCode, Hierarchy, HierarchyAssociation, Level};

impl Writer<'_> {
    pub(super) fn hierarchy(&mut self, hierarchy: &Hierarchy) {
        let identity = &hierarchy.identity;
        let is_leveled = hierarchy.has_formal_levels.to_string();
        if self.is_2_1() {
            self.begin(Class::Hierarchy, identity, &[], &[]);
            let urn = self.urn_within("codelist.Hierarchy", identity, &identity.id);
            self.xml.open("str:Hierarchy").attribute("id", &*identity.id);
            self.xml.attribute("leveled", is_leveled).attribute("urn", urn);
            self.annotations(&identity.annotations);
            self.names(&identity.names, &identity.id);
            self.hierarchical_codes(hierarchy);
            self.level(hierarchy.level.as_ref());
            self.xml.close();
        } else {
            let attributes = [("hasFormalLevels", &*is_leveled)];
            self.begin(Class::Hierarchy, identity, &identity.annotations, &attributes);
            self.level(hierarchy.level.as_ref());
            self.hierarchical_codes(hierarchy);
        }
        self.xml.close();
    }

    /// A level with those within; readers limit how deep they lie.
    fn level(&mut self, level: Option<&Level>) {
        let Some(level) = level else { return };
        self.xml.line();
        self.xml.open("str:Level").attribute("id", &*level.id);
        self.annotations(&level.annotations);
        self.names(&level.names, &level.id);
        self.level(level.level.as_deref());
        self.xml.close();
    }

    fn hierarchical_codes(&mut self, hierarchy: &Hierarchy) {
        for code in &hierarchy.hierarchical_codes {
            self.hierarchical_code(code);
        }
    }

    /// A code with those below; readers limit how deep they lie.
    fn hierarchical_code(&mut self, code: &HierarchicalCode) {
        self.xml.line();
        self.xml.open("str:HierarchicalCode").attribute("id", &*code.id);
        self.xml.optional("validFrom", code.valid_from).optional("validTo", code.valid_to);
        self.annotations(&code.annotations);
        self.reference("str:Code", &code.code);
        for inner in &code.hierarchical_codes {
            self.hierarchical_code(inner);
        }
        if let Some(level) = &code.level {
            self.local("str:Level", level);
        }
        self.xml.close();
    }

    pub(super) fn hierarchy_association(&mut self, association: &HierarchyAssociation) {
        let identity = &association.identity;
        self.begin(Class::HierarchyAssociation, identity, &identity.annotations, &[]);
        self.reference("str:LinkedHierarchy", &association.linked_hierarchy);
        self.reference("str:LinkedObject", &association.linked_object);
        if let Some(context) = &association.context_object {
            self.reference("str:ContextObject", context);
        }
        self.xml.close();
    }
}
