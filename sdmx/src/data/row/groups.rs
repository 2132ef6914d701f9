//! What a message says of groups of series, kept until their series come.

use std::collections::HashMap;

use crate::csv::{Cell, Plan};
use crate::data::event::Record;
use crate::data::{MessageProblem, event};

/// Most bytes of groups that are kept: they come before their series, and there may be one for each.
const GROUP_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Between the codes of a key: no code has it.
const BETWEEN: u8 = 0x1F;

/// The groups of a dataset.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// By the columns of their dimensions: a data structure has one or two kinds.
    kinds: Vec<Kind>,
    bytes: usize,
}

/// Columns and their contents.
type Attributes = Vec<(usize, Box<[u8]>)>;

#[derive(Debug)]
struct Kind {
    dimensions: Vec<usize>,
    /// By the codes of those dimensions: columns and contents.
    groups: HashMap<Vec<u8>, Attributes>,
}

/// More groups than are kept.
#[derive(Debug)]
pub(super) struct TooLarge;

pub(super) fn too_large() -> MessageProblem {
    let most = format!("{} MiB", GROUP_BYTES_MAX / 1024 / 1024);
    MessageProblem::TooLarge { what: "the text of all groups of a dataset", most }
}

impl Groups {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Keeps a group.
    pub(super) fn add(&mut self, plan: &Plan, columns: &[u32], record: &Record) -> Result<(), TooLarge> {
        let column = |cell: &event::Cell| columns[cell.name as usize] as usize;
        let mut key: Vec<(usize, &[u8])> = Vec::new();
        let mut attributes = Attributes::new();
        for cell in record.cells() {
            let (column, content) = (column(cell), record.content(cell));
            self.bytes += content.len() + size_of::<(usize, Box<[u8]>)>();
            if plan.is_dimension(column) {
                key.push((column, content));
            } else {
                attributes.push((column, content.into()));
            }
        }
        if self.bytes > GROUP_BYTES_MAX {
            return Err(TooLarge);
        }
        key.sort_unstable_by_key(|(column, _)| *column);
        let dimensions: Vec<usize> = key.iter().map(|(column, _)| *column).collect();
        let place = self.kinds.iter().position(|kind| kind.dimensions == dimensions).unwrap_or_else(|| {
            self.kinds.push(Kind { dimensions, groups: HashMap::new() });
            self.kinds.len() - 1
        });
        let codes: Vec<&[u8]> = key.iter().map(|(_, content)| *content).collect();
        self.kinds[place].groups.entry(codes.join(&BETWEEN)).or_default().extend(attributes);
        Ok(())
    }

    /// The columns and contents of the groups to which a row belongs.
    pub(super) fn find<'g>(
        &'g self,
        text: &[u8],
        cells: &[Cell],
    ) -> impl Iterator<Item = (usize, &'g [u8])> + use<'g> {
        let found = self.kinds.iter().filter_map(|kind| {
            let codes: Vec<&[u8]> = kind.dimensions.iter().map(|column| cells[*column].raw(text)).collect();
            kind.groups.get(&codes.join(&BETWEEN))
        });
        let found: Vec<&Attributes> = found.collect();
        found.into_iter().flatten().map(|(column, content)| (*column, &**content))
    }
}
