//! Counts and amounts: cells are made up, totals are their sums.

use super::{Cell, Table, number};

const SEXES: [&str; 2] = ["F", "M"];

/// A number of suppliers or of persons for the code and for the total, which is the sum.
fn with_total<'a>(codes: &[&'a str], of: impl Fn(&str) -> u64) -> Vec<(&'a str, u64)> {
    let mut parts: Vec<_> = codes.iter().map(|code| (*code, of(code))).collect();
    parts.push(("_T", parts.iter().map(|(_, part)| part).sum()));
    parts
}

/// Service suppliers who are abroad for a time, by category, and the value of what they supply.
pub(in crate::full) fn service_suppliers() -> Table {
    let dimensions = "FREQ,REF_AREA,FLOW_DIR,COUNTERPART_AREA,M4_CATEGORY,SERVICE,M4_INDICATOR";
    let mut table = Table::new("MIG_MODE4", dimensions, &[]);
    let categories = ["CSS_E", "CSS_I", "ICT", "FA_DIR", "SS", "BV"];
    for (area, partner) in [("DEU", "IND"), ("GBR", "IND"), ("SGP", "PHL"), ("USA", "IND"), ("USA", "PHL")] {
        for year in ["2021", "2022", "2023"] {
            for (indicator, to) in [("PS_FLOW", 9_000), ("VAL", 400)] {
                let part = |category: &str| number(&[area, partner, category, indicator], 20, to);
                for (category, value) in with_total(&categories, part) {
                    let key = ["A", area, "IN", partner, category, "S", indicator];
                    table.put(&key, year, Cell::free(value));
                }
            }
        }
    }
    table
}

/// Detected victims, by sex and age. Cells of small counts are hidden with their bounds; whatever is not a total is left
/// to the default of the dataflow, which is not free.
pub(in crate::full) fn trafficking() -> Table {
    let dimensions =
        "FREQ,REF_AREA,TIP_INDICATOR,TIP_ROLE,COUNTERPART_AREA,EXPLOITATION,METHOD_OCG,ROUTE,SEX,AGE";
    let mut table = Table::new("MIG_TRAFFICKING", dimensions, &["CENSOR_LOWER", "CENSOR_UPPER"]);
    let ages = ["Y_LT18", "Y_GE18"];
    for (area, is_small) in [("ALB", true), ("BRA", false), ("KEN", false), ("LAO", true), ("PHL", false)] {
        for year in ["2019", "2020", "2021", "2022"] {
            let cell = |sex: &str, age: &str| match is_small {
                // Two and three, crosswise: no cell can be had from the totals of five.
                true if (sex == "F") == (age == "Y_LT18") => 2,
                true => 3,
                false => number(&[area, year, sex, age], 12, 300),
            };
            let sums_of = |sexes: &[&str], ages: &[&str]| -> u64 {
                sexes.iter().flat_map(|sex| ages.iter().map(|age| cell(sex, age))).sum()
            };
            for (sex, sexes) in [("F", &SEXES[..1]), ("M", &SEXES[1..]), ("_T", &SEXES[..])] {
                for (age, ages) in [("Y_LT18", &ages[..1]), ("Y_GE18", &ages[1..]), ("_T", &ages[..])] {
                    let key = ["A", area, "VICTIM", "_T", "_T", "_T", "_T", "_T", sex, age];
                    let value = sums_of(sexes, ages).to_string();
                    let cell = match (sex, age) {
                        ("_T", "_T") => Cell { value, status: "A", confidentiality: "F", more: &["", ""] },
                        (sex, age) if is_small && sex != "_T" && age != "_T" => {
                            Cell { value: String::new(), status: "Q", confidentiality: "", more: &["1", "4"] }
                        }
                        _ => Cell { value, status: "A", confidentiality: "", more: &["", ""] },
                    };
                    table.put(&key, year, cell);
                }
            }
        }
    }
    table
}

/// A cube of the IMILA kind: the born abroad of one census by origin, sex, age and labour status.
pub(in crate::full) fn census() -> Table {
    let dimensions = "FREQ,REF_AREA,REG_LEVEL,REGION,MIG_CRITERION,COUNTERPART_AREA,SEX,AGE,ARRIVAL,EDU,LAB_STATUS,\
                      OCCUPATION,ACTIVITY";
    let mut table = Table::new("MIG_CENSUS", dimensions, &["REF_DATE"]);
    let ages = ["Y_LT15", "Y15T64", "Y_GE65"];
    for (area, day, origins) in [
        ("ARG", "2010-10-27", ["BOL", "CHL", "PER", "PRY", "URY"]),
        ("CHL", "2017-04-19", ["ARG", "BOL", "COL", "PER", "VEN"]),
    ] {
        let year = &day[..4];
        for origin in origins {
            // Children have no labour status.
            let statuses =
                |age: &str| if age == "Y_LT15" { &["_Z"][..] } else { &["EMP", "UNE", "INACT"][..] };
            let cell =
                |sex: &str, age: &str, status: &str| number(&[area, origin, sex, age, status], 40, 60_000);
            let persons = |sexes: &[&str], ages: &[&str], wanted: &[&str]| -> u64 {
                let mut sum = 0;
                for (sex, age) in sexes.iter().flat_map(|sex| ages.iter().map(move |age| (sex, age))) {
                    let counted =
                        statuses(age).iter().filter(|status| wanted.is_empty() || wanted.contains(status));
                    sum += counted.map(|status| cell(sex, age, status)).sum::<u64>();
                }
                sum
            };
            for (sex, sexes) in [("F", &SEXES[..1]), ("M", &SEXES[1..]), ("_T", &SEXES[..])] {
                let mut put = |age: &str, status: &str, value: u64| {
                    let key =
                        ["A10", area, "NAT", "_T", "BTH", origin, sex, age, "_T", "_T", status, "_T", "_T"];
                    table.put(&key, year, Cell { more: &[day], ..Cell::free(value) });
                };
                put("_T", "_T", persons(sexes, &ages, &[]));
                for (age, group) in [("Y_LT15", &ages[..1]), ("Y15T64", &ages[1..2]), ("Y_GE65", &ages[2..])]
                {
                    put(age, "_T", persons(sexes, group, &[]));
                    if age != "Y_LT15" {
                        put(age, "LF", persons(sexes, group, &["EMP", "UNE"]));
                        for status in ["EMP", "UNE", "INACT"] {
                            put(age, status, persons(sexes, group, &[status]));
                        }
                    }
                }
            }
        }
    }
    table
}

/// Foreigners of working age, in the labour force and outside it.
pub(in crate::full) fn labour() -> Table {
    let dimensions =
        "FREQ,REF_AREA,LAB_INDICATOR,MIG_CRITERION,COUNTERPART_AREA,SEX,AGE,EDU,ACTIVITY,OCCUPATION";
    let mut table = Table::new("MIG_LABOUR", dimensions, &[]);
    for area in ["BHR", "CHE", "CRI", "KOR", "MYS", "ZAF"] {
        for year in ["2020", "2021", "2022", "2023"] {
            let cell = |sex: &str, indicator: &str| {
                // The same size every year, and a little more each.
                let size = number(&[area, sex, indicator], 10_000, 400_000);
                size + number(&[area, sex, indicator, year], 0, size / 20)
            };
            let mut put = |sex: &str, indicator: &str, value: u64| {
                let key = ["A", area, indicator, "CTZ", "FOR_STLS", sex, "Y_GE15", "_T", "_T", "_T"];
                table.put(&key, year, Cell::free(value));
            };
            for (sex, sexes) in [("F", &SEXES[..1]), ("M", &SEXES[1..]), ("_T", &SEXES[..])] {
                let sum = |indicator: &str| -> u64 { sexes.iter().map(|sex| cell(sex, indicator)).sum() };
                let [employed, unemployed, inactive] = ["EMP", "UNE", "INACT"].map(sum);
                for (indicator, value) in [
                    ("EMP", employed),
                    ("UNE", unemployed),
                    ("INACT", inactive),
                    ("LF", employed + unemployed),
                    ("POP", employed + unemployed + inactive),
                ] {
                    put(sex, indicator, value);
                }
            }
        }
    }
    table
}

/// Personal remittances received, in millions of dollars, and what they consist of.
pub(in crate::full) fn remittances() -> Table {
    let mut table = Table::new("MIG_REMIT", "FREQ,REF_AREA,FLOW_DIR,COUNTERPART_AREA,REMIT_ITEM", &[]);
    for area in ["EGY", "GTM", "MEX", "NPL", "PHL", "TJK"] {
        for year in ["2020", "2021", "2022", "2023"] {
            let part = |item: &str, from, to| {
                let size = number(&[area, item], from, to);
                size + number(&[area, item, year], 0, size / 5 + 1)
            };
            let parts = [
                ("PT", part("PT", 400, 9_000)),
                ("CE_NET", part("CE_NET", 50, 900)),
                ("KT", part("KT", 1, 9)),
            ];
            for (item, value) in parts {
                table.put(&["A", area, "IN", "_T", item], year, Cell::free(value));
            }
            let total: u64 = parts.iter().map(|(_, value)| value).sum();
            table.put(&["A", area, "IN", "_T", "PR"], year, Cell::free(total));
        }
    }
    table
}
