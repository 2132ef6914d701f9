//! Named partitions and trees along a line.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::Line;
use crate::policy::Policy;
use crate::sums::{DimensionSums, Partition, Tree};
use crate::table::{Relation, Table, Term};

/// Partitions and trees of one dimension, with codes as places in its dictionary.
pub(super) struct Partitions {
    partitions: Vec<Prepared>,
    /// By code: its children that occur, or have some below them.
    children: BTreeMap<Node, BTreeSet<Node>>,
    absent_is_zero: bool,
}

/// A code: one that occurs in the table, or only in the declaration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Node {
    Occurs(u32),
    Absent(Arc<str>),
}

struct Prepared {
    source: Arc<str>,
    total: u32,
    parts: Vec<Node>,
    residual: Vec<u32>,
    less: Vec<Node>,
    incomplete_with: Vec<u32>,
    /// The dimension whose code names the part.
    same_as: Option<usize>,
    /// By dimension, codes that the line must have.
    within: Vec<(usize, BTreeSet<u32>)>,
}

/// What of some parts is there.
#[derive(Default)]
struct Found {
    terms: Vec<Term>,
    is_partly: bool,
}

impl Partitions {
    pub(super) fn prepare(
        table: &Table,
        axis: usize,
        declared: &DimensionSums,
        trees: &[&Tree],
        policy: &Policy,
    ) -> Self {
        let places = places(table, axis);
        let node = |code: &str| match places.get(code) {
            Some(place) => Node::Occurs(*place),
            None => Node::Absent(code.into()),
        };
        let mut children: BTreeMap<Node, BTreeSet<Node>> = BTreeMap::new();
        let mut partitions = Vec::new();
        for tree in trees {
            for (parent, below) in &tree.children {
                children.entry(node(parent)).or_default().extend(below.iter().map(|code| node(code)));
            }
        }
        let mut known = BTreeSet::new();
        for tree in trees {
            // A hierarchy often repeats the parents of its code list.
            for (parent, below) in tree.children.iter().filter(|tree| known.insert(*tree)) {
                let Some(total) = places.get(&**parent) else { continue };
                let (residual, parts): (Vec<_>, Vec<_>) =
                    below.iter().partition(|code| code.starts_with('_'));
                partitions.push(Prepared {
                    source: tree.name.as_str().into(),
                    total: *total,
                    parts: parts.into_iter().map(|code| node(code)).collect(),
                    residual: residual.into_iter().filter_map(|code| places.get(&**code).copied()).collect(),
                    less: Vec::new(),
                    incomplete_with: Vec::new(),
                    same_as: None,
                    within: Vec::new(),
                });
            }
        }
        let named =
            declared.partitions.iter().filter_map(|partition| Prepared::of(table, partition, &places, &node));
        partitions.extend(named);
        Self { partitions, children, absent_is_zero: policy.absent_is_zero }
    }

    /// All sums of a line.
    pub(super) fn relate(&self, line: &Line<'_>, relations: &mut Vec<Relation>) {
        for partition in &self.partitions {
            relations.extend(self.sum(partition, line));
        }
    }

    fn sum(&self, partition: &Prepared, line: &Line<'_>) -> Option<Relation> {
        let total = line.cell(partition.total)?;
        let codes = line.table.codes(total);
        if !partition.within.iter().all(|(dimension, allowed)| allowed.contains(&codes[*dimension])) {
            return None;
        }
        let mut found = Found::default();
        if let Some(dimension) = partition.same_as {
            let own = line.table.code(total, dimension);
            let own = line.table.dictionary(line.axis).iter().position(|code| code == own)?;
            found.terms.push(Term { cell: line.cell(own as u32)?, factor: -1 });
        }
        self.collect(&partition.parts, -1, line, &mut found);
        self.collect(&partition.less, 1, line, &mut found);
        let residual = partition.residual.iter().filter_map(|code| line.cell(*code));
        found.terms.extend(residual.map(|cell| Term { cell, factor: -1 }));
        found.is_partly |= partition.incomplete_with.iter().any(|code| line.cell(*code).is_some());
        if found.is_partly && !self.absent_is_zero {
            // With parts missing, one that is taken off may be too large, and one below 0 too small.
            let cells = found.terms.iter().map(|term| term.cell).chain([total]);
            if !partition.less.is_empty() || !line.none_signed(cells) {
                return None;
            }
        } else {
            found.is_partly = false;
        }
        let mut terms = vec![Term { cell: total, factor: 1 }];
        terms.append(&mut found.terms);
        let relation =
            Relation { axis: line.axis, source: partition.source.clone(), terms, at_least: found.is_partly };
        (relation.terms.len() > 1).then_some(relation)
    }

    /// The cells of parts, of which each may be replaced by all below it.
    fn collect(&self, parts: &[Node], factor: i8, line: &Line<'_>, found: &mut Found) {
        let mut open: Vec<&Node> = parts.iter().rev().collect();
        let mut seen = BTreeSet::new();
        while let Some(node) = open.pop() {
            // A code that stands below itself, or twice, is counted once.
            if !seen.insert(node) {
                continue;
            }
            let cell = match node {
                Node::Occurs(code) => line.cell(*code),
                Node::Absent(_) => None,
            };
            match (cell, self.children.get(node)) {
                (Some(cell), _) => found.terms.push(Term { cell, factor }),
                (None, Some(below)) => open.extend(below.iter().rev()),
                (None, None) => found.is_partly = true,
            }
        }
    }
}

impl Prepared {
    /// Nothing, if the table cannot have its total.
    fn of(
        table: &Table,
        partition: &Partition,
        places: &HashMap<&str, u32>,
        node: &impl Fn(&str) -> Node,
    ) -> Option<Self> {
        let occurring = |codes: &[String]| -> Vec<u32> {
            codes.iter().filter_map(|code| places.get(&**code).copied()).collect()
        };
        let nodes = |codes: &[String]| codes.iter().map(|code| node(code)).collect();
        let mut within = Vec::new();
        for (dimension, codes) in &partition.within {
            // A table without the dimension does not tell the cases apart.
            let dimension = table.dimension(dimension)?;
            let known = table.dictionary(dimension).iter().zip(0..);
            within.push((
                dimension,
                known.filter(|(code, _)| codes.contains(&***code)).map(|(_, place)| place).collect(),
            ));
        }
        Some(Self {
            source: partition.id.as_str().into(),
            total: *places.get(&*partition.total)?,
            parts: nodes(&partition.parts),
            residual: occurring(&partition.residual),
            less: nodes(&partition.less),
            incomplete_with: occurring(&partition.incomplete_with),
            same_as: match &partition.same_as {
                Some(dimension) => Some(table.dimension(dimension)?),
                None => None,
            },
            within,
        })
    }
}

fn places(table: &Table, axis: usize) -> HashMap<&str, u32> {
    table.dictionary(axis).iter().map(|code| &**code).zip(0..).collect()
}
