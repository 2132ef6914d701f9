//! The places of the pages, as the header lists them.

/// A part of the pages with an entry in the menu. Whoever adds a part adds it here and its routes in the router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// What the hub is and has.
    Home,
    /// What was sent.
    Submissions,
    /// Figures as tables.
    Data,
    /// Dataflows, code lists, rules.
    Structures,
    /// What was accepted when.
    Log,
    /// For programs.
    Api,
}

impl Place {
    /// In the order of the menu.
    pub(crate) const ALL: [Self; 6] =
        [Self::Home, Self::Submissions, Self::Data, Self::Structures, Self::Log, Self::Api];

    /// Where it begins.
    pub(crate) fn address(self) -> &'static str {
        match self {
            Self::Home => "/",
            Self::Submissions => "/submissions",
            Self::Data => "/data",
            Self::Structures => "/structures",
            Self::Log => "/log",
            Self::Api => "/api",
        }
    }

    /// Key of its name.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Home => "menu.home",
            Self::Submissions => "menu.submissions",
            Self::Data => "menu.data",
            Self::Structures => "menu.structures",
            Self::Log => "menu.log",
            Self::Api => "menu.api",
        }
    }
}
