//! What all artefacts and items begin with, and references.

use std::collections::BTreeMap;

use super::Writer;
use crate::structure::{Annotation, Class, Identity, Names, Reference, Version};

impl Writer {
    /// Begins an artefact: its tag, with further attributes, its notes and its names.
    pub(super) fn begin(
        &mut self,
        class: Class,
        identity: &Identity,
        annotations: &[Annotation],
        attributes: &[(&str, &str)],
    ) {
        let name = self.class(class);
        let urn = self.urn(&Reference::new(
            class,
            identity.agency.clone(),
            identity.id.clone(),
            identity.version.clone(),
        ));
        self.xml.open(format!("str:{name}"));
        self.xml.attribute("id", &*identity.id).attribute("agencyID", &*identity.agency);
        let is_of_organisations = matches!(class, Class::AgencyScheme | Class::DataProviderScheme);
        if self.is_2_1() || !is_of_organisations {
            let version = self.version_text(&identity.version);
            self.xml.attribute("version", version);
        }
        if self.is_2_1() && identity.version.is_stable() {
            self.xml.attribute("isFinal", "true");
        }
        for (name, value) in attributes {
            self.xml.attribute(name, value);
        }
        if identity.is_partial {
            self.xml.attribute("isPartial", "true");
        }
        self.xml.attribute("urn", urn);
        self.annotations(annotations);
        self.names(&identity.names, &identity.id);
    }

    /// The name of a class in this version.
    pub(super) fn class(&self, class: Class) -> &'static str {
        match class {
            Class::DataConstraint if self.is_2_1() => "ContentConstraint",
            class => class.name(),
        }
    }

    /// Names, of which there must be one, and descriptions.
    pub(super) fn names(&mut self, names: &Names, id: &str) {
        match (names.all().is_empty(), names.best("en")) {
            (false, _) => self.texts("com:Name", names.all()),
            (true, name) => {
                self.xml.open("com:Name").attribute("xml:lang", "en").text(name.unwrap_or(id)).close();
            }
        }
        match (names.descriptions().is_empty(), names.description("en")) {
            (true, Some(text)) => {
                self.xml.open("com:Description").attribute("xml:lang", "en").text(text).close();
            }
            _ => self.texts("com:Description", names.descriptions()),
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
        match (&annotation.text, annotation.texts.is_empty()) {
            (Some(text), true) => {
                self.xml.open("com:AnnotationText").attribute("xml:lang", "en").text(text).close();
            }
            _ => self.texts("com:AnnotationText", &annotation.texts),
        }
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
        let version = self.version_text(&reference.version);
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
        let version = Version::parse(&self.version_text(&reference.version));
        let version = version.unwrap_or_else(|_| reference.version.clone());
        let urn = Reference { version, ..reference.clone() }.to_string();
        urn.replacen(".DataConstraint=", ".ContentConstraint=", 1)
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

/// Package and class of a URN of ours.
fn class_of(urn: &str) -> (&str, &str) {
    let name = urn.split('=').next().unwrap_or_default();
    let mut parts = name.rsplit('.');
    let class = parts.next().unwrap_or_default();
    (parts.next().unwrap_or_default(), class)
}
