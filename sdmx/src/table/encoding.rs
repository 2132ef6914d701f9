//! Texts in other encodings: recognised, and brought into UTF-8.

use std::io::{self, Read, Write};
use std::str::FromStr;

use crate::csv::text_begins;
use encoding_rs::{Decoder, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Bytes read at a time.
const PIECE_BYTES: usize = 64 * 1024;
/// Bytes looked at for the zero bytes of UTF-16 without mark.
const LOOKED_AT: usize = 4096;

/// How the characters of a text are written as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

/// An encoding, and how it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guess {
    /// The encoding.
    pub encoding: Encoding,
    /// Whether the file itself says so, by a mark or by being sound UTF-8. Otherwise it is the likeliest one,
    /// and whoever sent the file should see which.
    pub certain: bool,
}

/// A name that no encoding has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not an encoding: write utf-8, utf-16le, utf-16be, windows-1252, latin1, or another name of the web's list, such as windows-1250"
)]
pub struct EncodingError(String);

impl FromStr for Encoding {
    type Err = EncodingError;

    fn from_str(name: &str) -> Result<Self, EncodingError> {
        let found = encoding_rs::Encoding::for_label(name.trim().as_bytes());
        found.map(Self).ok_or_else(|| EncodingError(name.chars().take(40).collect()))
    }
}

impl std::fmt::Display for Encoding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name())
    }
}

impl Encoding {
    /// UTF-8.
    pub const UTF8: Self = Self(UTF_8);
    /// Windows-1252, of which Latin-1 is the part that has printable characters.
    pub const WINDOWS_1252: Self = Self(WINDOWS_1252);
    /// UTF-16, lower byte first.
    pub const UTF_16LE: Self = Self(UTF_16LE);
    /// UTF-16, higher byte first.
    pub const UTF_16BE: Self = Self(UTF_16BE);

    /// Guesses the encoding of a text by reading all of it: the first letter with an accent may stand in its
    /// last row.
    pub fn guess(text: &mut impl Read) -> io::Result<Guess> {
        let mut piece = vec![0; PIECE_BYTES];
        let mut length = read_piece(text, &mut piece)?;
        let certain = |encoding| Ok(Guess { encoding: Self(encoding), certain: true });
        if let Some((marked, _)) = encoding_rs::Encoding::for_bom(&piece[..length]) {
            if marked != UTF_8 {
                return certain(marked);
            }
        } else if let Some(wide) = wide_letters(&piece[..length.min(LOOKED_AT)]) {
            return Ok(Guess { encoding: Self(wide), certain: false });
        } else if text_begins(&piece[..length]).is_err() {
            // Not a text at all: whoever reads it says what it is.
            return certain(UTF_8);
        }
        let mut decoder = UTF_8.new_decoder_with_bom_removal();
        let mut sink = vec![0; PIECE_BYTES];
        loop {
            let last = length == 0;
            let mut rest = &piece[..length];
            loop {
                let (result, read, _) = decoder.decode_to_utf8_without_replacement(rest, &mut sink, last);
                rest = &rest[read..];
                match result {
                    encoding_rs::DecoderResult::InputEmpty => break,
                    encoding_rs::DecoderResult::OutputFull => {}
                    encoding_rs::DecoderResult::Malformed(..) => {
                        return Ok(Guess { encoding: Self::WINDOWS_1252, certain: false });
                    }
                }
            }
            if last {
                return certain(UTF_8);
            }
            length = read_piece(text, &mut piece)?;
        }
    }

    /// Writes a text of this encoding as UTF-8, without its mark. What is no character of the encoding becomes
    /// U+FFFD, so that it is seen. Lines and characters stay where they are. Gives the bytes written.
    pub fn transcode(self, text: &mut impl Read, out: &mut impl Write) -> io::Result<u64> {
        let mut decoder = self.0.new_decoder_with_bom_removal();
        let mut piece = vec![0; PIECE_BYTES];
        let mut decoded = vec![0; PIECE_BYTES];
        let mut written = 0;
        loop {
            let length = read_piece(text, &mut piece)?;
            written += decode_piece(&mut decoder, &piece[..length], length == 0, &mut decoded, out)?;
            if length == 0 {
                return Ok(written);
            }
        }
    }
}

fn decode_piece(
    decoder: &mut Decoder,
    mut piece: &[u8],
    last: bool,
    decoded: &mut [u8],
    out: &mut impl Write,
) -> io::Result<u64> {
    let mut written = 0;
    loop {
        let (result, read, length, _) = decoder.decode_to_utf8(piece, decoded, last);
        out.write_all(&decoded[..length])?;
        written += length as u64;
        piece = &piece[read..];
        if result == encoding_rs::CoderResult::InputEmpty {
            return Ok(written);
        }
    }
}

fn read_piece(text: &mut impl Read, piece: &mut [u8]) -> io::Result<usize> {
    loop {
        match text.read(piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// UTF-16 without a mark: in a table most characters are letters, digits and separators, every second byte of
/// which is zero.
fn wide_letters(first: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let zeros = |from: usize| first.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let most = first.len() / 4;
    if first.len() < 8 {
        None
    } else if odd > most && even == 0 {
        Some(UTF_16LE)
    } else if even > most && odd == 0 {
        Some(UTF_16BE)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (Guess, String) {
        let guess = Encoding::guess(&mut &bytes[..]).expect("memory can be read");
        let mut out = Vec::new();
        let written = guess.encoding.transcode(&mut &bytes[..], &mut out).expect("memory can be written");
        assert_eq!(written, out.len() as u64);
        (guess, String::from_utf8(out).expect("what is decoded is UTF-8"))
    }

    fn utf16(text: &str, little: bool, mark: bool) -> Vec<u8> {
        let marked = if mark { format!("\u{feff}{text}") } else { text.to_owned() };
        let bytes = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
        marked.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn the_same_text_comes_out_of_every_encoding() {
        // The accent stands behind what a look at the first bytes would see.
        let text = format!("land;wert\n{}Österreich;1\n", "AUT;1\n".repeat(20_000));
        let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect();
        let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
        let table = [
            (text.clone().into_bytes(), "UTF-8", true),
            (marked, "UTF-8", true),
            (latin, "windows-1252", false),
            (utf16(&text, true, true), "UTF-16LE", true),
            (utf16(&text, false, true), "UTF-16BE", true),
            (utf16(&text, true, false), "UTF-16LE", false),
            (utf16(&text, false, false), "UTF-16BE", false),
        ];
        for (bytes, name, certain) in table {
            let (guess, read) = read(&bytes);
            assert_eq!((guess.encoding.to_string().as_str(), guess.certain), (name, certain));
            assert!(read == text, "{name}");
        }
    }

    #[test]
    fn quotation_marks_and_the_euro_of_windows_are_read() {
        assert_eq!(read(b"a,b\n\x93x\x94,\x80\n").1, "a,b\n“x”,€\n");
    }
}
