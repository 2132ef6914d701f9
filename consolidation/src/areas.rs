//! Which codes of areas may stand at an end of a corridor.
//!
//! What lives here: telling areas from totals, groups of areas and groups of people. What must not: membership of
//! groups, which [`crate::groups`] reads.

use std::collections::BTreeSet;
use std::sync::Arc;

use mighub_sdmx::structure::Codelist;

/// The annotation of a code that says what kind of thing it is.
const KIND: &str = "KIND";
/// Kinds of codes that are not where somebody lived: sums, people by citizenship or birth, and organizations.
const NOT_AN_END: [&str; 4] = ["total", "citizenship group", "birth group", "organization"];

/// Codes that may be origin or destination: countries and areas, former States, and the residuals (`_U`, `_O`, XXA, XCX)
/// that the world is not complete without.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Areas(BTreeSet<Arc<str>>);

impl Areas {
    /// The areas of a code list such as CL_AREA. Codes of digits alone are groups of the M49.
    pub fn from_codelist(list: &Codelist) -> Self {
        let is_end = |id: &str, kind: Option<&str>| {
            !id.bytes().all(|byte| byte.is_ascii_digit())
                && !kind.is_some_and(|kind| NOT_AN_END.contains(&kind))
        };
        let codes = list.codes().iter().filter(|code| is_end(&code.id, code.annotation(KIND)));
        Self(codes.map(|code| Arc::from(&*code.id)).collect())
    }

    /// Whether a code may be an end of a corridor.
    pub fn contains(&self, code: &str) -> bool {
        self.0.contains(code)
    }

    /// All of them, in byte order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<str>> {
        self.0.iter()
    }
}

impl<T: Into<Arc<str>>> FromIterator<T> for Areas {
    fn from_iter<I: IntoIterator<Item = T>>(codes: I) -> Self {
        Self(codes.into_iter().map(Into::into).collect())
    }
}
