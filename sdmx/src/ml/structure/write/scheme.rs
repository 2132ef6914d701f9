//! Schemes: organisations, codes, values, concepts, categories.

use super::Writer;
use super::representation::Owner;
use crate::structure::{
    Cascade, Category, CategoryScheme, Class, CodeSelection, Codelist, CodelistExtension, ConceptScheme,
    Identity, Item, OrganisationUnitScheme, Reference, ValueList,
};

impl Writer<'_> {
    pub(super) fn organisations(
        &mut self,
        scheme: Class,
        item_class: &'static str,
        identity: &Identity,
        items: &[Item],
    ) {
        self.begin(scheme, identity, &identity.annotations, &[]);
        for item in items {
            self.organisation(item_class, identity, item);
            self.xml.close();
        }
        self.xml.close();
    }

    /// Begins an organisation.
    fn organisation(&mut self, class: &'static str, identity: &Identity, item: &Item) {
        self.xml.line();
        let urn = self.urn_within(&format!("base.{class}"), identity, &item.id);
        self.xml.open(format!("str:{class}")).attribute("id", &*item.id).attribute("urn", urn);
        self.annotations(&item.annotations);
        self.names(&item.names, &item.id);
    }

    pub(super) fn units(&mut self, scheme: &OrganisationUnitScheme) {
        let identity = &scheme.identity;
        self.begin(Class::OrganisationUnitScheme, identity, &identity.annotations, &[]);
        for unit in &scheme.organisation_units {
            let (id, names, annotations) = (unit.id.clone(), unit.names.clone(), unit.annotations.clone());
            self.organisation("OrganisationUnit", identity, &Item { id, names, annotations });
            if let Some(parent) = &unit.parent {
                self.local("str:Parent", parent);
            }
            self.xml.close();
        }
        self.xml.close();
    }

    pub(super) fn codelist(&mut self, list: &Codelist) {
        let identity = &list.identity;
        // 2.1 has no extensions: there, a list has all of its codes, as far as the others are here.
        let (agency, id, version) = (&identity.agency, &identity.id, &identity.version);
        let expanded = (self.is_2_1() && !list.extensions.is_empty()).then(|| {
            let list = Reference::new(Class::Codelist, agency.clone(), id.clone(), version.clone());
            self.structures.expanded(&list)
        });
        let list = match &expanded {
            Some(Ok(expanded)) => expanded,
            _ => list,
        };
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
        if !self.is_2_1() {
            for extension in &list.extensions {
                self.extension(extension);
            }
        }
        self.xml.close();
    }

    fn extension(&mut self, extension: &CodelistExtension) {
        self.xml.line();
        self.xml.open("str:CodelistExtension").optional("prefix", extension.prefix.as_ref());
        self.reference("str:Codelist", &extension.codelist);
        let selections = [
            ("str:InclusiveCodeSelection", &extension.include),
            ("str:ExclusiveCodeSelection", &extension.exclude),
        ];
        for (element, selection) in selections {
            if let Some(selection) = selection {
                self.code_selection(element, selection);
            }
        }
        self.xml.close();
    }

    fn code_selection(&mut self, element: &'static str, selection: &CodeSelection) {
        self.xml.open(element);
        for member in &selection.member_values {
            let cascade = match member.cascade {
                Cascade::No => None,
                Cascade::Yes => Some("true"),
                Cascade::ExcludeRoot => Some("excluderoot"),
            };
            self.xml.open("str:MemberValue").optional("cascadeValues", cascade).text(&member.value).close();
        }
        for beginning in &selection.wildcarded_member_values {
            self.xml.leaf("str:MemberValue", beginning);
        }
        self.xml.close();
    }

    pub(super) fn value_list(&mut self, list: &ValueList) {
        let identity = &list.identity;
        self.begin(Class::ValueList, identity, &identity.annotations, &[]);
        for item in &list.value_items {
            self.xml.line();
            self.xml.open("str:ValueItem").attribute("id", &item.id);
            self.annotations(&item.annotations);
            // Only these may lack a name.
            self.given_names(&item.names);
            self.xml.close();
        }
        self.xml.close();
    }

    pub(super) fn category_scheme(&mut self, scheme: &CategoryScheme) {
        let identity = &scheme.identity;
        self.begin(Class::CategoryScheme, identity, &identity.annotations, &[]);
        for category in &scheme.categories {
            self.category(category, identity, &category.id);
        }
        self.xml.close();
    }

    /// A category with those within; readers limit how deep they lie.
    fn category(&mut self, category: &Category, identity: &Identity, path: &str) {
        self.xml.line();
        let urn = self.urn_within("categoryscheme.Category", identity, path);
        self.xml.open("str:Category").attribute("id", &*category.id).attribute("urn", urn);
        self.annotations(&category.annotations);
        self.names(&category.names, &category.id);
        for inner in &category.categories {
            self.category(inner, identity, &format!("{path}.{}", inner.id));
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
            self.representation("str:CoreRepresentation", core, Owner::Concept);
            self.xml.close();
        }
        self.xml.close();
    }
}
