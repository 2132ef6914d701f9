//! The hidden sheet of a template: what the workbook is about and which column is what.

use crate::address::{column_of, letters};

/// Name of the hidden sheet.
pub(crate) const FORM_SHEET: &str = "mighub";
/// Version of the hidden sheet. A program that writes another layout gives it another number.
const VERSION: &str = "1";
/// Most columns and fixed dimensions of a template.
const ENTRIES_MAX: usize = 2_000;

/// What a template says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// Dataflow, as AGENCY:ID(VERSION).
    pub dataflow: String,
    /// Data structure, as AGENCY:ID(VERSION).
    pub structure: String,
    /// Digest of the structures of which the template was made, as its maker writes it.
    pub structure_digest: String,
    /// Language of its texts.
    pub language: String,
    /// The vintage from which it was prefilled; empty if it was not.
    pub prefill: String,
    pub(crate) sheet: String,
    /// Row of the header with the ids of components.
    pub(crate) header_row: u32,
    /// Dimensions that are the same in all rows.
    pub(crate) fixed: Vec<(String, String)>,
    pub(crate) columns: Vec<FormColumn>,
    /// Components that name a cell and do not fill it: dimensions and the period.
    pub(crate) key: Vec<String>,
}

/// A column of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FormColumn {
    pub(crate) column: u32,
    pub(crate) component: String,
    /// In a wide layout: the dimension and code for which it is.
    pub(crate) only: Option<(String, String)>,
}

/// Why a hidden sheet cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// Another program's template.
    #[error("its layout has version {0:?}, this program reads {VERSION}: update the program")]
    Version(String),
    /// An entry is missing.
    #[error("it does not say the {0}")]
    Missing(&'static str),
    /// An entry cannot be read.
    #[error("its entry {0:?} cannot be read")]
    Entry(String),
}

impl Form {
    /// The rows of the hidden sheet.
    pub(crate) fn rows(&self) -> Vec<[String; 4]> {
        let entry =
            |name: &str, value: &str| [name.to_owned(), value.to_owned(), String::new(), String::new()];
        let mut rows = vec![
            entry("template", VERSION),
            entry("dataflow", &self.dataflow),
            entry("structure", &self.structure),
            entry("structure-digest", &self.structure_digest),
            entry("language", &self.language),
            entry("prefill", &self.prefill),
            entry("sheet", &self.sheet),
            entry("header-row", &self.header_row.to_string()),
        ];
        rows.extend(self.key.iter().map(|component| entry("key", component)));
        for (dimension, code) in &self.fixed {
            rows.push(["fixed".to_owned(), dimension.clone(), code.clone(), String::new()]);
        }
        for column in &self.columns {
            let only = column.only.as_ref().map(|(dimension, code)| format!("{dimension}={code}"));
            rows.push([
                "column".to_owned(),
                letters(column.column),
                column.component.clone(),
                only.unwrap_or_default(),
            ]);
        }
        rows
    }

    /// Reads the rows of a hidden sheet.
    pub(crate) fn read(rows: &[[String; 4]]) -> Result<Self, FormError> {
        let mut form = Self::default();
        let mut version = None;
        for [name, first, second, third] in rows {
            let refuse =
                || FormError::Entry(format!("{name} {first} {second} {third}").trim_end().to_owned());
            match &**name {
                "template" => version = Some(first.clone()),
                "dataflow" => form.dataflow.clone_from(first),
                "structure" => form.structure.clone_from(first),
                "structure-digest" => form.structure_digest.clone_from(first),
                "language" => form.language.clone_from(first),
                "prefill" => form.prefill.clone_from(first),
                "sheet" => form.sheet.clone_from(first),
                "header-row" => form.header_row = first.parse().map_err(|_| refuse())?,
                "key" => form.key.push(first.clone()),
                "fixed" => form.fixed.push((first.clone(), second.clone())),
                "column" => {
                    let only = match &**third {
                        "" => None,
                        only => {
                            let (dimension, code) = only.split_once('=').ok_or_else(refuse)?;
                            Some((dimension.to_owned(), code.to_owned()))
                        }
                    };
                    let column = column_of(first).ok_or_else(refuse)?;
                    form.columns.push(FormColumn { column, component: second.clone(), only });
                }
                _ => {}
            }
            if form.columns.len() + form.fixed.len() + form.key.len() > ENTRIES_MAX {
                return Err(refuse());
            }
        }
        match version.as_deref() {
            Some(VERSION) => {}
            other => return Err(FormError::Version(other.unwrap_or_default().to_owned())),
        }
        for (what, is_missing) in [
            ("dataflow", form.dataflow.is_empty()),
            ("sheet", form.sheet.is_empty()),
            ("header row", form.header_row == 0),
            ("columns", form.columns.is_empty()),
        ] {
            if is_missing {
                return Err(FormError::Missing(what));
            }
        }
        Ok(form)
    }

    /// Whether a component is what the office fills in.
    pub(crate) fn is_figure(&self, component: &str) -> bool {
        !self.key.iter().any(|key| key == component)
    }

    /// The codes for which there are columns of their own, in their order; none in a long layout.
    pub(crate) fn across(&self) -> Vec<&(String, String)> {
        let mut across: Vec<&(String, String)> = Vec::new();
        for only in self.columns.iter().filter_map(|column| column.only.as_ref()) {
            if !across.contains(&only) {
                across.push(only);
            }
        }
        across
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_sheet_is_read_as_it_is_written() {
        let form = Form {
            dataflow: "MIGHUB:MIG_FLOW(1.0.0)".to_owned(),
            structure: "MIGHUB:DSD_MIG_FLOW(1.0.0)".to_owned(),
            structure_digest: "abc".to_owned(),
            language: "es".to_owned(),
            prefill: "7".to_owned(),
            sheet: "Data".to_owned(),
            header_row: 4,
            key: vec!["AGE".to_owned()],
            fixed: vec![("FREQ".to_owned(), "A".to_owned())],
            columns: vec![
                FormColumn { column: 0, component: "AGE".to_owned(), only: None },
                FormColumn {
                    column: 27,
                    component: "OBS_VALUE".to_owned(),
                    only: Some(("SEX".to_owned(), "F".to_owned())),
                },
            ],
        };
        assert_eq!(Form::read(&form.rows()), Ok(form.clone()));
        let mut rows = form.rows();
        rows[0][1] = "2".to_owned();
        assert_eq!(Form::read(&rows), Err(FormError::Version("2".to_owned())));
        rows.retain(|row| row[0] != "column");
        rows[0][1] = VERSION.to_owned();
        assert_eq!(Form::read(&rows), Err(FormError::Missing("columns")));
    }
}
