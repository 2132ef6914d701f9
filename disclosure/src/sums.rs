//! What adds up to what: named partitions, bands of ages, trees of areas. Data, not code.
//!
//! What lives here: the declaration, the one that comes with the program, and trees out of code lists and
//! hierarchies. What must not: cells.

use std::collections::{BTreeMap, BTreeSet};

use mighub_sdmx::structure::{Artefact, Class, Codelist, DataDefinition, Hierarchy, Structures};
use serde::Deserialize;

use crate::policy::Codes;

/// The sums of the dataflows that come with the program.
const SHIPPED: &str = include_str!("../sums.json");
/// Depth of a hierarchy that is still followed; areas have five levels.
const DEPTH_MAX: usize = 16;

/// All sums that are known of some dataflows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sums {
    /// By dimension.
    pub dimensions: Vec<DimensionSums>,
    /// Figures that cannot be added up, by component and code: rates, means, earnings.
    #[serde(default)]
    pub not_additive: Codes,
}

/// How one dimension adds up.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DimensionSums {
    /// Its id.
    pub dimension: String,
    /// Its codes are bands of whole numbers, such as `Y15T24`, `Y_LT15`, `Y_GE65`: whatever bands meet end to end
    /// add up, whether somebody named the partition or not.
    #[serde(default)]
    pub bands: bool,
    /// Parents in its code list are the sums of their children, and so in hierarchies of the list.
    #[serde(default)]
    pub trees: bool,
    /// Named partitions.
    #[serde(default)]
    pub partitions: Vec<Partition>,
}

/// A total and its parts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partition {
    /// What it is called in findings.
    pub id: String,
    /// Code of the total.
    pub total: String,
    /// Codes of the parts. One that was not sent may stand for all below it in a tree.
    #[serde(default)]
    pub parts: Vec<String>,
    /// Parts that are 0 where they were not sent: unknown, others.
    #[serde(default)]
    pub residual: Vec<String>,
    /// Parts that are taken off: departures from a net flow.
    #[serde(default)]
    pub less: Vec<String>,
    /// The total is the cell whose code in this dimension is its code in that one: citizens, and the country itself.
    #[serde(default)]
    pub same_as: Option<String>,
    /// Where one of these was sent, too, the parts are not all there is.
    #[serde(default)]
    pub incomplete_with: Vec<String>,
    /// Only where other dimensions have these codes.
    #[serde(default)]
    pub within: Codes,
}

/// Codes of a dimension below each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The dimension.
    pub dimension: String,
    /// What it is called in findings.
    pub name: String,
    /// By code, those directly below it.
    pub children: BTreeMap<String, BTreeSet<String>>,
}

impl Sums {
    /// Those that come with the program.
    pub fn shipped() -> Self {
        serde_json::from_str(SHIPPED).expect("sums.json was read by the tests of this crate")
    }

    /// How a dimension adds up.
    pub fn dimension(&self, id: &str) -> Option<&DimensionSums> {
        self.dimensions.iter().find(|sums| sums.dimension == id)
    }
}

impl Tree {
    /// The trees of all coded dimensions of a dataflow: parents in their code lists, and hierarchies of these lists.
    pub fn all(definition: &DataDefinition, structures: &Structures) -> Vec<Self> {
        let mut trees = Vec::new();
        for dimension in &definition.dimensions {
            let Some(list) = dimension.coded_by.codelist() else { continue };
            trees.push(Self::of_codelist(&dimension.id, list));
            for (_, association) in structures.of_class(Class::HierarchyAssociation) {
                let Artefact::HierarchyAssociation(association) = &**association else { continue };
                let linked = &association.linked_object;
                if linked.id != list.identity.id || linked.agency != list.identity.agency {
                    continue;
                }
                let hierarchy = structures.get(&association.linked_hierarchy).map(|found| &**found);
                if let Some(Artefact::Hierarchy(hierarchy)) = hierarchy {
                    trees.push(Self::of_hierarchy(&dimension.id, hierarchy));
                }
            }
        }
        trees.retain(|tree| !tree.children.is_empty());
        trees
    }

    /// The tree of a code list's parents.
    pub fn of_codelist(dimension: &str, list: &Codelist) -> Self {
        let mut children: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for code in list.codes() {
            if let Some(parent) = &code.parent {
                children.entry(parent.to_string()).or_default().insert(code.id.to_string());
            }
        }
        Self { dimension: dimension.to_owned(), name: list.identity.id.to_string(), children }
    }

    /// The tree of a hierarchy of a dimension's codes.
    pub fn of_hierarchy(dimension: &str, hierarchy: &Hierarchy) -> Self {
        let mut children: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut open: Vec<_> = hierarchy.hierarchical_codes.iter().map(|code| (code, 0)).collect();
        while let Some((code, depth)) = open.pop() {
            if depth >= DEPTH_MAX {
                continue;
            }
            for child in &code.hierarchical_codes {
                children.entry(code.id.to_string()).or_default().insert(child.id.to_string());
                open.push((child, depth + 1));
            }
        }
        Self { dimension: dimension.to_owned(), name: hierarchy.identity.id.to_string(), children }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_that_come_with_the_program_can_be_read() {
        let sums = Sums::shipped();
        assert!(sums.dimension("AGE").is_some_and(|age| age.bands));
        for partition in sums.dimensions.iter().flat_map(|dimension| &dimension.partitions) {
            let count = partition.parts.len() + partition.less.len();
            assert!(count > 0 || partition.same_as.is_some(), "{} has no parts", partition.id);
        }
    }
}
