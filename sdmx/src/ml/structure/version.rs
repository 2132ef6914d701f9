//! The versions of SDMX-ML, and what each of them cannot carry.

/// A version of SDMX-ML.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MlVersion {
    /// 2.1: references are `Ref` elements, artefacts are final or not.
    V2_1,
    /// 3.0: references are URNs, versions are semantic.
    V3_0,
    /// 3.1: like 3.0, with availability as a class of its own.
    V3_1,
}

impl MlVersion {
    /// All versions, the oldest first.
    pub const ALL: [Self; 3] = [Self::V2_1, Self::V3_0, Self::V3_1];

    /// The segment of namespaces that names the version.
    pub(super) fn segment(self) -> &'static str {
        match self {
            Self::V2_1 => "v2_1",
            Self::V3_0 => "v3_0",
            Self::V3_1 => "v3_1",
        }
    }

    /// The namespace of a kind of words: `message`, `structure`, `common`, `registry`.
    pub(super) fn namespace(self, words: &str) -> String {
        format!("http://www.sdmx.org/resources/sdmxml/schemas/{}/{words}", self.segment())
    }

    /// The version whose namespace of messages this is.
    pub(super) fn of_namespace(namespace: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.namespace("message") == namespace)
    }
}
