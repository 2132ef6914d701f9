//! Whether values that artefacts name exist: in defaults, constraints and agreements.

use super::agreement::{ProvisionAgreement, Rank};
use super::artefact::Artefact;
use super::attribute_default::{AttributeDefault, DefaultValue};
use super::check::Checker;
use super::constraint::DataConstraint;
use super::data_structure::{Component, DataStructure};
use super::dataflow::Dataflow;
use super::reference::{Class, Reference};

impl<'a> Checker<'a> {
    pub(super) fn check_dataflow(&mut self, at: &Reference, dataflow: &Dataflow) {
        self.check_reference(at, &dataflow.structure, Class::DataStructure);
        if let Some(structure) = self.structures.data_structure(&dataflow.structure) {
            self.check_defaults(at, structure, &dataflow.defaults);
        }
    }

    pub(super) fn check_agreement(&mut self, at: &Reference, agreement: &ProvisionAgreement) {
        self.check_reference(at, &agreement.dataflow, Class::Dataflow);
        self.check_item_reference(at, &agreement.data_provider, Class::DataProviderScheme);
        let Some(structure) = self.structure_of(&agreement.dataflow) else { return };
        self.check_defaults(at, structure, &agreement.terms.defaults);
        for (dimension, codes) in &agreement.terms.permitted {
            for code in codes {
                self.check_value(at, structure, dimension, code);
            }
        }
    }

    pub(super) fn check_constraint(&mut self, at: &Reference, constraint: &DataConstraint) {
        let attachment = &constraint.constraint_attachment;
        let classes = [
            (&attachment.data_structures, Class::DataStructure),
            (&attachment.dataflows, Class::Dataflow),
            (&attachment.provision_agreements, Class::ProvisionAgreement),
        ];
        for (references, class) in classes {
            references.iter().for_each(|reference| self.check_reference(at, reference, class));
        }
        if let Some(provider) = &attachment.data_provider {
            self.check_item_reference(at, provider, Class::DataProviderScheme);
        }
        for include in [true, false] {
            if constraint.cube_regions.iter().filter(|region| region.include == include).count() > 1 {
                let kind = if include { "allows" } else { "excludes" };
                self.report(
                    at,
                    format!("has more than one region that it {kind}: write several constraints"),
                );
            }
        }
        let flows = attachment.dataflows.iter().filter_map(|flow| self.structure_of(flow));
        let of_agreements = attachment
            .provision_agreements
            .iter()
            .filter_map(|agreement| self.structure_of(&self.structures.agreement(agreement)?.dataflow));
        let named = attachment.data_structures.iter().filter_map(|to| self.structures.data_structure(to));
        let structures: Vec<_> = flows.chain(of_agreements).chain(named).collect();
        for structure in structures {
            for values in constraint.cube_regions.iter().flat_map(|region| region.all_values()) {
                if structure.component(&values.id).is_none() {
                    self.report_component(at, structure, &values.id);
                }
                for value in &values.values {
                    self.check_value(at, structure, &values.id, value);
                }
            }
            for key in constraint.key_sets.iter().flat_map(|set| &set.keys) {
                for values in &key.key_values {
                    for value in &values.values {
                        self.check_value(at, structure, &values.id, value);
                    }
                }
            }
        }
    }

    /// At most one provider is the principal one of a series at a time (DETAILS A7).
    pub(super) fn check_principals(&mut self) {
        let principals: Vec<(&Reference, &ProvisionAgreement)> = self
            .structures
            .of_class(Class::ProvisionAgreement)
            .filter_map(|(reference, artefact)| match &**artefact {
                Artefact::ProvisionAgreement(agreement) => Some((reference, agreement)),
                _ => None,
            })
            .filter(|(_, agreement)| agreement.terms.rank == Rank::PRINCIPAL)
            .collect();
        for (place, (at, agreement)) in principals.iter().enumerate() {
            for (other_at, other) in &principals[place + 1..] {
                let clash = agreement.dataflow == other.dataflow
                    && agreement.data_provider != other.data_provider
                    && agreement.terms.overlap(&other.terms);
                if clash {
                    let text = format!(
                        "makes its provider the principal one of series for which {other_at} names another: \
                         part the regions or the days, or give one of them RANK 2"
                    );
                    self.report(at, text);
                }
            }
        }
    }

    fn check_defaults(&mut self, at: &Reference, structure: &DataStructure, defaults: &[AttributeDefault]) {
        for default in defaults {
            if !structure.attributes().iter().any(|attribute| attribute.id == default.attribute) {
                self.report(
                    at,
                    format!(
                        "has a default for {}, which is no attribute of its data structure",
                        default.attribute
                    ),
                );
            } else if let DefaultValue::Text(value) = &default.value {
                self.check_value(at, structure, &default.attribute, value);
            }
            if let Some(when) = &default.when {
                for code in &when.codes {
                    self.check_value(at, structure, &when.dimension, code);
                }
            }
        }
    }

    /// Reports a component that is not there, or a value that its code list does not have.
    fn check_value(&mut self, at: &Reference, structure: &DataStructure, component: &str, value: &str) {
        let Some(found) = structure.component(component) else {
            self.report_component(at, structure, component);
            return;
        };
        if let Component::TimeDimension(_) = found {
            return;
        }
        let list = self.structures.representation(found).and_then(|values| values.enumeration.as_ref());
        let Some(list) = list else { return };
        if !self.expanded.contains_key(list) {
            self.expanded.insert(list.clone(), self.structures.expanded(list).ok());
        }
        let Some(list) = self.expanded.get(list).cloned().flatten() else { return };
        if list.get(value).is_none() {
            self.report(
                at,
                format!(
                    "names {value:?} for {component}, which is not in the code list {}",
                    list.identity.id
                ),
            );
        }
    }

    fn report_component(&mut self, at: &Reference, structure: &DataStructure, component: &str) {
        let text = format!("names {component}, which is no component of {}", structure.identity.id);
        if self.problems.last().is_none_or(|last| last.text != text) {
            self.report(at, text);
        }
    }

    fn structure_of(&self, dataflow: &Reference) -> Option<&'a DataStructure> {
        self.structures.data_structure(&self.structures.dataflow(dataflow)?.structure)
    }
}
