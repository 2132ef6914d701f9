//! Made-up tables for dataflows of which there are no figures with a clear licence.
//!
//! Every row says so in DEF_NOTE, the provider is SYNTHETIC, and the edition too. A figure depends on its own codes
//! only, so that every run makes the same; sums and bounds hold, because the rules of the dataflows are not bent for
//! them.

mod coded;
mod counts;

pub(super) use coded::{policies, treaties};
pub(super) use counts::{census, labour, remittances, service_suppliers, trafficking};

/// Label of the edition, and in the name of every file.
pub(super) const LABEL: &str = "synthetic";
/// What every row says of itself.
const NOTE: &str = "synthetic: made up by mighub-demo";

/// A table of SDMX-CSV.
pub(super) struct Table {
    dataflow: &'static str,
    text: String,
}

/// What stands behind the key and the period of a row.
struct Cell<'a> {
    value: String,
    status: &'a str,
    confidentiality: &'a str,
    /// Cells of the further columns, in their order.
    more: &'a [&'a str],
}

impl<'a> Cell<'a> {
    /// A figure that is free for publication.
    fn free(value: impl ToString) -> Self {
        Self { value: value.to_string(), status: "A", confidentiality: "F", more: &[] }
    }
}

impl Table {
    /// A table without rows. `dimensions` and the further columns are as they stand in the header.
    fn new(dataflow: &'static str, dimensions: &str, more: &[&str]) -> Self {
        let mut text = format!(
            "STRUCTURE,STRUCTURE_ID,ACTION,{dimensions},TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS,DEF_NOTE"
        );
        for column in more {
            text.push(',');
            text.push_str(column);
        }
        text.push('\n');
        Self { dataflow, text }
    }

    fn put(&mut self, key: &[&str], period: &str, cell: Cell<'_>) {
        let Cell { value, status, confidentiality, more } = cell;
        let (dataflow, key) = (self.dataflow, key.join(","));
        self.text.push_str(&format!(
            "dataflow,MIGHUB:{dataflow}(1.0.0),M,{key},{period},{value},{status},{confidentiality},{NOTE}"
        ));
        for cell in more {
            self.text.push(',');
            self.text.push_str(cell);
        }
        self.text.push('\n');
    }

    /// Id of the dataflow.
    pub(super) fn dataflow(&self) -> &'static str {
        self.dataflow
    }

    /// The table as SDMX-CSV.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// A number of `from..to` that depends on the codes and on nothing else (FNV-1a, then mixed).
fn number(codes: &[&str], from: u64, to: u64) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in codes.iter().flat_map(|code| code.bytes().chain([0])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^= hash >> 29;
    from + hash % (to - from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_made_up_row_says_so_and_every_run_makes_the_same() {
        let tables: [fn() -> Table; 7] =
            [census, labour, policies, remittances, service_suppliers, trafficking, treaties];
        for table in tables {
            let (first, second) = (table(), table());
            assert_eq!(first.text(), second.text());
            assert!(first.text().lines().count() > 20, "{}", first.dataflow());
            assert!(first.text().lines().skip(1).all(|row| row.contains(NOTE)), "{}", first.dataflow());
        }
    }

    #[test]
    fn numbers_lie_within_their_bounds_and_differ() {
        let numbers: Vec<_> = (0..100).map(|nth| number(&["A", &nth.to_string()], 5, 1000)).collect();
        assert!(numbers.iter().all(|number| (5..1000).contains(number)));
        let distinct: std::collections::BTreeSet<_> = numbers.iter().collect();
        assert!(distinct.len() > 80, "{numbers:?}");
    }
}
