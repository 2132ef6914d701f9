//! One dataflow with everything that reading, judging and writing its data needs, looked up once.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::agreement::ProvisionAgreement;
use super::attribute_default::AttributeDefault;
use super::codelist::{Code, Codelist};
use super::constraint::DataConstraint;
use super::data_structure::{AttributeRelationship, Group, Usage};
use super::names::Names;
use super::reference::Reference;
use super::representation::Format;
use crate::columns::Shape;
use crate::period::Period;

/// What the values of a component are taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodedBy {
    /// A code list.
    Codelist(Arc<Codelist>),
    /// A format.
    Format(Format),
}

/// At which level an attribute's values lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeLevel {
    /// One for the dataset.
    Dataset,
    /// One for each series.
    Series,
    /// One for each observation.
    Observation,
}

/// A component of a dataflow's data, and its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentUse {
    /// Id.
    pub id: Arc<str>,
    /// Names of its concept.
    pub names: Names,
    /// Where values come from.
    pub coded_by: CodedBy,
    /// Values that constraints allow; nothing if they do not restrict them.
    pub allowed: Option<BTreeSet<Arc<str>>>,
    /// Values that constraints exclude.
    pub excluded: BTreeSet<Arc<str>>,
}

/// An attribute, or a measure beyond the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeUse {
    /// Id and values.
    pub component: ComponentUse,
    /// Its level.
    pub level: AttributeLevel,
    /// What it says something about; nothing for a measure.
    pub relationship: Option<AttributeRelationship>,
    /// Whether it must have a value, be it by default.
    pub usage: Usage,
    /// Whether a cell may hold several values.
    pub multi_valued: bool,
    /// Whether texts may stand in several languages.
    pub multilingual: bool,
}

/// One dataflow, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataDefinition {
    /// The dataflow.
    pub dataflow: Reference,
    /// Its name in English, or its id.
    pub name: String,
    /// All its names.
    pub names: Names,
    /// Its data structure.
    pub structure: Reference,
    /// Dimensions without time, in order.
    pub dimensions: Vec<ComponentUse>,
    /// Id of the time dimension.
    pub time: Option<Arc<str>>,
    /// Names of the concept of time.
    pub time_names: Names,
    /// The first measure.
    pub measure: ComponentUse,
    /// Attributes, and measures beyond the first, in order.
    pub attributes: Vec<AttributeUse>,
    /// Groups of dimensions that attributes may be attached to.
    pub groups: Vec<Group>,
    /// What absent attributes stand for where no agreement says otherwise; see [`Self::default_for`].
    pub defaults: Vec<AttributeDefault>,
    /// Constraints on the dataflow and its data structure; see [`Self::allows`].
    pub constraints: Vec<DataConstraint>,
    /// The columns of its data.
    pub shape: Arc<Shape>,
    pub(super) canonical: Arc<[u8]>,
}

/// The value that an absent attribute stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedDefault<'a> {
    /// The value.
    pub value: Cow<'a, str>,
    /// Who says so.
    pub source: DefaultSource,
}

/// Who says what an absent attribute stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultSource {
    /// The provision agreement.
    Agreement,
    /// The dataflow.
    Dataflow,
}

impl CodedBy {
    /// The code list, if values are coded.
    pub fn codelist(&self) -> Option<&Arc<Codelist>> {
        match self {
            Self::Codelist(list) => Some(list),
            Self::Format(_) => None,
        }
    }
}

impl ComponentUse {
    /// The code with this id, if values are coded and there is one, be it allowed or not.
    pub fn code(&self, id: &str) -> Option<&Code> {
        self.coded_by.codelist()?.get(id)
    }

    /// Whether constraints on this component alone admit a value. The code list and the format are not
    /// asked, nor are constraints on several components together.
    pub fn admits(&self, value: &str) -> bool {
        self.allowed.as_ref().is_none_or(|allowed| allowed.contains(value)) && !self.excluded.contains(value)
    }
}

impl DataDefinition {
    /// An SDMX-JSON message with the dataflow and all it refers to, always in the same bytes: its digest is
    /// the structure's.
    pub fn canonical_json(&self) -> &[u8] {
        &self.canonical
    }

    /// The dimension with this id.
    pub fn dimension(&self, id: &str) -> Option<&ComponentUse> {
        self.dimensions.iter().find(|dimension| *dimension.id == *id)
    }

    /// The attribute with this id.
    pub fn attribute(&self, id: &str) -> Option<&AttributeUse> {
        self.attributes.iter().find(|attribute| *attribute.component.id == *id)
    }

    /// The code of a dimension in a series key, whose codes stand in the order of the dimensions.
    pub fn code_of<'k>(&self, key: &[&'k str], dimension: &str) -> Option<&'k str> {
        let place = self.dimensions.iter().position(|known| *known.id == *dimension)?;
        key.get(place).copied()
    }

    /// Whether the constraints allow an observation of this series and period, all dimensions together.
    pub fn allows(&self, key: &[&str], period: Period) -> bool {
        let value_of = |dimension: &str| self.code_of(key, dimension);
        self.constraints.iter().all(|constraint| constraint.allows(value_of, Some(period)))
    }

    /// What an absent attribute of an observation stands for: the agreement says it, else the dataflow.
    pub fn default_for<'a>(
        &'a self,
        agreement: Option<&'a ProvisionAgreement>,
        attribute: &str,
        key: &[&str],
        period: Period,
    ) -> Option<AppliedDefault<'a>> {
        let code_of = |dimension: &str| self.code_of(key, dimension);
        let first = |defaults: &'a [AttributeDefault], source| {
            let mut values = defaults.iter().filter_map(|d| d.value_for(attribute, code_of, period));
            values.next().map(|value| AppliedDefault { value, source })
        };
        let of_agreement =
            agreement.and_then(|agreement| first(&agreement.terms.defaults, DefaultSource::Agreement));
        of_agreement.or_else(|| first(&self.defaults, DefaultSource::Dataflow))
    }
}
