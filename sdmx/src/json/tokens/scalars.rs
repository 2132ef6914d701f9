//! Numbers and strings.

use std::io::Read;

use super::{TextAt, Token, Tokens};
use crate::json::NUMBER_BYTES_MAX;
use crate::json::problem::{JsonError, Malformed};

impl<R: Read> Tokens<R> {
    pub(super) fn number(&mut self) -> Result<Token, JsonError> {
        let is_part =
            |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+') || byte.is_ascii_alphabetic();
        let window = self.input.window(NUMBER_BYTES_MAX + 1)?;
        let length = window.iter().take_while(|byte| is_part(byte)).count();
        if length > NUMBER_BYTES_MAX {
            return Err(self.too_large("a number", NUMBER_BYTES_MAX, "bytes"));
        }
        if !is_numeral(&window[..length]) {
            let at_end = length == window.len() && self.input.is_at_end();
            return Err(if at_end { self.truncated() } else { self.error(Malformed::Number) });
        }
        let start = self.input.position();
        self.text = TextAt::Buffer { start, end: start + length };
        self.input.pass(length);
        Ok(Token::Number)
    }

    /// Reads a string whose opening quotation mark is next.
    pub(super) fn string(&mut self, bytes_max: usize) -> Result<(), JsonError> {
        self.input.pass(1);
        let window = self.input.buffered();
        // Nearly every string lies in the buffer as a whole and has no escapes.
        let length = window.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1F));
        if let Some(length) = length
            && window[length] == b'"'
        {
            if length > bytes_max {
                return Err(self.too_large("a text", bytes_max, "bytes"));
            }
            if std::str::from_utf8(&window[..length]).is_err() {
                return Err(self.error(Malformed::NotUtf8));
            }
            let start = self.input.position();
            self.text = TextAt::Buffer { start, end: start + length };
            self.input.pass(length + 1);
            return Ok(());
        }
        self.string_in_pieces(bytes_max)
    }

    fn string_in_pieces(&mut self, bytes_max: usize) -> Result<(), JsonError> {
        self.decoded.clear();
        self.text = TextAt::Decoded;
        loop {
            let window = self.input.buffered();
            let found = window.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1F));
            let plain = found.unwrap_or(window.len());
            if self.decoded.len() + plain > bytes_max {
                return Err(self.too_large("a text", bytes_max, "bytes"));
            }
            self.decoded.extend_from_slice(&window[..plain]);
            let stop = found.map(|at| window[at]);
            self.input.pass(plain);
            match stop {
                None => {
                    if self.input.fill()? == 0 {
                        return Err(self.open_text());
                    }
                }
                Some(b'"') => {
                    self.input.pass(1);
                    if std::str::from_utf8(&self.decoded).is_err() {
                        return Err(self.error(Malformed::NotUtf8));
                    }
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                Some(_) => {
                    self.input.begin_token();
                    return Err(self.error(Malformed::ControlCharacter));
                }
            }
        }
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        let window = self.input.window(2)?;
        let Some(escaped) = window.get(1).copied() else { return Err(self.open_text()) };
        let plain = match escaped {
            b'"' | b'\\' | b'/' => escaped,
            b'b' => 0x08,
            b'f' => 0x0C,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => return self.escaped_character(),
            _ => {
                self.input.begin_token();
                return Err(self.error(Malformed::Escape));
            }
        };
        self.input.pass(2);
        self.decoded.push(plain);
        Ok(())
    }

    /// `\u00e9`, or two of them for a character beyond the first plane.
    fn escaped_character(&mut self) -> Result<(), JsonError> {
        let unit = |bytes: &[u8]| {
            let digits = bytes.strip_prefix(b"\\u").and_then(|rest| rest.get(..4))?;
            let all_digits = digits.iter().all(u8::is_ascii_hexdigit);
            let text = std::str::from_utf8(digits).ok().filter(|_| all_digits)?;
            u16::from_str_radix(text, 16).ok()
        };
        let window = self.input.window(12)?;
        let first = unit(window);
        let second = window.get(6..).and_then(unit);
        let units = first.into_iter().chain(second);
        let character = char::decode_utf16(units).next().and_then(Result::ok);
        let Some(character) = character else {
            self.input.begin_token();
            return Err(self.error(Malformed::Escape));
        };
        self.input.pass(6 * character.len_utf16());
        let mut bytes = [0; 4];
        self.decoded.extend_from_slice(character.encode_utf8(&mut bytes).as_bytes());
        Ok(())
    }
}

/// Whether a text is a number of JSON (RFC 8259, section 6), or one of the words that Python writes.
pub(in crate::json) fn is_numeral(text: &[u8]) -> bool {
    if matches!(text, b"NaN" | b"Infinity" | b"-Infinity") {
        return true;
    }
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits(text);
    if whole == 0 || (whole > 1 && text[0] == b'0') {
        return false;
    }
    let mut rest = &text[whole..];
    if let Some(behind) = rest.strip_prefix(b".") {
        let places = digits(behind);
        if places == 0 {
            return false;
        }
        rest = &behind[places..];
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = match exponent {
            [b'+' | b'-', digits @ ..] => digits,
            digits => digits,
        };
        let count = digits(exponent);
        return count > 0 && count == exponent.len();
    }
    rest.is_empty()
}
