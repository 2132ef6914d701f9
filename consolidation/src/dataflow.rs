//! The dataflows that are read and those that are made.

/// A dataflow of reported figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Input {
    /// MIG_FLOW.
    Flow,
    /// MIG_STOCK.
    Stock,
    /// MIG_REFUGEE.
    Refugee,
}

/// A dataflow that the hub makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// MIG_FLOW_OD.
    Flow,
    /// MIG_STOCK_OD.
    Stock,
}

impl Input {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Flow, Self::Stock, Self::Refugee];

    /// Its id.
    pub fn dataflow(self) -> &'static str {
        match self {
            Self::Flow => "MIG_FLOW",
            Self::Stock => "MIG_STOCK",
            Self::Refugee => "MIG_REFUGEE",
        }
    }

    /// The input that a dataflow is.
    pub fn of_dataflow(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|input| input.dataflow() == id)
    }

    /// What is made of it.
    pub fn target(self) -> Target {
        match self {
            Self::Flow => Target::Flow,
            Self::Stock | Self::Refugee => Target::Stock,
        }
    }
}

impl Target {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Flow, Self::Stock];

    /// Its id.
    pub fn dataflow(self) -> &'static str {
        match self {
            Self::Flow => "MIG_FLOW_OD",
            Self::Stock => "MIG_STOCK_OD",
        }
    }

    /// What it is made of.
    pub fn inputs(self) -> &'static [Input] {
        match self {
            Self::Flow => &[Input::Flow],
            Self::Stock => &[Input::Stock, Input::Refugee],
        }
    }

    /// The dimensions of a cell, in the order of its keys; VIEW and CONS_METHOD follow.
    pub(crate) fn dimensions(self) -> &'static [&'static str] {
        match self {
            Self::Flow => &["FREQ", "ORIGIN", "DESTINATION", "SEX", "AGE", "DURATION"],
            Self::Stock => &["FREQ", "DESTINATION", "ORIGIN", "SEX", "AGE"],
        }
    }
}
