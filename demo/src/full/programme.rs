//! What is loaded, and in whose name. `data/full/README.md` names the sources and licences.

use super::made_up::{self, Table};

/// A table, and the lane that it goes to.
pub(super) struct Part {
    /// Id of the dataflow.
    pub(super) dataflow: &'static str,
    /// Agency in whose name it is sent, if it is not made up.
    pub(super) provider: (&'static str, &'static str),
    /// Where the figures are.
    pub(super) figures: Figures,
    /// Id of the stored mapping; made-up tables need none.
    pub(super) mapping: &'static str,
    /// Label of the edition; none if empty.
    pub(super) edition: &'static str,
    /// A dimension and its codes that the agreement permits; the whole dataflow if there is none.
    pub(super) region: Option<(&'static str, &'static [&'static str])>,
    /// What it is, for people.
    pub(super) what: &'static str,
}

/// Where the figures of a part are.
pub(super) enum Figures {
    /// In `data/full`.
    Shipped(&'static str),
    /// In a folder that the user names, or else made up.
    InFolder {
        /// Name of the file.
        file: &'static str,
        /// What stands for it.
        instead: fn() -> Table,
    },
    /// Made up.
    MadeUp(fn() -> Table),
}

const POPULATION_DIVISION: (&str, &str) = ("UNPD", "UN Population Division");
const UNHCR: (&str, &str) = ("UNHCR", "UN High Commissioner for Refugees");
const EUROSTAT: (&str, &str) = ("ESTAT", "Eurostat");
const WORLD_BANK: (&str, &str) = ("WB", "World Bank");
const DEPOSITARY: (&str, &str) = ("UNTC", "Depositary of treaties");
/// Provider of everything that is made up, so that nobody takes it for figures of an office.
pub(super) const MADE_UP: (&str, &str) = ("SYNTHETIC", "Synthetic figures, made up by mighub-demo");

/// Several tables of a lane go one after the other. Solutions come before the population, of which the returned are the
/// same figures once more: a difference would show as a change.
pub(super) const PROGRAMME: &[Part] = &[
    Part {
        dataflow: "MIG_STOCK_OD",
        provider: POPULATION_DIVISION,
        figures: Figures::Shipped("ims2024_stock_od"),
        mapping: "UNPD_IMS2024_STOCK_OD",
        edition: "2024",
        region: Some(("VIEW", &["ES"])),
        what: "International Migrant Stock 2024",
    },
    Part {
        dataflow: "MIG_BALANCE",
        provider: POPULATION_DIVISION,
        figures: Figures::Shipped("wpp2024_net_migration"),
        mapping: "UNPD_WPP2024_NET_MIGRATION",
        edition: "2024",
        region: None,
        what: "World Population Prospects 2024: net migration",
    },
    Part {
        dataflow: "MIG_REFUGEE",
        provider: UNHCR,
        figures: Figures::Shipped("unhcr_solutions"),
        mapping: "UNHCR_SOLUTIONS",
        edition: "",
        region: None,
        what: "durable solutions",
    },
    Part {
        dataflow: "MIG_REFUGEE",
        provider: UNHCR,
        figures: Figures::Shipped("unhcr_population"),
        mapping: "UNHCR_POPULATION",
        edition: "",
        region: None,
        what: "displaced population",
    },
    Part {
        dataflow: "MIG_REFUGEE",
        provider: UNHCR,
        figures: Figures::Shipped("unhcr_displacement_flows"),
        mapping: "UNHCR_DISPLACEMENT_FLOWS",
        edition: "",
        region: None,
        what: "newly recognised and displaced",
    },
    Part {
        dataflow: "MIG_ASYLUM",
        provider: UNHCR,
        figures: Figures::Shipped("unhcr_asylum_applications"),
        mapping: "UNHCR_ASYLUM_APPLICATIONS",
        edition: "",
        region: None,
        what: "asylum applications",
    },
    Part {
        dataflow: "MIG_ASYLUM",
        provider: UNHCR,
        figures: Figures::Shipped("unhcr_asylum_decisions"),
        mapping: "UNHCR_ASYLUM_DECISIONS",
        edition: "",
        region: None,
        what: "decisions on asylum applications",
    },
    Part {
        dataflow: "MIG_STOCK",
        provider: EUROSTAT,
        figures: Figures::Shipped("estat_pop_foreign_age_sex"),
        mapping: "ESTAT_POP_FOREIGN",
        edition: "",
        region: None,
        what: "population by age and sex, total and foreign",
    },
    Part {
        dataflow: "MIG_REMIT",
        provider: WORLD_BANK,
        figures: Figures::InFolder { file: "wb_remittances_2017.csv", instead: made_up::remittances },
        mapping: "WB_REMITTANCES_2017",
        edition: "2017",
        region: None,
        what: "bilateral remittance estimates 2017",
    },
    Part {
        dataflow: "MIG_TREATY",
        provider: DEPOSITARY,
        figures: Figures::InFolder { file: "treaty_actions.csv", instead: made_up::treaties },
        mapping: "UN_TREATY_ACTIONS",
        edition: "",
        region: None,
        what: "acts of States about treaties, to early 2015",
    },
    made_up("MIG_POLICY", made_up::policies, "synthetic: views and policies"),
    made_up("MIG_MODE4", made_up::service_suppliers, "synthetic: service suppliers abroad"),
    made_up("MIG_TRAFFICKING", made_up::trafficking, "synthetic: detected victims"),
    made_up("MIG_CENSUS", made_up::census, "synthetic: a census cube by origin"),
    made_up("MIG_LABOUR", made_up::labour, "synthetic: labour force of foreigners"),
];

const fn made_up(dataflow: &'static str, table: fn() -> Table, what: &'static str) -> Part {
    Part {
        dataflow,
        provider: MADE_UP,
        figures: Figures::MadeUp(table),
        mapping: "",
        edition: made_up::LABEL,
        region: None,
        what,
    }
}
