//! What groups of a message do: their attributes go to the rows of their series, or are deleted.

use super::{EventReader, groups};
use crate::csv::BATCH_ISSUES;
use crate::data::event::{Cell, EventSource};
use crate::data::{Action, CellProblem, ReadError};

impl<S: EventSource> EventReader<'_, S> {
    pub(super) fn group(&mut self) -> Result<(), ReadError> {
        self.marks.part(self.row, &self.source);
        self.row += 1;
        self.columns();
        let Some(open) = self.open else {
            self.left_out += 1;
            return Ok(());
        };
        let assembly = &self.assemblies[open];
        let names_part = |cell: &Cell| assembly.plan.is_of_key(assembly.columns[cell.name as usize] as usize);
        if !self.record.cells().iter().any(names_part) {
            self.layout.back_to(|layout| &mut layout.dataset, self.header.columns.len());
            self.dataset_cells(open)?;
            self.layout.keep_as(|layout| &mut layout.dataset);
            self.layout.keep_as(|layout| &mut layout.series);
            return Ok(());
        }
        if self.action == Action::Delete {
            self.delete_of_group(open);
            return Ok(());
        }
        let assembly = &mut self.assemblies[open];
        match assembly.groups.add(&assembly.plan, &assembly.columns, &self.record, self.row) {
            Ok(None) => Ok(()),
            Ok(Some(groups::Conflict { column, content })) => {
                assembly.issue(self.row, column, CellProblem::RepeatedComponent, &content);
                Ok(())
            }
            Err(problem) => Err(self.error(problem)),
        }
    }

    /// Attributes are deleted for all series of the group.
    fn delete_of_group(&mut self, open: usize) {
        self.layout.back_to(|layout| &mut layout.dataset, self.header.columns.len());
        self.layout.begin_part();
        let mut names_attribute = false;
        for cell in self.record.cells() {
            let assembly = &self.assemblies[open];
            let column = assembly.columns[cell.name as usize] as usize;
            names_attribute |= !assembly.plan.is_of_key(column);
            self.layout.put(column, self.record.content(cell));
        }
        self.report_repeated(open, self.row);
        if names_attribute {
            self.about_series(open, self.row);
        }
        self.layout.back_to(|layout| &mut layout.dataset, self.header.columns.len());
    }

    /// Whether the observation at hand may belong to groups to which its series does not.
    pub(super) fn names_group(&self, open: usize) -> bool {
        let assembly = &self.assemblies[open];
        let is_dimension = |column: &u32| assembly.plan.is_dimension(*column as usize);
        !self.in_series || assembly.groups.has_periods() || self.layout.filled.iter().any(is_dimension)
    }

    /// Gives the row what groups say of its series, where it does not say it itself; what the dataset says
    /// counts for less. Two groups that say different things of one row are reported.
    pub(super) fn add_groups(&mut self, open: usize, row: u64) {
        let layout = &mut self.layout;
        layout.begin_part();
        for (column, content) in self.assemblies[open].groups.find(&layout.text, &layout.cells) {
            if !layout.is_of_row(column) {
                layout.put(column, content);
                layout.filled.push(column as u32);
            } else if layout.is_of_part(column) && layout.cells[column].raw(&layout.text) != content {
                layout.repeated = Some(column);
            }
        }
        self.report_repeated(open, row);
    }

    /// What becomes of groups of which no series came before the dataset ended: one that names every dimension is a
    /// row about its series; the others are reported, for nobody here knows which series there are.
    pub(super) fn groups_alone(&mut self) {
        let Some(open) = self.open else { return };
        let assembly = &mut self.assemblies[open];
        for (place, group) in assembly.groups.take_unused(&assembly.plan).into_iter().enumerate() {
            match group.cells {
                Some(cells) => {
                    self.layout.back_to(|layout| &mut layout.dataset, self.header.columns.len());
                    self.layout.begin_part();
                    for (column, content) in cells {
                        self.layout.put(column, &content);
                    }
                    self.about_series(open, group.row);
                }
                None => {
                    self.left_out += 1;
                    // Issues are given out with the batch: beyond that many they are only counted.
                    if place < BATCH_ISSUES {
                        let problem = CellProblem::GroupWithoutSeries;
                        self.assemblies[open].issue(group.row, group.column, problem, b"");
                    }
                }
            }
        }
    }
}
