//! The order of results.

use super::keys::Keys;
use crate::dataset::Dataset;

impl Dataset {
    /// The same data points in the order of their identifiers, so that results can be compared byte by byte.
    /// Texts are ordered by bytes, periods by frequency and then by time.
    pub fn sorted(&self) -> Self {
        let identifiers = self.structure().identifiers().map(|(place, _)| (&self.columns()[place], false));
        let rows = Keys::ordered(identifiers, self.rows()).sorted_rows();
        if rows.is_sorted() { self.clone() } else { self.take(&rows) }
    }
}
