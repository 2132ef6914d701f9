//! Files of the story: one with planted mistakes, one with a revision.

use crate::Failure;

/// Lines of the file, the header being line 0, and what is changed in them.
const MISTAKES: [(usize, &str, &str); 6] = [
    // A country's name instead of its code, a country that is another office's, and a code with a slip.
    (4, ",PRV,CYP,", ",PRV,Cyprus,"),
    (9, ",SWE,EMI,", ",NOR,EMI,"),
    (15, ",A,F", ",AA,F"),
    // A month where the figures are yearly, a figure with a space, and a figure where it says there is none.
    (21, ",2010,", ",2010-13,"),
    (27, ",_T,2011,", ",_T,2011,1 "),
    (33, ",A,F", ",M,F"),
];
/// Every so many figures are revised.
const REVISED_EVERY: usize = 25;

/// The file with planted mistakes, and the last row twice.
pub(crate) fn with_mistakes(text: &str) -> Result<String, Failure> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (line, from, to) in MISTAKES {
        let text = lines.get_mut(line).ok_or("the sample file is too short")?;
        if !text.contains(from) {
            return Err(format!("line {line} of the sample file has no {from:?}").into());
        }
        *text = text.replacen(from, to, 1);
    }
    lines.extend(lines.last().cloned());
    Ok(lines.join("\n") + "\n")
}

/// Some figures a little higher, and the last one gone: what an office sends when late reports came in.
pub(crate) fn revision(text: &str) -> Result<String, Failure> {
    let mut lines = text.lines();
    let header = lines.next().ok_or("the sample file is empty")?;
    let rows: Vec<&str> = lines.collect();
    let mut revised = vec![header.to_owned()];
    for row in rows.iter().step_by(REVISED_EVERY) {
        let mut cells: Vec<String> = row.split(',').map(str::to_owned).collect();
        let value = cells.get_mut(13).ok_or("a row of the sample file is too short")?;
        let figure: i64 = value.parse()?;
        *value = (figure + figure / 50 + 1).to_string();
        revised.push(cells.join(","));
    }
    if let Some(last) = rows.last() {
        let mut cells: Vec<&str> = last.split(',').collect();
        let columns = cells.len();
        if columns < 16 {
            return Err("a row of the sample file is too short".into());
        }
        cells[2] = "D";
        cells[13..].fill("");
        revised.push(cells.join(","));
    }
    Ok(revised.join("\n") + "\n")
}
