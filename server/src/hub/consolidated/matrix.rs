//! Tables of origins by destinations.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::civil::Date;
use mighub::v1;
use mighub_consolidation::aggregate::MATRIX_CELLS_MAX;
use mighub_consolidation::{End, Figures, aggregate};
use mighub_sdmx::Period;

use super::answer::total;
use super::asked::{Asked, Corridors};
use super::ends::{ENDS_MAX, area, areas_of, ends};
use super::methods::method_named;
use super::read::Reader;
use crate::hub::permit::{Permit, Read};
use crate::hub::{Hub, Moment, Refusal};

/// Cells of all tables of an answer: the world by itself for some forty years.
const CELLS_MAX: usize = 2_000_000;

/// An answer, table by table. Holds the figures of all of them and the cells of one.
pub struct MatrixAnswer {
    header: Option<v1::MatrixHeader>,
    figures: Figures,
    rows: Vec<End>,
    columns: Vec<End>,
    periods: VecDeque<Period>,
    day: Date,
    ready: std::vec::IntoIter<v1::MatrixRow>,
}

impl Hub {
    /// Tables of origins by destinations.
    pub fn matrix(
        self: &Arc<Self>,
        permit: &Permit<Read>,
        request: &v1::GetMatrixRequest,
        now: Moment,
    ) -> Result<MatrixAnswer, Refusal> {
        let reader = Reader { hub: self, permit, now };
        let mut asked = Asked::read(request.derived.as_ref())?;
        let (groups, day) = (self.area_groups()?, asked.membership_day(self, now)?);
        let mut rows = ends("origins", &request.origins, &groups, day)?;
        let mut columns = ends("destinations", &request.destinations, &groups, day)?;
        asked.corridors = Some(Corridors::Between(areas_of(&rows), areas_of(&columns)));
        let (mut tables, position) = reader.derived(&asked, vec![asked.choice.clone()])?;
        let Some(figures) = tables.pop() else { return Err(Refusal::internal("no table was read")) };
        let periods: VecDeque<Period> = figures.periods().collect();
        let (mut origins, mut destinations) = (BTreeSet::new(), BTreeSet::new());
        if rows.is_empty() || columns.is_empty() {
            for (from, to) in periods.iter().flat_map(|period| figures.corridors(*period).into_keys()) {
                origins.insert(from);
                destinations.insert(to);
            }
        }
        if rows.is_empty() {
            rows = every("origins", &origins)?;
        }
        if columns.is_empty() {
            columns = every("destinations", &destinations)?;
        }
        let cells = rows.len() * columns.len();
        for (found, most) in [(cells, MATRIX_CELLS_MAX), (cells * periods.len(), CELLS_MAX)] {
            if found > most {
                let text = format!(
                    "{} origins by {} destinations in {} periods are more than {most} cells: name fewer of them",
                    rows.len(),
                    columns.len(),
                    periods.len()
                );
                return Err(Refusal::limit(most as u64, found as u64, text));
            }
        }
        let method = method_named(&asked.choice.method);
        let codes = |ends: &[End]| ends.iter().map(|end| end.code().to_owned()).collect();
        let header = v1::MatrixHeader {
            origins: codes(&rows),
            destinations: codes(&columns),
            periods: periods.iter().map(ToString::to_string).collect(),
            membership_day: day.to_string(),
            position,
            method: asked.choice.method.to_string(),
            method_digest: method
                .map(|method| method.digest().as_bytes().to_vec().into())
                .unwrap_or_default(),
        };
        let ready = Vec::new().into_iter();
        Ok(MatrixAnswer { header: Some(header), figures, rows, columns, periods, day, ready })
    }
}

impl MatrixAnswer {
    fn table(&self, period: Period) -> Result<Vec<v1::MatrixRow>, Refusal> {
        let (rows, columns) = (self.rows.clone(), self.columns.clone());
        let matrix = aggregate::matrix(&self.figures, rows, columns, period, self.day)
            .map_err(|error| Refusal::internal(error.to_string()))?;
        let cells = matrix.cells.chunks(self.columns.len().max(1));
        let row = |(end, cells): (&End, &[mighub_consolidation::Total])| v1::MatrixRow {
            period: period.to_string(),
            origin: end.code().to_owned(),
            cells: cells.iter().map(total).collect(),
        };
        Ok(self.rows.iter().zip(cells).map(row).collect())
    }
}

impl Iterator for MatrixAnswer {
    type Item = Result<v1::GetMatrixResponse, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        use v1::get_matrix_response::Part;
        let part = |part| Some(Ok(v1::GetMatrixResponse { part: Some(part) }));
        if let Some(header) = self.header.take() {
            return part(Part::Header(header));
        }
        loop {
            if let Some(row) = self.ready.next() {
                return part(Part::Row(row));
            }
            let period = self.periods.pop_front()?;
            match self.table(period) {
                Ok(rows) => self.ready = rows.into_iter(),
                Err(refusal) => return Some(Err(refusal)),
            }
        }
    }
}

fn every(field: &str, areas: &BTreeSet<Arc<str>>) -> Result<Vec<End>, Refusal> {
    if areas.len() > ENDS_MAX {
        let text = format!("{field}: there are more than {ENDS_MAX} areas: name those you want");
        return Err(Refusal::limit(ENDS_MAX as u64, areas.len() as u64, text));
    }
    Ok(areas.iter().map(area).collect())
}
