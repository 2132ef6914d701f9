//! What a report may say: the concepts of MDF_MIG_SOURCE, and which values each takes.

/// A concept of MDF_MIG_SOURCE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Concept {
    /// Which register or survey.
    SourceType,
    /// The criterion of duration that is really applied.
    DurDef,
    /// Who counts as resident.
    ResDef,
    /// How departures become known.
    Dereg,
    /// Whether own citizens are covered.
    CovCitizens,
    /// Whether foreigners are covered.
    CovForeign,
    /// Whether citizens of the European Union are covered.
    CovEu,
    /// Whether asylum seekers are covered.
    CovAsylum,
    /// How many the source misses.
    Undercount,
    /// How exact it is.
    Accuracy,
    /// To which base the sender rounded.
    RoundBase,
    /// Below which figure the sender hides cells.
    MinCell,
    /// When and why figures are revised.
    RevisionPolicy,
    /// How long after the period figures come.
    Timeliness,
    /// Whom to ask.
    Contact,
    /// By which law figures are collected.
    LegalBasis,
    /// Anything else.
    Note,
}

/// Which values a concept takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// One of these codes.
    Codes(&'static [&'static str]),
    /// A code of the list that the dataflow's attribute of the same name has.
    CodeOfAttribute,
    /// A whole number from 0.
    Number,
    /// Text, in several languages.
    Texts,
}

const COVERAGE: Values = Values::Codes(&["YES", "PARTLY", "NO"]);

impl Concept {
    /// All of them, in the order of the metadata structure.
    pub const ALL: [Self; 17] = [
        Self::SourceType,
        Self::DurDef,
        Self::ResDef,
        Self::Dereg,
        Self::CovCitizens,
        Self::CovForeign,
        Self::CovEu,
        Self::CovAsylum,
        Self::Undercount,
        Self::Accuracy,
        Self::RoundBase,
        Self::MinCell,
        Self::RevisionPolicy,
        Self::Timeliness,
        Self::Contact,
        Self::LegalBasis,
        Self::Note,
    ];

    /// Its id.
    pub fn id(self) -> &'static str {
        match self {
            Self::SourceType => "SOURCE_TYPE",
            Self::DurDef => "DUR_DEF",
            Self::ResDef => "RES_DEF",
            Self::Dereg => "DEREG",
            Self::CovCitizens => "COV_CITIZENS",
            Self::CovForeign => "COV_FOREIGN",
            Self::CovEu => "COV_EU",
            Self::CovAsylum => "COV_ASYLUM",
            Self::Undercount => "UNDERCOUNT",
            Self::Accuracy => "ACCURACY",
            Self::RoundBase => "ROUND_BASE",
            Self::MinCell => "MIN_CELL",
            Self::RevisionPolicy => "REVISION_POLICY",
            Self::Timeliness => "TIMELINESS",
            Self::Contact => "CONTACT",
            Self::LegalBasis => "LEGAL_BASIS",
            Self::Note => "NOTE",
        }
    }

    /// The concept with an id, in capitals or not.
    pub fn of_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|concept| concept.id().eq_ignore_ascii_case(id))
    }

    /// Which values it takes.
    pub fn values(self) -> Values {
        match self {
            Self::SourceType => Values::CodeOfAttribute,
            Self::DurDef => Values::Codes(&["NONE", "3M", "6M", "12M", "PERM"]),
            Self::ResDef => Values::Codes(&["USUAL", "DEJURE", "REGISTERED", "PERMIT"]),
            Self::Dereg => Values::Codes(&["AUTO", "SELF", "NONE", "ADMIN_CORR"]),
            Self::CovCitizens | Self::CovForeign | Self::CovEu | Self::CovAsylum => COVERAGE,
            Self::Undercount => Values::Codes(&["LOW", "MEDIUM", "HIGH"]),
            Self::Accuracy => Values::Codes(&["HIGH", "MEDIUM", "LOW"]),
            Self::RoundBase => Values::Codes(&["0", "3", "5", "10"]),
            Self::MinCell => Values::Number,
            Self::RevisionPolicy | Self::Timeliness | Self::Contact | Self::LegalBasis | Self::Note => {
                Values::Texts
            }
        }
    }
}
