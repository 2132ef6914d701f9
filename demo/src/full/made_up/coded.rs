//! Coded answers and acts: policies and treaties.

use super::{Cell, Table, number};

const GOVERNMENTS: [&str; 12] =
    ["ARG", "AUS", "BRA", "CAN", "EGY", "FRA", "IND", "JPN", "KEN", "MEX", "THA", "ZAF"];
const INQUIRIES: [&str; 4] = ["1996", "2003", "2015", "2021"];
/// A topic, an aspect, and the answers that the inquiry offers.
const QUESTIONS: [(&str, &str, &[&str]); 5] = [
    ("IMM_LEVEL", "VIEW", &["TOO_LOW", "SATIS", "SATIS", "TOO_HIGH"]),
    ("EMI_LEVEL", "VIEW", &["TOO_LOW", "SATIS", "SATIS", "TOO_HIGH"]),
    ("IMM_LEVEL", "POLICY", &["RAISE", "MAINTAIN", "LOWER", "NO_INTERV"]),
    ("IMM_HS", "POLICY", &["RAISE", "MAINTAIN", "LOWER", "NO_INTERV"]),
    ("TIP_LAW", "LAW", &["YES", "PARTLY", "NO"]),
];

/// Governments' views and policies: one answer for each question and inquiry.
pub(in crate::full) fn policies() -> Table {
    let mut table = Table::new("MIG_POLICY", "FREQ,REF_AREA,POLICY_TOPIC,POLICY_ASPECT,POLICY_VALUE", &[]);
    for area in GOVERNMENTS {
        for (topic, aspect, answers) in QUESTIONS {
            for year in INQUIRIES {
                let nth = number(&[area, topic, aspect, year], 0, answers.len() as u64);
                let answer = answers[usize::try_from(nth).unwrap_or_default()];
                table.put(&["I", area, topic, aspect, answer], year, Cell::free(1));
            }
        }
    }
    table
}

/// Signatures, and for some governments the act by which they are bound, a year or more later.
pub(in crate::full) fn treaties() -> Table {
    let mut table = Table::new("MIG_TREATY", "FREQ,REF_AREA,TREATY,TREATY_ACTION", &[]);
    for area in GOVERNMENTS {
        for treaty in ["ICRMW", "TIP_PROTOCOL", "SMUGGLING_PROTOCOL"] {
            let day = |of: &str, year| {
                let [month, day] =
                    [("month", 13), ("day", 29)].map(|(what, to)| number(&[area, treaty, of, what], 1, to));
                format!("{year}-{month:02}-{day:02}")
            };
            let year = number(&[area, treaty, "signed"], 2001, 2004);
            table.put(&["D", area, treaty, "SIGN"], &day("signed", year), Cell::free(1));
            if number(&[area, treaty, "bound"], 0, 3) > 0 {
                let bound = year + number(&[area, treaty, "delay"], 1, 8);
                table.put(&["D", area, treaty, "RATIF"], &day("bound", bound), Cell::free(1));
            }
        }
    }
    table
}
