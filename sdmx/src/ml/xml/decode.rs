//! Text in the encodings that XML declares, to UTF-8.

use std::io::{self, Read};

use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Bytes in which a declaration of the encoding stands.
const DECLARATION_BYTES: usize = 256;
const BUFFER_BYTES: usize = 16 * 1024;

/// A stream as UTF-8. What is UTF-8 already goes through as it is.
pub(super) struct Decoded<R> {
    input: R,
    /// Bytes read ahead, and how many of them were used.
    ahead: Vec<u8>,
    used: usize,
    other: Option<Other>,
}

/// A text in another encoding.
struct Other {
    decoder: Decoder,
    text: Vec<u8>,
    given: usize,
    at_end: bool,
}

impl<R: Read> Decoded<R> {
    pub(super) fn new(mut input: R) -> io::Result<Self> {
        let mut ahead = Vec::with_capacity(DECLARATION_BYTES);
        input.by_ref().take(DECLARATION_BYTES as u64).read_to_end(&mut ahead)?;
        let encoding = declared(&ahead);
        let other = (encoding != UTF_8).then(|| Other {
            decoder: encoding.new_decoder_with_bom_removal(),
            text: Vec::new(),
            given: 0,
            at_end: false,
        });
        Ok(Self { input, ahead, used: 0, other })
    }

    /// Whether its bytes are those of the file.
    pub(super) fn is_verbatim(&self) -> bool {
        self.other.is_none()
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some(other) = &mut self.other else {
            return read_ahead(&self.ahead, &mut self.used, &mut self.input, out);
        };
        while other.given == other.text.len() && !other.at_end {
            let mut bytes = [0; BUFFER_BYTES];
            let count = read_ahead(&self.ahead, &mut self.used, &mut self.input, &mut bytes)?;
            other.at_end = count == 0;
            let most = other.decoder.max_utf8_buffer_length(count).unwrap_or(4 * BUFFER_BYTES);
            other.text.resize(most, 0);
            let (_, _, written, _) =
                other.decoder.decode_to_utf8(&bytes[..count], &mut other.text, other.at_end);
            other.text.truncate(written);
            other.given = 0;
        }
        let rest = &other.text[other.given..];
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        other.given += count;
        Ok(count)
    }
}

fn read_ahead(ahead: &[u8], used: &mut usize, input: &mut impl Read, out: &mut [u8]) -> io::Result<usize> {
    if *used == ahead.len() {
        return input.read(out);
    }
    let count = (ahead.len() - *used).min(out.len());
    out[..count].copy_from_slice(&ahead[*used..*used + count]);
    *used += count;
    Ok(count)
}

/// The encoding of a text that begins so: a byte order mark, letters with a zero beside them, or the
/// declaration tell it.
fn declared(first: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(first) {
        return encoding;
    }
    match first {
        [b'<', 0, ..] => return UTF_16LE,
        [0, b'<', ..] => return UTF_16BE,
        _ => {}
    }
    let end = memchr::memchr(b'>', first).unwrap_or(first.len());
    let declaration = String::from_utf8_lossy(&first[..end]);
    let label = declaration.strip_prefix("<?xml").and_then(|rest| {
        let value = rest.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        value[1..].split(quote).next()
    });
    match label.and_then(|label| Encoding::for_label(label.as_bytes())) {
        // Whoever declares UTF-16 in single bytes does not mean it.
        Some(encoding) if encoding != UTF_16LE && encoding != UTF_16BE => encoding,
        _ => UTF_8,
    }
}
