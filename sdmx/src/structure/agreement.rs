//! Provision agreements: who sends which dataflow, for what, and on which terms.
//!
//! SDMX knows the dataflow and the provider. The terms are this hub's own; in SDMX-JSON they are annotations,
//! whose ids are the constants below.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

use super::annotation::{Annotation, AnnotationError};
use super::artefact::Identity;
use super::attribute_default::AttributeDefault;
use super::id::{AgencyId, CodeId, Grammar, Id, Name};
use super::reference::Reference;
use super::validity::Validity;

/// The type is a dimension, the title its permitted codes with a space between.
const PERMITTED: &str = "PERMITTED";
/// The title is the rank, from 1.
const RANK: &str = "RANK";
/// The title is an agency that may send.
const SENDER: &str = "SENDER";
/// The title is an agency that may read before release.
const READER_BEFORE_RELEASE: &str = "READER_BEFORE_RELEASE";
/// The title is an agency that may read what is confidential.
const READER_CONFIDENTIAL: &str = "READER_CONFIDENTIAL";
const TERMS: [&str; 5] = [PERMITTED, RANK, SENDER, READER_BEFORE_RELEASE, READER_CONFIDENTIAL];

/// Which provider sends which dataflow, and on which terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "AgreementJson", into = "AgreementJson")]
pub struct ProvisionAgreement {
    /// Identity and names.
    pub identity: Identity,
    /// The dataflow.
    pub dataflow: Reference,
    /// The data provider, an item of a data provider scheme.
    pub data_provider: Reference,
    /// The terms.
    pub terms: AgreementTerms,
}

/// Place of a provider among those of one series. The first is the principal provider, whose figures
/// readers get by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank(NonZeroU16);

/// The terms of an agreement. Without any, the provider is the principal one for the whole dataflow, now
/// and always, and nobody but the provider sends or reads early.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgreementTerms {
    /// The permitted region: codes by dimension; a dimension that is not named may have any.
    pub permitted: BTreeMap<Id, BTreeSet<CodeId>>,
    /// Days on which the agreement is in force.
    pub validity: Validity,
    /// The provider's place among those of the same series.
    pub rank: Rank,
    /// Agencies that may send in the provider's name.
    pub senders: BTreeSet<AgencyId>,
    /// What absent attributes stand for; the first that holds counts, before any of the dataflow's.
    pub defaults: Vec<AttributeDefault>,
    /// Agencies that may read before release.
    pub readers_before_release: BTreeSet<AgencyId>,
    /// Agencies that may read what is confidential.
    pub readers_confidential: BTreeSet<AgencyId>,
}

impl Rank {
    /// The principal provider's.
    pub const PRINCIPAL: Self = Self(NonZeroU16::MIN);

    /// A rank from 1.
    pub fn new(rank: u16) -> Option<Self> {
        NonZeroU16::new(rank).map(Self)
    }

    /// The number.
    pub fn get(self) -> u16 {
        self.0.get()
    }
}

impl Default for Rank {
    fn default() -> Self {
        Self::PRINCIPAL
    }
}

impl AgreementTerms {
    /// Whether a series lies in the permitted region; if not, the first dimension whose code is outside.
    pub fn permit<'v>(&self, code_of: impl Fn(&str) -> Option<&'v str>) -> Result<(), &Id> {
        let outside = |(dimension, codes): &(&Id, &BTreeSet<CodeId>)| {
            code_of(dimension).is_some_and(|code| !codes.contains(code))
        };
        self.permitted.iter().find(outside).map_or(Ok(()), |(dimension, _)| Err(dimension))
    }

    /// Whether some series lies in both permitted regions on some day.
    pub fn overlap(&self, other: &Self) -> bool {
        let common = |(dimension, codes): (&Id, &BTreeSet<CodeId>)| {
            other.permitted.get(dimension).is_none_or(|others| !codes.is_disjoint(others))
        };
        self.validity.overlaps(&other.validity) && self.permitted.iter().all(common)
    }

    pub(super) fn take(annotations: &mut Vec<Annotation>) -> Result<Self, AnnotationError> {
        let mut terms = Self {
            validity: Validity::take(annotations)?,
            defaults: AttributeDefault::take(annotations)?,
            ..Self::default()
        };
        let mut ranks = 0;
        for annotation in Annotation::take(annotations, |id| TERMS.contains(&id)) {
            match annotation.id.as_deref() {
                Some(PERMITTED) => terms.permit_codes(&annotation)?,
                Some(SENDER) => drop(terms.senders.insert(id(&annotation)?)),
                Some(READER_BEFORE_RELEASE) => drop(terms.readers_before_release.insert(id(&annotation)?)),
                Some(READER_CONFIDENTIAL) => drop(terms.readers_confidential.insert(id(&annotation)?)),
                _ => {
                    ranks += 1;
                    let rank = annotation.content().parse().ok().and_then(Rank::new);
                    let rank = rank.filter(|_| ranks == 1);
                    terms.rank = rank.ok_or_else(|| {
                        annotation.error("write one whole number from 1, which is the principal provider's")
                    })?;
                }
            }
        }
        Ok(terms)
    }

    fn permit_codes(&mut self, annotation: &Annotation) -> Result<(), AnnotationError> {
        let refuse = || {
            annotation.error("its type is a dimension, once only, and its title the codes: write CODE CODE")
        };
        let dimension = Id::new(annotation.kind.as_deref().unwrap_or_default()).map_err(|_| refuse())?;
        let codes: Result<BTreeSet<_>, _> = annotation.content().split(' ').map(CodeId::new).collect();
        let codes = codes.map_err(|_| refuse())?;
        self.permitted.insert(dimension, codes).map_or(Ok(()), |_| Err(refuse()))
    }

    pub(super) fn annotations(&self) -> Vec<Annotation> {
        let mut all: Vec<_> = self.validity.annotations().collect();
        all.extend(self.defaults.iter().map(AttributeDefault::annotation));
        for (dimension, codes) in &self.permitted {
            let codes: Vec<_> = codes.iter().map(|code| &**code).collect();
            all.push(Annotation {
                kind: Some(dimension.to_string()),
                ..Annotation::new(PERMITTED, codes.join(" "))
            });
        }
        if self.rank != Rank::PRINCIPAL {
            all.push(Annotation::new(RANK, self.rank.get().to_string()));
        }
        for (id, agencies) in [
            (SENDER, &self.senders),
            (READER_BEFORE_RELEASE, &self.readers_before_release),
            (READER_CONFIDENTIAL, &self.readers_confidential),
        ] {
            all.extend(agencies.iter().map(|agency| Annotation::new(id, agency.to_string())));
        }
        all
    }
}

fn id<G: Grammar>(annotation: &Annotation) -> Result<Name<G>, AnnotationError> {
    Name::new(annotation.content()).map_err(|error| annotation.error(error.to_string()))
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AgreementJson {
    #[serde(flatten)]
    identity: Identity,
    dataflow: Reference,
    data_provider: Reference,
}

impl TryFrom<AgreementJson> for ProvisionAgreement {
    type Error = AnnotationError;

    fn try_from(json: AgreementJson) -> Result<Self, AnnotationError> {
        let AgreementJson { mut identity, dataflow, data_provider } = json;
        let terms = AgreementTerms::take(&mut identity.annotations)?;
        Ok(Self { identity, dataflow, data_provider, terms })
    }
}

impl From<ProvisionAgreement> for AgreementJson {
    fn from(agreement: ProvisionAgreement) -> Self {
        let ProvisionAgreement { mut identity, dataflow, data_provider, terms } = agreement;
        identity.annotations.splice(0..0, terms.annotations());
        Self { identity, dataflow, data_provider }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(annotations: &[(&str, Option<&str>, &str)]) -> Result<AgreementTerms, AnnotationError> {
        let annotation = |(id, kind, title): &(&str, Option<&str>, &str)| Annotation {
            kind: kind.map(str::to_owned),
            ..Annotation::new(id, *title)
        };
        AgreementTerms::take(&mut annotations.iter().map(annotation).collect())
    }

    #[test]
    fn a_series_outside_the_permitted_region_is_told_by_its_dimension() {
        let terms = terms(&[("PERMITTED", Some("REF_AREA"), "SWE NOR")]).expect("terms");
        let of = |area: &'static str| move |dimension: &str| (dimension == "REF_AREA").then_some(area);
        assert_eq!(terms.permit(of("NOR")), Ok(()));
        assert_eq!(
            terms.permit(of("FIN")).map_err(|dimension| dimension.to_string()),
            Err("REF_AREA".to_owned())
        );
    }

    #[test]
    fn agreements_overlap_only_in_common_codes_on_common_days() {
        let of = |area: &str, from: &str, to: &str| {
            terms(&[
                ("PERMITTED", Some("REF_AREA"), area),
                ("VALID_FROM", None, from),
                ("VALID_TO", None, to),
            ])
            .expect("terms")
        };
        let first = of("SWE NOR", "2020-01-01", "2020-12-31");
        assert!(first.overlap(&of("NOR", "2020-12-31", "2021-12-31")));
        assert!(!first.overlap(&of("NOR", "2021-01-01", "2021-12-31")));
        assert!(!first.overlap(&of("FIN", "2020-01-01", "2020-12-31")));
        assert!(first.overlap(&AgreementTerms::default()));
    }

    #[test]
    fn terms_that_cannot_be_read_are_refused_with_the_remedy() {
        for (id, kind, title, expected) in [
            ("RANK", None, "0", "the annotation RANK is \"0\": write one whole number from 1"),
            ("RANK", None, "first", "the annotation RANK is \"first\": write one whole number from 1"),
            ("PERMITTED", None, "SWE", "the annotation PERMITTED is \"SWE\": its type is a dimension"),
            ("PERMITTED", Some("REF_AREA"), "", "the annotation PERMITTED is \"\": its type is a dimension"),
            ("SENDER", None, "a b", "the annotation SENDER is \"a b\": \"a b\" is not the id of an agency"),
            ("VALID_TO", None, "2020", "the annotation VALID_TO is \"2020\": write a day"),
            (
                "VALID_TO",
                None,
                "2020-01-01T00:00",
                "the annotation VALID_TO is \"2020-01-01T00:00\": write a day",
            ),
        ] {
            let error = terms(&[(id, kind, title)]).expect_err(title).to_string();
            assert!(error.starts_with(expected), "{error}");
        }
        let backwards = [("VALID_FROM", None, "2020-02-01"), ("VALID_TO", None, "2020-01-01")];
        assert_eq!(
            terms(&backwards).expect_err("no day").to_string(),
            "the annotation VALID_TO is \"2020-01-01\": that is before VALID_FROM, 2020-02-01: correct one of them"
        );
        let twice = terms(&[("RANK", None, "1"), ("RANK", None, "2")]).expect_err("two ranks");
        assert_eq!(twice.text, "2");
    }
}
