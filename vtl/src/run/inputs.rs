//! The relations that a node reads.

use crate::plan::{Node, Relation};

/// The inputs of a node, in order.
pub(super) fn inputs_of(node: &Node) -> Vec<&Relation> {
    match node {
        Node::Scan(_) => Vec::new(),
        Node::Project { input, .. }
        | Node::Filter { input, .. }
        | Node::Aggregate { input, .. }
        | Node::Window { input, .. }
        | Node::CheckDatapoint { input, .. }
        | Node::TimeSeries { input, .. }
        | Node::Pivot { input, .. }
        | Node::Unpivot { input, .. } => vec![input],
        Node::Join { left, right, .. } | Node::Exists { left, right, .. } => vec![left, right],
        Node::Set { inputs, .. } => inputs.iter().collect(),
        Node::Hierarchy(hierarchy) => vec![&hierarchy.input],
    }
}
