//! Rows of the plain REST door, read back with their columns in order.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// A table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// A cell as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
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
            rows.iter().any(|row| {
                row.get(*place).is_some_and(|(_, value)| !matches!(value, Value::Null) && value != "")
            })
        };
        let used: Vec<usize> = (0..first.len()).filter(is_used).collect();
        let columns = used.iter().map(|place| first[*place].0.clone()).collect();
        let cells = |row: &Vec<(String, Value)>| {
            used.iter()
                .map(|place| row.get(*place).map_or_else(Cell::empty, |(_, value)| Cell::of(value)))
                .collect()
        };
        Ok(Self { columns, rows: rows.iter().map(cells).collect() })
    }

    /// The same with names in the place of codes, where both are there: of `SEX` and `SEX_NAME` the latter under the
    /// former's heading.
    pub(super) fn in_names(self) -> Self {
        let name_of = |column: &str| {
            let name = format!("{column}_NAME");
            self.columns.iter().position(|known| *known == name)
        };
        let is_name = |column: &str| {
            column.strip_suffix("_NAME").is_some_and(|code| self.columns.iter().any(|known| known == code))
        };
        let kept = self.columns.iter().enumerate().filter(|(_, column)| !is_name(column));
        let places: Vec<usize> =
            kept.clone().map(|(place, column)| name_of(column).unwrap_or(place)).collect();
        let columns = kept.map(|(_, column)| column.clone()).collect();
        let row = |row: &Vec<Cell>| {
            places.iter().map(|place| row.get(*place).cloned().unwrap_or_else(Cell::empty)).collect()
        };
        Self { rows: self.rows.iter().map(row).collect(), columns }
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
        let table =
            Table::read(b"{\"Z\":\"b\",\"A\":1.50,\"N\":null}\n{\"Z\":\"a\",\"A\":null,\"N\":\"\"}\n")
                .expect("a table");
        assert_eq!(table.columns, ["Z", "A"]);
        assert_eq!(table.rows[1][0].text, "a");
        assert!(table.rows[0][1].is_number);
        let named = Table::read(b"{\"SEX\":\"F\",\"SEX_NAME\":\"Female\",\"OBS_VALUE\":1}\n")
            .expect("a table")
            .in_names();
        assert_eq!((&*named.columns[0], &*named.rows[0][0].text), ("SEX", "Female"));
        assert_eq!(named.columns.len(), 2);
        assert_eq!(Table::read(b"").expect("an empty table"), Table::default());
    }
}
