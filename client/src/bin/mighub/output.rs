//! Standard output and standard error: text or JSON, escape bytes only for a terminal that wants them.

use std::fmt;
use std::io::{self, IsTerminal, Write};

use mighub_client::{Error, ExitCode};
use mighub_validation::Style;
use serde_json::{Value, json};

/// Columns of a text whose screen is not known.
const WIDTH: usize = 100;

/// Where a command prints.
pub(crate) struct Output {
    /// JSON instead of text.
    pub(crate) json: bool,
    /// Standard output may have colours.
    pub(crate) style: Style,
    /// Standard error may have colours, and a progress bar.
    pub(crate) styled_errors: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        // https://no-color.org: set and not empty.
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        let style = if io::stdout().is_terminal() && !plain && !json { Style::Ansi } else { Style::Plain };
        Self { json, style, styled_errors: io::stderr().is_terminal() && !plain }
    }

    /// Columns of the screen.
    pub(crate) fn width(&self) -> usize {
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        columns.filter(|columns| (40..=400).contains(columns)).unwrap_or(WIDTH)
    }

    /// Prints a line of text.
    pub(crate) fn line(&self, line: impl fmt::Display) -> Result<(), Error> {
        writeln!(io::stdout(), "{line}").map_err(Error::Output)
    }

    /// Prints one JSON value on a line of its own.
    pub(crate) fn json(&self, value: &Value) -> Result<(), Error> {
        self.line(value)
    }

    /// Prints a table: columns as wide as their widest cell, the last one as it is.
    pub(crate) fn table<const N: usize>(&self, head: [&str; N], rows: &[[String; N]]) -> Result<(), Error> {
        let head = head.map(str::to_owned);
        let width = |column: usize| {
            let cells = rows.iter().chain([&head]).map(|row| row[column].chars().count());
            cells.max().unwrap_or_default()
        };
        let widths: [usize; N] = std::array::from_fn(width);
        for row in std::iter::once(&head).chain(rows) {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(widths) {
                let padding = width - cell.chars().count();
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', padding + 2));
            }
            self.line(line.trim_end())?;
        }
        Ok(())
    }

    /// Prints text of several lines that somebody writes.
    pub(crate) fn write(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        write(&mut out).and_then(|()| out.flush()).map_err(Error::Output)
    }

    /// Says something on standard error.
    pub(crate) fn say(&self, line: &str) {
        // If nobody hears it there is nobody to tell.
        let _ = writeln!(io::stderr(), "mighub: {line}");
    }

    /// Says why a command ends, and gives its exit code.
    ///
    /// With --json also on standard output: `{"error": {"reason", "text", "exit_code"}}`.
    pub(crate) fn failed(&self, error: &Error) -> ExitCode {
        if let Error::Output(output) = error
            && output.kind() == io::ErrorKind::BrokenPipe
        {
            // The reader, such as `head`, has seen enough.
            return ExitCode::Done;
        }
        let code = error.exit_code();
        self.say(&error.to_string());
        if self.json {
            let reason =
                error.reason().map(|reason| reason.as_str_name().trim_start_matches("ERROR_REASON_"));
            let value =
                json!({ "error": { "reason": reason, "text": error.to_string(), "exit_code": code as u8 } });
            // The exit code says it as well.
            let _ = self.json(&value);
        }
        code
    }
}
