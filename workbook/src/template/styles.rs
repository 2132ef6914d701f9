//! How the cells of a template look.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

/// Formats of cells.
pub(super) struct Styles {
    pub(super) title: Format,
    pub(super) name: Format,
    pub(super) id: Format,
    pub(super) locked: Format,
    pub(super) earlier: Format,
    pub(super) open: Format,
    pub(super) value: Format,
    pub(super) text: Format,
    pub(super) wrapped: Format,
}

impl Styles {
    pub(super) fn new() -> Self {
        let line = Color::RGB(0xBF_BF_BF);
        let grey = Color::RGB(0xED_ED_ED);
        let cell = || Format::new().set_border(FormatBorder::Thin).set_border_color(line);
        Self {
            title: Format::new().set_bold().set_font_size(14),
            name: cell().set_bold().set_background_color(Color::RGB(0xD9_E2_F0)).set_text_wrap(),
            id: cell().set_font_size(8).set_font_color(Color::RGB(0x59_59_59)).set_background_color(grey),
            // Codes are text: Excel must not make numbers or dates of them.
            locked: cell().set_background_color(grey).set_num_format("@"),
            earlier: cell().set_background_color(grey).set_italic(),
            open: cell().set_unlocked().set_num_format("@"),
            value: cell().set_unlocked(),
            text: cell().set_unlocked().set_num_format("@").set_text_wrap(),
            wrapped: Format::new().set_text_wrap().set_align(FormatAlign::Top),
        }
    }
}
