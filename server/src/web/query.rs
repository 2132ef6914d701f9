//! Addresses of views: what stands behind the question mark, read and written.
//!
//! What lives here: names and values as forms send them. What must not: what they mean.

use crate::rest::decoded;
use crate::rest::error::Problem;

/// Bytes of a query: a view's address fits into what people send each other.
const QUERY_BYTES_MAX: usize = 16 * 1_024;
/// Names with values of a query.
const PAIRS_MAX: usize = 256;

/// Names and values in their order; a name may stand several times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads what a form or an address says; a `+` is a space (application/x-www-form-urlencoded).
    pub(crate) fn read(text: &str) -> Result<Self, Problem> {
        Self::read_within(text, QUERY_BYTES_MAX)
    }

    /// The same for a body of a form, which may be longer.
    pub(crate) fn read_within(text: &str, bytes_max: usize) -> Result<Self, Problem> {
        let parts = || text.split('&').filter(|part| !part.is_empty());
        if text.len() > bytes_max || parts().count() > PAIRS_MAX {
            return Err(Problem::malformed(
                "the address has too many words behind the question mark: ask for less",
            ));
        }
        let pairs = parts().map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Ok((decoded(&name.replace('+', " "))?, decoded(&value.replace('+', " "))?))
        });
        Ok(Self(pairs.collect::<Result<_, Problem>>()?))
    }

    /// The first value of a name; an empty one is none.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let is_it = |(known, value): &&(String, String)| known == name && !value.is_empty();
        self.0.iter().find(is_it).map(|(_, value)| value.as_str())
    }

    /// The same with one value for a name; with an empty one without it.
    #[must_use]
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut pairs: Vec<_> = self.0.iter().filter(|(known, _)| known != name).cloned().collect();
        if !value.is_empty() {
            pairs.push((name.to_owned(), value.to_owned()));
        }
        Self(pairs)
    }

    /// The same without names that have no value: forms send every field.
    #[must_use]
    pub(crate) fn without_empty(self) -> Self {
        Self(self.0.into_iter().filter(|(_, value)| !value.is_empty()).collect())
    }

    /// `?name=value&...`, or nothing if there is none.
    pub(crate) fn text(&self) -> String {
        let pairs = self.0.iter().filter(|(_, value)| !value.is_empty());
        let pairs: Vec<_> =
            pairs.map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }
}

/// Percent-encodes what may not stand in a path segment or a value (RFC 3986, 2.3).
pub(crate) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b',' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let hostile = "a&b=c+d e%\u{202e}<\"'#?/";
        let query = Query::default().with("x", hostile).with("y", "1").with("y", "2").with("z", "");
        let text = query.text();
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"<>\"'#".contains(&byte);
        assert!(text.bytes().all(is_plain), "{text}");
        assert_eq!(Query::read(&text[1..]), Ok(query));
        assert_eq!(Query::read("q=a+b").expect("a query").get("q"), Some("a b"));
        assert!(Query::read(&"a=1&".repeat(PAIRS_MAX + 1)).is_err());
    }
}
