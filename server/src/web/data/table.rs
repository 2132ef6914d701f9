//! Rows of the plain REST door, read back with their columns in order.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// Texts of distinct values that are told.
const DISTINCT_MAX: usize = 12;

/// A table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// A cell as it is shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) text: String,
    /// Whether it is a number, which stands at the end of its column.
    pub(super) is_number: bool,
}

/// One row: names and values in the order in which they came.
struct Row(Vec<(String, Value)>);

impl Table {
    /// Reads JSON Lines. Columns in which no row has anything are left out.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let rows = serde_json::Deserializer::from_slice(bytes).into_iter::<Row>();
        let rows = rows.map(|row| row.map(|Row(cells)| cells)).collect::<Result<Vec<_>, _>>()?;
        let Some(first) = rows.first() else { return Ok(Self::default()) };
        let is_used = |place: &usize| {
            rows.iter().any(|row| row.get(*place).is_some_and(|(_, value)| !matches!(value, Value::Null) && value != ""))
        };
        let used: Vec<usize> = (0..first.len()).filter(is_used).collect();
        let columns = used.iter().map(|place| first[*place].0.clone()).collect();
        let cells = |row: &Vec<(String, Value)>| {
            used.iter().map(|place| row.get(*place).map_or_else(Cell::empty, |(_, value)| Cell::of(value))).collect()
        };
        Ok(Self { columns, rows: rows.iter().map(cells).collect() })
    }

    /// Some of the distinct values of a column, ascending.
    pub(super) fn distinct(&self, column: &str) -> Vec<String> {
        let Some(place) = self.columns.iter().position(|known| known == column) else { return Vec::new() };
        let mut values: Vec<_> = self.rows.iter().filter_map(|row| row.get(place)).map(|cell| cell.text.clone()).collect();
        values.sort();
        values.dedup();
        if values.len() > DISTINCT_MAX {
            values.truncate(DISTINCT_MAX);
            values.push("…".to_owned());
        }
        values
    }
}

impl Cell {
    fn empty() -> Self {
        Self { text: String::new(), is_number: false }
    }

    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::empty(),
            Value::String(text) => Self { text: text.clone(), is_number: false },
            Value::Number(number) => Self { text: number.to_string(), is_number: true },
            other => Self { text: other.to_string(), is_number: false },
        }
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Cells;
        impl<'de> Visitor<'de> for Cells {
            type Value = Row;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a row")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
                let mut cells = Vec::new();
                while let Some(cell) = map.next_entry()? {
                    cells.push(cell);
                }
                Ok(Row(cells))
            }
        }
        deserializer.deserialize_map(Cells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_keep_their_order_and_empty_ones_are_left_out() {
        let table = Table::read(b"{\"Z\":\"b\",\"A\":1.50,\"N\":null}\n{\"Z\":\"a\",\"A\":null,\"N\":\"\"}\n").expect("a table");
        assert_eq!(table.columns, ["Z", "A"]);
        assert_eq!(table.rows[1][0].text, "a");
        assert!(table.rows[0][1].is_number);
        assert_eq!(table.distinct("Z"), ["a", "b"]);
        assert_eq!(Table::read(b"").expect("an empty table"), Table::default());
    }
}
