//! Constraints and what they are about.

use super::Writer;
use crate::structure::{
    Attachment, Bound, Class, ConstraintRole, CubeRegion, DataConstraint, KeyValues, TimeRange,
};

impl Writer {
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
        for region in &constraint.cube_regions {
            self.cube_region(region);
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
