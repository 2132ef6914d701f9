//! What a page shows as a table, as CSV (RFC 4180): the same cells, for whoever counts on.

use crate::rest::guarded;

/// Writes a table.
pub(crate) fn csv(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut text = header.join(",");
    text.push_str("\r\n");
    for row in rows {
        let cells: Vec<_> = row.iter().map(|cell| quoted(cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text.into_bytes()
}

fn quoted(cell: &str) -> String {
    let cell = guarded(cell);
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_quotes_are_kept() {
        let row = ["=1+1", "-1.5", "a \"b\", c", "-x", "é"].map(str::to_owned).to_vec();
        let text = String::from_utf8(csv(&["A", "B", "C", "D", "E"], [row].into_iter())).expect("UTF-8");
        assert_eq!(text, "A,B,C,D,E\r\n'=1+1,-1.5,\"a \"\"b\"\", c\",'-x,é\r\n");
    }
}
