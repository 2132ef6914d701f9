//! The two kinds of tokens a hub issues: with one an office joins it, once; with the other a program that cannot hold a
//! certificate calls it, again and again.

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

/// Random bytes of an access token: nobody guesses 256 bits, at any speed.
const ACCESS_BYTES: usize = 32;
const ACCESS_PREFIX: &str = "mighub_access_";
/// Bytes of the digest that make an access token's id: enough that no two tokens of a hub share one.
const ACCESS_ID_BYTES: usize = 10;

/// A secret with which a program acts for an agency.
///
/// The hub keeps its BLAKE3 digest. That is enough, and a slow password hash would only be slow: the secret is random
/// and as long as a key, so that whoever has the digest can do nothing better than try all 2^256. For the same reason
/// it may be looked up by its digest: how long that takes tells about digests, which nobody can steer.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    secret: [u8; ACCESS_BYTES],
}

/// A text that is no access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not an access token: copy it whole, from mighub_access_ to its end")]
pub struct AccessTokenError;

impl AccessToken {
    /// A token of random bytes.
    pub const fn new(secret: [u8; ACCESS_BYTES]) -> Self {
        Self { secret }
    }

    /// What the hub keeps instead of the token.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.secret)
    }

    /// The id of the token with this digest: for lists, logs and letters.
    pub fn id_of(digest: &Digest) -> String {
        base32(&digest.0[..ACCESS_ID_BYTES])
    }

    /// The token as it is handed over. A secret: not for a log.
    pub fn reveal(&self) -> String {
        format!("{ACCESS_PREFIX}{}", base32(&self.secret))
    }
}

impl FromStr for AccessToken {
    type Err = AccessTokenError;

    fn from_str(text: &str) -> Result<Self, AccessTokenError> {
        let bytes = text.trim().strip_prefix(ACCESS_PREFIX).and_then(from_base32).ok_or(AccessTokenError)?;
        Ok(Self { secret: bytes.try_into().map_err(|_| AccessTokenError)? })
    }
}

impl fmt::Debug for AccessToken {
    /// Without the secret, which must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_token_reads_from_what_was_handed_over_and_does_not_show_itself() {
        let token = AccessToken::new([7; ACCESS_BYTES]);
        assert_eq!(format!(" {}\n", token.reveal()).parse(), Ok(token.clone()));
        assert!(!format!("{token:?}").contains(&token.reveal()[14..24]));
        let other = EnrolmentToken::new([7; SECRET_BYTES], [9; 32]).reveal();
        for wrong in ["", "mighub_access_", &token.reveal()[..40], &other, &format!("{}0", token.reveal())] {
            assert_eq!(wrong.parse::<AccessToken>(), Err(AccessTokenError), "{wrong}");
        }
    }

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
