//! Who could see what of a lane on a day: from the journal alone, so that the answer never changes.

use jiff::civil::Date;
use mighub::v1::{self, Role};
use mighub_sdmx::structure::AgencyId;

use super::restrict::message_of;
use crate::hub::lane::LaneId;
use crate::hub::mask::Audience;
use crate::hub::moment::Moment;
use crate::hub::permit::{Audit, Permit};
use crate::hub::refusal::Refusal;
use crate::hub::rights::Rights;
use crate::hub::{Hub, Principal};

impl Hub {
    /// ReleaseService.AuditRights.
    pub fn audit_rights(
        &self,
        _: &Permit<Audit>,
        request: &v1::AuditRightsRequest,
        now: Moment,
    ) -> Result<v1::AuditRightsResponse, Refusal> {
        let lane = LaneId::of_message(request.lane.as_ref())?;
        self.definition(&lane.dataflow)?;
        let instant = match &*request.day {
            "" => now,
            text => end_of_day(text)?.min(now),
        };
        let newest = self.position().unwrap_or(0);
        let position = self.position_at(instant).unwrap_or(0).min(newest);
        let rights = self.rights();
        let seen = |principal: &Principal| rights.audience(principal, &lane, position, instant);
        let public = seen(&Principal::PUBLIC);
        let mut viewers = vec![viewer("", &public, "everybody".to_owned())];
        for (id, row) in rights.agencies() {
            // Added later, it was nobody on that day.
            if row.added_ms > instant.0 {
                continue;
            }
            let audience = seen(&Principal::of_agency(id.clone()));
            if audience.before_release || audience.restricted || audience.keys_hidden != public.keys_hidden {
                viewers.push(viewer(id, &audience, why(&rights, id, &lane, position, instant)));
            }
        }
        let agreement = rights.agreement_on(&lane, position, instant);
        let restrictions = self.restrictions(&lane)?.into_iter().filter(|(since, row)| {
            *since <= position && row.freed_at.is_none_or(|freed_at| position < freed_at)
        });
        Ok(v1::AuditRightsResponse {
            position,
            instant: Some(instant.to_message()),
            agreement: agreement.map(|agreement| agreement.id.short()).unwrap_or_default(),
            viewers,
            embargoes: self.embargoes_at(&lane, position, instant)?,
            restrictions: restrictions.map(|(since, row)| message_of(&lane, since, row)).collect(),
        })
    }

    /// Embargoes that had not passed at a moment, as the vintage of then tells: those of its steps to come.
    fn embargoes_at(
        &self,
        lane: &LaneId,
        position: u64,
        instant: Moment,
    ) -> Result<Vec<v1::Embargo>, Refusal> {
        let Some(vintage) = self.vintage_at(lane, position)? else { return Ok(Vec::new()) };
        let embargo = |until: Moment| v1::Embargo {
            submission_id: vintage.row.submission_id.clone(),
            position: vintage.position,
            until: Some(until.to_message()),
            edition: vintage.row.edition.clone(),
        };
        Ok(vintage.releases(instant).map(embargo).collect())
    }
}

fn viewer(agency: &str, audience: &Audience, reason: String) -> v1::Viewer {
    v1::Viewer {
        agency: agency.to_owned(),
        before_release: audience.before_release,
        restricted: audience.restricted,
        keys_hidden: audience.keys_hidden,
        reason,
    }
}

fn why(rights: &Rights, agency: &AgencyId, lane: &LaneId, position: u64, instant: Moment) -> String {
    let agreement = rights.agreement_on(lane, position, instant);
    if *agency == lane.provider {
        return "the provider itself".to_owned();
    }
    if rights.has_role(agency, Role::Auditor, position) {
        return "role AUDITOR".to_owned();
    }
    let Some(agreement) = agreement else { return String::new() };
    let id = agreement.id.short();
    if agreement.sends(agency) {
        return format!("sends under {id}");
    }
    format!("named as a reader in {id}, with the role READER")
}

/// The last moment of a day, UTC.
pub(in crate::hub) fn end_of_day(text: &str) -> Result<Moment, Refusal> {
    let malformed = || Refusal::malformed("day", format!("{text:?} is not a day: write 2026-01-31"));
    let day = text.parse::<Date>().ok().filter(|day| day.to_string() == text).ok_or_else(malformed)?;
    let next = day.tomorrow().map_err(|_| malformed())?;
    Ok(Moment(Moment::beginning_of(next).0.saturating_sub(1)))
}
