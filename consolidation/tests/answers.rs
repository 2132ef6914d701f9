//! Groups, totals, matrices, mirrors, shares and parties.

mod package;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::date;
use mighub_consolidation::aggregate::{self, between, emigration, immigration, matrix, net};
use mighub_consolidation::{
    Choice, End, Figures, GroupError, Groups, Method, Mirror, Scope, Shown, Standing, Treaty, Ungraded,
    Views, Widest, compare,
};
use mighub_sdmx::structure::{Artefact, Hierarchy, read_json};
use mighub_sdmx::{Columns, Decimal, Period};
use package::{Row, columns, flows, hierarchies, national_files, pair};
use proptest::prelude::*;

const YEAR: Period = Period::year(2014);

fn number(text: &str) -> Decimal {
    Decimal::parse(text.as_bytes()).expect(text)
}

fn groups() -> Groups {
    Groups::read(hierarchies()).expect("the package's groups")
}

/// Consolidated flows: origin, destination, figure; nothing is hidden.
fn flow_rows(cells: &[(&str, &str, Option<i64>)]) -> Columns {
    let keys: Vec<String> =
        cells.iter().map(|(from, to, _)| format!("A.{from}.{to}._T._T.LT.CO.M0")).collect();
    let values: Vec<Option<String>> =
        cells.iter().map(|(_, _, value)| value.map(|value| value.to_string())).collect();
    let rows: Vec<Row<'_>> = keys
        .iter()
        .zip(&values)
        .map(|(key, value)| {
            let attributes: &[(&str, &str)] =
                if value.is_some() { &[("CONF_STATUS", "F")] } else { &[("CONF_STATUS", "C")] };
            (key.as_str(), "2014", value.as_deref(), attributes)
        })
        .collect();
    columns("MIG_FLOW_OD", &rows)
}

fn figures(cells: &[(&str, &str, Option<i64>)]) -> Figures {
    let mut figures = Figures::new(Choice::totals("CO", "M0"));
    figures.push(&flow_rows(cells)).expect("flows");
    figures
}

fn region(code: &str, areas: &[&str]) -> End {
    End::Region { code: Arc::from(code), areas: areas.iter().map(|area| Arc::from(*area)).collect() }
}

#[test]
fn members_come_and_go() {
    let groups = groups();
    let has = |group: &str, area: &str, day| groups.members_on(group, day).expect(group).contains(area);
    assert!(!has("G_EU", "POL", date(2004, 4, 30)));
    assert!(has("G_EU", "POL", date(2004, 5, 1)));
    assert!(has("G_EU", "GBR", date(2020, 1, 31)));
    assert!(!has("G_EU", "GBR", date(2020, 2, 1)));
    assert!(has("001", "SWE", date(2020, 1, 1)), "areas are found through groups in groups");
    let overlap = ["G_EU", "G_ECE", "150"];
    assert!(overlap.iter().all(|group| has(group, "FRA", date(2014, 1, 1))), "groups overlap as they like");
    assert_eq!(groups.members_on("G_NONE", date(2014, 1, 1)), Err(GroupError::Unknown("G_NONE".to_owned())));
    assert_eq!(groups.areas_on("SWE", date(2014, 1, 1)), BTreeSet::from([Arc::from("SWE")]));
}

#[test]
fn former_states_have_successors_and_members_stay_what_they_were() {
    let groups = groups();
    let successors = |code: &str| groups.successors(code);
    assert_eq!(successors("SUN").len(), 15);
    assert!(successors("SUN").contains("RUS"));
    let named = |codes: &[&str]| codes.iter().map(|code| Arc::from(*code)).collect::<BTreeSet<Arc<str>>>();
    assert_eq!(successors("SCG"), named(&["MNE", "SRB"]));
    assert_eq!(successors("SDN_OLD"), named(&["SDN", "SSD"]));
    assert!(!successors("YUG").is_empty());
    assert!(successors("SWE").is_empty());
    let ece = |day| groups.members_on("G_ECE", day).expect("the commission");
    assert!(ece(date(1990, 1, 1)).contains("SUN") && !ece(date(1990, 1, 1)).contains("RUS"));
    assert!(ece(date(2000, 1, 1)).contains("RUS") && !ece(date(2000, 1, 1)).contains("SUN"));
}

fn hierarchy(id: &str, codes: &str) -> Hierarchy {
    let codes = codes.replace('@', "urn:sdmx:org.sdmx.infomodel.codelist.Code=MIGHUB:CL_AREA(1.0.0).");
    let message = format!(
        r#"{{"data":{{"hierarchies":[{{"id":"{id}","agencyID":"MIGHUB","version":"1.0.0","name":"x","hierarchicalCodes":[{codes}]}}]}}}}"#
    );
    match read_json(message.as_bytes()).expect("a message").pop() {
        Some(Artefact::Hierarchy(hierarchy)) => hierarchy,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_group_that_contains_itself_is_refused_by_name() {
    let first = hierarchy("H1", r#"{"id":"A","code":"@A","hierarchicalCodes":[{"id":"B","code":"@B"}]}"#);
    let second = hierarchy(
        "H2",
        r#"{"id":"B","code":"@B","hierarchicalCodes":[{"id":"C","code":"@C","hierarchicalCodes":[{"id":"A","code":"@A"}]}]}"#,
    );
    let refused = Groups::read([&first, &second]).expect_err("a cycle").to_string();
    assert_eq!(
        refused,
        "the group A contains itself: A contains B contains C contains A; take one of these memberships out"
    );
    assert!(Groups::read([&first]).is_ok());
}

#[test]
fn moves_inside_a_region_are_no_immigration_into_it() {
    let figures = figures(&[("USA", "SWE", Some(10)), ("FIN", "SWE", Some(100)), ("SWE", "USA", Some(4))]);
    let nordic = region("NORDIC", &["FIN", "SWE"]);
    let day = date(2014, 1, 1);
    assert_eq!(immigration(&figures, &nordic, YEAR, day).value, Some(number("10")));
    assert_eq!(emigration(&figures, &nordic, YEAR, day).value, Some(number("4")));
    let balance = net(&figures, &nordic, YEAR, day);
    assert_eq!(balance.value, Some(number("6")));
    let inside = between(&figures, &nordic, &nordic, YEAR, day);
    assert_eq!((inside.standing, inside.value), (Standing::Inside, None));
    let of_sweden = immigration(&figures, &region("SWE", &["SWE"]), YEAR, day);
    assert_eq!((of_sweden.value, of_sweden.standing), (Some(number("110")), Standing::Total));
    assert_eq!(between(&figures, &End::World, &End::World, YEAR, day).value, Some(number("114")));
}

#[test]
fn a_sum_that_lacks_a_member_is_not_passed_off_as_a_total() {
    let figures = figures(&[("USA", "SWE", Some(10))]);
    let total = immigration(&figures, &region("NORDIC", &["FIN", "SWE"]), YEAR, date(2014, 1, 1));
    assert_eq!((total.value, total.standing), (Some(number("10")), Standing::Partial));
    assert_eq!((total.present, total.members, total.coverage()), (1, 2, Some(number("0.5000"))));
    assert_eq!(total.missing, [Arc::from("FIN")]);
    assert_eq!(total.day, date(2014, 1, 1));
    let empty = immigration(&figures, &region("DNK", &["DNK"]), YEAR, date(2014, 1, 1));
    assert_eq!((empty.value, empty.standing), (None, Standing::Empty), "missing is not zero");
}

#[test]
fn one_or_two_hidden_members_hide_their_sum() {
    let day = date(2014, 1, 1);
    let standing = |hidden: usize| {
        let origins = ["USA", "CAN", "MEX"];
        let cells: Vec<(&str, &str, Option<i64>)> = std::iter::once(("BRA", "SWE", Some(7)))
            .chain(
                origins
                    .into_iter()
                    .enumerate()
                    .map(|(nth, from)| (from, "SWE", (nth >= hidden).then_some(1))),
            )
            .collect();
        let total = immigration(&figures(&cells), &region("SWE", &["SWE"]), YEAR, day);
        (total.standing, total.value)
    };
    assert_eq!(standing(0), (Standing::Total, Some(number("10"))));
    assert_eq!(standing(1), (Standing::Hidden, None));
    assert_eq!(standing(2), (Standing::Hidden, None));
    assert_eq!(
        standing(3),
        (Standing::Partial, Some(number("7"))),
        "the sum of what may be seen, and no total"
    );
}

#[test]
fn a_matrix_mixes_countries_and_regions() {
    let figures = figures(&[("USA", "SWE", Some(10)), ("FIN", "SWE", Some(100)), ("FIN", "USA", Some(1))]);
    let nordic = region("NORDIC", &["FIN", "SWE"]);
    let ends = vec![nordic, region("USA", &["USA"]), region("FIN", &["FIN"])];
    let made = matrix(&figures, ends.clone(), ends.clone(), YEAR, date(2014, 1, 1)).expect("a small one");
    let shown = |row, column| made.get(row, column).expect("a cell").value.map(|value| value.to_string());
    assert_eq!(shown(0, 1).as_deref(), Some("1"));
    assert_eq!(shown(1, 0).as_deref(), Some("10"));
    assert_eq!(shown(2, 1).as_deref(), Some("1"));
    assert_eq!(shown(2, 0), None, "a move from a member to its own region lies inside it");
    let ends = vec![End::World; 501];
    assert!(matrix(&figures, ends.clone(), ends, YEAR, date(2014, 1, 1)).is_err());
}

#[test]
fn stocks_of_the_world_are_more_than_one_group_and_parts_of_sex_are_summed() {
    let key = |to: &str, from: &str, sex: &str| format!("A.{to}.{from}.{sex}._T.ES.UNPD_IMS2024");
    let keys = [
        key("USA", "MEX", "F"),
        key("USA", "MEX", "M"),
        key("USA", "XCX", "F"),
        key("USA", "XCX", "M"),
        key("USA", "_O", "F"),
    ];
    let rows: Vec<Row<'_>> = keys.iter().map(|key| (key.as_str(), "2014", Some("5"), &[][..])).collect();
    let mut choice = Choice::totals("ES", "UNPD_IMS2024");
    choice.sexes = ["F", "M"].map(Arc::from).into();
    let mut figures = Figures::new(choice);
    figures.push(&columns("MIG_STOCK_OD", &rows)).expect("stocks");
    let world = between(&figures, &End::World, &End::World, YEAR, date(2014, 1, 1));
    assert_eq!(world.value, Some(number("20")), "XCX is in it; _O lacks a sex");
    assert_eq!(figures.get("MEX", "USA", YEAR), Some(Shown::Figure(number("10"))));
    assert!(figures.push(&flow_rows(&[])).is_err(), "flows and stocks are not summed");
}

fn real(view: &str, method: &str) -> Figures {
    let methods = vec![Method::m0(), Method::m2()];
    let made = flows(methods).all_rows(&pair(national_files(), Scope::All), &Ungraded);
    let mut figures = Figures::new(Choice::totals(view, method));
    figures.push(&made).expect("flows");
    figures
}

#[test]
fn mirrors_show_where_two_offices_disagree() {
    let mirror = Mirror::new(&real("RO", "_Z"), &real("RD", "_Z"));
    let about = mirror.about("ESP");
    assert!(about.gaps().all(|gap| gap.corridor.to_string().contains("ESP")));
    let year = Period::year(2013);
    let gap = about
        .gaps()
        .find(|gap| gap.period == year && gap.corridor.to_string() == "ESP to FRA")
        .expect("both report");
    assert_eq!((gap.origin, gap.destination, gap.gap), (number("27568"), number("21892"), number("5676")));
    assert_eq!(gap.asymmetry, number("0.2059"));
    let widest = mirror.widest(Widest::Absolute, Some(year), 5);
    assert!(widest.windows(2).all(|pair| pair[0].gap.compare(pair[1].gap).is_ge()));
    let relative = mirror.widest(Widest::Relative, None, 50);
    assert!(relative.windows(2).all(|pair| pair[0].asymmetry.compare(pair[1].asymmetry).is_ge()));
    assert_eq!(mirror.over_time().len(), 7);
    let of_pair =
        about.by_corridor().into_iter().find(|ratio| ratio.of.to_string() == "ESP to FRA").expect("ratios");
    assert!(of_pair.count >= 1 && of_pair.ratio < 1.0);
}

#[test]
fn a_corridor_diverges_once_its_sides_no_longer_agree() {
    let keys = ["A.FIN.SWE._T._T.LT.RO._Z", "A.FIN.SWE._T._T.LT.RD._Z"];
    let of = |key: &'static str, view: &str, values: [&str; 4]| {
        let years = ["2011", "2012", "2013", "2014"];
        let rows: Vec<Row<'_>> =
            years.iter().zip(values).map(|(year, value)| (key, *year, Some(value), &[][..])).collect();
        let made = columns("MIG_FLOW_OD", &rows);
        let mut figures = Figures::new(Choice::totals(view, "_Z"));
        figures.push(&made).expect("flows");
        figures
    };
    let mirror = Mirror::new(
        &of(keys[0], "RO", ["100", "100", "100", "100"]),
        &of(keys[1], "RD", ["95", "104", "100", "60"]),
    );
    let diverging = mirror.diverging(number("0.10"), 3);
    assert_eq!(diverging.len(), 1);
    assert_eq!((diverging[0].now.period, diverging[0].now.asymmetry), (YEAR, number("0.4000")));
    assert!(mirror.diverging(number("0.10"), 4).is_empty(), "too little is known of before");
    assert!(mirror.diverging(number("0.50"), 3).is_empty());
}

#[test]
fn the_effect_of_a_rule_on_a_country_is_a_difference() {
    let (receiver, larger) = (real("CO", "M0"), real("CO", "M2"));
    let ends = [region("ESP", &["ESP"]), region("SWE", &["SWE"])];
    let compared = compare(&[&receiver, &larger], &ends, &[Period::year(2013)], date(2013, 1, 1));
    assert_eq!(compared.len(), 2);
    for comparison in &compared {
        let effects = comparison.effects();
        assert_eq!(effects[0].net, Some(number("0")));
        assert!(effects[1].arrivals.expect("shown").unscaled >= 0, "the larger of two is never less");
    }
}

#[test]
fn shares_are_of_governments_that_answered() {
    let key = |area: &str, value: &str| format!("I.{area}.IMM_LEVEL.VIEW.{value}");
    let keys = [
        key("FIN", "TOO_HIGH"),
        key("SWE", "SATIS"),
        key("NOR", "SATIS"),
        key("DNK", "_U"),
        key("ISL", "SATIS"),
        key("ISL", "TOO_LOW"),
    ];
    let rows: Vec<Row<'_>> = keys.iter().map(|key| (key.as_str(), "2003", Some("1"), &[][..])).collect();
    let mut views = Views::new("IMM_LEVEL", "VIEW");
    views.push(&columns("MIG_POLICY", &rows));
    let members: BTreeSet<Arc<str>> =
        ["FIN", "SWE", "NOR", "DNK", "ISL", "USA"].into_iter().map(Arc::from).collect();
    let shares = views.shares(&members, Period::year(2003));
    assert_eq!((shares.members, shares.answered), (6, 3));
    assert_eq!(shares.share("TOO_HIGH"), Some(number("0.3333")));
    assert_eq!(shares.share("TOO_LOW"), Some(number("0.0000")));
    assert_eq!(shares.silent, [Arc::from("DNK"), Arc::from("USA")]);
    assert_eq!(shares.contradictory, [Arc::from("ISL")]);
    let hidden: &[(&str, &str)] = &[("CONF_STATUS", "C")];
    views.push(&columns("MIG_POLICY", &[(&key("USA", "SATIS"), "2003", None, hidden)]));
    let shares = views.shares(&members, Period::year(2003));
    assert_eq!((shares.hidden, shares.share("SATIS")), (1, None), "the others would tell it");
}

#[test]
fn who_denounces_is_no_party_until_he_comes_back() {
    let key = |area: &str, action: &str| format!("D.{area}.ICRMW.{action}");
    let keys = [
        key("MEX", "SIGN"),
        key("MEX", "RATIF"),
        key("BOL", "ACCESS"),
        key("BOL", "DENOUNCE"),
        key("EUN", "SIGN"),
        key("EUN", "APPROV"),
    ];
    let days = ["1991-05-22", "1999-03-08", "2000-10-16", "2010-01-01", "2000-01-01", "2001-01-01"];
    let mut rows: Vec<Row<'_>> =
        keys.iter().zip(days).map(|(key, day)| (key.as_str(), day, Some("1"), &[][..])).collect();
    rows.push((&keys[2], "2012-01-01", Some("1"), &[]));
    let mut treaty = Treaty::new("ICRMW");
    treaty.push(&columns("MIG_TREATY", &rows));
    let on =
        |day: &str| treaty.parties_on(Period::parse(day.as_bytes()).expect(day).first_day().expect("a day"));
    assert_eq!(on("1999-03-07").bound.len(), 0);
    assert_eq!(on("2004-07-01").bound_count(false), 2);
    assert_eq!(on("2004-07-01").bound_count(true), 3);
    assert_eq!((on("2004-07-01").signatories(false), on("2004-07-01").signatories(true)), (1, 2));
    assert_eq!(on("2011-06-01").denounced, BTreeSet::from([Arc::from("BOL")]));
    assert_eq!(on("2012-01-01").bound_count(false), 2);
}

proptest! {
    #[test]
    fn a_region_is_the_sum_of_corridors_that_cross_its_border(
        cells in prop::collection::btree_map((0usize..6, 0usize..6), 0i64..1000, 0..36),
        inside in prop::collection::btree_set(0usize..6, 1..6),
    ) {
        let codes = ["AUT", "BEL", "DNK", "FIN", "NOR", "SWE"];
        let cells: Vec<((usize, usize), i64)> =
            cells.into_iter().filter(|((from, to), _)| from != to).collect();
        let rows: Vec<_> = cells.iter().map(|((from, to), value)| (codes[*from], codes[*to], Some(*value))).collect();
        let members: Vec<&str> = inside.iter().map(|place| codes[*place]).collect();
        let (figures, region) = (figures(&rows), region("R", &members));
        let crossing = |into: bool| -> i64 {
            let crosses = |from: &usize, to: &usize| inside.contains(to) == into && inside.contains(from) != into;
            cells.iter().filter(|((from, to), _)| crosses(from, to)).map(|(_, value)| value).sum()
        };
        let day = date(2014, 1, 1);
        let shown = |total: aggregate::Total| total.value.map_or(0, |value| value.unscaled);
        prop_assert_eq!(shown(immigration(&figures, &region, YEAR, day)), crossing(true));
        prop_assert_eq!(shown(emigration(&figures, &region, YEAR, day)), crossing(false));
    }
}
