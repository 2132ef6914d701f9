//! The sheet that says what the figures are.

use rust_xlsxwriter::{Format, FormatAlign, Worksheet, XlsxError};

use crate::data::WriteOptions;
use crate::structure::DataDefinition;

use super::CELL_CHARACTERS_MAX;

const NAME_WIDTH: u16 = 20;
const TEXT_WIDTH: u16 = 100;

/// Fills the sheet. `rows` is how many rows of data the workbook has.
pub(super) fn fill(
    sheet: &mut Worksheet,
    definition: &DataDefinition,
    options: &WriteOptions,
    rows: u32,
) -> Result<(), XlsxError> {
    let name = Format::new().set_bold().set_align(FormatAlign::Top);
    let text = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    sheet.set_column_width(0, NAME_WIDTH)?;
    sheet.set_column_width(1, TEXT_WIDTH)?;
    let header = &options.header;
    let sender = header
        .sender_name
        .as_ref()
        .map_or_else(|| header.sender.clone(), |name| format!("{name} ({})", header.sender));
    let language = super::sheet::language(options);
    let mut lines = vec![
        ("Data", definition.names.best(language).unwrap_or(&definition.name).to_owned()),
        ("Dataflow", definition.dataflow.to_string()),
        ("Data structure", definition.structure.to_string()),
        ("Prepared", header.prepared.to_string()),
        ("Sender", sender),
        ("Rows", rows.to_string()),
    ];
    lines.extend(options.about.iter().map(|(name, text)| (&**name, text.clone())));
    for (row, (title, content)) in (0..).zip(lines) {
        sheet.write_string_with_format(row, 0, title, &name)?;
        sheet.write_string_with_format(row, 1, cut(&content), &text)?;
    }
    Ok(())
}

/// A text that fits in a cell. Excel counts characters beyond the sixteen-bit ones twice.
pub(super) fn cut(text: &str) -> &str {
    if text.len() <= CELL_CHARACTERS_MAX {
        return text;
    }
    let mut units = 0;
    let end = text.char_indices().find(|(_, character)| {
        units += character.len_utf16();
        units > CELL_CHARACTERS_MAX
    });
    end.map_or(text, |(end, _)| &text[..end])
}
