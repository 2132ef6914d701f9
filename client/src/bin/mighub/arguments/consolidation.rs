//! Commands about consolidated data.

use clap::{Args, Subcommand, ValueEnum};

/// What is asked of consolidated data.
#[derive(Debug, Subcommand)]
pub(crate) enum Consolidated {
    /// Origin-destination tables of areas and regions, from consolidated figures; as of a day, or what changed since
    Matrix(Matrix),
    /// Net migration of areas and regions: arrivals from outside less departures to outside
    Net(Net),
    /// Where origins and destinations report different figures of the same moves
    Mirror(Mirror),
    /// Tell how one consolidated figure came about, and which reports it rests on
    Explain(Explain),
    /// What the choice of the method does to totals and net migration
    Compare(Compare),
    /// Shares of governments that hold a view
    Shares(Shares),
    /// Who had signed a treaty and who was bound by it on a day
    Parties(Parties),
    /// Groups of areas with their members, each with its dates and source
    Groups(Groups),
    /// The methods of consolidation with their parameters and digests
    Methods,
}

/// Of which periods, as of when, and with which members of groups.
#[derive(Debug, Args)]
pub(crate) struct When {
    /// First period
    #[arg(long, default_value = "", hide_default_value = true, value_name = "PERIOD")]
    pub(crate) start: String,
    /// Last period
    #[arg(long, default_value = "", hide_default_value = true, value_name = "PERIOD")]
    pub(crate) end: String,
    /// As the figures were at this time: date (its end, UTC), or date and time with zone
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<String>,
    /// Day of the memberships of groups [default: that of --as-of, else today]
    #[arg(long, default_value = "", hide_default_value = true, value_name = "DAY")]
    pub(crate) members_on: String,
}

/// Which figures.
#[derive(Debug, Args)]
pub(crate) struct Derived {
    /// Consolidated dataflow: MIG_FLOW_OD or MIG_STOCK_OD
    #[arg(long, default_value = "MIG_FLOW_OD")]
    pub(crate) dataflow: String,
    /// CO consolidated, RO as the origin reported, RD as the destination did, ES an agency's estimate
    #[arg(long, default_value = "CO")]
    pub(crate) view: String,
    /// Method of CO [default: M1], or the agency's own of ES
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) method: String,
    /// Codes of sex; several are summed [default: _T]
    #[arg(long, value_delimiter = ',', value_name = "CODES")]
    pub(crate) sex: Vec<String>,
    /// Codes of age; several are summed [default: _T]
    #[arg(long, value_delimiter = ',', value_name = "CODES")]
    pub(crate) age: Vec<String>,
    #[command(flatten)]
    pub(crate) when: When,
}

#[derive(Debug, Args)]
pub(crate) struct Matrix {
    #[command(flatten)]
    pub(crate) derived: Derived,
    /// Origins: areas, groups, _T for the world, GROUP+ for each member of a group [default: every area]
    #[arg(long, value_delimiter = ',', value_name = "CODES")]
    pub(crate) from: Vec<String>,
    /// Destinations, likewise
    #[arg(long, value_delimiter = ',', value_name = "CODES")]
    pub(crate) to: Vec<String>,
    /// Only cells that were other at this time
    #[arg(long, value_name = "TIME")]
    pub(crate) against: Option<String>,
    /// Write CSV, a row a cell
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Net {
    /// Areas, groups, GROUP+ for each member of a group [default: every area]
    pub(crate) areas: Vec<String>,
    #[command(flatten)]
    pub(crate) derived: Derived,
    /// Write CSV, a row an area and period
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
}

/// By what gaps are put in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Order {
    /// By people.
    Absolute,
    /// By the share of the larger figure.
    Relative,
}

#[derive(Debug, Args)]
pub(crate) struct Mirror {
    #[command(flatten)]
    pub(crate) derived: Derived,
    /// Only corridors with this area at an end, with what only its partners report
    #[arg(long, default_value = "", hide_default_value = true, value_name = "AREA")]
    pub(crate) about: String,
    /// The same for the areas this office reports about
    #[arg(long, conflicts_with = "about")]
    pub(crate) mine: bool,
    /// Order of the gaps, the widest first
    #[arg(long, value_enum, default_value_t = Order::Absolute)]
    pub(crate) by: Order,
    /// How many of each list
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub(crate) show: u32,
    /// A corridor diverges newly if its gap is above this share of the larger figure and never was before
    #[arg(long, default_value = "0.5", value_name = "SHARE")]
    pub(crate) above: String,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// DATAFLOW KEY PERIOD, such as MIG_FLOW_OD A.ESP.FRA._T._T.LT.CO.M1 2013; or ORIGIN DESTINATION PERIOD
    #[arg(num_args = 3, required = true, value_name = "CELL")]
    pub(crate) cell: Vec<String>,
    /// Method, for ORIGIN DESTINATION PERIOD
    #[arg(long, default_value = "M1")]
    pub(crate) method: String,
    /// As it was at this time: date (its end, UTC), or date and time with zone
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// Areas, groups, GROUP+ for each member of a group [default: every area]
    pub(crate) areas: Vec<String>,
    #[command(flatten)]
    pub(crate) derived: Derived,
    /// Methods, the first to compare with [default: all]
    #[arg(long, value_delimiter = ',', value_name = "CODES")]
    pub(crate) methods: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Shares {
    /// Topic of MIG_POLICY, such as IMM_LEVEL
    pub(crate) topic: String,
    /// Aspect, such as VIEW
    pub(crate) aspect: String,
    /// Groups of governments [default: all]
    #[arg(long, value_delimiter = ',', value_name = "CODES")]
    pub(crate) of: Vec<String>,
    #[command(flatten)]
    pub(crate) when: When,
}

#[derive(Debug, Args)]
pub(crate) struct Parties {
    /// Code of the treaty, such as ICRMW
    pub(crate) treaty: String,
    /// The day [default: today]
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) on: String,
    /// As the acts were known at this time
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Groups {
    /// Only this group
    #[arg(default_value = "", hide_default_value = true)]
    pub(crate) group: String,
    /// Only members on this day
    #[arg(long, default_value = "", hide_default_value = true, value_name = "DAY")]
    pub(crate) on: String,
}
