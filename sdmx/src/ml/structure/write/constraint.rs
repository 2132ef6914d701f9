//! Constraints and what they are about.

use std::sync::Arc;

use super::Writer;
use crate::ml::structure::version::MlVersion;
use crate::structure::{
    Attachment, Bound, Cascade, Class, ConstraintRole, CubeRegion, DataConstraint, DataKey, DataKeySet,
    DataKeyValue, KeyValues, TimeRange, ValueQualifiers,
};

/// Most keys that one set may become before 3.1: there each combination of values is a key of its own.
const KEYS_MAX: usize = 10_000;

impl Writer<'_> {
    pub(super) fn data_constraint(&mut self, constraint: &DataConstraint) {
        let role = match constraint.role {
            ConstraintRole::Allowed => "Allowed",
            ConstraintRole::Actual => "Actual",
        };
        let attributes: &[(&str, &str)] = match self.version {
            MlVersion::V2_1 => &[("type", role)],
            MlVersion::V3_0 => &[("role", role)],
            MlVersion::V3_1 => &[],
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

    /// Whether the version can say which keys a constraint means: before 3.1 they have one value for each
    /// dimension, and in 2.1 nothing else.
    pub(super) fn can_write_keys(&self, constraint: &DataConstraint) -> bool {
        let is_plain =
            |key: &DataKey| key.components.is_empty() && key.valid_from.is_none() && key.valid_to.is_none();
        let count = |key: &DataKey| {
            let values = key.key_values.iter().map(|value| value.values.len());
            values.fold(1, usize::saturating_mul)
        };
        self.version == MlVersion::V3_1
            || constraint.key_sets.iter().all(|set| {
                let total = set.keys.iter().map(count).fold(0, usize::saturating_add);
                total <= KEYS_MAX && (!self.is_2_1() || set.keys.iter().all(is_plain))
            })
    }

    fn key_set(&mut self, set: &DataKeySet) {
        self.xml.line();
        self.xml.open("str:DataKeySet").attribute("isIncluded", set.is_included.to_string());
        for key in &set.keys {
            if self.version == MlVersion::V3_1 {
                self.key(key, |value| value.values.iter().collect());
                continue;
            }
            // Every combination of the values of a key is a key of its own; the values of the first dimension
            // change fastest.
            let counts = || key.key_values.iter().map(|value| value.values.len());
            let steps: Vec<usize> = counts()
                .scan(1, |below, count| {
                    let step = *below;
                    *below *= count;
                    Some(step)
                })
                .collect();
            for combination in 0..counts().product() {
                let mut step = steps.iter();
                self.key(key, |value| {
                    let step = step.next().copied().unwrap_or(1);
                    let place: usize = combination / step % value.values.len();
                    value.values.get(place).into_iter().collect()
                });
            }
        }
        self.xml.close();
    }

    /// A key with those values of each dimension that `chosen` chooses.
    fn key<'k>(&mut self, key: &'k DataKey, mut chosen: impl FnMut(&'k DataKeyValue) -> Vec<&'k Arc<str>>) {
        self.xml.open("str:Key");
        self.xml.optional("validFrom", key.valid_from.as_ref()).optional("validTo", key.valid_to.as_ref());
        for value in &key.key_values {
            let element = self.in_region("KeyValue");
            self.xml.open(element).attribute("id", &*value.id);
            for value in chosen(value) {
                let element = self.in_region("Value");
                self.xml.leaf(element, value);
            }
            self.xml.close();
        }
        for values in &key.components {
            self.key_values("Component", values);
        }
        self.xml.close();
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
        let qualifiers = &values.qualifiers;
        if qualifiers.remove_prefix {
            self.xml.attribute("removePrefix", "true");
        }
        self.xml.optional("validFrom", qualifiers.valid_from.as_ref());
        self.xml.optional("validTo", qualifiers.valid_to.as_ref());
        match &values.time_range {
            Some(range) => self.time_range(range),
            None => {
                for value in &values.values {
                    let element = self.in_region("Value");
                    self.xml.open(element);
                    if let Some(of_value) = qualifiers.of_values.get(value) {
                        self.value_qualifiers(of_value);
                    }
                    self.xml.text(value).close();
                }
            }
        }
        self.xml.close();
    }

    fn value_qualifiers(&mut self, of_value: &ValueQualifiers) {
        let cascade = match of_value.cascade {
            Cascade::No => None,
            Cascade::Yes => Some("true"),
            Cascade::ExcludeRoot => Some("excluderoot"),
        };
        self.xml.optional("cascadeValues", cascade).optional("xml:lang", of_value.language.as_ref());
        self.xml.optional("validFrom", of_value.valid_from.as_ref());
        self.xml.optional("validTo", of_value.valid_to.as_ref());
    }

    /// Whether the version can say what values mean: 2.1 knows only that codes below them are meant too.
    pub(super) fn can_write_values(&self, constraint: &DataConstraint) -> bool {
        let is_known = |values: &KeyValues| {
            let qualifiers = &values.qualifiers;
            let below = ValueQualifiers { cascade: Cascade::Yes, ..ValueQualifiers::default() };
            let of_values = qualifiers.of_values.values().all(|of_value| *of_value == below);
            of_values
                && !qualifiers.remove_prefix
                && qualifiers.valid_from.is_none()
                && qualifiers.valid_to.is_none()
        };
        !self.is_2_1() || constraint.cube_regions.iter().flat_map(CubeRegion::all_values).all(is_known)
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
