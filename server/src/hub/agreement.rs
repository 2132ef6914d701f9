//! The terms on which figures of a lane are sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use mighub::convert::{attribute_default, attribute_default_message, region, region_message};
use mighub::v1::{self, AttributeDefaultOrigin};
use mighub_sdmx::structure::{
    AgencyId, AgreementTerms, AttributeDefault, Class, DefaultValue, Id, Rank, Reference, Validity,
};

use super::lane::{LaneId, agency, dataflow};
use super::refusal::Refusal;

/// The attribute that decides who sees a cell.
pub const CONF_STATUS: &str = "CONF_STATUS";

/// Parameters that an agreement may give: a rulebook has a dozen.
const RULE_PARAMETERS_MAX: usize = 100;

/// An SDMX provision agreement with this hub's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Its name.
    pub id: Reference,
    /// Dataflow and provider.
    pub lane: LaneId,
    /// Region, days, rank, senders, defaults, readers.
    pub terms: AgreementTerms,
    /// Whether a reviewer must consent.
    pub needs_review: bool,
    /// Whether the very existence of restricted observations is hidden.
    pub existence_restricted: bool,
    /// Whether what shows more than before needs a second person.
    pub four_eyes: bool,
    /// Agencies that may release and restrict besides the provider and its senders.
    pub publishers: BTreeSet<AgencyId>,
    /// Parameters of the dataflow's rulebook that this office has other values for, as text.
    pub rule_parameters: BTreeMap<String, String>,
}

impl Agreement {
    /// Whether an agency may send in the provider's name.
    pub fn sends(&self, agency: &AgencyId) -> bool {
        *agency == self.lane.provider || self.terms.senders.contains(agency)
    }

    /// Whether an agency may release and restrict what the provider sends.
    pub fn publishes(&self, agency: &AgencyId) -> bool {
        self.sends(agency) || self.publishers.contains(agency)
    }

    /// Codes of a dimension to which the lane is limited; nothing: to none.
    pub fn permitted_codes(&self, dimension: &str) -> Option<impl Iterator<Item = &Arc<str>>> {
        let (_, codes) = self.terms.permitted.iter().find(|(id, _)| ***id == *dimension)?;
        Some(codes.iter().map(|code| code.as_arc()))
    }

    /// Reads a message.
    pub fn read(message: &v1::Agreement) -> Result<Self, Refusal> {
        Self::read_fields(message).map_err(|refusal| match refusal.reason {
            v1::ErrorReason::ArgumentMalformed => {
                Refusal { reason: v1::ErrorReason::AgreementMalformed, ..refusal }
            }
            _ => refusal,
        })
    }

    fn read_fields(message: &v1::Agreement) -> Result<Self, Refusal> {
        let refuse = |field, text: String| Refusal::malformed(field, text);
        let id = Reference::parse_short(Class::ProvisionAgreement, &message.id)
            .map_err(|error| refuse("id", error.to_string()))?;
        let agencies = |field, ids: &[String]| {
            ids.iter().map(|id| agency(field, id)).collect::<Result<BTreeSet<_>, _>>()
        };
        let rank = u16::try_from(message.principal_rank.max(1)).ok().and_then(Rank::new);
        let terms = AgreementTerms {
            permitted: region(&message.permitted_region)?,
            validity: Validity {
                from: day("valid_from", &message.valid_from)?,
                to: day("valid_to", &message.valid_to)?,
            },
            rank: rank.ok_or_else(|| refuse("principal_rank", "the rank is too great".to_owned()))?,
            senders: agencies("sender_agencies", &message.sender_agencies)?,
            defaults: defaults(message)?,
            readers_before_release: agencies("pre_release_readers", &message.pre_release_readers)?,
            readers_confidential: agencies("confidential_readers", &message.confidential_readers)?,
        };
        if terms.validity.from.zip(terms.validity.to).is_some_and(|(from, to)| to < from) {
            return Err(refuse(
                "valid_to",
                "the last day is before the first: correct one of them".to_owned(),
            ));
        }
        Ok(Self {
            id,
            lane: LaneId {
                dataflow: dataflow("dataflow", &message.dataflow)?,
                provider: agency("provider", &message.provider)?,
            },
            terms,
            needs_review: message.needs_review,
            existence_restricted: message.existence_restricted,
            four_eyes: message.four_eyes,
            publishers: agencies("publisher_agencies", &message.publisher_agencies)?,
            rule_parameters: rule_parameters(message)?,
        })
    }

    /// The rulebook's parameters that this office has other values for, by id.
    pub fn rule_parameter_messages(&self) -> Vec<v1::RuleParameter> {
        let message =
            |(id, value): (&String, &String)| v1::RuleParameter { id: id.clone(), value: value.clone() };
        self.rule_parameters.iter().map(message).collect()
    }

    /// The message, always in the same form: lists sorted, the default of CONF_STATUS among the others.
    pub fn to_message(&self) -> v1::Agreement {
        let terms = &self.terms;
        let ids = |agencies: &BTreeSet<AgencyId>| agencies.iter().map(ToString::to_string).collect();
        let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        let default = |default| attribute_default_message(default, AttributeDefaultOrigin::Agreement);
        v1::Agreement {
            id: self.id.short(),
            dataflow: self.lane.dataflow.short(),
            provider: self.lane.provider.to_string(),
            sender_agencies: ids(&terms.senders),
            permitted_region: region_message(&terms.permitted),
            valid_from: day(terms.validity.from),
            valid_to: day(terms.validity.to),
            principal_rank: terms.rank.get().into(),
            attribute_defaults: terms.defaults.iter().map(default).collect(),
            needs_review: self.needs_review,
            existence_restricted: self.existence_restricted,
            default_conf_status: String::new(),
            confidential_readers: ids(&terms.readers_confidential),
            pre_release_readers: ids(&terms.readers_before_release),
            four_eyes: self.four_eyes,
            publisher_agencies: ids(&self.publishers),
            rule_parameters: self.rule_parameter_messages(),
        }
    }
}

fn rule_parameters(message: &v1::Agreement) -> Result<BTreeMap<String, String>, Refusal> {
    let mut found = BTreeMap::new();
    let refuse = |text: String| Err(Refusal::malformed("rule_parameters", text));
    if message.rule_parameters.len() > RULE_PARAMETERS_MAX {
        return refuse(format!("there are more than {RULE_PARAMETERS_MAX}: no rulebook has so many"));
    }
    for parameter in &message.rule_parameters {
        if found.insert(parameter.id.clone(), parameter.value.clone()).is_some() {
            return refuse(format!("{} is given twice: give it once", parameter.id));
        }
    }
    Ok(found)
}

fn defaults(message: &v1::Agreement) -> Result<Vec<AttributeDefault>, Refusal> {
    let mut defaults =
        message.attribute_defaults.iter().map(attribute_default).collect::<Result<Vec<_>, _>>()?;
    if !message.default_conf_status.is_empty() {
        defaults.push(AttributeDefault {
            attribute: Id::new(CONF_STATUS).map_err(|error| Refusal::internal(error.to_string()))?,
            value: DefaultValue::Text(Arc::from(&*message.default_conf_status)),
            when: None,
        });
    }
    Ok(defaults)
}

fn day(field: &'static str, text: &str) -> Result<Option<Date>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let day = text.parse::<Date>().ok().filter(|day| day.to_string() == text);
    day.map(Some).ok_or_else(|| Refusal::malformed(field, format!("{text:?} is not a day: write 2026-01-31")))
}
