//! The log: one entry, one line. What callers write into their requests ends up in it, and a name that holds a line break
//! or an escape sequence must not become an entry of its own, or a command to the terminal of whoever reads it.

use std::fmt::Write as _;
use std::io::{self, Write};

use tracing_subscriber::fmt::MakeWriter;

/// Writes entries with everything escaped that is no text.
#[derive(Clone, Copy, Debug)]
pub struct OneLine<M>(pub M);

/// A writer of entries, each in one call.
#[derive(Debug)]
pub struct OneLineWriter<W>(W);

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for OneLine<M> {
    type Writer = OneLineWriter<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        OneLineWriter(self.0.make_writer())
    }
}

impl<W: Write> Write for OneLineWriter<W> {
    fn write(&mut self, entry: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(entry);
        let (line, end) = text.strip_suffix('\n').map_or((&*text, ""), |line| (line, "\n"));
        if line.contains(is_no_text) {
            self.0.write_all(escaped(line).as_bytes())?;
            self.0.write_all(end.as_bytes())?;
        } else {
            self.0.write_all(entry)?;
        }
        Ok(entry.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn escaped(line: &str) -> String {
    let mut escaped = String::with_capacity(line.len() + 16);
    for c in line.chars() {
        match c {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            c if is_no_text(c) => {
                // Writing to a string does not fail.
                let _ = write!(escaped, "\\u{{{:x}}}", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// Control characters, other ends of lines, and what turns the direction of writing round.
fn is_no_text(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("sound").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_name_cannot_forge_an_entry_or_command_a_terminal() {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(OneLine(move || writer.clone())).finish();
        let name = "x\n2026-01-01T00:00:00Z  INFO forged\r\x1b[2J\u{9b}31m\u{202e}\x07";
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(%name, "{name} is in the message, too");
            tracing::info!(debug = ?name, "Größe 人口 stays as it is");
        });
        let text = String::from_utf8(kept.0.lock().expect("sound").clone()).expect("text");
        assert_eq!(text.lines().count(), 2, "{text:?}");
        assert!(text.chars().all(|c| c == '\n' || !is_no_text(c)), "{text:?}");
        assert!(text.contains(r"x\n2026") && text.contains("Größe 人口"), "{text}");
    }
}
