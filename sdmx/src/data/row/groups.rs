//! What a message says of groups of series, kept until their series come.

use std::collections::HashMap;

use crate::csv::{Cell, Plan};
use crate::data::event::Record;
use crate::data::{MessageProblem, event};

/// Most bytes of groups that are kept: they come before their series, and there may be one for each.
const GROUP_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most sets of dimensions by which the groups of a dataset are formed: each series looks for its group in every
/// one. Data structures have one or two.
const KINDS_MAX: usize = 32;
/// Bytes that a group takes in memory beside its contents, about.
const ENTRY_BYTES: usize = 128;
/// Between the codes of a key: no code has it.
const BETWEEN: u8 = 0x1F;

/// The groups of a dataset.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// By the columns of their dimensions.
    kinds: Vec<Kind>,
    bytes: usize,
    has_periods: bool,
}

/// Columns and their contents.
pub(super) type Attributes = Vec<(usize, Box<[u8]>)>;

#[derive(Debug)]
struct Kind {
    dimensions: Vec<usize>,
    /// By the codes of those dimensions.
    groups: HashMap<Vec<u8>, Group>,
}

#[derive(Debug, Default)]
struct Group {
    attributes: Attributes,
    /// Its row, and the column of its first attribute that is a component.
    says: Option<(u64, usize)>,
    has_series: bool,
}

/// A component that a group has twice, or two groups with the same key, with different contents.
#[derive(Debug)]
pub(super) struct Conflict {
    pub(super) column: usize,
    pub(super) content: Box<[u8]>,
}

/// A group of which no series came.
#[derive(Debug)]
pub(super) struct Unused {
    /// Its row.
    pub(super) row: u64,
    /// The column of its first attribute.
    pub(super) column: usize,
    /// All its cells, if it names every dimension: then it is about one series, which need not come.
    pub(super) cells: Option<Attributes>,
}

impl Groups {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Whether there are groups of which a period is a part.
    pub(super) fn has_periods(&self) -> bool {
        self.has_periods
    }

    /// Keeps a group.
    pub(super) fn add(
        &mut self,
        plan: &Plan,
        columns: &[u32],
        record: &Record,
        row: u64,
    ) -> Result<Option<Conflict>, MessageProblem> {
        let column = |cell: &event::Cell| columns[cell.name as usize] as usize;
        let (mut key, mut attributes) = (Attributes::new(), Attributes::new());
        let mut conflict = None;
        self.bytes += ENTRY_BYTES;
        for cell in record.cells() {
            let (column, content) = (column(cell), record.content(cell));
            self.bytes += content.len() + size_of::<(usize, Box<[u8]>)>();
            let is_of_key = plan.is_of_key(column);
            conflict = conflict.or(put(if is_of_key { &mut key } else { &mut attributes }, column, content));
        }
        if self.bytes > GROUP_BYTES_MAX {
            let most = format!("{} MiB", GROUP_BYTES_MAX / 1024 / 1024);
            return Err(MessageProblem::TooLarge { what: "the text of all groups of a dataset", most });
        }
        key.sort_unstable_by_key(|(column, _)| *column);
        let dimensions: Vec<usize> = key.iter().map(|(column, _)| *column).collect();
        self.has_periods |= dimensions.iter().any(|column| plan.time() == Some(*column));
        let place = match self.kinds.iter().position(|kind| kind.dimensions == dimensions) {
            Some(place) => place,
            None if self.kinds.len() == KINDS_MAX => {
                let most = format!("{KINDS_MAX} sets");
                let what = "the number of sets of dimensions by which groups of a dataset are formed";
                return Err(MessageProblem::TooLarge { what, most });
            }
            None => {
                self.kinds.push(Kind { dimensions, groups: HashMap::new() });
                self.kinds.len() - 1
            }
        };
        let codes: Vec<&[u8]> = key.iter().map(|(_, content)| &**content).collect();
        let group = self.kinds[place].groups.entry(codes.join(&BETWEEN)).or_default();
        for (column, content) in attributes {
            if !plan.is_foreign(column) {
                group.says.get_or_insert((row, column));
            }
            conflict = conflict.or(put(&mut group.attributes, column, &content));
        }
        Ok(conflict)
    }

    /// The columns and contents of the groups to which a row belongs.
    pub(super) fn find<'g>(
        &'g mut self,
        text: &[u8],
        cells: &[Cell],
    ) -> impl Iterator<Item = (usize, &'g [u8])> + use<'g> {
        let found = self.kinds.iter_mut().filter_map(|kind| {
            let codes: Vec<&[u8]> = kind.dimensions.iter().map(|column| cells[*column].raw(text)).collect();
            let group = kind.groups.get_mut(&codes.join(&BETWEEN))?;
            group.has_series = true;
            Some(&group.attributes)
        });
        let found: Vec<&Attributes> = found.collect();
        found.into_iter().flatten().map(|(column, content)| (*column, &**content))
    }

    /// The groups that say something of series of which none came, in the order of the message. They are forgotten.
    pub(super) fn take_unused(&mut self, plan: &Plan) -> Vec<Unused> {
        let mut unused = Vec::new();
        for Kind { dimensions, groups } in std::mem::take(self).kinds {
            let is_series = plan.dimensions.iter().all(|column| dimensions.contains(column))
                && dimensions.len() == plan.dimensions.len();
            for (key, Group { attributes, says, has_series }) in groups {
                let Some((row, column)) = says.filter(|_| !has_series) else { continue };
                let codes = key.split(|byte| *byte == BETWEEN).map(Box::from);
                let mut cells: Attributes = dimensions.iter().copied().zip(codes).collect();
                let is_series = is_series && cells.len() == dimensions.len();
                cells.extend(attributes);
                unused.push(Unused { row, column, cells: is_series.then_some(cells) });
            }
        }
        unused.sort_unstable_by_key(|group| group.row);
        unused
    }
}

/// Adds a content; the first one stays.
fn put(contents: &mut Attributes, column: usize, content: &[u8]) -> Option<Conflict> {
    match contents.iter().find(|(known, _)| *known == column) {
        Some((_, first)) => (**first != *content).then(|| Conflict { column, content: content.into() }),
        None => {
            contents.push((column, content.into()));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::EventKind;

    /// Of so many dimensions, and of one attribute behind them.
    fn plan(dimensions: usize) -> (Plan, Vec<u32>) {
        let plan = Plan {
            dimensions: (0..dimensions).collect(),
            others: vec![(dimensions, crate::csv::Use::Series(0))],
            forms: Vec::new(),
            key_columns: 0,
            control_columns: 0,
            missing: Vec::new(),
            repeated: Vec::new(),
            dataset: Vec::new(),
            unknown: Vec::new(),
        };
        (plan, (0..=dimensions as u32).collect())
    }

    fn record(cells: &[(&str, String)]) -> Record {
        let mut record = Record::new();
        for name in 0..7 {
            record.number(&name.to_string()).expect("a few names");
        }
        record.begin(EventKind::Group);
        for (name, content) in cells {
            record.push(name.as_bytes(), content.as_bytes(), 0).expect("a small group");
        }
        record
    }

    #[test]
    fn groups_by_more_sets_of_dimensions_than_any_structure_has_are_refused() {
        let (plan, columns) = plan(6);
        let mut groups = Groups::default();
        let mut add = |set: usize| {
            let named = ["0", "1", "2", "3", "4", "5"].into_iter().enumerate();
            let named =
                named.filter(|(place, _)| set & (1 << place) != 0).map(|(_, name)| (name, "A".to_owned()));
            let cells: Vec<_> = named.chain([("6", "x".to_owned())]).collect();
            groups.add(&plan, &columns, &record(&cells), 1).map(|_| ())
        };
        let refused = (1..64).map(&mut add).position(|added| added.is_err());
        assert_eq!(refused, Some(KINDS_MAX));
        assert_eq!(add(1), Ok(()), "further groups of known kinds are kept");
    }

    #[test]
    fn many_small_groups_are_bounded_by_what_they_take_in_memory() {
        let (plan, columns) = plan(1);
        let mut groups = Groups::default();
        let added = (0..1_000_000).map(|place: u32| {
            let cells = [("0", place.to_string()), ("1", String::new())];
            let mut record = Record::new();
            record.begin(EventKind::Group);
            for (name, content) in &cells {
                record.push(name.as_bytes(), content.as_bytes(), 0).expect("a small group");
            }
            groups.add(&plan, &columns, &record, 1)
        });
        let kept = added.take_while(Result::is_ok).count();
        assert!((50_000..GROUP_BYTES_MAX / ENTRY_BYTES).contains(&kept), "{kept}");
    }
}
