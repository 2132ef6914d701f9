//! What all artefacts and items begin with, and references.

use std::collections::BTreeMap;

use super::Writer;
use crate::ml::structure::version::MlVersion;
use crate::structure::{Annotation, Class, Identity, Names, Reference, Version};

impl Writer<'_> {
    /// Begins an artefact: its tag, with further attributes, its notes and its names.
    pub(super) fn begin(
        &mut self,
        class: Class,
        identity: &Identity,
        annotations: &[Annotation],
        attributes: &[(&str, &str)],
    ) {
        let (agency, id, version) = (&identity.agency, &identity.id, &identity.version);
        let urn = self.urn(&Reference::new(class, agency.clone(), id.clone(), version.clone()));
        self.xml.open(format!("str:{}", self.class(class)));
        self.xml.attribute("id", &**id).attribute("agencyID", &**agency);
        if self.has_version(class) {
            let version = self.version_text(version);
            self.xml.attribute("version", version);
        }
        if self.is_2_1() && version.is_stable() {
            self.xml.attribute("isFinal", "true");
        }
        self.xml.optional("validFrom", identity.valid_from).optional("validTo", identity.valid_to);
        for (name, value) in attributes {
            self.xml.attribute(name, value);
        }
        if identity.is_partial && is_scheme(class) {
            self.xml.attribute("isPartial", "true");
        }
        // Without a version, the schemas want 1.0 in the URN, too.
        if self.has_version(class) || *version == Version::of_organisations() {
            self.xml.attribute("urn", urn);
        }
        self.annotations(annotations);
        self.names(&identity.names, id);
    }

    /// Whether the schemas let artefacts of a class say their version.
    pub(super) fn has_version(&self, class: Class) -> bool {
        match self.version {
            MlVersion::V2_1 => true,
            MlVersion::V3_0 => !class.is_of_organisations(),
            MlVersion::V3_1 => !class.is_of_organisations() && class != Class::Categorisation,
        }
    }

    /// The name of a class in this version.
    pub(super) fn class(&self, class: Class) -> &'static str {
        match class {
            Class::DataConstraint if self.is_2_1() => "ContentConstraint",
            Class::Hierarchy if self.is_2_1() => "HierarchicalCodelist",
            class => class.name(),
        }
    }

    /// Names, of which there must be one, and descriptions.
    pub(super) fn names(&mut self, names: &Names, id: &str) {
        if names.all().is_empty() && names.best("en").is_none() {
            self.xml.open("com:Name").attribute("xml:lang", "en").text(id).close();
        }
        self.given_names(names);
    }

    /// Names and descriptions, as far as there are any.
    pub(super) fn given_names(&mut self, names: &Names) {
        self.texts_or("com:Name", names.all(), names.best("en"));
        self.texts_or("com:Description", names.descriptions(), names.description("en"));
    }

    /// Texts by language, or the one of which nobody says the language.
    fn texts_or(&mut self, element: &'static str, texts: &BTreeMap<String, String>, single: Option<&str>) {
        match single {
            Some(text) if texts.is_empty() => {
                self.xml.open(element).attribute("xml:lang", "en").text(text).close();
            }
            _ => self.texts(element, texts),
        }
    }

    fn texts(&mut self, element: &'static str, texts: &BTreeMap<String, String>) {
        for (language, text) in texts {
            self.xml.open(element).attribute("xml:lang", language).text(text).close();
        }
    }

    /// Notes, if there are any.
    pub(super) fn annotations(&mut self, annotations: &[Annotation]) {
        if annotations.is_empty() {
            return;
        }
        self.xml.open("com:Annotations");
        for annotation in annotations {
            self.annotation(annotation);
        }
        self.xml.close();
    }

    fn annotation(&mut self, annotation: &Annotation) {
        self.xml.open("com:Annotation").optional("id", annotation.id.as_deref());
        let (title, value) = match self.is_2_1() {
            true => (annotation.title.as_ref().or(annotation.value.as_ref()), None),
            false => (annotation.title.as_ref(), annotation.value.as_ref()),
        };
        let mut part = |name: &'static str, text: Option<&String>| {
            if let Some(text) = text {
                self.xml.leaf(name, text);
            }
        };
        part("com:AnnotationTitle", title);
        part("com:AnnotationType", annotation.kind.as_ref());
        self.texts_or("com:AnnotationText", &annotation.texts, annotation.text.as_deref());
        if let Some(value) = value {
            self.xml.leaf("com:AnnotationValue", value);
        }
        self.xml.close();
    }

    /// A reference to an artefact or an item.
    pub(super) fn reference(&mut self, element: &'static str, reference: &Reference) {
        if !self.is_2_1() {
            self.xml.leaf(element, &reference.to_string());
            return;
        }
        let urn = self.urn(reference);
        let (package, class) = class_of(&urn);
        let version = self.referred(reference);
        self.xml.open(element).open("Ref");
        match &reference.item {
            Some(item) => self
                .xml
                .attribute("id", &**item)
                .attribute("maintainableParentID", &*reference.id)
                .attribute("maintainableParentVersion", version),
            None => self.xml.attribute("id", &*reference.id).attribute("version", version),
        };
        self.xml.attribute("agencyID", &*reference.agency);
        self.xml.attribute("class", class).attribute("package", package);
        self.xml.close();
        self.xml.close();
    }

    /// A reference to something in the same artefact.
    pub(super) fn local(&mut self, element: &'static str, id: &str) {
        match self.is_2_1() {
            true => {
                self.xml.open(element).open("Ref").attribute("id", id).close();
                self.xml.close();
            }
            false => self.xml.leaf(element, id),
        }
    }

    /// The URN of an artefact or an item in this version.
    pub(super) fn urn(&self, reference: &Reference) -> String {
        if !self.is_2_1() {
            return reference.to_string();
        }
        // What stands for another version is still a version, so this never fails.
        let version =
            Version::parse(&self.referred(reference)).unwrap_or_else(|_| Version::of_organisations());
        let mut urn = Reference { version, ..reference.clone() }.to_string();
        for (ours, theirs) in [("DataConstraint", "ContentConstraint"), ("Hierarchy", "HierarchicalCodelist")]
        {
            urn = urn.replacen(&format!(".{ours}="), &format!(".{theirs}="), 1);
        }
        urn
    }

    /// The version that a reference of 2.1 names: it has no patterns, so the newest that is here stands for
    /// one, else its least.
    fn referred(&self, reference: &Reference) -> String {
        let pattern = &reference.version;
        if !pattern.is_pattern() {
            return self.version_text(pattern);
        }
        let is_meant = |other: &&Reference| {
            other.agency == reference.agency && other.id == reference.id && pattern.fits(&other.version)
        };
        let known = self.structures.of_class(reference.class).map(|(known, _)| known).filter(is_meant);
        match known.map(|known| &known.version).max() {
            Some(newest) => self.version_text(newest),
            None => {
                let text = pattern.to_string().replace(['+', '~'], "").replace('*', "0");
                if text.is_empty() || text == "0" { "1.0".to_owned() } else { text }
            }
        }
    }

    /// The URN of something in an artefact: a dimension, a group.
    pub(super) fn urn_within(&self, class: &str, identity: &Identity, id: &str) -> String {
        let version = self.version_text(&identity.version);
        format!("urn:sdmx:org.sdmx.infomodel.{class}={}:{}({version}).{id}", identity.agency, identity.id)
    }

    /// A version; 2.1 has no extensions.
    pub(super) fn version_text(&self, version: &Version) -> String {
        let text = version.to_string();
        match text.split_once('-') {
            Some((numbers, _)) if self.is_2_1() => numbers.to_owned(),
            _ => text,
        }
    }
}

/// Whether the artefacts of a class are lists of items, of which some may be missing.
fn is_scheme(class: Class) -> bool {
    let has_items = matches!(class, Class::Codelist | Class::ConceptScheme | Class::CategoryScheme);
    has_items || class.is_of_organisations()
}

/// Package and class of a URN of ours.
fn class_of(urn: &str) -> (&str, &str) {
    let name = urn.split('=').next().unwrap_or_default();
    let mut parts = name.rsplit('.');
    let class = parts.next().unwrap_or_default();
    (parts.next().unwrap_or_default(), class)
}
