//! The token with which an office joins a hub.

use std::fmt;
use std::str::FromStr;

use crate::block::Digest;
use crate::id::{base32, from_base32};

/// Random bytes of a token: as hard to guess as a key.
const SECRET_BYTES: usize = 16;
const PREFIX: &str = "mighub-";

/// A secret that is good once, and the fingerprint of the hub's authority: so that an office that has never
/// met the hub knows whom it hands the secret to.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrolmentToken {
    secret: [u8; SECRET_BYTES],
    authority: [u8; 32],
}

/// A text that is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not an enrolment token: copy it whole, from mighub- to its end, as the hub's operator gave it"
)]
pub struct TokenError;

impl EnrolmentToken {
    /// A token of random bytes for the hub whose authority's certificate has this fingerprint.
    pub const fn new(secret: [u8; SECRET_BYTES], authority: [u8; 32]) -> Self {
        Self { secret, authority }
    }

    /// BLAKE3 digest of the authority's certificate in DER.
    pub const fn authority(&self) -> &[u8; 32] {
        &self.authority
    }

    /// What the hub keeps instead of the token.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.secret)
    }

    /// The token as it is handed over. A secret: not for a log.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", base32(&[&self.secret[..], &self.authority].concat()))
    }
}

impl FromStr for EnrolmentToken {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let bytes = text.trim().strip_prefix(PREFIX).and_then(from_base32).ok_or(TokenError)?;
        let (secret, authority) = bytes.split_first_chunk::<SECRET_BYTES>().ok_or(TokenError)?;
        Ok(Self { secret: *secret, authority: authority.try_into().map_err(|_| TokenError)? })
    }
}

impl fmt::Debug for EnrolmentToken {
    /// Without the secret, which must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnrolmentToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_from_what_was_handed_over() {
        let token = EnrolmentToken::new([7; SECRET_BYTES], [9; 32]);
        assert_eq!(format!("{}\n", token.reveal()).parse(), Ok(token.clone()));
        let cut = &token.reveal()[..40];
        assert_eq!(cut.parse::<EnrolmentToken>(), Err(TokenError));
        assert_eq!("".parse::<EnrolmentToken>(), Err(TokenError));
    }

    #[test]
    fn a_token_does_not_show_itself() {
        let token = EnrolmentToken::new([7; SECRET_BYTES], [9; 32]);
        assert!(!format!("{token:?}").contains(&token.reveal()[7..20]));
    }
}
