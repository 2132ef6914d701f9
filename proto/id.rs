//! Ids that a client makes.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};

/// Characters of a [`SubmissionId`].
const ID_CHARACTERS: usize = 26;

/// Crockford's base32: no letter that is mistaken for a digit, so an id can be read out over the telephone.
static CROCKFORD: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    specification.encoding().expect("the alphabet has 32 distinct ASCII characters")
});

/// Bytes as text in Crockford's base32, without padding.
pub fn base32(bytes: &[u8]) -> String {
    CROCKFORD.encode(bytes)
}

/// The bytes of such a text; nothing if it is none.
pub fn from_base32(text: &str) -> Option<Vec<u8>> {
    CROCKFORD.decode(text.as_bytes()).ok()
}

/// Id of a submission: 128 random bits that the client keeps until it holds the receipt (DETAILS A3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubmissionId([u8; 16]);

/// A text that is no submission id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a submission id: it has 26 characters, such as 01J9ZK6V3QH7X0T2M4N8R5PBCG")]
pub struct SubmissionIdError(pub String);

impl SubmissionId {
    /// The id of random bytes.
    pub const fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes, for keys that sort.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl FromStr for SubmissionId {
    type Err = SubmissionIdError;

    fn from_str(text: &str) -> Result<Self, SubmissionIdError> {
        const SHOWN: usize = 40;
        let bytes = (text.len() == ID_CHARACTERS).then(|| from_base32(text)).flatten();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| SubmissionIdError(text.chars().take(SHOWN).collect()))
    }
}

impl fmt::Display for SubmissionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base32(&self.0))
    }
}

impl fmt::Debug for SubmissionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_reads_from_its_text(bytes: [u8; 16]) {
            let id = SubmissionId::from_random(bytes);
            prop_assert_eq!(id.to_string().len(), ID_CHARACTERS);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn no_other_text_reads_as_an_id(text in "\\PC{0,30}") {
            if let Ok(id) = text.parse::<SubmissionId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }
}
