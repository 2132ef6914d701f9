//! Cells that offices really send: zeros, gaps, other definitions, breaks, corrections, hidden figures.

mod package;

use mighub_consolidation::{
    DerivedRow, Method, Quality, Rule, Scope, Source, Ungraded, derived, explain, recompute,
};
use mighub_sdmx::source_report::{Accuracy, SourceRank, Undercount};
use mighub_sdmx::structure::Class;
use mighub_sdmx::{Columns, Decimal, Period};
use package::{Row, columns, definition, flows, pair, source};

const IN_SWE: &str = "A.SWE.IMM.PRV.FIN._T._T.LT._T";
const OUT_FIN: &str = "A.FIN.EMI.PRV.SWE._T._T.LT._T";
const IN_SWE_ND: &str = "A.SWE.IMM.PRV.FIN._T._T.ND._T";

fn number(text: &str) -> Decimal {
    Decimal::parse(text.as_bytes()).expect(text)
}

fn made_with(method: Method, rows: &[Row<'_>], quality: &dyn Quality) -> Vec<DerivedRow> {
    let of = |area: &str| -> Vec<Row<'_>> {
        rows.iter().filter(|row| row.0.split('.').nth(1) == Some(area)).copied().collect()
    };
    let inputs: Vec<(Source, Columns)> =
        ["FIN", "SWE"].into_iter().map(|area| (source(area), columns("MIG_FLOW", &of(area)))).collect();
    let made = flows(vec![method]).all_rows(&pair(&inputs, Scope::All), quality);
    assert!(made.check());
    derived::rows(&made).expect("derived rows").collect()
}

fn made(method: Method, rows: &[Row<'_>]) -> Vec<DerivedRow> {
    made_with(method, rows, &Ungraded)
}

/// The consolidated row of a year as `value rule status`.
fn consolidated(rows: &[DerivedRow], year: &str) -> Option<String> {
    let row = rows.iter().find(|row| &*row.view == "CO" && row.period.to_string() == year)?;
    let value = row.value.map_or_else(String::new, |value| value.to_string());
    let rule = row.rule.map_or("", Rule::code);
    Some(format!("{value} {rule} {}", row.status.as_deref().unwrap_or_default()))
}

fn of_view<'r>(rows: &'r [DerivedRow], view: &str) -> &'r DerivedRow {
    rows.iter().find(|row| &*row.view == view).expect(view)
}

#[test]
fn each_method_gives_its_figure() {
    let table: [(&str, &str, [&str; 4]); 6] = [
        // (origin, destination, [M0, M1, M1 without mean, M2])
        ("100", "200", ["200 R1_RECEIVER A", "200 R1_RECEIVER A", "200 R1_RECEIVER A", "200 R2_LARGER A"]),
        ("200", "100", ["100 R1_RECEIVER A", "100 R1_RECEIVER A", "100 R1_RECEIVER A", "200 R2_LARGER A"]),
        ("100", "91", ["91 R1_RECEIVER A", "95.5 R4_AGREE I", "91 R1_RECEIVER A", "100 R2_LARGER A"]),
        ("100", "90", ["90 R1_RECEIVER A", "95 R4_AGREE I", "90 R1_RECEIVER A", "100 R2_LARGER A"]),
        ("100", "89", ["89 R1_RECEIVER A", "89 R1_RECEIVER A", "89 R1_RECEIVER A", "100 R2_LARGER A"]),
        ("7", "7", ["7 R1_RECEIVER A", "7 R4_AGREE I", "7 R1_RECEIVER A", "7 R2_LARGER A"]),
    ];
    let methods = [Method::m0(), Method::m1(), Method::m1_without_mean(), Method::m2()];
    for (origin, destination, expected) in table {
        for (method, expected) in methods.iter().zip(expected) {
            let rows = made(
                method.clone(),
                &[(IN_SWE, "2014", Some(destination), &[]), (OUT_FIN, "2014", Some(origin), &[])],
            );
            assert_eq!(consolidated(&rows, "2014").as_deref(), Some(expected), "{origin}, {destination}");
        }
    }
}

#[test]
fn zero_is_a_figure_and_missing_is_none() {
    let zero = made(Method::m1(), &[(IN_SWE, "2014", Some("0"), &[])]);
    assert_eq!(consolidated(&zero, "2014").as_deref(), Some("0 R0_SINGLE A"));
    let beside_missing = made(
        Method::m1(),
        &[(IN_SWE, "2014", None, &[("OBS_STATUS", "L")]), (OUT_FIN, "2014", Some("0"), &[])],
    );
    assert_eq!(consolidated(&beside_missing, "2014").as_deref(), Some("0 R0_SINGLE A"));
    let both_zero =
        made(Method::m1(), &[(IN_SWE, "2014", Some("0"), &[]), (OUT_FIN, "2014", Some("0"), &[])]);
    assert_eq!(consolidated(&both_zero, "2014").as_deref(), Some("0 R4_AGREE I"));
    assert_eq!(of_view(&both_zero, "CO").asymmetry, Some(number("0")));
    let both_missing = made(
        Method::m1(),
        &[(IN_SWE, "2014", None, &[("OBS_STATUS", "L")]), (OUT_FIN, "2014", None, &[("OBS_STATUS", "M")])],
    );
    assert_eq!(consolidated(&both_missing, "2014"), None, "nothing is imputed");
    assert_eq!(of_view(&both_missing, "RD").status.as_deref(), Some("L"), "what was said is copied");
}

#[test]
fn a_national_definition_stands_in_flagged_and_both_are_named() {
    let note: &[(&str, &str)] = &[("DEF_NOTE", "six months")];
    let rows = [(IN_SWE_ND, "2014", Some("95"), note), (OUT_FIN, "2014", Some("100"), &[][..])];
    let made = made(Method::m1(), &rows);
    assert_eq!(consolidated(&made, "2014").as_deref(), Some("95 R1_RECEIVER D"), "no mean of unlike things");
    let both = "origin: LT; destination: ND, six months";
    assert_eq!(of_view(&made, "CO").definitions.as_deref(), Some(both));
    assert_eq!(of_view(&made, "RD").status.as_deref(), Some("D"));
    assert_eq!(of_view(&made, "RD").inputs[0].key.as_ref(), IN_SWE_ND);
}

#[test]
fn long_term_goes_before_a_national_definition_year_by_year() {
    let rows = [
        (IN_SWE, "2014", Some("10"), &[][..]),
        (IN_SWE, "2015", None, &[("OBS_STATUS", "L")][..]),
        (IN_SWE_ND, "2014", Some("11"), &[][..]),
        (IN_SWE_ND, "2015", Some("12"), &[][..]),
    ];
    let made = made(Method::m0(), &rows);
    assert_eq!(consolidated(&made, "2014").as_deref(), Some("10 R0_SINGLE A"));
    assert_eq!(consolidated(&made, "2015").as_deref(), Some("12 R0_SINGLE D"));
}

#[test]
fn a_break_goes_with_the_figure_that_is_taken() {
    let with_break: &[(&str, &str)] = &[("OBS_STATUS", "B")];
    let apart = [(IN_SWE, "2014", Some("50"), with_break), (OUT_FIN, "2014", Some("100"), &[][..])];
    assert_eq!(consolidated(&made(Method::m0(), &apart), "2014").as_deref(), Some("50 R1_RECEIVER B"));
    let near = [(IN_SWE, "2014", Some("95"), with_break), (OUT_FIN, "2014", Some("100"), &[][..])];
    let made = made(Method::m1(), &near);
    assert_eq!(consolidated(&made, "2014").as_deref(), Some("97.5 R4_AGREE I"));
    assert_eq!(of_view(&made, "CO").flags.as_deref(), Some("B"), "the mean tells of the break below it");
}

#[test]
fn a_negative_correction_is_copied_and_never_counts() {
    let rows = [(IN_SWE, "2014", Some("-3"), &[][..]), (OUT_FIN, "2014", Some("8"), &[][..])];
    for method in Method::defaults() {
        let made = made(method, &rows);
        assert_eq!(consolidated(&made, "2014").as_deref(), Some("8 R0_SINGLE A"));
        assert_eq!(of_view(&made, "RD").value, Some(number("-3")));
        assert_eq!(of_view(&made, "CO").destination_value, None);
        assert_eq!(of_view(&made, "CO").inputs.len(), 1);
    }
    assert_eq!(consolidated(&made(Method::m2(), &rows[..1]), "2014"), None);
}

#[test]
fn the_better_declared_source_is_taken_and_a_tie_goes_to_the_receiver() {
    let rows = [(IN_SWE, "2014", Some("50"), &[][..]), (OUT_FIN, "2014", Some("100"), &[][..])];
    let quality = |_: &Source, area: &str, direction: &str, _: Period| match (area, direction) {
        ("FIN", "EMI") => SourceRank::of(Some(Undercount::Low), None),
        _ => SourceRank::UNGRADED,
    };
    let made_of = made_with(Method::m1(), &rows, &quality);
    assert_eq!(consolidated(&made_of, "2014").as_deref(), Some("100 R3_QUALITY A"));
    assert_eq!(of_view(&made_of, "CO").inputs[0].key.as_ref(), OUT_FIN, "what was taken stands first");
    assert_eq!(consolidated(&made(Method::m1(), &rows), "2014").as_deref(), Some("50 R1_RECEIVER A"));
    let worse = |_: &Source, _: &str, direction: &str, _: Period| {
        SourceRank::of(
            Some(if direction == "EMI" { Undercount::High } else { Undercount::Low }),
            Some(Accuracy::Low),
        )
    };
    let made_of = made_with(Method::m1(), &rows, &worse);
    assert_eq!(consolidated(&made_of, "2014").as_deref(), Some("50 R3_QUALITY A"));
}

#[test]
fn a_figure_is_carried_only_if_asked_and_never_over_a_break() {
    let missing: &[(&str, &str)] = &[("OBS_STATUS", "L")];
    let rows = [
        (IN_SWE, "2010", Some("10"), &[][..]),
        (IN_SWE, "2011", None, missing),
        (IN_SWE, "2012", None, missing),
        (IN_SWE, "2013", Some("13"), &[][..]),
        (IN_SWE, "2014", None, &[("OBS_STATUS", "B")][..]),
        (IN_SWE, "2016", None, missing),
    ];
    assert_eq!(consolidated(&made(Method::m1(), &rows), "2011"), None);
    let carrying = br#"{"method":"M1","tolerance":"0.10","mean":true,"carry_years":1}"#;
    let carrying = Method::from_json(carrying).expect("a method");
    let made = made(carrying, &rows);
    assert_eq!(consolidated(&made, "2011").as_deref(), Some("10 R7_CARRY I"));
    for never in ["2012", "2014", "2015", "2016"] {
        assert_eq!(consolidated(&made, never), None, "{never}");
    }
    let carried = made.iter().find(|row| row.rule == Some(Rule::Carried)).expect("the row");
    assert_eq!(carried.inputs[0].to_string(), format!("SUB-SWE#{IN_SWE}:2010@1"));
}

#[test]
fn a_hidden_input_hides_the_cell_and_all_that_tells_of_it() {
    // The caller should have masked the value; it must not matter if it did not.
    for value in [None, Some("987654321")] {
        let secret: &[(&str, &str)] =
            &[("CONF_STATUS", "C"), ("COMMENT_OBS", "987654321"), ("OBS_STATUS", "U")];
        let rows =
            [(IN_SWE, "2014", value, secret), (OUT_FIN, "2014", Some("8"), &[("CONF_STATUS", "F")][..])];
        for method in Method::defaults() {
            let made = made(method, &rows);
            for view in ["CO", "RD"] {
                let row = of_view(&made, view);
                assert_eq!((row.value, row.restricted.as_deref()), (None, Some("C")), "{view}");
                assert_eq!(row.status.as_deref(), Some("Q"));
                assert_eq!((row.origin_value, row.upper, row.asymmetry, row.rule), (None, None, None, None));
                assert!(row.inputs.is_empty() && row.flags.is_none());
            }
            assert_eq!(of_view(&made, "RO").value, Some(number("8")), "what is free stays free");
            assert!(!format!("{made:?}").contains("987654321"));
        }
    }
}

#[test]
fn the_strictest_of_two_restrictions_holds() {
    let of = |letter| [("CONF_STATUS", letter)];
    let (internal, small) = (of("N"), of("A"));
    let rows = [(IN_SWE, "2014", None, &small[..]), (OUT_FIN, "2014", None, &internal[..])];
    let made = made(Method::m0(), &rows);
    assert_eq!(of_view(&made, "CO").restricted.as_deref(), Some("N"));
    assert_eq!(of_view(&made, "RD").restricted.as_deref(), Some("A"));
}

#[test]
fn thousands_are_paired_in_units_and_copied_as_they_came() {
    let thousands: &[(&str, &str)] = &[("UNIT_MULT", "3")];
    let rows = [(IN_SWE, "2014", Some("1.5"), thousands), (OUT_FIN, "2014", Some("1480"), &[][..])];
    let made = made(Method::m1(), &rows);
    assert_eq!(consolidated(&made, "2014").as_deref(), Some("1490 R4_AGREE I"));
    assert_eq!(of_view(&made, "RD").value, Some(number("1.5")));
}

#[test]
fn the_principal_provider_speaks_and_another_where_it_is_silent() {
    let principal = source("SWE");
    let other = Source { rank: 1, ..source("SWE2") };
    let first = columns(
        "MIG_FLOW",
        &[(IN_SWE, "2014", Some("10"), &[]), (IN_SWE, "2015", None, &[("OBS_STATUS", "L")])],
    );
    let second = columns("MIG_FLOW", &[(IN_SWE, "2014", Some("99"), &[]), (IN_SWE, "2015", Some("12"), &[])]);
    for inputs in [
        vec![(principal.clone(), first.clone()), (other.clone(), second.clone())],
        vec![(other.clone(), second.clone()), (principal.clone(), first.clone())],
    ] {
        let made = flows(vec![Method::m0()]).all_rows(&pair(&inputs, Scope::All), &Ungraded);
        let rows: Vec<DerivedRow> = derived::rows(&made).expect("derived rows").collect();
        assert_eq!(consolidated(&rows, "2014").as_deref(), Some("10 R0_SINGLE A"));
        assert_eq!(consolidated(&rows, "2015").as_deref(), Some("12 R0_SINGLE A"));
    }
}

#[test]
fn correction_factors_go_before_reports_without_one() {
    let method = Method::from_json(
        br#"{"method":"M3","digits":0,"factors":[{"area":"FIN","direction":"EMI","from":2014,"to":2015,"factor":"1.5","source":"a study"}]}"#,
    )
    .expect("a method");
    let rows = [
        (IN_SWE, "2014", Some("50"), &[][..]),
        (OUT_FIN, "2014", Some("101"), &[][..]),
        (IN_SWE, "2016", Some("50"), &[][..]),
        (OUT_FIN, "2016", Some("101"), &[][..]),
    ];
    let made = made(method.clone(), &rows);
    assert_eq!(consolidated(&made, "2014").as_deref(), Some("152 R5_SCALED I"));
    assert_eq!(consolidated(&made, "2016").as_deref(), Some("50 R1_RECEIVER A"));
    let row = of_view(&made, "CO");
    assert_eq!(recompute(row, &method, |_, _| Some(number("101"))), row.value);
    let negative = br#"{"method":"M3","digits":0,"factors":[{"area":"FIN","direction":"EMI","from":2014,"to":2015,"factor":"-1","source":"a study"}]}"#;
    let refused = Method::from_json(negative).expect_err("a negative factor").to_string();
    assert!(refused.contains("people cannot be negative"), "{refused}");
}

#[test]
fn fitting_meets_its_margins_or_gives_nothing() {
    let fitted = |total_in_swe: &str, total_in_nor: &str| {
        let margin = |area: &str, direction: &str, total: &str| {
            format!(
                r#"{{"area":"{area}","direction":"{direction}","period":"2014","sex":"_T","age":"_T","total":"{total}","source":"WPP"}}"#
            )
        };
        let margins = [
            margin("SWE", "IMM", total_in_swe),
            margin("NOR", "IMM", total_in_nor),
            margin("FIN", "EMI", "120"),
            margin("DNK", "EMI", "80"),
        ];
        let json = format!(
            r#"{{"method":"M4","base":{{"method":"M0"}},"iterations_max":500,"tolerance":"0.000001","digits":2,"margins":[{}]}}"#,
            margins.join(",")
        );
        let method = Method::from_json(json.as_bytes()).expect("a method");
        let rows = columns(
            "MIG_FLOW",
            &[
                ("A.SWE.IMM.PRV.FIN._T._T.LT._T", "2014", Some("50"), &[]),
                ("A.SWE.IMM.PRV.DNK._T._T.LT._T", "2014", Some("30"), &[]),
                ("A.NOR.IMM.PRV.FIN._T._T.LT._T", "2014", Some("40"), &[]),
                ("A.NOR.IMM.PRV.DNK._T._T.LT._T", "2014", Some("60"), &[]),
            ],
        );
        let consolidation = flows(vec![method]);
        assert!(!consolidation.is_local());
        let paired = pair(&[(source("SWE"), rows)], Scope::All);
        let made = consolidation.all_rows(&paired, &Ungraded);
        let rows: Vec<DerivedRow> =
            derived::rows(&made).expect("derived rows").filter(|row| &*row.view == "CO").collect();
        (rows, consolidation.unfitted(&paired, &Ungraded))
    };
    let (rows, unfitted) = fitted("110", "90");
    assert!(unfitted.is_empty());
    assert_eq!(rows.len(), 4);
    for (area, margin) in [("SWE", 110.0), ("NOR", 90.0), ("FIN", 120.0), ("DNK", 80.0)] {
        let of_area = rows.iter().filter(|row| &*row.origin == area || &*row.destination == area);
        let sum: f64 =
            of_area.map(|row| row.value.expect("fitted").to_string().parse::<f64>().expect("a number")).sum();
        // tolerance * margin + n / 2 * 10^-digits
        assert!((sum - margin).abs() <= 0.000_001 * margin + 0.01 + 1e-9, "{area}: {sum}");
    }
    let (rows, unfitted) = fitted("110", "900");
    assert!(rows.is_empty(), "margins that contradict each other fit nothing");
    assert_eq!(unfitted, ["A._T._T.LT 2014"]);
}

#[test]
fn every_row_can_be_told_in_words() {
    let rows = [(IN_SWE, "2014", Some("95"), &[][..]), (OUT_FIN, "2014", Some("100"), &[][..])];
    let made = made(Method::m1(), &rows);
    let told = explain(of_view(&made, "CO"), Some(&Method::m1())).to_string();
    for part in [
        "97.5 people (sex _T, age _T, duration LT) moved from FIN to SWE in 2014.",
        "FIN, the origin, reported 100.",
        "SWE, the destination, reported 95.",
        "They differ by 5.00 per cent of the larger.",
        "Rule R4_AGREE: the two agree within the tolerance, so their mean is taken.",
        "Input (taken): series A.SWE.IMM.PRV.FIN._T._T.LT._T, submission SUB-SWE, vintage 1.",
        "differ by at most 10 per cent",
    ] {
        assert!(told.contains(part), "{part:?} is not in:\n{told}");
    }
}

#[test]
fn what_is_written_are_codes_of_the_code_lists() {
    let rules = definition("MIG_FLOW_OD");
    let codes = rules
        .attribute("CONS_RULE")
        .expect("CONS_RULE")
        .component
        .coded_by
        .codelist()
        .expect("a list")
        .clone();
    for code in codes.codes().iter().filter(|code| &*code.id != "R8_RESID") {
        assert_eq!(Rule::of_code(&code.id).map(Rule::code), Some(&*code.id));
    }
    let methods = rules.dimension("CONS_METHOD").expect("CONS_METHOD");
    for method in Method::defaults() {
        assert!(methods.code(method.code()).is_some());
    }
    assert!(package::structures().find(Class::Codelist, "CL_CONS_METHOD").is_some());
}
