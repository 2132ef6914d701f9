//! Agencies, their keys and roles, and agreements: AgencyService but for the certificates themselves.

use mighub::token::EnrolmentToken;
use mighub::v1::{self, ErrorReason, Role, record::What};
use mighub_sdmx::structure::{AgencyId, CodedBy};
use prost::Message;

use super::Hub;
use super::agreement::Agreement;
use super::append::Actor;
use super::lane::agency;
use super::moment::Moment;
use super::pages::Page;
use super::permit::{Administer, Anybody, Audit, Enrolled, Permit};
use super::reduce::row;
use super::refusal::Refusal;
use super::rows::{AgencyRow, TokenRow, token_key};

/// Bytes of an agency's id, at most: it stands in certificates.
const AGENCY_BYTES_MAX: usize = 64;
/// Bytes of an agreement, at most: one record holds it whole.
const AGREEMENT_BYTES_MAX: usize = 512 * 1024;
/// Characters of an agency's name, at most.
const NAME_CHARACTERS_MAX: usize = 200;

pub(super) fn unknown_agency(id: &str) -> Refusal {
    let text = format!("there is no agency {id}: `mighub-server agency list` shows those there are");
    Refusal::new(ErrorReason::UnknownAgency, text)
}

impl Hub {
    /// AgencyService.WhoAmI.
    pub fn who_am_i(
        &self,
        permit: &Permit<Anybody>,
        certificate_not_after: Option<Moment>,
        now: Moment,
    ) -> Result<v1::WhoAmIResponse, Refusal> {
        let principal = permit.principal();
        let rights = self.rights();
        let agency = principal.agency.as_ref();
        Ok(v1::WhoAmIResponse {
            agency: agency.map(ToString::to_string).unwrap_or_default(),
            application: principal.application.as_deref().unwrap_or_default().to_owned(),
            roles: agency.and_then(|agency| rights.agency(agency)).map(roles).unwrap_or_default(),
            agreements: agency
                .map(|agency| {
                    rights.may_send_under(agency, now).map(|agreement| agreement.to_message()).collect()
                })
                .unwrap_or_default(),
            certificate_not_after: certificate_not_after.map(Moment::to_message),
            hub_time: Some(now.to_message()),
            hub_id: self.hub_id().to_owned(),
            hub_keys: self.hub_keys(),
            hub_version: env!("CARGO_PKG_VERSION").to_owned(),
            position: self.position(),
            token: self.token_of(principal),
        })
    }

    /// AgencyService.AddAgency. The token is random and was made by the caller.
    pub fn add_agency(
        &self,
        permit: &Permit<Administer>,
        request: &v1::AddAgencyRequest,
        token: &EnrolmentToken,
        expires: Moment,
        now: Moment,
    ) -> Result<v1::AddAgencyResponse, Refusal> {
        let principal = permit.principal();
        let id = agency("agency", &request.agency)?;
        if id.len() > AGENCY_BYTES_MAX {
            return Err(Refusal::malformed(
                "agency",
                format!("the id has more than {AGENCY_BYTES_MAX} characters"),
            ));
        }
        // Two calls at a time must not both find the agency missing.
        let _one_at_a_time = self.desk.changing_rights();
        let known = self.rights().agency(&id).is_some();
        match (known, request.token_only) {
            (true, false) => {
                let text = format!("{id} is there already: ask for a token only, with token_only");
                return Err(Refusal::new(ErrorReason::AgencyExists, text));
            }
            (false, true) => return Err(unknown_agency(&id)),
            (true, true) => {}
            (false, false) => {
                let name = request.name.trim();
                if name.is_empty() || name.chars().count() > NAME_CHARACTERS_MAX {
                    let text = format!("the agency needs a name of at most {NAME_CHARACTERS_MAX} characters");
                    return Err(Refusal::malformed("name", text));
                }
                let added = v1::AgencyRecorded { agency_id: id.to_string(), name: name.to_owned() };
                self.record(Actor::of(principal, ""), What::AgencyAdded(added), Vec::new(), now)?;
            }
        }
        let issued = v1::TokenRecorded {
            token_digest: token.digest().to_bytes(),
            agency_id: id.to_string(),
            expires_at: Some(expires.to_message()),
        };
        self.record(Actor::of(principal, ""), What::TokenIssued(issued), Vec::new(), now)?;
        let rights = self.rights();
        Ok(v1::AddAgencyResponse {
            agency: rights.agency(&id).map(|row| agency_message(&id, row, now)),
            enrolment_token: token.reveal(),
            expires_at: Some(expires.to_message()),
        })
    }

    /// Whose a token is; refused if it is used up or has ended.
    pub fn enrolling_agency(&self, token: &EnrolmentToken, now: Moment) -> Result<AgencyId, Refusal> {
        let row: Option<TokenRow> = row(&*self.view, &token_key(&token.digest().0))?;
        let row = row.filter(|row| !row.used).ok_or_else(|| {
            let text =
                "the token is not one of this hub, or was used: ask the hub's administrator for a new one";
            Refusal::new(ErrorReason::TokenInvalid, text)
        })?;
        if row.expires_ms <= now.0 {
            let text = "the token has ended: ask the hub's administrator for a new one";
            return Err(Refusal::new(ErrorReason::TokenExpired, text));
        }
        AgencyId::new(&row.agency).map_err(|error| Refusal::internal(error.to_string()))
    }

    /// Records keys that were certified, and ends the token they were certified for.
    pub fn record_keys(
        &self,
        token: Option<&EnrolmentToken>,
        mut keys: v1::KeysRecorded,
        now: Moment,
    ) -> Result<u64, Refusal> {
        // One token, one pair of keys: two calls at a time must not both find it unused.
        let _one_at_a_time = self.desk.changing_rights();
        if let Some(token) = token {
            let agency = self.enrolling_agency(token, now)?;
            if *agency != *keys.agency_id {
                return Err(Refusal::internal("keys were certified for another agency than the token's"));
            }
            keys.token_digest = token.digest().to_bytes();
        }
        let actor = Actor { agency: keys.agency_id.clone(), person: String::new() };
        self.record(actor, What::KeysEnrolled(keys), Vec::new(), now)
    }

    /// AgencyService.ListAgencies.
    pub fn list_agencies(
        &self,
        _permit: &Permit<Enrolled>,
        request: &v1::ListAgenciesRequest,
        now: Moment,
    ) -> Result<v1::ListAgenciesResponse, Refusal> {
        let rights = self.rights();
        let page = Page::read(request.page_size, &request.page_token)?;
        let (page, next_page_token) = page.cut(rights.agencies().iter().collect(), |(id, _)| id.to_string());
        let agencies = page.into_iter().map(|(id, row)| agency_message(id, row, now)).collect();
        Ok(v1::ListAgenciesResponse { agencies, next_page_token })
    }

    /// AgencyService.GrantRole.
    pub fn grant_role(
        &self,
        permit: &Permit<Administer>,
        request: &v1::GrantRoleRequest,
        now: Moment,
    ) -> Result<v1::GrantRoleResponse, Refusal> {
        let principal = permit.principal();
        let id = agency("agency", &request.agency)?;
        if request.role() == Role::Unspecified {
            return Err(Refusal::malformed("role", "name a role"));
        }
        let _one_at_a_time = self.desk.changing_rights();
        let rights = self.rights();
        rights.agency(&id).ok_or_else(|| unknown_agency(&id))?;
        if !rights.has_role(&id, request.role(), u64::MAX) {
            let granted = v1::RoleRecorded { agency_id: id.to_string(), role: request.role };
            self.record(Actor::of(principal, ""), What::RoleGranted(granted), Vec::new(), now)?;
        }
        Ok(v1::GrantRoleResponse { roles: self.rights().agency(&id).map(roles).unwrap_or_default() })
    }

    /// AgencyService.RevokeRole. Calls that come after the answer are refused.
    pub fn revoke_role(
        &self,
        permit: &Permit<Administer>,
        request: &v1::RevokeRoleRequest,
        now: Moment,
    ) -> Result<v1::RevokeRoleResponse, Refusal> {
        let principal = permit.principal();
        let id = agency("agency", &request.agency)?;
        let role = request.role();
        if role == Role::Unspecified {
            return Err(Refusal::malformed("role", "name a role"));
        }
        let reason = super::release::reason(&request.reason, "a role that is taken away")?;
        let _one_at_a_time = self.desk.changing_rights();
        let rights = self.rights();
        rights.agency(&id).ok_or_else(|| unknown_agency(&id))?;
        if rights.has_role(&id, role, u64::MAX) {
            let holders = || rights.agencies().keys().filter(|id| rights.has_role(id, role, u64::MAX));
            if role == Role::Administrator && holders().count() == 1 {
                let text = format!("{id} is the only administrator: give the role to another agency first");
                return Err(Refusal::new(ErrorReason::LastAdministrator, text));
            }
            let revoked = v1::RoleRevoked { agency_id: id.to_string(), role: role.into(), reason };
            self.record(Actor::of(principal, ""), What::RoleRevoked(revoked), Vec::new(), now)?;
        }
        Ok(v1::RevokeRoleResponse { roles: self.rights().agency(&id).map(roles).unwrap_or_default() })
    }

    /// AgencyService.ListRoles.
    pub fn list_roles(
        &self,
        _permit: &Permit<Audit>,
        request: &v1::ListRolesRequest,
        _now: Moment,
    ) -> Result<v1::ListRolesResponse, Refusal> {
        let rights = self.rights();
        let asked = |(id, row): &(&AgencyId, &AgencyRow)| {
            !roles(row).is_empty() && (request.agency.is_empty() || ***id == *request.agency)
        };
        let page = Page::read(request.page_size, &request.page_token)?;
        let (page, next_page_token) =
            page.cut(rights.agencies().iter().filter(asked).collect(), |(id, _)| id.to_string());
        let of = |(id, row): (&AgencyId, &AgencyRow)| v1::AgencyRoles {
            agency: id.to_string(),
            roles: roles(row),
        };
        Ok(v1::ListRolesResponse { agencies: page.into_iter().map(of).collect(), next_page_token })
    }

    /// AgencyService.PutAgreement.
    pub fn put_agreement(
        &self,
        permit: &Permit<Administer>,
        request: &v1::PutAgreementRequest,
        now: Moment,
    ) -> Result<v1::PutAgreementResponse, Refusal> {
        let principal = permit.principal();
        let message =
            request.agreement.as_ref().ok_or_else(|| Refusal::malformed("agreement", "it is missing"))?;
        let agreement = Agreement::read(message)?;
        self.check_names(&agreement)?;
        // Two calls at a time must not both find no conflict.
        let _one_at_a_time = self.desk.changing_rights();
        let rights = self.rights();
        let conflicts = |other: &&std::sync::Arc<Agreement>| {
            let same_lane =
                other.lane == agreement.lane && other.terms.validity.overlaps(&agreement.terms.validity);
            let same_rank = other.lane.dataflow == agreement.lane.dataflow
                && other.terms.rank == agreement.terms.rank
                && other.terms.overlap(&agreement.terms);
            other.id != agreement.id && (same_lane || same_rank)
        };
        if let Some(other) = rights.agreements(u64::MAX).find(conflicts) {
            let text = format!(
                "the agreement {} gives {} the same rank for some of the same series on some of the same days, or is \
                 for the same dataflow and provider: change region, days or rank, or replace it by using its id",
                other.id.short(),
                other.lane.provider
            );
            return Err(Refusal::new(ErrorReason::AgreementConflict, text).about("found", other.id.short()));
        }
        let stored = agreement.to_message();
        if stored.encoded_len() > AGREEMENT_BYTES_MAX {
            let text = format!("the agreement has more than {AGREEMENT_BYTES_MAX} bytes: name fewer codes");
            return Err(Refusal::limit(AGREEMENT_BYTES_MAX as u64, stored.encoded_len() as u64, text));
        }
        let known = rights.agreements(u64::MAX).any(|known| **known == agreement);
        let position = if known {
            None
        } else {
            let recorded = v1::AgreementRecorded { agreement: stored.encode_to_vec().into() };
            Some(self.record(Actor::of(principal, ""), What::Agreement(recorded), Vec::new(), now)?)
        };
        Ok(v1::PutAgreementResponse { agreement: Some(stored), position })
    }

    /// Whatever an agreement names must exist, or it would silently permit nothing.
    fn check_names(&self, agreement: &Agreement) -> Result<(), Refusal> {
        let definition = self.definition(&agreement.lane.dataflow)?.data;
        let malformed = |field, text: String| {
            let mut refusal = Refusal::malformed(field, text);
            refusal.reason = ErrorReason::AgreementMalformed;
            refusal
        };
        for (dimension, codes) in &agreement.terms.permitted {
            let used = definition.dimension(dimension).ok_or_else(|| {
                malformed(
                    "permitted_region",
                    format!("{} has no dimension {dimension}", definition.dataflow.short()),
                )
            })?;
            if let CodedBy::Codelist(list) = &used.coded_by
                && let Some(code) = codes.iter().find(|code| list.get(code).is_none())
            {
                return Err(malformed("permitted_region", format!("{dimension} has no code {code}")));
            }
        }
        for default in &agreement.terms.defaults {
            let used = definition.attribute(&default.attribute).ok_or_else(|| {
                let text = format!("{} has no attribute {}", definition.dataflow.short(), default.attribute);
                malformed("attribute_defaults", text)
            })?;
            if let Some(when) = &default.when {
                let decides = definition.dimension(&when.dimension);
                let list = decides.map(|used| &used.coded_by);
                let is_known = |code: &&mighub_sdmx::structure::CodeId| match list {
                    Some(CodedBy::Codelist(list)) => list.get(code).is_some(),
                    other => other.is_some(),
                };
                if let Some(code) = when.codes.iter().find(|code| !is_known(code)) {
                    let text = format!("there is no dimension {} with a code {code}", when.dimension);
                    return Err(malformed("attribute_defaults", text));
                }
            }
            if let (CodedBy::Codelist(list), mighub_sdmx::structure::DefaultValue::Text(code)) =
                (&used.component.coded_by, &default.value)
                && list.get(code).is_none()
            {
                return Err(malformed(
                    "attribute_defaults",
                    format!("{} has no code {code}", default.attribute),
                ));
            }
        }
        let rulebook = self.present_rulebook(&agreement.lane.dataflow)?;
        let checked = rulebook.rulebook.check_parameters(&agreement.rule_parameters);
        checked.map_err(|error| malformed("rule_parameters", error.to_string()))?;
        let rights = self.rights();
        let terms = &agreement.terms;
        let named = std::iter::once(&agreement.lane.provider)
            .chain(&terms.senders)
            .chain(&agreement.publishers)
            .chain(&terms.readers_before_release)
            .chain(&terms.readers_confidential);
        named.into_iter().find(|id| rights.agency(id).is_none()).map_or(Ok(()), |id| Err(unknown_agency(id)))
    }

    /// AgencyService.ListAgreements.
    pub fn list_agreements(
        &self,
        permit: &Permit<Anybody>,
        request: &v1::ListAgreementsRequest,
        now: Moment,
    ) -> Result<v1::ListAgreementsResponse, Refusal> {
        let principal = permit.principal();
        let rights = self.rights();
        let sees_all = self.authorise(principal, Audit, now).is_ok();
        let asked = |agreement: &&std::sync::Arc<Agreement>| {
            let named = principal.agency.as_ref().is_some_and(|agency| {
                agreement.sends(agency)
                    || agreement.terms.readers_before_release.contains(agency)
                    || agreement.terms.readers_confidential.contains(agency)
            });
            (sees_all || named)
                && (request.dataflow.is_empty() || agreement.lane.dataflow.short() == request.dataflow)
                && (request.provider.is_empty() || *agreement.lane.provider == *request.provider)
                && (!request.in_force || agreement.terms.validity.contains(now.day()))
        };
        let page = Page::read(request.page_size, &request.page_token)?;
        let mut asked: Vec<_> = rights.agreements(u64::MAX).filter(asked).collect();
        asked.sort_by_key(|agreement| agreement.id.short());
        let (asked, next_page_token) = page.cut(asked, |agreement| agreement.id.short());
        let agreements = asked.into_iter().map(|agreement| agreement.to_message()).collect();
        Ok(v1::ListAgreementsResponse { agreements, next_page_token })
    }
}

fn roles(row: &AgencyRow) -> Vec<i32> {
    let held = row.roles.iter().filter(|role| role.holds_at(u64::MAX));
    let mut roles: Vec<i32> = held.map(|role| role.role).collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

fn agency_message(id: &AgencyId, row: &AgencyRow, now: Moment) -> v1::Agency {
    v1::Agency {
        id: id.to_string(),
        name: row.name.clone(),
        enrolled: row.keys.iter().any(|keys| keys.is_in_force(now)),
        added_time: Some(Moment(row.added_ms).to_message()),
    }
}
