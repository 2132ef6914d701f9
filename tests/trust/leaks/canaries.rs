//! The secrets: figures and notes that occur nowhere else, why each is one, and who may see it all the same.

use crate::office::random::Random;

/// Why a figure is not for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    /// It is for everybody: the search must find it, or it finds nothing.
    Free,
    /// CONF_STATUS C.
    Restricted,
    /// CONF_STATUS N.
    NotForPublication,
    /// CONF_STATUS C, and IOM is named in CONF_REDIST.
    Redistributed,
    /// It was free, and the same figure is restricted since.
    RestrictedSince,
    /// It was free, and the cell was restricted with another figure since.
    RestrictedWithAnother,
    /// Under the first embargo.
    Embargoed,
    /// A free figure is to be replaced by it after the first embargo.
    EmbargoedRevision,
    /// Under the first embargo, and restricted after it.
    EmbargoedAndRestricted,
    /// Under the second embargo, which is later.
    EmbargoedLonger,
    /// It was under embargo, and was withdrawn before its hour.
    Withdrawn,
    /// It waits for its office to answer warnings.
    Pending,
    /// Sent, and never sealed.
    Open,
    /// Sent by mistake, withdrawn, and expunged by two persons.
    Expunged,
}

impl Why {
    /// Whether whoever may see such a secret is told it by some door: the search must find it there.
    pub(crate) fn is_told(self) -> bool {
        !matches!(self, Self::Pending | Self::Open | Self::Expunged)
    }
}

pub(crate) const WHYS: [Why; 14] = [
    Why::Free,
    Why::Restricted,
    Why::NotForPublication,
    Why::Redistributed,
    Why::RestrictedSince,
    Why::RestrictedWithAnother,
    Why::Embargoed,
    Why::EmbargoedRevision,
    Why::EmbargoedAndRestricted,
    Why::EmbargoedLonger,
    Why::Withdrawn,
    Why::Pending,
    Why::Open,
    Why::Expunged,
];

/// Figures of each kind.
pub(crate) const OF_EACH: usize = 6;
pub(crate) const AREAS: [&str; OF_EACH] = ["NOR", "DNK", "FIN", "POL", "ESP", "PRT"];
/// The least secret figure, and how many there could be: ten digits that begin with 7, so that no size, time or
/// position is one by accident.
const LEAST: u64 = 7_000_000_000;
const MANY: u64 = 999_999_999;

/// One secret.
#[derive(Clone, Debug)]
pub(crate) struct Canary {
    pub(crate) why: Why,
    /// A figure, or a note beside it.
    pub(crate) text: String,
}

/// Which of the embargoes have passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hour {
    Before,
    Between,
    After,
}

/// All of them: for each kind its figures and their notes.
pub(crate) fn canaries(random: &mut Random) -> Vec<Canary> {
    let mut all = Vec::new();
    for why in WHYS {
        for nth in 0..OF_EACH {
            all.push(Canary { why, text: (LEAST + random.below(MANY)).to_string() });
            all.push(Canary { why, text: format!("note-{why:?}-{nth}-{:08x}", random.below(1 << 32)) });
        }
    }
    all
}

/// Whether an identity may see a canary. Written by hand.
pub(crate) fn may_see(who: &str, why: Why, hour: Hour) -> bool {
    let full = matches!(who, "SWE" | "AUDITOR" | "token SWE" | "token AUDITOR");
    let refused = matches!(who, "token revoked");
    let confidant = full || who == "CONFIDANT";
    let early = full || who == "EARLY";
    if refused {
        return false;
    }
    match why {
        Why::Free => true,
        Why::Restricted | Why::NotForPublication | Why::RestrictedSince | Why::RestrictedWithAnother => {
            confidant
        }
        Why::Redistributed => confidant || who == "IOM",
        Why::Embargoed | Why::EmbargoedRevision => early || hour > Hour::Before,
        Why::EmbargoedAndRestricted => full || (confidant && hour > Hour::Before),
        Why::EmbargoedLonger => early || hour > Hour::Between,
        Why::Withdrawn => early,
        // Figures of findings stand in reports, which reviewers read.
        Why::Pending => matches!(who, "SWE" | "token SWE" | "AUDITOR" | "token AUDITOR" | "REVIEWER"),
        Why::Open | Why::Expunged => false,
    }
}
