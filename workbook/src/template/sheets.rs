//! The sheets of a template: Data, Read me, and two that are hidden.

use std::io::Write;

use rust_xlsxwriter::{
    DataValidation, DataValidationErrorStyle, DataValidationRule, DocProperties, ExcelDateTime, Format,
    Formula, ProtectionOptions, Workbook, Worksheet, XlsxError,
};

use super::Template;
use super::names::Labels;
use super::plan::{CODES, Kind, List, Lists, Planned, plan};
use super::rows::Rows;
use super::styles::Styles;
use super::words::{Words, words};
use crate::address::letters;
use crate::form::{FORM_SHEET, Form, FormColumn};

/// Name of the sheet with the figures, in every language: addresses of findings begin with it.
const DATA: &str = "Data";
/// Rows below the listed ones for codes that the template does not list.
const FREE_ROWS: u32 = 200;
/// Rows of the heading, from 0: title, what is the same in all rows, names, ids.
const FIXED_ROW: u32 = 1;
const NAMES_ROW: u32 = 2;
const IDS_ROW: u32 = 3;
const FIRST_ROW: u32 = 4;
/// Height of the row of names, in points: long names take three lines.
const NAMES_HEIGHT: f64 = 48.0;
/// Widths of columns, in characters.
const CODE_WIDTH: f64 = 12.0;
const NAME_WIDTH: f64 = 28.0;
const VALUE_WIDTH: f64 = 14.0;
const TEXT_WIDTH: f64 = 40.0;
/// Attributes that are given once for a row, not for each code across.
const COMMENT: &str = "COMMENT_OBS";

pub(super) fn write(template: &Template<'_>, rows: &Rows, out: impl Write + Send) -> Result<(), XlsxError> {
    let words = words(template.language);
    let labels = Labels::new(template.definition, template.language, words);
    let plan = plan(template, rows);
    let mut workbook = Workbook::new();
    let (year, month, day) = template.made_on;
    let made_on = ExcelDateTime::from_ymd(year, month, day)?;
    let properties = DocProperties::new().set_title(&labels.title).set_creation_datetime(&made_on);
    workbook.set_properties(&properties);
    let lists = Lists::of(template, &plan);
    let styles = Styles::new();
    let writer =
        Writer { template, rows, words, labels: &labels, plan: &plan, lists: &lists, styles: &styles };
    writer.data(workbook.add_worksheet())?;
    writer.read_me(workbook.add_worksheet())?;
    writer.codes(workbook.add_worksheet())?;
    writer.form(workbook.add_worksheet())?;
    workbook.save_to_writer(out)
}

struct Writer<'t> {
    template: &'t Template<'t>,
    rows: &'t Rows,
    words: &'static Words,
    labels: &'t Labels<'t>,
    plan: &'t [Planned<'t>],
    lists: &'t Lists<'t>,
    styles: &'t Styles,
}

impl Writer<'_> {
    fn data(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        let styles = self.styles;
        sheet.set_name(DATA)?.set_active(true);
        sheet.write_string_with_format(0, 0, &self.labels.title, &styles.title)?;
        sheet.write_string(FIXED_ROW, 0, self.fixed_in_words())?;
        sheet.set_row_height(NAMES_ROW, NAMES_HEIGHT)?;
        for (column, planned) in self.plan.iter().enumerate() {
            let column = column as u16;
            let (name, id) = self.heading(planned);
            sheet.write_string_with_format(NAMES_ROW, column, name, &styles.name)?;
            sheet.write_string_with_format(IDS_ROW, column, id, &styles.id)?;
            let width = match planned.kind {
                Kind::Code(_) => CODE_WIDTH,
                Kind::Name(_) => NAME_WIDTH,
                Kind::Earlier | Kind::Value => VALUE_WIDTH,
                Kind::Attribute(component) if &*component.id == COMMENT => TEXT_WIDTH,
                Kind::Attribute(_) => CODE_WIDTH,
            };
            sheet.set_column_width(column, width)?;
            self.validate(sheet, column, planned)?;
        }
        let integer = matches!(&self.template.definition.measure.coded_by,
            mighub_sdmx::structure::CodedBy::Format(format) if format.data_type.is_some_and(|t| t.is_integer()));
        let value = if integer { styles.value.clone().set_num_format("#,##0") } else { styles.value.clone() };
        for (nth, row) in self.rows.rows.iter().enumerate() {
            let at = FIRST_ROW + nth as u32;
            for (column, planned) in self.plan.iter().enumerate() {
                let column = column as u16;
                match planned.kind {
                    Kind::Code(place) => {
                        sheet.write_string_with_format(at, column, &*row.codes[place], &styles.locked)?
                    }
                    Kind::Name(place) => {
                        let name = self.labels.code(planned.component, &row.codes[place]);
                        sheet.write_string_with_format(at, column, name, &styles.locked)?
                    }
                    Kind::Earlier => match &row.references[planned.across.unwrap_or(0)] {
                        Some(text) => match text.parse::<f64>() {
                            Ok(number) => {
                                sheet.write_number_with_format(at, column, number, &styles.earlier)?
                            }
                            Err(_) => sheet.write_string_with_format(at, column, text, &styles.earlier)?,
                        },
                        None => sheet.write_blank(at, column, &styles.earlier)?,
                    },
                    Kind::Value => sheet.write_blank(at, column, &value)?,
                    Kind::Attribute(_) => sheet.write_blank(at, column, self.open_style(planned))?,
                };
            }
        }
        self.free_rows(sheet, &value)?;
        let first_open = self.plan.iter().position(|p| !matches!(p.kind, Kind::Code(_) | Kind::Name(_)));
        sheet.set_freeze_panes(FIRST_ROW, first_open.unwrap_or(0) as u16)?;
        sheet.set_repeat_rows(NAMES_ROW, NAMES_ROW)?.set_landscape().set_print_fit_to_pages(1, 0);
        sheet.protect_with_options(&ProtectionOptions {
            format_cells: true,
            format_columns: true,
            format_rows: true,
            sort: true,
            use_autofilter: true,
            ..ProtectionOptions::default()
        });
        Ok(())
    }

    /// Rows in which the office chooses the codes itself.
    fn free_rows(&self, sheet: &mut Worksheet, value: &Format) -> Result<(), XlsxError> {
        if self.rows.varying.is_empty() {
            return Ok(());
        }
        // Programs that do not calculate on opening show an empty name, too.
        sheet.set_formula_result_default("");
        let first = self.end_of_rows();
        for at in first..first + FREE_ROWS {
            for (column, planned) in self.plan.iter().enumerate() {
                let number = column as u16;
                match planned.kind {
                    Kind::Code(_) => sheet.write_blank(at, number, &self.styles.open)?,
                    Kind::Name(_) => match self.lists.range(planned.component, true) {
                        Some(range) => {
                            let code = format!("{}{}", letters(column as u32 - 1), at + 1);
                            let formula = format!("=IFERROR(VLOOKUP({code},{range},2,FALSE),\"\")");
                            let formula = Formula::new(formula);
                            sheet.write_formula_with_format(at, number, formula, &self.styles.locked)?
                        }
                        None => sheet.write_blank(at, number, &self.styles.locked)?,
                    },
                    Kind::Earlier => sheet.write_blank(at, number, &self.styles.earlier)?,
                    Kind::Value => sheet.write_blank(at, number, value)?,
                    Kind::Attribute(_) => sheet.write_blank(at, number, self.open_style(planned))?,
                };
            }
        }
        Ok(())
    }

    fn end_of_rows(&self) -> u32 {
        FIRST_ROW + self.rows.rows.len() as u32
    }

    fn open_style(&self, planned: &Planned<'_>) -> &Format {
        if planned.component == COMMENT { &self.styles.text } else { &self.styles.open }
    }

    /// What may be written into a column.
    fn validate(&self, sheet: &mut Worksheet, column: u16, planned: &Planned<'_>) -> Result<(), XlsxError> {
        let first = match planned.kind {
            Kind::Code(_) => self.end_of_rows(),
            _ => FIRST_ROW,
        };
        let last = self.end_of_rows() + FREE_ROWS - 1;
        let validation = match planned.kind {
            Kind::Value => DataValidation::new()
                .allow_decimal_number(DataValidationRule::Between(-1e15, 1e15))
                .set_error_style(DataValidationErrorStyle::Stop)
                .set_error_message(self.words.not_a_number)?,
            Kind::Code(_) | Kind::Attribute(_) => {
                let Some(range) = self.lists.range(planned.component, false) else { return Ok(()) };
                DataValidation::new()
                    .allow_list_formula(Formula::new(format!("={range}")))
                    .set_error_style(DataValidationErrorStyle::Stop)
                    .set_error_message(self.words.not_a_code)?
            }
            Kind::Name(_) | Kind::Earlier => return Ok(()),
        };
        sheet.add_data_validation(first, column, last, column, &validation).map(|_| ())
    }

    /// The two headings of a column: its name, and the id of its component.
    fn heading(&self, planned: &Planned<'_>) -> (String, String) {
        let name = self.labels.component(planned.component);
        let across = planned.across.zip(self.rows.across.as_ref()).map(|(nth, (dimension, codes))| {
            let code = &codes[nth];
            let label = self.labels.code(dimension, code);
            (
                if label.is_empty() { code.to_string() } else { label.to_owned() },
                format!(" {dimension}={code}"),
            )
        });
        let name = match planned.kind {
            Kind::Name(_) => self.words.name.replace("{}", name),
            Kind::Earlier => {
                let label = self.template.reference.map_or("", |reference| &reference.label);
                self.words.earlier.replace("{}", label)
            }
            _ => name.to_owned(),
        };
        let id = match planned.kind {
            Kind::Name(_) | Kind::Earlier => String::new(),
            _ => planned.component.to_owned(),
        };
        match across {
            Some((label, only)) if !id.is_empty() => (format!("{label}: {name}"), id + &only),
            Some((label, _)) => (format!("{label}: {name}"), id),
            None => (name, id),
        }
    }

    fn fixed_in_words(&self) -> String {
        let words = self.rows.fixed.iter().map(|(dimension, code)| {
            let label = self.labels.code(dimension, code);
            let label = if label.is_empty() { code.to_string() } else { format!("{label} ({code})") };
            format!("{}: {label}", self.labels.component(dimension))
        });
        words.collect::<Vec<_>>().join(" · ")
    }

    fn read_me(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        let styles = self.styles;
        sheet.set_name(self.words.read_me)?.set_column_width(0, 110)?;
        sheet.write_string_with_format(0, 0, &self.labels.title, &styles.title)?;
        let mut row = 2;
        for (nth, instruction) in self.words.instructions.iter().enumerate() {
            let text = format!("{}. {instruction}", nth + 1);
            sheet.write_string_with_format(row, 0, text, &styles.wrapped)?;
            row += 1;
        }
        let fixed = format!("{}: {}", self.words.fixed, self.fixed_in_words());
        sheet.write_string_with_format(row + 1, 0, fixed, &styles.wrapped)?;
        let dataflow = self.template.definition.dataflow.short();
        sheet.write_string_with_format(row + 2, 0, dataflow, &styles.wrapped)?;
        sheet.protect();
        Ok(())
    }

    fn codes(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        sheet.set_name(CODES)?.set_hidden(true);
        for (component, List { column, codes }) in &self.lists.lists {
            sheet.write_string(0, *column, *component)?;
            for (nth, (code, name)) in codes.iter().enumerate() {
                sheet.write_string(nth as u32 + 1, *column, *code)?;
                sheet.write_string(nth as u32 + 1, column + 1, name)?;
            }
        }
        sheet.protect();
        Ok(())
    }

    fn form(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        sheet.set_name(FORM_SHEET)?.set_hidden(true);
        let definition = self.template.definition;
        let columns = self.plan.iter().enumerate().filter_map(|(column, planned)| {
            if matches!(planned.kind, Kind::Name(_) | Kind::Earlier) {
                return None;
            }
            let only = planned.across.zip(self.rows.across.as_ref());
            let only = only.map(|(nth, (dimension, codes))| (dimension.to_string(), codes[nth].to_string()));
            Some(FormColumn { column: column as u32, component: planned.component.to_owned(), only })
        });
        let key = definition.dimensions.iter().map(|dimension| dimension.id.to_string());
        let form = Form {
            dataflow: definition.dataflow.short(),
            structure: definition.structure.short(),
            structure_digest: self.template.structure_digest.to_owned(),
            language: self.words.language.to_owned(),
            prefill: self.template.reference.map(|reference| reference.vintage.clone()).unwrap_or_default(),
            sheet: DATA.to_owned(),
            header_row: IDS_ROW + 1,
            fixed: self.rows.fixed.iter().map(|(d, code)| (d.to_string(), code.to_string())).collect(),
            columns: columns.collect(),
            key: key.chain(definition.time.iter().map(|time| time.to_string())).collect(),
        };
        for (nth, row) in form.rows().iter().enumerate() {
            for (column, text) in row.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
                sheet.write_string(nth as u32, column as u16, text)?;
            }
        }
        sheet.protect();
        Ok(())
    }
}
