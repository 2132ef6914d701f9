//! The encoding of a text, from its byte order mark or its zero bytes.

use std::borrow::Cow;

/// How text is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 without byte order mark, or something that is not told from it.
    Utf8,
    /// UTF-8 with byte order mark.
    Utf8WithMark,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
}

/// A text as UTF-8 without its mark, and how it was encoded.
pub(super) fn text(first: &[u8]) -> (Cow<'_, [u8]>, Encoding) {
    let (encoding, mark) = match first {
        [0xEF, 0xBB, 0xBF, ..] => (Encoding::Utf8WithMark, 3),
        [0xFF, 0xFE, ..] => (Encoding::Utf16Le, 2),
        [0xFE, 0xFF, ..] => (Encoding::Utf16Be, 2),
        // All formats begin with letters of ASCII, whose other byte is zero.
        [1..=0xFF, 0, 1..=0xFF, 0, ..] => (Encoding::Utf16Le, 0),
        [0, 1..=0xFF, 0, 1..=0xFF, ..] => (Encoding::Utf16Be, 0),
        _ => (Encoding::Utf8, 0),
    };
    let rest = &first[mark..];
    let from = match encoding {
        Encoding::Utf8 | Encoding::Utf8WithMark => return (rest.into(), encoding),
        Encoding::Utf16Le => encoding_rs::UTF_16LE,
        Encoding::Utf16Be => encoding_rs::UTF_16BE,
    };
    let (text, _) = from.decode_without_bom_handling(rest);
    (text.into_owned().into_bytes().into(), encoding)
}
