//! Constraints and what they are about.

use super::Writer;
use crate::structure::{
    Attachment, Bound, Class, ConstraintRole, CubeRegion, DataConstraint, DataKey, DataKeySet, DataKeyValue,
    KeyValues, TimeRange,
};

/// Most keys of 2.1 that one set may become: there each combination of values is a key of its own.
const KEYS_MAX: usize = 10_000;

impl Writer<'_> {
    pub(super) fn data_constraint(&mut self, constraint: &DataConstraint) {
        let role = match constraint.role {
            ConstraintRole::Allowed => "Allowed",
            ConstraintRole::Actual => "Actual",
        };
        let attributes: &[(&str, &str)] = match self.version {
            super::MlVersion::V2_1 => &[("type", role)],
            super::MlVersion::V3_0 => &[("role", role)],
            super::MlVersion::V3_1 => &[],
        };
        let identity = &constraint.identity;
        self.begin(Class::DataConstraint, identity, &identity.annotations, attributes);
        self.attachment(&constraint.constraint_attachment);
        for set in &constraint.key_sets {
            self.key_set(set);
        }
        for region in &constraint.cube_regions {
            self.cube_region(region);
        }
        self.xml.close();
    }

    /// Whether 2.1 can say which keys a constraint means: they have one value for each dimension there, and
    /// nothing else.
    pub(super) fn can_write_keys(&self, constraint: &DataConstraint) -> bool {
        let is_plain =
            |key: &DataKey| key.components.is_empty() && key.valid_from.is_none() && key.valid_to.is_none();
        let count = |key: &DataKey| {
            let values = key.key_values.iter().map(|value| value.values.len());
            values.fold(1, usize::saturating_mul)
        };
        constraint.key_sets.iter().all(|set| {
            let total = set.keys.iter().map(count).fold(0, usize::saturating_add);
            set.keys.iter().all(is_plain) && total <= KEYS_MAX
        })
    }

    fn key_set(&mut self, set: &DataKeySet) {
        self.xml.line();
        self.xml.open("str:DataKeySet").attribute("isIncluded", set.is_included.to_string());
        for key in &set.keys {
            match self.is_2_1() {
                true => self.single_keys(key),
                false => self.key(key),
            }
        }
        self.xml.close();
    }

    fn key(&mut self, key: &DataKey) {
        self.xml.open("str:Key");
        self.xml.optional("validFrom", key.valid_from.as_ref()).optional("validTo", key.valid_to.as_ref());
        for DataKeyValue { id, values } in &key.key_values {
            self.xml.open("str:KeyValue").attribute("id", &**id);
            for value in values {
                self.xml.leaf("str:Value", value);
            }
            self.xml.close();
        }
        for values in &key.components {
            self.key_values("Component", values);
        }
        self.xml.close();
    }

    /// Every combination of the values of a key, each as a key of its own.
    fn single_keys(&mut self, key: &DataKey) {
        let counts: Vec<usize> = key.key_values.iter().map(|value| value.values.len()).collect();
        for combination in 0..counts.iter().product() {
            let mut rest: usize = combination;
            self.xml.open("str:Key");
            for (value, count) in key.key_values.iter().zip(&counts) {
                self.xml.open("com:KeyValue").attribute("id", &*value.id);
                self.xml.leaf("com:Value", &value.values[rest % count]);
                self.xml.close();
                rest /= count;
            }
            self.xml.close();
        }
    }

    pub(super) fn attachment(&mut self, attachment: &Attachment) {
        let provider = attachment.data_provider.as_slice();
        // The schemas let a constraint be attached to one kind of things.
        let kinds = [
            ("str:DataProvider", provider),
            ("str:DataStructure", &attachment.data_structures),
            ("str:Dataflow", &attachment.dataflows),
            ("str:ProvisionAgreement", &attachment.provision_agreements),
        ];
        let Some((element, references)) = kinds.into_iter().find(|(_, all)| !all.is_empty()) else { return };
        self.xml.open("str:ConstraintAttachment");
        for reference in references {
            self.reference(element, reference);
        }
        self.xml.close();
    }

    pub(super) fn cube_region(&mut self, region: &CubeRegion) {
        self.xml.line();
        self.xml.open("str:CubeRegion").attribute("include", region.include.to_string());
        for values in &region.key_values {
            // Without values, all are meant: that is what a region that does not name the dimension says.
            if !values.values.is_empty() || values.time_range.is_some() {
                self.key_values("KeyValue", values);
            }
        }
        for values in &region.components {
            let element = if self.is_2_1() { "Attribute" } else { "Component" };
            self.key_values(element, values);
        }
        self.xml.close();
    }

    /// 2.1 has the values of regions in another namespace.
    fn in_region(&self, element: &str) -> String {
        let prefix = if self.is_2_1() { "com" } else { "str" };
        format!("{prefix}:{element}")
    }

    fn key_values(&mut self, element: &str, values: &KeyValues) {
        let element = self.in_region(element);
        self.xml.open(element).attribute("id", &*values.id);
        if !values.include {
            self.xml.attribute("include", "false");
        }
        match &values.time_range {
            Some(range) => self.time_range(range),
            None => {
                for value in &values.values {
                    let element = self.in_region("Value");
                    self.xml.leaf(element, value);
                }
            }
        }
        self.xml.close();
    }

    fn time_range(&mut self, range: &TimeRange) {
        let element = self.in_region("TimeRange");
        self.xml.open(element);
        match range {
            TimeRange::Before(end) => self.bound("BeforePeriod", end),
            TimeRange::After(start) => self.bound("AfterPeriod", start),
            TimeRange::Between(start, end) => {
                self.bound("StartPeriod", start);
                self.bound("EndPeriod", end);
            }
        }
        self.xml.close();
    }

    fn bound(&mut self, element: &str, bound: &Bound) {
        let element = self.in_region(element);
        self.xml.open(element).attribute("isInclusive", bound.is_inclusive.to_string());
        self.xml.text(&bound.period.to_string()).close();
    }
}
