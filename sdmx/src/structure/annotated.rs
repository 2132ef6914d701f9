//! Artefacts and codes whose annotations say more than notes: made of what a message writes, and back.
//!
//! SDMX-JSON does this in its (de)serialization; SDMX-ML calls these functions.

use super::agreement::{AgreementTerms, ProvisionAgreement};
use super::annotation::{Annotation, AnnotationError};
use super::artefact::Identity;
use super::attribute_default::AttributeDefault;
use super::codelist::Code;
use super::dataflow::Dataflow;
use super::id::CodeId;
use super::names::Names;
use super::reference::Reference;
use super::validity::Validity;

impl Code {
    /// A code of what a message says; its dates stand among the annotations.
    pub(crate) fn annotated(
        id: CodeId,
        names: Names,
        parent: Option<CodeId>,
        mut annotations: Vec<Annotation>,
    ) -> Result<Self, AnnotationError> {
        let validity = Validity::take(&mut annotations)?;
        Ok(Self { id, names, parent, validity, annotations })
    }

    /// All annotations that a message writes.
    pub(crate) fn written_annotations(&self) -> Vec<Annotation> {
        self.validity.annotations().chain(self.annotations.iter().cloned()).collect()
    }
}

impl Dataflow {
    /// A dataflow of what a message says; its defaults stand among the annotations.
    pub(crate) fn annotated(mut identity: Identity, structure: Reference) -> Result<Self, AnnotationError> {
        let defaults = AttributeDefault::take(&mut identity.annotations)?;
        Ok(Self { identity, structure, defaults })
    }

    /// All annotations that a message writes.
    pub(crate) fn written_annotations(&self) -> Vec<Annotation> {
        let defaults = self.defaults.iter().map(AttributeDefault::annotation);
        defaults.chain(self.identity.annotations.iter().cloned()).collect()
    }
}

impl ProvisionAgreement {
    /// An agreement of what a message says; its terms stand among the annotations.
    pub(crate) fn annotated(
        mut identity: Identity,
        dataflow: Reference,
        data_provider: Reference,
    ) -> Result<Self, AnnotationError> {
        let terms = AgreementTerms::take(&mut identity.annotations)?;
        Ok(Self { identity, dataflow, data_provider, terms })
    }

    /// All annotations that a message writes.
    pub(crate) fn written_annotations(&self) -> Vec<Annotation> {
        self.terms.annotations().into_iter().chain(self.identity.annotations.iter().cloned()).collect()
    }
}
