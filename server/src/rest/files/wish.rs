//! Which part of a file its reader wants.

use std::ops::Range;

/// What a reader asks for of a file (RFC 9110, 14).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// All of it: nothing was asked, or something that may be ignored.
    Whole,
    Part(Range<u64>),
    /// Nothing that is in it.
    Outside,
}

impl Wish {
    /// Reads the header Range. Several ranges at once are given as the whole, which is allowed.
    pub(crate) fn read(range: Option<&str>, length: u64) -> Self {
        let Some(range) = range.and_then(|range| range.trim().strip_prefix("bytes=")) else {
            return Self::Whole;
        };
        let Some((first, last)) = range.split_once('-').filter(|_| !range.contains(',')) else {
            return Self::Whole;
        };
        let number = |text: &str| text.trim().parse::<u64>().ok();
        let (start, end) = match (first.trim(), last.trim()) {
            ("", last) => match number(last) {
                Some(count) => (length.saturating_sub(count), length),
                None => return Self::Whole,
            },
            (first, "") => match number(first) {
                Some(start) => (start, length),
                None => return Self::Whole,
            },
            (first, last) => match (number(first), number(last)) {
                (Some(start), Some(last)) if start <= last => (start, last.saturating_add(1).min(length)),
                _ => return Self::Whole,
            },
        };
        if start < end { Self::Part(start..end) } else { Self::Outside }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_http_says() {
        for (range, wish) in [
            (None, Wish::Whole),
            (Some("bytes=0-3"), Wish::Part(0..4)),
            (Some("bytes=90-"), Wish::Part(90..100)),
            (Some("bytes=-8"), Wish::Part(92..100)),
            (Some("bytes=-800"), Wish::Part(0..100)),
            (Some("bytes=0-9999"), Wish::Part(0..100)),
            (Some("bytes=100-"), Wish::Outside),
            (Some("bytes=-0"), Wish::Outside),
            (Some("bytes=5-2"), Wish::Whole),
            (Some("bytes=0-1,4-5"), Wish::Whole),
            (Some("lines=0-1"), Wish::Whole),
        ] {
            assert_eq!(Wish::read(range, 100), wish, "{range:?}");
        }
    }
}
