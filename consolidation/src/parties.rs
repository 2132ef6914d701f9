//! Parties to treaties on a day, from MIG_TREATY.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mighub_sdmx::columns::Columns;

/// The area code of the European Union, which is a party to some treaties and no State.
pub const ORGANIZATIONS: [&str; 1] = ["EUN"];
/// Acts that bind.
const BINDING: [&str; 5] = ["RATIF", "ACCESS", "SUCC", "ACCEPT", "APPROV"];

/// What parties did about one treaty: days since 1970-01-01 of their acts.
#[derive(Clone, Debug)]
pub struct Treaty {
    treaty: Arc<str>,
    acts: BTreeMap<Arc<str>, Acts>,
}

#[derive(Clone, Debug, Default)]
struct Acts {
    signed: BTreeSet<i64>,
    bound: BTreeSet<i64>,
    denounced: BTreeSet<i64>,
}

/// Who had signed and who was bound on a day. Organizations stand apart: they are no States.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parties {
    /// States that had signed, be they bound or not.
    pub signed: BTreeSet<Arc<str>>,
    /// States that had ratified, acceded, succeeded, accepted or approved, and had not denounced since.
    pub bound: BTreeSet<Arc<str>>,
    /// States that had denounced and not come back.
    pub denounced: BTreeSet<Arc<str>>,
    /// Organizations that had signed.
    pub organizations_signed: BTreeSet<Arc<str>>,
    /// Organizations that were bound.
    pub organizations_bound: BTreeSet<Arc<str>>,
}

impl Parties {
    /// Number that had signed, organizations included by choice.
    pub fn signatories(&self, with_organizations: bool) -> usize {
        self.signed.len() + if with_organizations { self.organizations_signed.len() } else { 0 }
    }

    /// Number that were bound, organizations included by choice.
    pub fn bound_count(&self, with_organizations: bool) -> usize {
        self.bound.len() + if with_organizations { self.organizations_bound.len() } else { 0 }
    }
}

impl Treaty {
    /// Nobody yet.
    pub fn new(treaty: &str) -> Self {
        Self { treaty: Arc::from(treaty), acts: BTreeMap::new() }
    }

    /// Takes acts from columns of MIG_TREATY; others give none. The period of a row is the day of deposit.
    pub fn push(&mut self, columns: &Columns) {
        let place = |id: &str| columns.shape.dimensions.iter().position(|dimension| &**dimension == id);
        let places = (place("REF_AREA"), place("TREATY"), place("TREATY_ACTION"));
        let (Some(area), Some(treaty), Some(action)) = places else { return };
        for series in 0..columns.series_count() {
            if *columns.code(series, treaty) != self.treaty {
                continue;
            }
            let acts = self.acts.entry(columns.code(series, area).clone()).or_default();
            let days = match &**columns.code(series, action) {
                "SIGN" => &mut acts.signed,
                "DENOUNCE" => &mut acts.denounced,
                action if BINDING.contains(&action) => &mut acts.bound,
                _ => continue,
            };
            for observation in columns.observations(series) {
                if columns.value(observation).is_some() {
                    days.extend(columns.periods[observation].first_day());
                }
            }
        }
    }

    /// Who had done what by the end of a day, given in days since 1970-01-01 ([`mighub_sdmx::Period::first_day`]). Who
    /// denounces and comes back is bound again; an act and a denunciation of one day leave it unbound.
    pub fn parties_on(&self, day: i64) -> Parties {
        let mut parties = Parties::default();
        for (area, acts) in &self.acts {
            let last = |days: &BTreeSet<i64>| days.range(..=day).next_back().copied();
            let (bound, denounced) = (last(&acts.bound), last(&acts.denounced));
            let is_bound = bound.is_some_and(|bound| denounced.is_none_or(|denounced| denounced < bound));
            let organization = ORGANIZATIONS.contains(&&**area);
            if last(&acts.signed).is_some() {
                let signed =
                    if organization { &mut parties.organizations_signed } else { &mut parties.signed };
                signed.insert(area.clone());
            }
            if is_bound {
                let bound = if organization { &mut parties.organizations_bound } else { &mut parties.bound };
                bound.insert(area.clone());
            } else if bound.is_some() && !organization {
                parties.denounced.insert(area.clone());
            }
        }
        parties
    }
}
