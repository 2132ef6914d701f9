//! Access tokens: with them programs of an agency call that cannot hold a certificate. What lives here: making, listing
//! and ending them, and whom one stands for. What must not: how a token came with a call (the door), and what its holder
//! may do (`rights`).

use std::sync::Arc;

use mighub::block::Digest;
use mighub::token::AccessToken;
use mighub::v1::{self, ErrorReason, TokenScope, record::What};
use mighub_sdmx::structure::AgencyId;

use super::append::Actor;
use super::lane::{agency, dataflow};
use super::moment::Moment;
use super::pages::Page;
use super::permit::{Administer, Audit, Permit};
use super::refusal::Refusal;
use super::rights::Scope;
use super::rows::AccessTokenRow;
use super::{Hub, Principal};

/// Days a token is good if nobody says otherwise.
const DAYS_USUALLY: u32 = 365;
/// Days a token is good at most: five years. A secret in a spreadsheet is forgotten, and must end by itself.
const DAYS_MAX: u32 = 1_830;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// Characters of a note or of a reason, at most.
const WORDS_CHARACTERS_MAX: usize = 200;
/// Dataflows that a token names, at most: one record holds them.
const DATAFLOWS_MAX: usize = 256;
/// Tokens of an agency that are in force at a time, at most. All there ever were are held in memory, some two hundred
/// bytes each: what has ended is still listed, and only an administrator makes them.
const TOKENS_PER_AGENCY_MAX: usize = 200;

impl Hub {
    /// Whom a token stands for. A wrong, an ended and a revoked one get the same answer.
    pub fn authenticate_token(&self, token: &AccessToken, now: Moment) -> Result<Principal, Refusal> {
        let rights = self.rights();
        let digest = token.digest();
        let row = rights.access_tokens().get(&digest).filter(|row| is_in_force(row, now));
        let row = row.ok_or_else(token_invalid)?;
        let agency = AgencyId::new(&row.agency).map_err(|error| Refusal::internal(error.to_string()))?;
        let scope = Scope {
            token_id: AccessToken::id_of(&digest),
            submits: row.scope == i32::from(TokenScope::ReadAndSubmit),
            dataflows: row.dataflows.iter().cloned().collect(),
        };
        Ok(Principal { scope: Some(Arc::new(scope)), ..Principal::of_agency(agency) })
    }

    /// AgencyService.CreateToken. The token is random and was made by the caller.
    pub fn create_token(
        &self,
        permit: &Permit<Administer>,
        request: &v1::CreateTokenRequest,
        token: &AccessToken,
        now: Moment,
    ) -> Result<v1::CreateTokenResponse, Refusal> {
        let principal = permit.principal();
        let id = agency("agency", &request.agency)?;
        check_words("note", &request.note)?;
        if request.scope() == TokenScope::Unspecified {
            return Err(Refusal::malformed("scope", "say what the token is good for"));
        }
        let recorded = v1::AccessTokenRecorded {
            token_digest: token.digest().to_bytes(),
            agency_id: id.to_string(),
            note: request.note.clone(),
            scope: request.scope,
            dataflows: self.token_dataflows(&request.dataflows)?,
            expires_at: Some(expires_at(request.days, now)?.to_message()),
        };
        // Two calls at a time must not both find room.
        let _one_at_a_time = self.desk.changing_rights();
        let rights = self.rights();
        if rights.agency(&id).is_none() {
            return Err(super::agencies::unknown_agency(&id));
        }
        let of_agency = rights.access_tokens().values().filter(|row| *row.agency == *id);
        let in_force = of_agency.filter(|row| is_in_force(row, now)).count();
        if in_force >= TOKENS_PER_AGENCY_MAX {
            let text = format!("{id} has {in_force} tokens in force: revoke those that nobody uses any more");
            return Err(Refusal::limit(TOKENS_PER_AGENCY_MAX as u64, in_force as u64, text));
        }
        self.record(Actor::of(principal, ""), What::AccessTokenIssued(recorded), Vec::new(), now)?;
        Ok(v1::CreateTokenResponse {
            token: self.token_message(&token.digest()),
            access_token: token.reveal(),
        })
    }

    /// AgencyService.ListTokens.
    pub fn list_tokens(
        &self,
        _permit: &Permit<Audit>,
        request: &v1::ListTokensRequest,
        now: Moment,
    ) -> Result<v1::ListTokensResponse, Refusal> {
        let rights = self.rights();
        let is_asked = |(_, row): &(&Digest, &AccessTokenRow)| {
            (request.agency.is_empty() || row.agency == request.agency)
                && (!request.in_force || is_in_force(row, now))
        };
        let asked = rights.access_tokens().iter().filter(is_asked);
        let mut tokens: Vec<v1::Token> = asked.map(|(digest, row)| message(digest, row)).collect();
        let name = |token: &v1::Token| format!("{} {}", token.agency, token.id);
        tokens.sort_by_key(name);
        let page = Page::read(request.page_size, &request.page_token)?;
        let (tokens, next_page_token) = page.cut(tokens, name);
        Ok(v1::ListTokensResponse { tokens, next_page_token })
    }

    /// AgencyService.RevokeToken. Calls that come after the answer are refused; a stream that is under way goes on.
    pub fn revoke_token(
        &self,
        permit: &Permit<Administer>,
        request: &v1::RevokeTokenRequest,
        now: Moment,
    ) -> Result<v1::RevokeTokenResponse, Refusal> {
        let principal = permit.principal();
        if request.reason.trim().is_empty() {
            let text = "say why the token is revoked: it stays in the journal";
            return Err(Refusal::new(ErrorReason::ReasonRequired, text).of_field("reason"));
        }
        check_words("reason", &request.reason)?;
        // Two calls at a time must not both record the end.
        let _one_at_a_time = self.desk.changing_rights();
        let rights = self.rights();
        let mut tokens = rights.access_tokens().iter();
        let found = tokens.find(|(digest, _)| AccessToken::id_of(digest) == request.id);
        let (digest, row) = found.ok_or_else(|| unknown_token(&request.id))?;
        if row.revoked_ms.is_none() {
            let revoked =
                v1::AccessTokenRevoked { token_digest: digest.to_bytes(), reason: request.reason.clone() };
            self.record(Actor::of(principal, ""), What::AccessTokenRevoked(revoked), Vec::new(), now)?;
        }
        Ok(v1::RevokeTokenResponse { token: self.token_message(digest) })
    }

    /// The token with which somebody calls.
    pub(super) fn token_of(&self, principal: &Principal) -> Option<v1::Token> {
        let scope = principal.scope.as_ref()?;
        let rights = self.rights();
        let mut tokens = rights.access_tokens().iter();
        let (digest, row) = tokens.find(|(digest, _)| AccessToken::id_of(digest) == scope.token_id)?;
        Some(message(digest, row))
    }

    fn token_message(&self, digest: &Digest) -> Option<v1::Token> {
        self.rights().access_tokens().get(digest).map(|row| message(digest, row))
    }

    /// A dataflow that does not exist would make a token that is silently good for nothing.
    fn token_dataflows(&self, names: &[String]) -> Result<Vec<String>, Refusal> {
        if names.len() > DATAFLOWS_MAX {
            let text = format!("a token names at most {DATAFLOWS_MAX} dataflows: name none for all");
            return Err(Refusal::limit(DATAFLOWS_MAX as u64, names.len() as u64, text));
        }
        let mut dataflows = Vec::with_capacity(names.len());
        for name in names {
            let reference = dataflow("dataflows", name)?;
            self.definition(&reference)?;
            dataflows.push(reference.short());
        }
        dataflows.sort_unstable();
        dataflows.dedup();
        Ok(dataflows)
    }
}

fn is_in_force(row: &AccessTokenRow, now: Moment) -> bool {
    row.revoked_ms.is_none() && now.0 < row.expires_ms
}

fn expires_at(days: u32, now: Moment) -> Result<Moment, Refusal> {
    let days = if days == 0 { DAYS_USUALLY } else { days };
    if days > DAYS_MAX {
        let text = format!("a token is good for at most {DAYS_MAX} days: make a new one then");
        return Err(Refusal::malformed("days", text));
    }
    Ok(Moment(now.0.saturating_add(i64::from(days) * DAY_MS)))
}

fn check_words(field: &'static str, words: &str) -> Result<(), Refusal> {
    if words.chars().count() > WORDS_CHARACTERS_MAX || words.chars().any(char::is_control) {
        let text = format!("write at most {WORDS_CHARACTERS_MAX} characters, on one line");
        return Err(Refusal::malformed(field, text));
    }
    Ok(())
}

/// The one answer to every token that is not good, for whatever reason.
pub(crate) fn token_invalid() -> Refusal {
    let text = "the access token is not one of this hub, has ended, or was revoked: check that it was copied whole, or \
                ask the hub's administrator for a new one";
    Refusal::new(ErrorReason::AccessTokenInvalid, text)
}

fn unknown_token(id: &str) -> Refusal {
    let text = format!("there is no access token {id:?}: `mighub-server token list` shows those there are");
    Refusal::new(ErrorReason::UnknownToken, text)
}

fn message(digest: &Digest, row: &AccessTokenRow) -> v1::Token {
    v1::Token {
        id: AccessToken::id_of(digest),
        agency: row.agency.clone(),
        note: row.note.clone(),
        scope: row.scope,
        dataflows: row.dataflows.clone(),
        created_time: Some(Moment(row.created_ms).to_message()),
        expires_at: Some(Moment(row.expires_ms).to_message()),
        revoked_time: row.revoked_ms.map(|revoked_ms| Moment(revoked_ms).to_message()),
    }
}
