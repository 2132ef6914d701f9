//! Level 0: whether a file can be read.

use crate::rule::{Rule, Severity};

const fn rule(
    id: &'static str,
    severity: Severity,
    title: &'static str,
    explanation: &'static str,
    remedy: &'static str,
) -> Rule {
    Rule { id, level: 0, severity, title, explanation, remedy }
}

const fn error(
    id: &'static str,
    title: &'static str,
    explanation: &'static str,
    remedy: &'static str,
) -> Rule {
    rule(id, Severity::Error, title, explanation, remedy)
}

/// All of them.
pub static RULES: &[&Rule] = &[
    &UNREADABLE,
    &EMPTY,
    &NO_ROWS,
    &OTHER_KIND,
    &HEADER,
    &NO_STRUCTURE_ID,
    &COLUMN_TWICE,
    &ROW_TOO_LONG,
    &OPEN_QUOTE,
    &TOO_MANY_CODES,
    &SERIES_TOO_LONG,
    &KEY_TOO_WIDE,
    &NO_ROOM,
    &SERIES_TEXT_TOO_LONG,
    &MESSAGE,
    &NOT_WHOLE,
    &CELL_COUNT,
    &UNKNOWN_DATAFLOW,
    &TOO_MANY_STRUCTURES,
    &MISSING_COLUMNS,
    &UNKNOWN_ACTION,
    &EMPTY_DIMENSION,
    &EMPTY_PERIOD,
    &SWITCHED_OFF,
    &PERIOD,
    &NUMBER,
    &CELL_NOT_UTF8,
    &STRAY_QUOTE,
    &TEXT_TOO_LONG,
    &CODE_TOO_LONG,
    &NOT_AVAILABLE,
    &DATASET_CONFLICT,
    &COMPONENT_TWICE,
    &UNKNOWN_IN_DELETION,
    &GROUP_WITHOUT_SERIES,
    &SEVERAL_LANES,
    &FOREIGN_COLUMN,
    &MISSPELLED_COLUMN,
    &SEVERAL_PROVIDERS,
    &NO_CODE,
    &TWO_NUMBERS,
    &FOREIGN_NUMBER,
    &TABLE,
    &AREA_SCHEME,
    &SEVERAL_MAPPINGS,
];

/// The operating system does not give the bytes.
pub static UNREADABLE: Rule = error(
    "FIL-001",
    "The file cannot be read",
    "The operating system stopped giving the file's bytes.",
    "Copy the file anew and try again.",
);

/// No bytes.
pub static EMPTY: Rule = error(
    "FIL-002",
    "The file is empty",
    "There is nothing in the file. To report that there are no figures, send a nil return.",
    "Export the figures again.",
);

/// A header alone.
pub static NO_ROWS: Rule = error(
    "FIL-003",
    "The file has a header and no rows",
    "Not one row stands below the header.",
    "Export the figures again, with at least one row.",
);

/// Another kind of file.
pub static OTHER_KIND: Rule = error(
    "FIL-004",
    "The file is of no format that is read",
    "SDMX-CSV, SDMX-ML, SDMX-JSON, Parquet and Excel workbooks are read, whatever the file is called. SDMX-CSV begins with the column STRUCTURE (version 2) or DATAFLOW (version 1.0).",
    "Save the figures in one of these formats, or name the mapping that describes the table: --mapping.",
);

/// A header that is no table header.
pub static HEADER: Rule = error(
    "FIL-005",
    "The header cannot be read",
    "The first row names the columns. It is UTF-8 text of a limited length, and each name that begins with a quotation mark ends with one.",
    "Correct the first row of the file.",
);

/// A header without STRUCTURE_ID.
pub static NO_STRUCTURE_ID: Rule = error(
    "FIL-006",
    "The column STRUCTURE_ID is missing",
    "SDMX-CSV 2 names the dataflow of each row in STRUCTURE_ID, behind STRUCTURE.",
    "Add the column STRUCTURE_ID, with AGENCY:ID(VERSION) in each row.",
);

/// One column name twice.
pub static COLUMN_TWICE: Rule = error(
    "FIL-007",
    "A column stands twice",
    "Two columns are for the same thing, so that nobody can know which one counts. The rows were not checked.",
    "Remove one of the two columns.",
);

/// A row without end.
pub static ROW_TOO_LONG: Rule = error(
    "FIL-008",
    "A row is too long",
    "A row holds one observation. One of more than a megabyte is most often many rows behind a quotation mark that is not closed. Nothing behind it was checked.",
    "Close the quotation mark, or double it if it belongs to the text.",
);

/// The file ends within quotes.
pub static OPEN_QUOTE: Rule = error(
    "FIL-009",
    "A quotation mark is not closed",
    "The file ends within a cell that a quotation mark opened. The rows behind the mark were not checked.",
    "Close the quotation mark, or double it if it belongs to the text.",
);

/// A dimension with figures in it.
pub static TOO_MANY_CODES: Rule = error(
    "FIL-010",
    "A dimension has too many codes",
    "A dimension's codes come from a list. A column with hundreds of thousands of them holds something else. Nothing behind was checked.",
    "Look whether the columns stand under their names.",
);

/// A series with far too many rows.
pub static SERIES_TOO_LONG: Rule = error(
    "FIL-011",
    "A series has too many rows",
    "More rows have one series key than there are hours in a lifetime. Most often a dimension holds the same code throughout. Nothing behind was checked.",
    "Look whether every dimension is filled.",
);

/// Keys that cannot be compared.
pub static KEY_TOO_WIDE: Rule = error(
    "FIL-012",
    "The keys have too many codes",
    "All dimensions together have so many codes that the rows cannot be brought into order.",
    "Look whether the columns stand under their names.",
);

/// No room to check.
pub static NO_ROOM: Rule = error(
    "FIL-013",
    "There was no room to check the file",
    "Files that are not in the order of their keys are sorted in a folder for temporary files, which could not be used. The file may be right.",
    "Make room in the folder for temporary files and try again.",
);

/// Texts of a series that outweigh a block.
pub static SERIES_TEXT_TOO_LONG: Rule = error(
    "FIL-014",
    "The texts of a series are too long",
    "The footnotes of one series are more text than can be sent with it. Nothing behind was checked.",
    "Shorten the texts, or send them as a document.",
);

/// A message of SDMX-JSON or SDMX-ML, or a Parquet file.
pub static MESSAGE: Rule = error(
    "FIL-015",
    "The message cannot be read further",
    "SDMX-ML, SDMX-JSON and Parquet are read up to the first place at which their syntax is broken; what follows cannot be told.",
    "Correct the message at that place, or write it again with the program that made it.",
);

/// An answer whose sender says that it was cut.
pub static NOT_WHOLE: Rule = error(
    "FIL-016",
    "The message says that it is not whole",
    "A service that cannot send all that was asked for says so behind the data, as an error in the footer of the message. What stands before it was checked, but more would belong to it.",
    "Ask the service again, for less at once.",
);

/// More or fewer cells than columns.
pub static CELL_COUNT: Rule = error(
    "FIL-021",
    "A row has another number of cells than the header",
    "Every row has one cell for each column. A row with more or fewer is not read, because its cells may have moved.",
    "Put texts that have the separator in them into quotation marks, and fill up missing cells.",
);

/// No such dataflow.
pub static UNKNOWN_DATAFLOW: Rule = error(
    "FIL-022",
    "The dataflow is not known",
    "STRUCTURE_ID (DATAFLOW in version 1.0) names a dataflow that is known here, as AGENCY:ID(VERSION). The rows of another one are not checked; only the first is reported.",
    "Write the name of a dataflow that `mighub structure list` shows.",
);

/// Dataflows without end.
pub static TOO_MANY_STRUCTURES: Rule = error(
    "FIL-023",
    "The file names too many structures",
    "A submission is about one dataflow. A file with hundreds of names holds something else in STRUCTURE_ID.",
    "Send each dataflow in a file of its own.",
);

/// A dimension without column.
pub static MISSING_COLUMNS: Rule = error(
    "FIL-024",
    "Columns of dimensions are missing",
    "Every dimension of the dataflow and TIME_PERIOD are columns, for all of them together name an observation. A dimension by which a table is not broken down has the code _T throughout.",
    "Add the columns; where the table has no such breakdown, write _T.",
);

/// No such action.
pub static UNKNOWN_ACTION: Rule = error(
    "FIL-025",
    "The action is not known",
    "ACTION says what a row does: M inserts or updates, R replaces, D deletes. I and A are read as M, and so is an empty cell.",
    "Write M, R or D.",
);

/// A dimension without code.
pub static EMPTY_DIMENSION: Rule = error(
    "FIL-026",
    "A dimension has no code",
    "Every dimension has a code in every row; only rows that delete may leave one empty, which stands for all codes.",
    "Write the code; where the figure is not broken down, write _T.",
);

/// No period.
pub static EMPTY_PERIOD: Rule = error(
    "FIL-027",
    "The period is missing",
    "Every row has a TIME_PERIOD; only rows that delete may leave it empty, which stands for all periods.",
    "Write the period, such as 2024 or 2024-Q3.",
);

/// `~` where it cannot be.
pub static SWITCHED_OFF: Rule = error(
    "FIL-028",
    "Some dimensions are switched off, others are not",
    "The sign ~ says that a row is not about single observations: in TIME_PERIOD alone it is about its series, in every dimension about the dataset.",
    "Write codes in place of ~, or ~ in every dimension.",
);

/// Not a period.
pub static PERIOD: Rule = error(
    "FIL-029",
    "The period cannot be read",
    "TIME_PERIOD has one of the forms of SDMX: 2024, 2024-07, 2024-07-31, 2024-Q3, 2024-S1, 2024-W31, or a start and a duration, 2020-01-01/P5Y.",
    "Write the period in one of the forms of SDMX, such as 2024 or 2024-Q3.",
);

/// Not a number.
pub static NUMBER: Rule = error(
    "FIL-030",
    "The value is not a number",
    "Values are exact: a sign, at most 18 digits, and one decimal point. There are no thousands separators, no exponents, and no words such as NaN; a missing value is an empty cell with its reason in OBS_STATUS.",
    "Write the number with digits and at most one decimal point, such as 1234.5.",
);

/// Not UTF-8.
pub static CELL_NOT_UTF8: Rule = error(
    "FIL-031",
    "A cell is not UTF-8 text",
    "The file is in another encoding, such as Windows-1252: letters with accents would be wrong.",
    "Save the file with the encoding UTF-8.",
);

/// Text behind a closing quotation mark.
pub static STRAY_QUOTE: Rule = error(
    "FIL-032",
    "Text follows a closing quotation mark",
    "A cell that begins with a quotation mark ends with one. Marks that belong to the text are doubled.",
    "Double the quotation marks that belong to the text.",
);

/// A text that outweighs a block.
pub static TEXT_TOO_LONG: Rule = error(
    "FIL-033",
    "A text is too long",
    "A footnote of more than 64 KiB is a document.",
    "Shorten the text, or send it as a document.",
);

/// A code that is none.
pub static CODE_TOO_LONG: Rule = error(
    "FIL-034",
    "A code is too long",
    "Codes are short. A longer text in the column of a dimension has moved there from another column.",
    "Look whether the cells of the row stand in their columns.",
);

/// `#N/A`.
pub static NOT_AVAILABLE: Rule = error(
    "FIL-035",
    "#N/A is not a value",
    "An attribute is left as it is by an empty cell, and taken away by a row with ACTION D.",
    "Leave the cell empty, or delete the attribute with ACTION D.",
);

/// Two values of one dataset attribute.
pub static DATASET_CONFLICT: Rule = error(
    "FIL-036",
    "Two rows give an attribute of the dataset different values",
    "An attribute of the dataset holds for all its rows, so that it has one value.",
    "Write the same value in all rows, or only in one.",
);

/// A component with two contents in one tag, key or list.
pub static COMPONENT_TWICE: Rule = error(
    "FIL-037",
    "A component is given twice",
    "One series or observation names a component twice, with different contents, so that nobody can know which one counts.",
    "Keep one of the two.",
);

/// A deletion of nobody knows what.
pub static UNKNOWN_IN_DELETION: Rule = error(
    "FIL-038",
    "A deletion names a component that there is not",
    "A deletion deletes whatever has the codes that it names; a dimension that it does not name has all of them. If a name is wrong, far more would be deleted than was meant, so nothing is.",
    "Correct the name of the component, or take it out.",
);

/// Attributes of a group that reach nothing.
pub static GROUP_WITHOUT_SERIES: Rule = error(
    "FIL-039",
    "A group has no series",
    "What a group says is kept with its series, and none of them follows in its dataset. It would be lost.",
    "Send the series of the group as well, behind it; they need no observations.",
);

/// Several lanes in one file.
pub static SEVERAL_LANES: Rule = error(
    "FIL-041",
    "The file is about several dataflows",
    "A submission is one transaction on one lane: the figures of one provider for one dataflow. A file with several is several submissions.",
    "Send each on its own: `mighub push --split` does it.",
);

/// A column of the sender's own.
pub static FOREIGN_COLUMN: Rule = rule(
    "FIL-042",
    Severity::Note,
    "A column is not part of the dataflow",
    "SDMX-CSV allows columns of one's own. They are not read and not stored.",
    "Nothing, if the column is your own.",
);

/// A column that looks like one that is missing.
pub static MISSPELLED_COLUMN: Rule = rule(
    "FIL-043",
    Severity::Warning,
    "A column has nearly the name of a component that is missing",
    "The column is not read, because no component has its name; but one that has no column is called nearly the same.",
    "Correct the name of the column, or answer that it is your own.",
);

/// Figures of one office as if they were another's.
pub static SEVERAL_PROVIDERS: Rule = error(
    "FIL-044",
    "The file holds figures of several providers",
    "Its datasets name different data providers. A submission is about the figures of one, and those of the others would be taken for the sender's.",
    "Send the figures of each provider in a message of its own.",
);

/// A value that a mapping does not know.
pub static NO_CODE: Rule = error(
    "FIL-051",
    "A value has no code by the mapping",
    "The file has a layout of its own, and a mapping says which code each of its values stands for. It does not name this one. The row was not checked further.",
    "Correct the value, or add it to the values of the mapping.",
);

/// A number that can be read in two ways.
pub static TWO_NUMBERS: Rule = error(
    "FIL-052",
    "A number can be read in two ways",
    "In some countries 1,282 is more than a thousand, in others a little more than one. Nothing says how this file writes numbers, so none is guessed. The row was not checked further.",
    "Say which sign is before the fraction: \"decimal\" in the mapping's numbers, or --decimal.",
);

/// A figure of a foreign table that is none.
pub static FOREIGN_NUMBER: Rule = error(
    "FIL-053",
    "A figure cannot be read by the mapping",
    "A figure is digits with at most one decimal sign, with separators between groups of three digits if the mapping has them, or a bound such as <5. Signs for missing figures and letters behind figures are declared in the mapping. The row was not checked further.",
    "Correct the figure, or declare the sign in the mapping's numbers.",
);

/// A table that is not what its mapping is for.
pub static TABLE: Rule = error(
    "FIL-054",
    "The table does not fit its mapping",
    "A mapping names the columns that it reads, and fills every dimension of its dataflow. Nothing of the table was checked.",
    "Name another mapping with --mapping, or correct the mapping.",
);

/// Area codes of which nobody knows the scheme.
pub static AREA_SCHEME: Rule = error(
    "FIL-055",
    "The area codes can be read in several ways",
    "The same letters are different areas in different schemes: ARE is Egypt in the codes of UNHCR and the United Arab Emirates in ISO 3166. The file is not read on a guess. Nothing of it was checked.",
    "Say in which scheme areas are written: \"scheme\" in the mapping, or --areas.",
);

/// A table of which nobody knows which mapping it has.
pub static SEVERAL_MAPPINGS: Rule = error(
    "FIL-056",
    "Several mappings fit the table",
    "A table without a named mapping is recognised by its columns. Tables with the same columns may mean different things, so none of the mappings is taken on a guess. Nothing of the file was checked.",
    "Name the mapping that is meant: --mapping ID.",
);
